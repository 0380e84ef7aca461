// pivot, unpivot, one_hot, explode.
#include <arrow/api.h>
#include <gmock/gmock.h>

#include "ops/table_test_values.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

using table_test::error_of;
using table_test::rows_of;
using table_test::texts;
using testing::ElementsAre;
using testing::HasSubstr;

Table sales() {
  return {{"id", ColumnData::of<int64_t>({2, 1, 2, 1, 2})},
          {"c", ColumnData::of<std::optional<std::string>>({"y", "x", "x", "y", "y"})},
          {"v", ColumnData::of<double>({1, 2, 3, 4, 6})}};
}

TEST(PivotTest, TheTablePolarsGives) {
  const Table got =
      pivot(sales(), {.index = "id", .columns = "c", .values = "v", .aggregate = "mean"});
  EXPECT_EQ(got.to_string(),
            "id    x    y\n"
            " 2  3.0  3.5\n"
            " 1  2.0  4.0\n");
}

TEST(PivotTest, TwoRowsOfACellWantAnAggregate) {
  EXPECT_EQ(error_of([] { pivot(sales(), {.index = "id", .columns = "c", .values = "v"}); }),
            "bad_data: pivot: rows 0 and 4 (from 0) meet in one cell; give an aggregate that makes "
            "one value of them");
  const Table once = sales().slice(0, 3);
  EXPECT_THAT(rows_of(pivot(once, {.index = "id", .columns = "c", .values = "v"})),
              ElementsAre("2|3.0|1.0", "1|2.0|null"));
}

TEST(PivotTest, SeveralValuesNullsAndNoIndex) {
  const Table table =
      sales().with_column("c", ColumnData::of<std::optional<int64_t>>({10, 9, {}, 10, 10}));
  const Table got =
      pivot(table, {.index = {}, .columns = "c", .values = {"v", "id"}, .aggregate = "sum"});
  EXPECT_THAT(got.names(), ElementsAre("v_9", "v_10", "v_null", "id_9", "id_10", "id_null"));
  EXPECT_THAT(rows_of(got), ElementsAre("2.0|11.0|3.0|1|5|2"));
  EXPECT_EQ(pivot(table.slice(0, 0), {.index = "id", .columns = "c", .values = "v"}).num_rows(), 0);
}

TEST(PivotTest, Errors) {
  EXPECT_THAT(error_of([] { pivot(sales(), {.index = "id", .columns = "c", .values = {}}); }),
              HasSubstr("no column of values"));
  EXPECT_THAT(error_of([] { pivot(sales(), {.index = "id", .columns = "c", .values = "id"}); }),
              HasSubstr("\"id\" is a column of values and of the index"));
  EXPECT_THAT(error_of([] { pivot(sales(), {.index = "idd", .columns = "c", .values = "v"}); }),
              HasSubstr("did you mean 'id'?"));
}

TEST(UnpivotTest, TheTablePolarsGives) {
  const Table table = {{"id", ColumnData::of<int64_t>({1, 2})},
                       {"a", ColumnData::of<int64_t>({1, 2})},
                       {"b", ColumnData::of<std::optional<double>>({1.5, {}})}};
  EXPECT_EQ(unpivot(table, {.index = "id"}).to_string(),
            "id  variable  value\n"
            " 1  a           1.0\n"
            " 2  a           2.0\n"
            " 1  b           1.5\n"
            " 2  b          null\n");
  EXPECT_THAT(rows_of(unpivot(table, {.on = "a", .variable = "k", .value = "v"})),
              ElementsAre("\"a\"|1", "\"a\"|2"));
  EXPECT_EQ(
      error_of([] { unpivot(sales(), {.index = "id"}); }),
      "type_mismatch: unpivot: column \"c\" is string, and \"v\" is double: they do not go in "
      "one");
  EXPECT_THROW(unpivot(sales().select({"id"}), {.index = "id"}), Error);
}

TEST(OneHotTest, AllValuesSortedInThePlaceOfTheColumn) {
  const Table table = {{"a", ColumnData::of<int64_t>({1, 2, 3})},
                       {"c", ColumnData::of<std::optional<std::string>>({"y", {}, "x"})},
                       {"b", ColumnData::of<int64_t>({1, 2, 3})}};
  const Table got = one_hot(table, "c");
  EXPECT_THAT(got.names(), ElementsAre("a", "c_x", "c_y", "b"));
  EXPECT_THAT(texts(got, "c_x"), ElementsAre("false", "false", "true"));
  EXPECT_THAT(texts(got, "c_y"), ElementsAre("true", "false", "false"));
}

TEST(OneHotTest, GivenCategories) {
  const Table table = {{"n", ColumnData::of<int64_t>({7, 8, 9})}};
  // Values of other types fit where they convert.
  const Table got =
      one_hot(table, "n", {.categories = {Value::of(9.0), Value::of(int32_t{1})}, .prefix = "is"});
  EXPECT_THAT(got.names(), ElementsAre("is_9", "is_1"));
  EXPECT_THAT(rows_of(got), ElementsAre("false|false", "false|false", "true|false"));
  const Value seven = Value::of(int64_t{7});
  EXPECT_THAT(error_of([&] { one_hot(table, "n", {.categories = {seven, seven}}); }),
              HasSubstr("given twice"));
  EXPECT_THAT(error_of([&] { one_hot(table, "n", {.categories = {Value()}}); }),
              HasSubstr("null is no category"));
  EXPECT_THROW(one_hot(table, "n", {.categories = {Value::of("x")}}), Error);
}

TEST(ExplodeTest, EmptyAndNullGiveANull) {
  const Table table = {{"id", ColumnData::of<int64_t>({1, 2, 3, 4})},
                       {"l", ColumnData::of<std::optional<std::vector<std::string>>>(
                                 {{{"a", "b"}}, {}, {{}}, {{"c"}}})}};
  const Table got = explode(table, "l");
  EXPECT_EQ(to_string(got.schema()), "id: int64, l: string");
  EXPECT_THAT(rows_of(got), ElementsAre("1|\"a\"", "1|\"b\"", "2|null", "3|null", "4|\"c\""));
  EXPECT_THAT(rows_of(explode(table.slice(1, 3), "l")), ElementsAre("2|null", "3|null", "4|\"c\""));
  EXPECT_EQ(error_of([&] { explode(table, "id"); }),
            "type_mismatch: explode: column \"id\" is int64, and not a list");
  EXPECT_EQ(explode(table.slice(0, 0), "l").num_rows(), 0);
}

}  // namespace
}  // namespace weft
