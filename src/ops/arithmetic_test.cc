#include "weft/arithmetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

#include "weft/error.h"

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();
constexpr int32_t kMin32 = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax32 = std::numeric_limits<int32_t>::max();

bool same_bits(double a, double b) {
  return (a != a && b != b) || std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "nothing thrown";
}

TEST(ArithmeticTest, IntegerOverflowNamesTheFunctionAndTheValues) {
  EXPECT_EQ(add(kMax64 - 1, int64_t{1}), kMax64);
  EXPECT_EQ(error_of([] { return add(kMax64, int64_t{1}); }),
            "bad_data: integer overflow in add(9223372036854775807, 1)");
  EXPECT_EQ(error_of([] { return subtract(kMin32, 1); }),
            "bad_data: integer overflow in subtract(-2147483648, 1)");
  EXPECT_EQ(error_of([] { return multiply(kMax64, int64_t{2}); }),
            "bad_data: integer overflow in multiply(9223372036854775807, 2)");
  EXPECT_EQ(error_of([] { return negate(kMin32); }),
            "bad_data: integer overflow in negate(-2147483648)");
  EXPECT_EQ(error_of([] { return abs(kMin64); }),
            "bad_data: integer overflow in abs(-9223372036854775808)");
  EXPECT_EQ(error_of([] { return floor_div(kMin64, int64_t{-1}); }),
            "bad_data: integer overflow in floor_div(-9223372036854775808)");
  EXPECT_EQ(modulo(kMin64, int64_t{-1}), 0);
  EXPECT_EQ(abs(-3), 3);
  EXPECT_EQ(abs(-3.5), 3.5);
}

TEST(ArithmeticTest, DivisionOfIntegersIsTrue) {
  EXPECT_EQ(divide(7, 2), 3.5);
  EXPECT_EQ(divide(int64_t{-7}, int64_t{2}), -3.5);
  EXPECT_EQ(divide(1, 0), kInf);
  EXPECT_TRUE(is_nan(divide(0, 0)));
}

TEST(ArithmeticTest, FloorDivAndModuloOfIntegersFollowPython) {
  const int64_t cases[][4] = {{7, 2, 3, 1},    {-7, 2, -4, 1},
                              {7, -2, -4, -1}, {-7, -2, 3, -1},
                              {6, 3, 2, 0},    {-6, 3, -2, 0},
                              {0, 5, 0, 0},    {-1, 5, -1, 4},
                              {5, -1, -5, 0},  {kMin64, 3, -3074457345618258603, 1}};
  for (const auto& [x, y, quotient, rest] : cases) {
    EXPECT_EQ(floor_div(x, y), quotient) << x << " " << y;
    EXPECT_EQ(modulo(x, y), rest) << x << " " << y;
  }
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(modulo(-7, 2), 1);
  EXPECT_EQ(error_of([] { return floor_div(7, 0); }),
            "bad_data: integer division by zero in floor_div(7, 0)");
  EXPECT_EQ(error_of([] { return modulo(int64_t{7}, int64_t{0}); }),
            "bad_data: integer division by zero in modulo(7, 0)");
}

// numpy.floor_divide and numpy.remainder.
TEST(ArithmeticTest, FloorDivAndModuloOfDoublesFollowNumpy) {
  const double cases[][4] = {{7.5, 2, 3, 1.5},
                             {-7.5, 2, -4, 0.5},
                             {7.5, -2, -4, -0.5},
                             {-7.5, -2, 3, -1.5},
                             {1.0, 0.1, 9, 0.09999999999999995},
                             {-1e-20, 1, -1, 1},
                             {0.0, -3, -0.0, -0.0},
                             {1.0, 0.0, kInf, kNan},
                             {-1.0, 0.0, -kInf, kNan},
                             {0.0, 0.0, kNan, kNan},
                             {kInf, 2, kNan, kNan},
                             {5, kInf, 0, 5},
                             {-5, kInf, -1, kInf},
                             {kNan, 2, kNan, kNan}};
  for (const auto& [x, y, quotient, rest] : cases) {
    EXPECT_TRUE(same_bits(floor_div(x, y), quotient)) << x << " " << y << " " << floor_div(x, y);
    EXPECT_TRUE(same_bits(modulo(x, y), rest)) << x << " " << y << " " << modulo(x, y);
  }
}

__extension__ using Wide = __int128;  // a floored quotient times its divisor may not fit

TEST(ArithmeticTest, QuotientAndRestMakeTheNumberAgain) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 100; ++i) {
      const auto x = static_cast<int64_t>(random()) >> (random() % 60);
      const auto y = static_cast<int64_t>(random()) >> (random() % 60);
      if (y == 0 || y == -1) continue;
      EXPECT_TRUE(static_cast<Wide>(y) * floor_div(x, y) + modulo(x, y) == x) << x << " " << y;
      EXPECT_TRUE(modulo(x, y) == 0 || (modulo(x, y) < 0) == (y < 0));
    }
  }
}

TEST(ArithmeticTest, NanSortsLastInLeastAndGreatest) {
  EXPECT_EQ(least(kNan, 1), 1);
  EXPECT_EQ(least(1, kNan), 1);
  EXPECT_TRUE(is_nan(greatest(kNan, 1)));
  EXPECT_TRUE(is_nan(greatest(1, kNan)));
  EXPECT_TRUE(is_nan(least(kNan, kNan)));
  EXPECT_EQ(least(2.5, int64_t{3}), 2.5);
  EXPECT_EQ(greatest(int64_t{2}, 3), 3);
  static_assert(std::is_same_v<decltype(greatest(int64_t{2}, 3)), int64_t>);
  static_assert(std::is_same_v<decltype(add(1, 2.0f)), double>);
  EXPECT_EQ(least("pear", "apple"), "apple");
  EXPECT_EQ(greatest(int64_t{3}, int64_t{-4}), 3);
  EXPECT_EQ(least(Time(5us), Time(-5us)), Time(-5us));
}

TEST(ArithmeticTest, SignAndKinds) {
  EXPECT_EQ(sign(-2.5), -1);
  EXPECT_EQ(sign(-0.0), 0);
  EXPECT_TRUE(is_nan(sign(kNan)));
  EXPECT_EQ(sign(kMin64), -1);
  EXPECT_TRUE(is_inf(-kInf) && !is_inf(kNan) && !is_inf(1));
  EXPECT_TRUE(is_finite(1) && !is_finite(kInf) && !is_finite(kNan));
}

TEST(ArithmeticTest, ClipLeavesANullBoundOpen) {
  EXPECT_EQ(clip(5.0, 1, 3), 3);
  EXPECT_EQ(clip(-5.0, 1, 3), 1);
  EXPECT_EQ(clip(5.0, std::nullopt, 3), 3);
  EXPECT_EQ(clip(5.0, 1, std::nullopt), 5);
  EXPECT_EQ(clip(5.0, kNan, kNan), 5);
  EXPECT_EQ(clip(5.0, 8, 2), 2);  // numpy.clip(5, 8, 2)
  EXPECT_TRUE(is_nan(clip(kNan, 1, 3)));
  EXPECT_EQ(clip(int64_t{7}, 1, 3), 3);
}

TEST(CastTest, BetweenNumbers) {
  EXPECT_EQ((cast<int64_t>(2.9)), 2);
  EXPECT_EQ((cast<int64_t>(-2.9)), -2);
  EXPECT_EQ((cast<int64_t>(-0x1p63)), kMin64);
  EXPECT_EQ((try_cast<int64_t>(0x1p63)), std::nullopt);
  EXPECT_EQ((cast<int32_t>(2147483647.9)), kMax32);
  EXPECT_EQ((try_cast<int32_t>(2147483648.0)), std::nullopt);
  EXPECT_EQ((cast<int32_t>(-2147483648.9)), kMin32);
  EXPECT_EQ((cast<float>(1e300)), std::numeric_limits<float>::infinity());
  EXPECT_EQ((cast<double>(kMax64)), 0x1p63);
  EXPECT_EQ((cast<int32_t>(int64_t{-5})), -5);
  EXPECT_EQ((cast<int64_t>(true)), 1);
  EXPECT_TRUE(cast<bool>(0.5));
  EXPECT_FALSE(cast<bool>(0));
  EXPECT_EQ(error_of([] { return cast<int64_t>(kNan); }), "bad_data: cannot cast to int64: nan");
  EXPECT_EQ(error_of([] { return cast<int32_t>(int64_t{1} << 31); }),
            "bad_data: cannot cast to int32: 2147483648");
  EXPECT_EQ(error_of([] { return cast<int64_t>(1e19); }), "bad_data: cannot cast to int64: 1e+19");
}

TEST(CastTest, FromTextIsStrict) {
  EXPECT_EQ((cast<int64_t>(std::string_view("-12"))), -12);
  EXPECT_EQ((cast<int64_t>(std::string_view("+12"))), 12);
  EXPECT_EQ((cast<double>(std::string_view("1e3"))), 1000);
  EXPECT_EQ((cast<double>(std::string_view("-Inf"))), -kInf);
  EXPECT_TRUE(is_nan(cast<double>(std::string_view("NaN"))));
  EXPECT_EQ((cast<double>(std::string_view("1e999"))), kInf);
  EXPECT_EQ((cast<double>(std::string_view("-1e-999"))), 0);
  EXPECT_EQ((cast<float>(std::string_view("0.1"))), 0.1f);
  EXPECT_TRUE(cast<bool>(std::string_view("True")));
  EXPECT_FALSE(cast<bool>(std::string_view("0")));
  for (const std::string_view bad :
       {"", " 1", "1 ", "1.0", "0x10", "+-1", "--1", "1_000", "+", "9223372036854775808", "one"}) {
    EXPECT_EQ((try_cast<int64_t>(bad)), std::nullopt) << bad;
  }
  for (const std::string_view bad : {"", " 1", "1,5", "0x1p3", "+", "1e", "infinit", "nan ("}) {
    EXPECT_EQ((try_cast<double>(bad)), std::nullopt) << bad;
  }
  EXPECT_EQ((try_cast<bool>(std::string_view("yes"))), std::nullopt);
  EXPECT_EQ(error_of([] { return cast<int64_t>(std::string_view("x1")); }),
            "bad_data: cannot cast to int64: \"x1\"");
}

TEST(CastTest, ToText) {
  EXPECT_EQ((cast<std::string>(0.1)), "0.1");
  EXPECT_EQ((cast<std::string>(3.0)), "3.0");
  EXPECT_EQ((cast<std::string>(0.1f)), "0.1");
  EXPECT_EQ((cast<std::string>(kMin64)), "-9223372036854775808");
  EXPECT_EQ((cast<std::string>(int32_t{7})), "7");
  EXPECT_EQ((cast<std::string>(true)), "true");
  EXPECT_EQ((cast<std::string>(-kInf)), "-inf");
}

TEST(CastTest, NumbersSurviveTextAndBack) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 500; ++i) {
      const auto x = std::bit_cast<double>(random());
      EXPECT_TRUE(same_bits(cast<double>(cast<std::string>(x)), x)) << x;
      const auto n = static_cast<int64_t>(random());
      EXPECT_EQ(cast<int64_t>(cast<std::string>(n)), n);
    }
  }
}

}  // namespace
}  // namespace weft
