// Joins by equal keys, and in time.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>

#include "ops/table_test_values.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

using table_test::error_of;
using table_test::in_parts;
using table_test::rows_of;
using table_test::texts;
using testing::ElementsAre;
using testing::HasSubstr;

Table left() {
  return {{"id", ColumnData::of<std::optional<int64_t>>({1, 2, 2, {}, 4})},
          {"day", ColumnData::of<std::optional<std::string>>({"a", "b", "b", "c", {}})},
          {"x", ColumnData::of<double>({1.5, 2.5, std::nan(""), 4, 5})}};
}
Table right() {
  return {{"id", ColumnData::of<std::optional<int64_t>>({2, 2, 1, {}, 9})},
          {"y", ColumnData::of<std::string>({"p", "q", "r", "s", "t"})}};
}

TEST(JoinTest, TheRowsPolarsGives) {
  // Polars 1 with maintain_order="left_right" and, for the full join, coalesce=True.
  const std::vector<std::string> both = {"1|\"a\"|1.5|\"r\"", "2|\"b\"|2.5|\"p\"",
                                         "2|\"b\"|2.5|\"q\"", "2|\"b\"|nan|\"p\"",
                                         "2|\"b\"|nan|\"q\""};
  const std::vector<std::string> left_only = {"null|\"c\"|4.0|null", "4|null|5.0|null"};
  const std::vector<std::string> right_only = {"null|null|null|\"s\"", "9|null|null|\"t\""};
  auto wanted = both;
  EXPECT_EQ(rows_of(inner_join(left(), right(), {"id"})), wanted);
  wanted.insert(wanted.end(), left_only.begin(), left_only.end());
  EXPECT_EQ(rows_of(left_join(left(), right(), {"id"})), wanted);
  wanted.insert(wanted.end(), right_only.begin(), right_only.end());
  EXPECT_EQ(rows_of(full_join(left(), right(), {"id"})), wanted);
  wanted = both;
  wanted.insert(wanted.end(), right_only.begin(), right_only.end());
  EXPECT_EQ(rows_of(right_join(left(), right(), {"id"})), wanted);
  EXPECT_THAT(texts(semi_join(left(), right(), {"id"}), "x"), ElementsAre("1.5", "2.5", "nan"));
  EXPECT_THAT(texts(anti_join(left(), right(), {"id"}), "x"), ElementsAre("4.0", "5.0"));
}

TEST(JoinTest, KeysOfOtherNamesAndTypes) {
  const Table other =
      right()
          .rename("id", "key")
          .with_column("key", ColumnData::of<std::optional<int32_t>>({2, 2, 1, {}, 9}));
  const Table joined = full_join(left(), other, {{"id", "key"}});
  EXPECT_EQ(to_string(joined.schema()), "id: int64, day: string, x: double, y: string");
  EXPECT_EQ(rows_of(joined), rows_of(full_join(left(), right(), {"id"})));
  // Keys of an all-null column have no type of their own.
  const Table nulls = {{"id", ColumnData::of<std::optional<double>>({{}})},
                       {"y", ColumnData::of<std::string>({"p"})}};
  EXPECT_EQ(inner_join(left(), nulls, {"id"}).num_rows(), 0);
}

TEST(JoinTest, MessagesNameWhatIsWrong) {
  EXPECT_EQ(error_of([] { inner_join(left(), right(), {{"id", "y"}}); }),
            "type_mismatch: inner_join: key column \"id\" of the left table is int64, and \"y\" of "
            "the right is string");
  EXPECT_THAT(error_of([] { left_join(left(), right(), {{"x", "id"}}); }),
              HasSubstr("\"x\" of the left table is double"));
  EXPECT_THAT(error_of([] { left_join(left(), right(), {{"idd", "id"}}); }),
              HasSubstr("did you mean 'id'?"));
  EXPECT_EQ(error_of([] { left_join(left(), right(), {}); }),
            "invalid_argument: left_join: no key columns are given");
}

TEST(JoinTest, ClashingNamesWantASuffix) {
  const Table other = right().rename("y", "x");
  EXPECT_EQ(error_of([&] { left_join(left(), other, {"id"}); }),
            "invalid_argument: left_join: both tables have a column \"x\"; drop or rename one, or "
            "give a suffix for the right's");
  EXPECT_THAT(left_join(left(), other, {"id"}, {.suffix = "_r"}).names(),
              ElementsAre("id", "day", "x", "x_r"));
  EXPECT_THAT(
      error_of([&] { left_join(left().rename("day", "x_r"), other, {"id"}, {.suffix = "_r"}); }),
      HasSubstr("with the suffix it is \"x_r\", which exists too"));
}

TEST(JoinTest, ShapesAreChecked) {
  const auto shape = [](JoinShape s, const Table& l, const Table& r) {
    return error_of([&] { inner_join(l, r, {"id"}, {.validate = s}); });
  };
  const Table once_left = distinct(left(), "id");
  const Table once_right = distinct(right(), "id");
  EXPECT_EQ(shape(JoinShape::kOneToOne, once_left, once_right), "no error");
  EXPECT_EQ(shape(JoinShape::kOneToMany, once_left, right()), "no error");
  EXPECT_EQ(shape(JoinShape::kManyToOne, left(), once_right), "no error");
  EXPECT_EQ(shape(JoinShape::kManyToMany, left(), right()), "no error");
  EXPECT_EQ(shape(JoinShape::kManyToOne, left(), right()),
            "bad_data: inner_join: the keys of the right table have to be unique, but its rows 0 "
            "and 1 (from 0) have the same");
  EXPECT_THAT(shape(JoinShape::kOneToOne, left(), once_right), HasSubstr("left table"));
  EXPECT_THAT(shape(JoinShape::kOneToMany, left(), right()), HasSubstr("left table"));
  const Table nulls = {{"id", ColumnData::of<std::optional<int64_t>>({{}, {}})}};
  EXPECT_EQ(shape(JoinShape::kOneToOne, nulls, once_right), "no error");
}

TEST(JoinTest, EmptySides) {
  const Table none = right().slice(0, 0);
  EXPECT_EQ(inner_join(left(), none, {"id"}).num_rows(), 0);
  EXPECT_EQ(rows_of(left_join(left(), none, {"id"}).drop(std::vector<std::string>{"y"})),
            rows_of(left()));
  EXPECT_EQ(full_join(left().slice(0, 0), right(), {"id"}).num_rows(), 5);
  EXPECT_TRUE(anti_join(left(), none, {"id"}).equals(left()));
}

// Rows with keys that come often, some null.
Table random_side(std::mt19937_64& random, const std::string& payload) {
  const size_t n = random() % 120;
  const uint64_t distinct_keys = 1 + random() % 40;
  std::vector<std::optional<std::string>> k;
  std::vector<std::optional<Time>> t;
  std::vector<int64_t> row;
  for (size_t i = 0; i < n; ++i) {
    k.push_back(random() % 9 ? std::optional("k" + std::to_string(random() % distinct_keys))
                             : std::nullopt);
    t.push_back(random() % 9 ? std::optional(Time(Duration(random() % 3))) : std::nullopt);
    row.push_back(static_cast<int64_t>(i));
  }
  return in_parts(
      Table{{"k", ColumnData::of(k)}, {"t", ColumnData::of(t)}, {payload, ColumnData::of(row)}},
      random);
}

TEST(JoinTest, AgreesWithTwoLoops) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    std::mt19937_64 random(seed);
    const Table l = random_side(random, "l");
    const Table r = random_side(random, "r");
    const auto lk = texts(l, "k");
    const auto lt = texts(l, "t");
    const auto rk = texts(r, "k");
    const auto rt = texts(r, "t");
    const bool by_time = random() % 2 == 0;
    const JoinKeys keys = by_time ? JoinKeys{"k", "t"} : JoinKeys{"k"};
    const auto row = [&](const std::string& key, const std::string& time, size_t i, size_t j) {
      return key + "|" + time + "|" + (i < lk.size() ? std::to_string(i) : "null") +
             (by_time ? "" : "|" + (j < rk.size() ? rt[j] : "null")) + "|" +
             (j < rk.size() ? std::to_string(j) : "null");
    };
    std::vector<std::string> inner;
    std::vector<std::string> outer;
    std::vector<std::string> semi;
    std::vector<bool> right_matched(rk.size());
    for (size_t i = 0; i < lk.size(); ++i) {
      bool matched = false;
      for (size_t j = 0; j < rk.size(); ++j) {
        const bool no_null = lk[i] != "null" && (!by_time || lt[i] != "null");
        if (!no_null || lk[i] != rk[j] || (by_time && lt[i] != rt[j])) continue;
        matched = right_matched[j] = true;
        inner.push_back(row(lk[i], lt[i], i, j));
        outer.push_back(inner.back());
      }
      if (!matched) outer.push_back(row(lk[i], lt[i], i, rk.size()));
      if (matched) semi.push_back(lk[i] + "|" + lt[i] + "|" + std::to_string(i));
    }
    const JoinOptions suffix = {.suffix = "_r"};
    ASSERT_EQ(rows_of(inner_join(l, r, keys, suffix)), inner) << "seed " << seed;
    ASSERT_EQ(rows_of(left_join(l, r, keys, suffix)), outer) << "seed " << seed;
    ASSERT_EQ(rows_of(semi_join(l, r, keys)), semi) << "seed " << seed;
    ASSERT_EQ(anti_join(l, r, keys).num_rows() + static_cast<int64_t>(semi.size()), l.num_rows());
    for (size_t j = 0; j < rk.size(); ++j) {
      if (right_matched[j]) continue;
      outer.push_back(row(rk[j], by_time ? rt[j] : "null", lk.size(), j));
      inner.push_back(outer.back());
    }
    ASSERT_EQ(rows_of(full_join(l, r, keys, suffix)), outer) << "seed " << seed;
    ASSERT_EQ(rows_of(right_join(l, r, keys, suffix)), inner) << "seed " << seed;
  }
}

// ---- in time --------------------------------------------------------------------------------

Table asks() {
  return {{"t", ColumnData::of<int64_t>({1, 5, 10, 20})},
          {"u", ColumnData::of<std::string>({"x", "y", "x", "x"})}};
}
Table rates() {
  return {{"t", ColumnData::of<int64_t>({1, 2, 2, 5, 9, 12, 21})},
          {"u", ColumnData::of<std::string>({"x", "x", "x", "x", "y", "x", "x"})},
          {"v", ColumnData::of<int64_t>({1, 2, 3, 4, 5, 6, 7})}};
}

TEST(AsofJoinTest, TheRowsPandasGives) {
  // pandas.merge_asof; forward and not exact, row 0 is 3 here and 2 there: the later row wins.
  const auto values = [](AsofOptions options) {
    options.by = {"u"};
    options.left_time = "t";
    return texts(asof_join(asks(), rates(), options), "v");
  };
  const auto forward = AsofDirection::kForward;
  const auto nearest = AsofDirection::kNearest;
  EXPECT_THAT(values({.left_time = {}}), ElementsAre("1", "null", "4", "6"));
  EXPECT_THAT(values({.left_time = {}, .ttl = Duration(2)}),
              ElementsAre("1", "null", "null", "null"));
  EXPECT_THAT(values({.left_time = {}, .allow_exact = false}),
              ElementsAre("null", "null", "4", "6"));
  EXPECT_THAT(values({.left_time = {}, .direction = forward}), ElementsAre("1", "5", "6", "7"));
  EXPECT_THAT(values({.left_time = {}, .ttl = Duration(2), .direction = forward}),
              ElementsAre("1", "null", "6", "7"));
  EXPECT_THAT(values({.left_time = {}, .direction = forward, .allow_exact = false}),
              ElementsAre("3", "5", "6", "7"));
  EXPECT_THAT(values({.left_time = {}, .direction = nearest}), ElementsAre("1", "5", "6", "7"));
  EXPECT_THAT(values({.left_time = {}, .ttl = Duration(0)}),
              ElementsAre("1", "null", "null", "null"));
}

TEST(AsofJoinTest, ColumnsAndErrors) {
  const auto joined = asof_join(asks(), rates().rename("t", "since"),
                                {.left_time = "t", .right_time = "since", .suffix = "_r"});
  EXPECT_THAT(joined.names(), ElementsAre("t", "u", "since", "u_r", "v"));
  EXPECT_THAT(texts(joined, "v"), ElementsAre("1", "4", "5", "6"));
  EXPECT_EQ(error_of([] { asof_join(asks(), rates(), {.left_time = "u"}); }),
            "type_mismatch: asof_join: the left time \"u\" is string; timestamps, durations and "
            "integers are times");
  EXPECT_EQ(error_of([] {
              asof_join(asks(), rates().with_column("t", ColumnData::of(std::vector<Time>(7))),
                        {.left_time = "t"});
            }),
            "type_mismatch: asof_join: the left time \"t\" is int64, the right time \"t\" is "
            "timestamp");
  EXPECT_THAT(error_of([] { asof_join(asks(), rates(), {.left_time = "t", .ttl = Duration(-1)}); }),
              HasSubstr("ttl has to be 0 or more"));
}

TEST(AsofJoinTest, FarApartTimesDoNotOverflow) {
  constexpr auto kMin = std::numeric_limits<int64_t>::min();
  constexpr auto kMax = std::numeric_limits<int64_t>::max();
  const Table l = {{"t", ColumnData::of<int64_t>({kMax})}};
  const Table r = {{"t", ColumnData::of<int64_t>({kMin})}, {"v", ColumnData::of<int64_t>({7})}};
  EXPECT_THAT(texts(asof_join(l, r, {.left_time = "t"}), "v"), ElementsAre("7"));
  EXPECT_THAT(texts(asof_join(l, r, {.left_time = "t", .ttl = Duration(kMax)}), "v"),
              ElementsAre("null"));
}

TEST(AsofJoinTest, AgreesWithAScan) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto side = [&](const char* payload) {
      const size_t n = random() % 60;
      std::vector<std::optional<int32_t>> k;
      std::vector<std::optional<Time>> t;
      std::vector<int64_t> row;
      for (size_t i = 0; i < n; ++i) {
        k.push_back(random() % 12 ? std::optional(static_cast<int32_t>(random() % 4))
                                  : std::nullopt);
        t.push_back(random() % 12 ? std::optional(Time(Duration(random() % 30))) : std::nullopt);
        row.push_back(static_cast<int64_t>(i));
      }
      return in_parts(
          Table{{"k", ColumnData::of(k)}, {"t", ColumnData::of(t)}, {payload, ColumnData::of(row)}},
          random);
    };
    const Table l = side("l");
    const Table r = side("r");
    AsofOptions options = {.left_time = "t"};
    if (random() % 2) options.by = {"k"};
    if (random() % 2) options.ttl = Duration(random() % 8);
    options.direction = static_cast<AsofDirection>(random() % 3);
    options.allow_exact = random() % 2 == 0;
    options.suffix = "_r";
    const Table got = asof_join(l, r, options);
    ASSERT_EQ(got.num_rows(), l.num_rows());
    for (int64_t i = 0; i < l.num_rows(); ++i) {
      const Value t = l.column("t").at(i);
      const Value k = l.column("k").at(i);
      Value best;
      int64_t best_distance = 0;
      bool best_after = false;
      for (int64_t j = 0; t.has_value() && j < r.num_rows(); ++j) {
        const Value u = r.column("t").at(j);
        const Value other = r.column("k").at(j);
        if (!u.has_value()) continue;
        if (!options.by.empty() && (!k.has_value() || !k.equals(other))) continue;
        const int64_t ahead = (u.get<Time>() - t.get<Time>()).count();
        if (ahead == 0 && !options.allow_exact) continue;
        if (ahead > 0 && options.direction == AsofDirection::kBackward) continue;
        if (ahead < 0 && options.direction == AsofDirection::kForward) continue;
        const int64_t distance = std::abs(ahead);
        if (options.ttl && distance > options.ttl->count()) continue;
        const bool after = ahead > 0;
        const bool better = !best.has_value() || distance < best_distance ||
                            (distance == best_distance && after <= best_after);
        if (!better) continue;
        best = r.column("r").at(j);
        best_distance = distance;
        best_after = after;
      }
      ASSERT_EQ(got.column("r").at(i).to_string(), best.to_string())
          << "seed " << seed << " row " << i;
    }
  }
}

}  // namespace
}  // namespace weft
