#include <gmock/gmock.h>

#include <map>
#include <random>

#include "ops/table_test_values.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

using table_test::error_of;
using table_test::rows_of;
using table_test::texts;
using testing::ElementsAre;
using testing::HasSubstr;

Table trips() {
  return {{"k", ColumnData::of<std::optional<std::string>>({"b", "a", "b", {}, "a", "b"})},
          {"v", ColumnData::of<std::optional<double>>({1, 2, 4, 8, {}, 16.5})},
          {"n", ColumnData::of<int64_t>({3, 1, 2, 5, 4, 9})}};
}

TEST(GroupByTest, TheValuesPandasGives) {
  // pandas 2: groupby("k", sort=False, dropna=False).
  const Table got = group_by(trips(), "k")
                        .aggregate({{"mean", "mean", "v"},
                                    {"std", "stddev", "v"},
                                    {"median", "median", "n"},
                                    {"rows", "count_all"},
                                    {"values", "count", "v"},
                                    {"q", "quantile", "n", {{"q", Value::of(0.9)}}}});
  EXPECT_THAT(got.names(), ElementsAre("k", "mean", "std", "median", "rows", "values", "q"));
  EXPECT_THAT(texts(got, "k"), ElementsAre("\"b\"", "\"a\"", "null"));
  EXPECT_THAT(texts(got, "mean"), ElementsAre("7.166666666666667", "2.0", "8.0"));
  EXPECT_NEAR(got.column("std").at(0).get<double>(), 8.220908, 1e-6);
  EXPECT_TRUE(got.column("std").is_null(1));
  EXPECT_THAT(texts(got, "median"), ElementsAre("3.0", "2.5", "5.0"));
  EXPECT_THAT(texts(got, "rows"), ElementsAre("3", "2", "1"));
  EXPECT_THAT(texts(got, "values"), ElementsAre("3", "1", "1"));
  EXPECT_NEAR(got.column("q").at(0).get<double>(), 7.8, 1e-12);
}

TEST(GroupByTest, TextsListsAndTwoColumns) {
  const Table got =
      group_by(trips(), "k")
          .aggregate(
              {{"first", "min", "k"}, {"all", "list", "n"}, {"cov", "covariance", {"v", "n"}}});
  EXPECT_THAT(texts(got, "first"), ElementsAre("\"b\"", "\"a\"", "null"));
  EXPECT_THAT(texts(got, "all"), ElementsAre("[3, 2, 9]", "[1, 4]", "[5]"));
  EXPECT_NEAR(got.column("cov").at(0).get<double>(), 29.583333333333332, 1e-12);
}

TEST(GroupByTest, NoKeysAreOneGroup) {
  const std::vector<AggregateColumn> sums = {{"rows", "count_all"}, {"sum", "sum", "n"}};
  EXPECT_THAT(rows_of(group_by(trips(), {}).aggregate(sums)), ElementsAre("6|24"));
  EXPECT_THAT(rows_of(group_by(trips().slice(0, 0), {}).aggregate(sums)), ElementsAre("0|null"));
  EXPECT_EQ(group_by(trips().slice(0, 0), "k").aggregate(sums).num_rows(), 0);
}

TEST(GroupByTest, GroupsOfRows) {
  const GroupBy groups = group_by(trips(), {"k"});
  EXPECT_EQ(groups.size(), 3);
  EXPECT_THAT(groups.group_of_rows(), ElementsAre(0, 1, 0, 2, 1, 0));
}

TEST(GroupByTest, ValueCounts) {
  const Table table = {
      {"g", ColumnData::of<int64_t>({1, 2, 1, 1, 1, 1})},
      {"x", ColumnData::of<std::optional<std::string>>({"a", "a", "b", {}, "b", {}})}};
  EXPECT_THAT(rows_of(group_by(table, "g").value_counts("x")),
              ElementsAre("1|\"b\"|2", "1|null|2", "1|\"a\"|1", "2|\"a\"|1"));
  EXPECT_THAT(rows_of(group_by(table, {}).value_counts("x")),
              ElementsAre("\"a\"|2", "\"b\"|2", "null|2"));
}

TEST(GroupByTest, MessagesNameTheColumn) {
  EXPECT_THAT(error_of([] { group_by(trips(), "kk"); }), HasSubstr("did you mean 'k'?"));
  EXPECT_THAT(error_of([] { group_by(trips(), "k").aggregate({{"m", "mena", "v"}}); }),
              testing::AllOf(HasSubstr("aggregate column \"m\": "), HasSubstr("mean")));
  EXPECT_THAT(error_of([] { group_by(trips(), "k").aggregate({{"m", "mean", "k"}}); }),
              HasSubstr("type_mismatch: aggregate column \"m\": "));
  EXPECT_THAT(error_of([] { group_by(trips(), "k").aggregate({{"k", "mean", "v"}}); }),
              HasSubstr("two columns named \"k\""));
}

TEST(GroupByTest, AgreesWithAMap) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    const size_t n = random() % 40'000;
    const uint64_t keys = 1 + random() % 5000;
    std::vector<int64_t> k(n);
    std::vector<std::optional<int64_t>> v(n);
    std::map<int64_t, std::pair<int64_t, int64_t>> wanted;
    for (size_t i = 0; i < n; ++i) {
      k[i] = static_cast<int64_t>(random() % keys);
      if (random() % 7) v[i] = static_cast<int64_t>(random() % 1000) - 500;
      if (v[i]) wanted[k[i]].first += *v[i];
      ++wanted[k[i]].second;
    }
    const Table table =
        table_test::in_parts(Table{{"k", ColumnData::of(k)}, {"v", ColumnData::of(v)}}, random);
    const Table got = group_by(table, "k").aggregate({{"sum", "sum", "v"}, {"rows", "count_all"}});
    ASSERT_EQ(got.num_rows(), static_cast<int64_t>(wanted.size())) << "seed " << seed;
    for (int64_t i = 0; i < std::min<int64_t>(got.num_rows(), 300); ++i) {
      const auto& [sum, rows] = wanted.at(got.column("k").at(i).get<int64_t>());
      const Value value = got.column("sum").at(i);
      ASSERT_EQ(value.has_value() ? value.get<int64_t>() : 0, sum) << "seed " << seed;
      ASSERT_EQ(got.column("rows").at(i).get<int64_t>(), rows) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace weft
