#include "cli/promise.h"

#include <gmock/gmock.h>

namespace weft::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(PromiseTest, NamesTheCallAndItsLine) {
  const auto notes =
      find_promise_notes("FEATURE(double, a, (double x)) {\n  return std::log(x);\n}");
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].line, 1);
  EXPECT_EQ(notes[0].message,
            "std::log may give other bits on another machine; weft::log gives the same on all");
}

TEST(PromiseTest, ClocksAndChanceAreNoInputs) {
  const auto notes = find_promise_notes(
      "auto t = std::chrono::system_clock::"
      "now(); ::rand();");
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_THAT(notes[0].message, HasSubstr("std::chrono::system_clock makes the feature depend"));
  EXPECT_THAT(notes[1].message, HasSubstr("::rand"));
}

TEST(PromiseTest, ExactCallsCommentsAndTextsAreNone) {
  EXPECT_THAT(find_promise_notes("std::sqrt(x) + std::fma(x, x, x) + weft::log(x) + log(x)"),
              IsEmpty());
  EXPECT_THAT(find_promise_notes("// std::log(x)\n/* std::exp */ \"std::sin \\\" std::cos\""),
              IsEmpty());
  EXPECT_THAT(find_promise_notes("R\"x(std::log \" )\" )x\" 'a' 1'000 'b'"), IsEmpty());
  EXPECT_THAT(find_promise_notes("my::std::log(x) + std::logic(x)"), IsEmpty());
}

}  // namespace
}  // namespace weft::cli
