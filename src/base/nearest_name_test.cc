#include "base/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft {
namespace {

const std::vector<std::string> kNames = {"age_mean", "age_stddev", "gender",
                                         "Gender",   "sum",        "max"};

TEST(NearestNameTest, OneEditOfEachKind) {
  EXPECT_EQ(nearest_name("age_meen", kNames), "age_mean");       // replaced
  EXPECT_EQ(nearest_name("age_men", kNames), "age_mean");        // left out
  EXPECT_EQ(nearest_name("age_stdddev", kNames), "age_stddev");  // doubled
  EXPECT_EQ(nearest_name("smu", kNames), "sum");                 // swapped: one edit, not two
}

TEST(NearestNameTest, CaseIsNoEditButBreaksTies) {
  EXPECT_EQ(nearest_name("AGE_MEAN", kNames), "age_mean");
  EXPECT_EQ(nearest_name("Gender", kNames), "Gender");
  EXPECT_EQ(nearest_name("gender", kNames), "gender");
}

TEST(NearestNameTest, NothingNear) {
  EXPECT_EQ(nearest_name("trip_distance", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
  EXPECT_EQ(nearest_name("x", kNames), "");
  EXPECT_EQ(nearest_name("sum", {}), "");
}

TEST(NearestNameTest, TheEarlierOfEquallyNearNames) {
  const std::vector<std::string> names = {"cat", "bat"};
  EXPECT_EQ(nearest_name("hat", names), "cat");
}

TEST(NearestNameTest, MessageEnds) {
  EXPECT_EQ(did_you_mean("gendre", kNames), "; did you mean 'gender'?");
  EXPECT_EQ(did_you_mean("trip_distance", kNames), "");
}

}  // namespace
}  // namespace weft
