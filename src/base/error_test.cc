#include "weft/error.h"

#include <gtest/gtest.h>

#include <set>

namespace weft {
namespace {

TEST(ErrorTest, PlaceStandsBeforeTheMessage) {
  const Error error(ErrorCode::kNotFound, "no column \"a\"", {"features.cc", 12});
  EXPECT_STREQ(error.what(), "features.cc:12: no column \"a\"");
  EXPECT_EQ(error.message(), "no column \"a\"");
  EXPECT_EQ(error.where().line, 12);
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
}

TEST(ErrorTest, NoPlace) {
  EXPECT_STREQ(Error(ErrorCode::kIo, "disk full").what(), "disk full");
  EXPECT_TRUE(Error(ErrorCode::kIo, "disk full").where().empty());
  EXPECT_EQ(SourceLocation().to_string(), "");
  EXPECT_EQ((SourceLocation{"weft.yaml", 0}).to_string(), "weft.yaml");
}

TEST(ErrorTest, EveryCodeHasANameOfItsOwnAndAnExitStatus) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    EXPECT_TRUE(names.insert(error_code_name(static_cast<ErrorCode>(code))).second) << code;
    EXPECT_NE(exit_status(static_cast<ErrorCode>(code)), 0) << code;
  }
  EXPECT_EQ(error_code_name(ErrorCode::kInvalidArgument), "invalid_argument");
  EXPECT_EQ(error_code_name(ErrorCode::kInternal), "internal");
  EXPECT_EQ(exit_status(ErrorCode::kTypeMismatch), 2);
  EXPECT_EQ(exit_status(ErrorCode::kBadData), 1);
  EXPECT_EQ(exit_status(ErrorCode::kInternal), 70);
}

TEST(ErrorTest, CheckNamesTheConditionAndItsPlace) {
  EXPECT_DEATH(WEFT_CHECK(1 > 2), "internal error: .*error_test.cc:[0-9]+: 1 > 2 does not hold");
  WEFT_CHECK(1 < 2);
}

}  // namespace
}  // namespace weft
