// What the bare names of C's maths mean in a user's file, in each way of naming Weft's.
#include <gtest/gtest.h>
#include <math.h>  // the global ::log

#include "weft/math.h"

using namespace weft;

double qualified(double x) { return weft::log(x); }

namespace only_a_directive {
using namespace weft;
// Neither ::log nor weft::log is better: no body gets libm by accident.
template <class T>
concept BareLog = requires(T x) { log(x); };
template <class T>
concept BareRound = requires(T x) { round(x); };
static_assert(!BareLog<double>);
static_assert(!BareRound<double>);
// abs(int64_t) and abs(double) are Weft's alone; names that C does not have are free.
int64_t magnitude(int64_t x) { return weft::abs(x); }
double bounded(double x) { return clip(x, 0, 1); }
}  // namespace only_a_directive

namespace with_declarations {
using namespace weft;
WEFT_USING_MATH;
double bare(double x) { return log(x) + floor(x) + round(x); }
}  // namespace with_declarations

namespace with_one_declaration {
using weft::exp;
double bare(double x) { return exp(x); }
}  // namespace with_one_declaration

namespace weft::inside {
double bare(double x) { return log(x); }
}  // namespace weft::inside

TEST(MathNamesTest, BareNamesAreWeftsWhereDeclared) {
  EXPECT_EQ(qualified(0.3), weft_log(0.3));
  EXPECT_EQ(with_declarations::bare(2.5), weft_log(2.5) + 2.0 + 2.0);  // C rounds 2.5 to 3
  EXPECT_EQ(with_one_declaration::bare(0.3), weft_exp(0.3));
  EXPECT_EQ(weft::inside::bare(0.3), weft_log(0.3));
  EXPECT_EQ(only_a_directive::magnitude(-3), 3);
  EXPECT_EQ(only_a_directive::bounded(3), 1);
}
