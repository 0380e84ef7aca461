#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "weft/compare.h"

namespace weft {
namespace {

using testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const Table kLeft = {{"id", ColumnData::of<std::optional<int64_t>>({1, 2, std::nullopt, 3, 3})},
                     {"x", ColumnData::of<double>({1, kNaN, 3, 4, 5})},
                     {"s", ColumnData::of<std::string>({"a", "b", "c", "d", "e"})}};

TEST(CompareTablesTest, EqualTablesInAnyOrder) {
  EXPECT_TRUE(compare_tables(kLeft, kLeft).empty());
  const std::vector<int64_t> order = {3, 2, 1, 0, 4};
  const TableDifference same = compare_tables(kLeft, kLeft.take(order), {.keys = "id"});
  EXPECT_TRUE(same.empty()) << same.to_string();
  EXPECT_EQ(same.rows_compared, 5);
}

TEST(CompareTablesTest, RowsAndValuesThatDiffer) {
  const Table right = {{"id", ColumnData::of<std::optional<int64_t>>({1, 2, std::nullopt, 3, 9})},
                       {"x", ColumnData::of<double>({1, kNaN, 3.5, 4, 5})},
                       {"t", ColumnData::of<bool>({true, true, true, true, true})}};
  const TableDifference found = compare_tables(kLeft, right, {.keys = "id"});
  EXPECT_EQ(found.rows_compared, 4);
  EXPECT_EQ(found.only_left.column("x").at(0).get<double>(), 5);  // the second row of key 3
  EXPECT_EQ(found.only_right.column("id").at(0).get<int64_t>(), 9);
  EXPECT_THAT(found.columns, testing::ElementsAre(testing::Pair("x", 1)));
  EXPECT_THAT(found.schema, testing::ElementsAre(HasSubstr("\"s\" is only on the left side"),
                                                 HasSubstr("\"t\" is only on the right side")));
  EXPECT_EQ(found.values.column("right").at(0).get<std::string>(), "3.5");
  EXPECT_TRUE(found.values.column("id").is_null(0));
  EXPECT_THAT(found.to_string(), HasSubstr("x: 1 of 4 values differ"));
}

TEST(CompareTablesTest, ToleranceIsRelative) {
  const Table a = {{"x", ColumnData::of<double>({1000, 1})}};
  const Table b = {{"x", ColumnData::of<double>({1001, 1.01})}};
  EXPECT_EQ(compare_tables(a, b, {.tolerance = 0.002}).columns[0].second, 1);
  EXPECT_TRUE(compare_tables(a, b, {.tolerance = 0.02}).empty());
  const Table c = {{"x", ColumnData::of<int64_t>({1000, 1})}};
  const TableDifference types = compare_tables(a, c);
  EXPECT_TRUE(types.columns.empty());
  EXPECT_THAT(types.schema, testing::ElementsAre(HasSubstr("double on the left side")));
}

}  // namespace
}  // namespace weft
