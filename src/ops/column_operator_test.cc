// Operators over all rows against constants of pandas 3.1 and oracles that look at every row.
#include "ops/column_operator.h"

#include <gtest/gtest.h>

#include <random>

#include "ops/expr_evaluation.h"
#include "weft/lookup.h"
#include "weft/rows.h"

namespace weft {
namespace {

using D = std::optional<double>;
using I = std::optional<int64_t>;
using S = std::optional<std::string>;

const ColumnData kX = ColumnData::of<D>({3.0, 1.0, {}, 3.0, -2.0, 7.5, 1.0, 3.0});

template <class C>
void expect(const C& column, const TestColumns& columns, const ColumnData& expected) {
  // A window that names neither time nor keys takes its rows as they lie.
  const ColumnData found = evaluate(bind_domain(column.expr, nullptr, {}), columns);
  ASSERT_EQ(found.size(), expected.size()) << column.expr->to_string();
  for (int64_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(found.at(i).equals(expected.at(i)))
        << column.expr->to_string() << ", row " << i << ": found " << found.at(i).to_string()
        << ", expected " << expected.at(i).to_string();
  }
}

TEST(ColumnOperatorTest, RanksAsPandas) {
  const auto x = test_column<double>("x");
  const TestColumns columns = {{"x", kX}};
  expect(rank(x), columns, ColumnData::of<D>({5.0, 2.5, {}, 5.0, 1.0, 7.0, 2.5, 5.0}));
  expect(rank(x, {.descending = true}), columns,
         ColumnData::of<D>({3.0, 5.5, {}, 3.0, 7.0, 1.0, 5.5, 3.0}));
  expect(rank(x, {.ties = Ties::kMin}), columns,
         ColumnData::of<D>({4.0, 2.0, {}, 4.0, 1.0, 7.0, 2.0, 4.0}));
  expect(rank(x, {.ties = Ties::kMax}), columns,
         ColumnData::of<D>({6.0, 3.0, {}, 6.0, 1.0, 7.0, 3.0, 6.0}));
  expect(rank(x, {.ties = Ties::kOrdinal, .descending = true}), columns,
         ColumnData::of<D>({2.0, 5.0, {}, 3.0, 7.0, 1.0, 6.0, 4.0}));
  expect(rank(x, {.ties = Ties::kDense, .fraction = true}), columns,
         ColumnData::of<D>({0.75, 0.5, {}, 0.75, 0.25, 1.0, 0.5, 0.75}));
  expect(rank(x, {.fraction = true}), columns,
         ColumnData::of<D>({0.7142857142857143,
                            0.35714285714285715,
                            {},
                            0.7142857142857143,
                            0.14285714285714285,
                            1.0,
                            0.35714285714285715,
                            0.7142857142857143}));
  expect(window_rank(x, last_rows(2)).by(), columns,
         ColumnData::of<D>({1.0, 1.0, {}, 2.0, 1.0, 3.0, 2.0, 2.0}));
}

TEST(ColumnOperatorTest, OtherRowsAsPandas) {
  const auto x = test_column<double>("x");
  const TestColumns columns = {{"x", kX}};
  expect(
      pct_change(x), columns,
      ColumnData::of<D>(
          {{}, -0.6666666666666667, {}, {}, -1.6666666666666665, -4.75, -0.8666666666666667, 2.0}));
  expect(diff(x, 2), columns, ColumnData::of<D>({{}, {}, {}, 2.0, {}, 4.5, 3.0, -4.5}));
  expect(cumulative_sum(x), columns, ColumnData::of<D>({3.0, 4.0, {}, 7.0, 5.0, 12.5, 13.5, 16.5}));
  expect(cumulative_max(x), columns, ColumnData::of<D>({3.0, 3.0, {}, 3.0, 3.0, 7.5, 7.5, 7.5}));
  expect(cumulative_prod(x), columns,
         ColumnData::of<D>({3.0, 3.0, {}, 9.0, -18.0, -135.0, -135.0, -405.0}));
  expect(cumulative_count(x), columns, ColumnData::of<int64_t>({1, 2, 2, 3, 4, 5, 6, 7}));
  expect(interpolate(test_column<double>("y")),
         {{"y", ColumnData::of<D>({{}, 1.0, {}, {}, 4.0, {}, 2.0, {}})}},
         ColumnData::of<D>({{}, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0, {}}));
  expect(quantile_bins(x, 3), columns, ColumnData::of<I>({1, 0, {}, 1, 0, 2, 0, 1}));
  expect(quantile_bins(x, 4), columns, ColumnData::of<I>({1, 0, {}, 1, 0, 2, 0, 1}));
  const auto eleven = ColumnData::of({1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11.});
  expect(quantile_bins(x, 4), {{"x", eleven}},
         ColumnData::of<int64_t>({0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3}));
}

TEST(ColumnOperatorTest, KeysAndTimesOrderRows) {
  const TestColumns columns = {
      {"x", ColumnData::of<I>({1, 2, {}, 4, 5, 6})},
      {"k", ColumnData::of<S>({"a", "b", "a", {}, "a", {}})},
      {"t", ColumnData::of({Time(Duration(9)), Time(Duration(1)), Time(Duration(2)),
                            Time(Duration(7)), Time(Duration(2)), Time(Duration(3))})}};
  const auto x = test_column<int64_t>("x");
  const auto k = test_column<std::string>("k");
  const auto t = test_column<Time>("t");
  expect(lag(x), columns, ColumnData::of<I>({{}, 1, 2, {}, 4, 5}));
  expect(lead(x, 2), columns, ColumnData::of<I>({{}, 4, 5, 6, {}, {}}));
  expect(lag(x).by(k), columns, ColumnData::of<I>({{}, {}, 1, {}, {}, 4}));
  expect(lag(x).by(k).on(t), columns, ColumnData::of<I>({5, {}, {}, 6, {}, {}}));
  expect(lag(k, 5), columns, ColumnData::of<S>({{}, {}, {}, {}, {}, "a"}));
  expect(row_number(x).by(k).on(t), columns, ColumnData::of<int64_t>({3, 1, 1, 2, 2, 1}));
  expect(fill_forward(x), columns, ColumnData::of<int64_t>({1, 2, 2, 4, 5, 6}));
  expect(fill_backward(x).by(k), columns, ColumnData::of<int64_t>({1, 2, 5, 4, 5, 6}));
  expect(ordinal_encode(k), columns, ColumnData::of<I>({0, 1, 0, {}, 0, {}}));
  expect(frequency_encode(k), columns, ColumnData::of<D>({0.75, 0.25, 0.75, {}, 0.75, {}}));
  expect(is_first(k), columns, ColumnData::of({true, true, false, true, false, false}));
  expect(is_duplicate(k), columns, ColumnData::of({true, false, true, true, true, true}));
  expect(sum(x).by(k), columns, ColumnData::of<int64_t>({6, 2, 6, 10, 6, 10}));
  expect(count(x).by(k), columns, ColumnData::of<int64_t>({2, 1, 2, 2, 2, 2}));
  expect(sum(x).where(x > 2).by(k), columns, ColumnData::of<I>({5, {}, 5, 10, 5, 10}));
  expect(percent_rank(x).by(k), columns, ColumnData::of<D>({0.0, 0.0, {}, 0.0, 1.0, 1.0}));
}

Value table_value(Table table) { return Value::of(std::move(table)); }

TEST(ColumnOperatorTest, LookupFindsTheNewestRowOfTheKey) {
  std::vector<std::string> fields = {"rating"};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    struct Row {
      I key, time;
      D rating;
    };
    const auto maybe = [&](int64_t n) {
      return random() % 9 ? I(static_cast<int64_t>(random() % static_cast<uint64_t>(n))) : I();
    };
    std::vector<Row> right(random() % 40);
    for (Row& row : right) row = {maybe(4), maybe(12), random() % 5 ? D(random() % 100) : D()};
    std::vector<I> keys(random() % 40), times(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      keys[i] = maybe(5);
      times[i] = maybe(14);
    }
    const std::optional<int64_t> ttl = random() % 2 ? I(random() % 6) : I();
    const auto as_times = [](const std::vector<I>& us) {
      std::vector<std::optional<Time>> out;
      for (const I& t : us) out.push_back(t ? std::optional(Time(Duration(*t))) : std::nullopt);
      return ColumnData::of(out);
    };
    std::vector<I> right_keys, right_times;
    std::vector<D> ratings, expected;
    for (const Row& row : right) {
      right_keys.push_back(row.key);
      right_times.push_back(row.time);
      ratings.push_back(row.rating);
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      const Row* best = nullptr;
      for (const Row& row : right) {
        if (!keys[i] || !times[i] || row.key != keys[i] || !row.time) continue;
        if (*row.time > *times[i] || (ttl && *times[i] - *ttl > *row.time)) continue;
        if (!best || *row.time >= *best->time) best = &row;
      }
      expected.push_back(best ? best->rating : D());
    }
    const Table table({{"id", ColumnData::of(right_keys)},
                       {"ts", as_times(right_times)},
                       {"rating", ColumnData::of(ratings)}});
    const auto key = test_column<int64_t>("key");
    const Scalar<Table> drivers{{literal_expr(table_value(table))}};
    const auto found = lookup<double>(drivers, "rating", {{"id", key}})
                           .as_of(test_column<Time>("time"), "ts",
                                  ttl ? std::optional(Duration(*ttl)) : std::nullopt);
    // An object's slice points at it, which the evaluation of tests does not know.
    const FlatColumn key_column(ColumnData::of(keys)), time_column(as_times(times));
    const Slice in[] = {{reinterpret_cast<const char*>(&table), nullptr, 0},
                        time_column.slice(),
                        key_column.slice()};
    FlatColumn out(double_type(), std::ssize(keys));
    found.expr->column_operator->run(in, out.sink(), std::ssize(keys));
    const ColumnData column = out.to_column();
    ASSERT_TRUE(column.equals(ColumnData::of(expected))) << "seed " << seed;
  }
}

TEST(ColumnOperatorTest, LookupRefusesSeveralRowsOfAKey) {
  const Table table({{"id", ColumnData::of<int64_t>({1, 2, 1})},
                     {"name", ColumnData::of<std::string>({"a", "b", "c"})}});
  const FlatColumn keys(ColumnData::of<I>({1, 3, {}, 2}));
  const Scalar<Table> names{{literal_expr(table_value(table))}};
  const auto key = test_column<int64_t>("key");
  const Slice in[] = {{reinterpret_cast<const char*>(&table), nullptr, 0}, keys.slice()};
  const auto run = [&](const Lookup<std::string>& found) {
    FlatColumn out(string_type(), 4);
    found.expr->column_operator->run(in, out.sink(), 4);
    return out.to_column();
  };
  const auto found = lookup<std::string>(names, "name", {{"id", key}});
  EXPECT_THROW(run(found), Error);
  EXPECT_TRUE(
      run(found.duplicates(Duplicates::kFirst)).equals(ColumnData::of<S>({"a", {}, {}, "b"})));
  EXPECT_TRUE(
      run(found.duplicates(Duplicates::kLast)).equals(ColumnData::of<S>({"c", {}, {}, "b"})));
}

TEST(ColumnOperatorTest, ErrorsNameTheNearest) {
  const auto message = [](std::string_view name, const Values& options) {
    try {
      make_column_operator(name, std::vector<Type>{double_type()}, options);
    } catch (const Error& e) {
      return e.message();
    }
    return std::string("no error");
  };
  EXPECT_EQ(message("shfit", {}), "there is no operator 'shfit'; did you mean 'shift'?");
  EXPECT_EQ(message("rank", {{"methd", Value::of(std::string("min"))}}),
            "rank has no option 'methd'; did you mean 'method'?");
  EXPECT_EQ(message("rank", {{"method", Value::of(std::string("mim"))}}),
            "the option 'method' of rank is average, min, max, dense, ordinal, not \"mim\"; did "
            "you mean 'min'?");
  for (const auto& info : column_operator_catalog()) EXPECT_NE(info.summary, "") << info.name;
}

}  // namespace
}  // namespace weft
