#include "ops/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <set>

#include "ops/aggregate_test_columns.h"

namespace weft {
namespace {

using testing::HasSubstr;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();

// The result of one aggregate over one column given as values; nullopt is a null row.
template <class T>
Value aggregate(const std::string& name, std::vector<std::optional<T>> rows,
                const Values& options = {}) {
  const TestColumn column = TestColumn::of(rows);
  const AggregatePtr f = make_aggregate(name, {{column.type()}}, options);
  return State(f).add_block(column, 0, column.size()).result();
}

double number(const std::string& name, std::vector<std::optional<double>> rows,
              const Values& options = {}) {
  return aggregate<double>(name, std::move(rows), options).get<double>();
}

// ---- all aggregates: every way of feeding the same rows gives the same bits ------------------

struct Case {
  std::string name;
  std::vector<Type> types;
  Values options;
};

std::vector<Case> all_cases() {
  const std::vector<Type> ordered = {bool_type(),     int32_type(),  int64_type(),
                                     float_type(),    double_type(), timestamp_type(),
                                     duration_type(), string_type()};
  std::vector<Type> any = ordered;
  any.push_back(list_type(string_type()));
  const std::vector<Type> numbers = {int32_type(), int64_type(), float_type(), double_type()};
  std::vector<Type> moments = numbers, continuous = numbers;
  moments.push_back(bool_type());
  continuous.push_back(timestamp_type());
  continuous.push_back(duration_type());

  std::vector<Case> cases = {{"count_all", {}, {}},           {"any", {bool_type()}, {}},
                             {"all", {bool_type()}, {}},      {"sum", {duration_type()}, {}},
                             {"mean", {duration_type()}, {}}, {"mean", {timestamp_type()}, {}}};
  const auto each = [&](const std::vector<Type>& types, const std::string& name,
                        Values options = {}) {
    for (const Type type : types) cases.push_back({name, {type}, options});
  };
  for (const char* name : {"count", "first", "last", "list"}) each(any, name);
  for (const int64_t n : {0, 2, -1, -3}) each(any, "nth", {{"n", Value::of(n)}});
  for (const char* name : {"min", "max", "distinct", "distinct_approx", "mode"})
    each(ordered, name);
  each(ordered, "top_k", {{"k", Value::of(int64_t{3})}});
  for (const char* name : {"sum", "mean", "var", "stddev", "skew", "kurtosis"}) each(moments, name);
  each(continuous, "median");
  each(continuous, "quantile", {{"q", Value::of(0.3)}});
  for (const Type x : numbers) {
    for (const Type y : numbers) {
      cases.push_back({"covariance", {x, y}, {}});
      cases.push_back({"correlation", {x, y}, {}});
    }
  }
  for (const Type by : ordered) {
    cases.push_back({"min_by", {string_type(), by}, {}});
    cases.push_back({"max_by", {list_type(string_type()), by}, {}});
  }
  return cases;
}

std::string describe(const Case& c) {
  std::string text = c.name + "(";
  for (const Type type : c.types) text += type->name + " ";
  return text + ")";
}

// Rows in order, in random pieces added one by one or as a block, merged at random.
Value in_pieces(const AggregatePtr& f, const std::vector<TestColumn>& columns, int64_t rows,
                std::mt19937_64& random) {
  State whole(f);
  for (int64_t at = 0; at < rows;) {
    const int64_t n = std::min<int64_t>(rows - at, 1 + static_cast<int64_t>(random() % 70));
    State part(f);
    State& to = random() % 2 ? whole : part;
    if (random() % 2) {
      to.add_block(columns, at, n);
    } else {
      for (int64_t i = at; i < at + n; ++i) to.add(columns, i);
    }
    whole.merge(part);
    whole.move();
    at += n;
  }
  return whole.result();
}

class AggregateProperty : public testing::TestWithParam<Case> {};

TEST_P(AggregateProperty, PiecesMergesOrderAndGroupsDoNotShow) {
  const Case& c = GetParam();
  const AggregatePtr f = make_aggregate(c.name, c.types, c.options);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(describe(c) + " seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const int64_t rows =
        seed < 3 ? static_cast<int64_t>(seed) : static_cast<int64_t>(random() % 400);
    std::vector<TestColumn> columns;
    for (const Type type : c.types) columns.push_back(TestColumn::random(type, rows, random));

    State by_row(f);
    for (int64_t i = 0; i < rows; ++i) by_row.add(columns, i);
    const Value expected = by_row.result();
    ASSERT_TRUE(same_bits(expected, by_row.result())) << "asked twice";
    ASSERT_TRUE(expected.has_value() || f->result_nullable());
    ASSERT_TRUE(same_bits(expected, in_pieces(f, columns, rows, random)));
    if (AggregatePtr sliding = f->sliding()) {
      ASSERT_TRUE(same_bits(expected, in_pieces(sliding, columns, rows, random))) << "sliding";
    }
    if (!f->needs_order()) {
      std::vector<int64_t> order(static_cast<size_t>(rows));
      std::iota(order.begin(), order.end(), 0);
      std::shuffle(order.begin(), order.end(), random);
      std::vector<TestColumn> shuffled;
      for (const TestColumn& column : columns) shuffled.push_back(column.take(order));
      ASSERT_TRUE(same_bits(expected, in_pieces(f, shuffled, rows, random))) << "another order";
    }

    // Groups: the states of one array against a state for each group's rows.
    std::vector<int32_t> group(static_cast<size_t>(rows));
    for (int32_t& g : group) g = static_cast<int32_t>(random() % 4) - 1;
    TestStates grouped(f, 3);
    grouped.add_grouped(columns, group);
    for (int32_t g = 0; g < 3; ++g) {
      State one(f);
      for (int64_t i = 0; i < rows; ++i) {
        if (group[static_cast<size_t>(i)] == g) one.add(columns, i);
      }
      ASSERT_TRUE(same_bits(one.result(), grouped.result(g))) << "group " << g;
    }
  }
}

TEST_P(AggregateProperty, RetractionLeavesNoTrace) {
  const Case& c = GetParam();
  const AggregatePtr plain = make_aggregate(c.name, c.types, c.options);
  const AggregatePtr f = plain->sliding();
  if (!f) {
    ASSERT_EQ(c.name, "distinct_approx");
    return;
  }
  ASSERT_TRUE(f->invertible());
  ASSERT_EQ(f->sliding(), f);
  for (uint64_t seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE(describe(c) + " seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const int64_t rows = 200;
    std::vector<TestColumn> columns;
    for (const Type type : c.types) columns.push_back(TestColumn::random(type, rows, random));
    State window(f);
    int64_t begin = 0, end = 0;
    while (end < rows) {
      if (random() % 5 == 0) {  // a second window of later rows, merged
        State later(f);
        const int64_t n = std::min<int64_t>(rows - end, static_cast<int64_t>(random() % 20));
        for (int64_t i = end; i < end + n; ++i) later.add(columns, i);
        window.merge(later);
        end += n;
      } else {
        window.add(columns, end++);
      }
      while (begin < end && random() % 20 != 0 && end - begin > 12)
        window.retract(columns, begin++);
      if (random() % 50 == 0) {
        while (begin < end) window.retract(columns, begin++);
      }
      window.move();
      State fresh(plain);
      for (int64_t i = begin; i < end; ++i) fresh.add(columns, i);
      ASSERT_TRUE(same_bits(fresh.result(), window.result())) << "rows " << begin << " to " << end;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, AggregateProperty, testing::ValuesIn(all_cases()));

// ---- oracles ---------------------------------------------------------------------------------

TEST(AggregateTest, MomentsAgreeWithTwoPassesInLongDouble) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(3, 2);
    std::vector<std::optional<double>> rows(4 + random() % 300);
    long double sum = 0, m2 = 0, m3 = 0, m4 = 0;
    for (auto& x : rows) sum += *(x = normal(random));
    const auto n = static_cast<long double>(rows.size());
    for (const auto& x : rows) {
      const long double d = *x - sum / n;
      m2 += d * d;
      m3 += d * d * d;
      m4 += d * d * d * d;
    }
    const auto near = [](double actual, long double expected) {
      return std::fabs(actual - static_cast<double>(expected)) <=
             0x1p-50 * std::max(1.0, std::fabs(actual));
    };
    EXPECT_TRUE(near(number("mean", rows), sum / n));
    EXPECT_TRUE(near(number("var", rows), m2 / (n - 1)));
    EXPECT_TRUE(near(number("stddev", rows), std::sqrt(m2 / (n - 1))));
    EXPECT_TRUE(
        near(number("skew", rows), n * std::sqrt(n - 1) / (n - 2) * m3 / std::pow(m2, 1.5L)));
    EXPECT_TRUE(
        near(number("kurtosis", rows), n * (n + 1) * (n - 1) * m4 / ((n - 2) * (n - 3) * m2 * m2) -
                                           3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3))));
  }
}

TEST(AggregateTest, QuantilesAgreeWithSorting) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<std::optional<double>> rows(1 + random() % 100);
    for (auto& x : rows) x = static_cast<double>(random() % 1000) / 8;
    const double q = static_cast<double>(random() % 101) / 100;
    std::vector<double> sorted;
    for (const auto& x : rows) sorted.push_back(*x);
    std::sort(sorted.begin(), sorted.end());
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(at);
    const double next = sorted[std::min(below + 1, sorted.size() - 1)];
    const double expected = sorted[below] + (next - sorted[below]) * (at - std::floor(at));
    EXPECT_NEAR(number("quantile", rows, {{"q", Value::of(q)}}), expected, 1e-12);
  }
}

// ---- sums and means --------------------------------------------------------------------------

TEST(AggregateTest, SumsOfIntegersOverflowOnlyAtTheEnd) {
  EXPECT_EQ(aggregate<int64_t>("sum", {kMax64, 1, -1}).get<int64_t>(), kMax64);
  EXPECT_EQ(aggregate<int64_t>("sum", {kMin64, -1, 1}).get<int64_t>(), kMin64);
  for (const auto& rows : {std::vector<std::optional<int64_t>>{kMax64, 1}, {kMin64, -1}}) {
    try {
      aggregate<int64_t>("sum", rows);
      FAIL() << "no error";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kBadData);
      EXPECT_THAT(e.what(), HasSubstr("the sum of int64 does not fit"));
    }
  }
  EXPECT_EQ(aggregate<int64_t>("mean", {kMax64, kMax64, kMax64}).get<double>(), 0x1p63);
  EXPECT_EQ(aggregate<bool>("sum", {true, {}, true, false}).get<int64_t>(), 2);
  EXPECT_EQ(aggregate<bool>("mean", {true, {}, true, false, false}).get<double>(), 0.5);
  EXPECT_EQ(aggregate<Duration>("sum", {1h, -3h}).get<Duration>(), -2h);
}

TEST(AggregateTest, MeansOfTimesRoundHalfToEven) {
  const auto mean = [](std::vector<std::optional<Duration>> rows) {
    return aggregate<Duration>("mean", std::move(rows)).get<Duration>().count();
  };
  EXPECT_EQ(mean({1us, 2us}), 2);
  EXPECT_EQ(mean({2us, 3us}), 2);
  EXPECT_EQ(mean({-1us, -2us}), -2);
  EXPECT_EQ(mean({-2us, -3us}), -2);
  EXPECT_EQ(mean({-1us, -1us, -2us}), -1);
  EXPECT_EQ(mean({Duration(kMax64), Duration(kMax64)}), kMax64);
}

TEST(AggregateTest, FloatsThatOverflowOrAreNotNumbers) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  EXPECT_EQ(number("sum", {kHuge, kHuge, -kHuge}), kHuge);
  EXPECT_EQ(number("sum", {kHuge, kHuge}), kInf);
  EXPECT_EQ(number("mean", {kHuge, kHuge, kHuge}), kHuge);
  EXPECT_EQ(number("mean", {1, kInf}), kInf);
  EXPECT_TRUE(std::isnan(number("sum", {kInf, -kInf})));
  EXPECT_TRUE(std::isnan(number("mean", {1, kNaN})));
  EXPECT_TRUE(std::isnan(number("var", {1, kInf})));
  EXPECT_FALSE(std::signbit(number("sum", {-0.0})));
  EXPECT_EQ(number("sum", {0.1, 0.2, 0.3, -0.3, -0.2, -0.1}), 0.0);
}

// ---- moments ---------------------------------------------------------------------------------

TEST(AggregateTest, NothingCancels) {
  EXPECT_EQ(number("var", {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}), 30.0);
  EXPECT_EQ(number("var", {1e15, 1e15 + 1}), 0.5);
  EXPECT_EQ(number("stddev", {1e200, 3e200}), std::sqrt(2.0) * 1e200);
  EXPECT_EQ(number("stddev", {0x1p-1070, 3 * 0x1p-1070}),
            std::ldexp(std::sqrt(2.0), -1070));  // the variance underflows, its root does not
  EXPECT_EQ(number("var", {7.7, 7.7, 7.7}), 0.0);
  EXPECT_EQ(aggregate<int64_t>("var", {kMax64, kMax64 - 2}).get<double>(), 2.0);
  EXPECT_DOUBLE_EQ(aggregate<int64_t>("stddev", {kMax64, kMin64}).get<double>(),
                   0x1p64 / std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(number("skew", {1, 2, 3, 10}), 1.7636326148038882);
  EXPECT_DOUBLE_EQ(number("kurtosis", {1, 2, 3, 10}), 3.2280000000000006);
  EXPECT_DOUBLE_EQ(number("skew", {1e12 + 1, 1e12 + 2, 1e12 + 3, 1e12 + 10}), 1.7636326148038882);
  EXPECT_EQ(number("skew", {5, 5, 5}), 0.0);
  EXPECT_EQ(number("kurtosis", {5, 5, 5, 5}), 0.0);
}

TEST(AggregateTest, TooFewValuesAreNull) {
  const std::vector<std::pair<std::string, size_t>> fewest = {
      {"var", 2}, {"stddev", 2}, {"skew", 3}, {"kurtosis", 4}};
  for (const auto& [name, n] : fewest) {
    std::vector<std::optional<double>> rows(n - 1, 1.0);
    rows.push_back(std::nullopt);
    EXPECT_FALSE(aggregate<double>(name, rows).has_value()) << name;
    rows.push_back(2.0);
    EXPECT_TRUE(aggregate<double>(name, rows).has_value()) << name;
  }
}

Value paired(const std::string& name, std::vector<std::optional<double>> x,
             std::vector<std::optional<double>> y) {
  std::vector<TestColumn> columns;
  columns.push_back(TestColumn::of(x));
  columns.push_back(TestColumn::of(y));
  const AggregatePtr f = make_aggregate(name, {{double_type(), double_type()}});
  return State(f).add_block(columns, 0, columns[0].size()).result();
}

TEST(AggregateTest, CovarianceAndCorrelation) {
  EXPECT_EQ(paired("covariance", {1, 2, {}, 3}, {1, 5, 7, 3}).get<double>(), 1.0);
  EXPECT_EQ(paired("covariance", {1e9 + 1, 1e9 + 2}, {1e9, 1e9 + 4}).get<double>(), 2.0);
  EXPECT_EQ(paired("correlation", {0.1, 0.2, 0.7}, {0.1, 0.2, 0.7}).get<double>(), 1.0);
  EXPECT_EQ(paired("correlation", {1, 2, 4}, {-3, -6, -12}).get<double>(), -1.0);
  EXPECT_DOUBLE_EQ(paired("correlation", {1, 2, 3}, {1, 3, 2}).get<double>(), 0.5);
  EXPECT_EQ(paired("correlation", {1e-300, 2e-300, 3e-300}, {1e300, 2e300, 3e300}).get<double>(),
            paired("correlation", {1e-300, 2e-300, 3e-300}, {1e300, 2e300, 3e300}).get<double>());
  EXPECT_FALSE(paired("correlation", {1, 1, 1}, {1, 2, 3}).has_value());
  EXPECT_FALSE(paired("correlation", {1, {}}, {1, 2}).has_value());
  EXPECT_FALSE(paired("covariance", {1}, {2}).has_value());
  EXPECT_TRUE(std::isnan(paired("correlation", {1, 2, kInf}, {1, 2, 3}).get<double>()));
}

// ---- extremes, order, frequency --------------------------------------------------------------

TEST(AggregateTest, NaNSortsLastAndCountsAsAValue) {
  EXPECT_EQ(number("min", {kNaN, 2, 1, kNaN}), 1.0);
  EXPECT_TRUE(std::isnan(number("max", {kNaN, 2, kInf})));
  EXPECT_TRUE(std::isnan(number("min", {kNaN, kNaN})));
  EXPECT_EQ(number("median", {kNaN, 1, 2}), 2.0);
  EXPECT_TRUE(std::isnan(number("median", {kNaN, 1})));
  EXPECT_EQ(aggregate<double>("distinct", {kNaN, -kNaN, 0.0, -0.0, 1}).get<int64_t>(), 3);
  EXPECT_TRUE(std::isnan(number("mode", {kNaN, 1, -kNaN})));
  EXPECT_EQ(number("mode", {kNaN, 1}), 1.0);
  EXPECT_FALSE(std::signbit(number("mode", {-0.0, -0.0, 1})));
  EXPECT_FALSE(std::signbit(number("min", {-0.0})));
  EXPECT_TRUE(std::signbit(number("first", {-0.0})));
  for (const size_t n : {33, 64, 100}) {
    std::vector<std::optional<double>> rows(n, kNaN);
    EXPECT_TRUE(std::isnan(number("min", rows))) << n;
    rows[n / 2] = kInf;
    EXPECT_EQ(number("min", rows), kInf) << n;
    EXPECT_TRUE(std::isnan(number("max", rows))) << n;
    rows[n - 1] = -kInf;
    EXPECT_EQ(number("min", rows), -kInf) << n;
  }
}

TEST(AggregateTest, Medians) {
  EXPECT_EQ(number("median", {3, 1, {}, 2}), 2.0);
  EXPECT_EQ(number("median", {4, 1, 3, 2}), 2.5);
  EXPECT_EQ(number("median", {-kInf, 1}), -kInf);
  EXPECT_EQ(number("quantile", {1, kInf}, {{"q", Value::of(0.25)}}), kInf);
  EXPECT_TRUE(std::isnan(number("median", {-kInf, kInf})));
  EXPECT_EQ(number("median", {1.5e308, 1.7e308}), 1.6e308);
  EXPECT_EQ(number("quantile", {-1.5e308, 1.5e308}, {{"q", Value::of(0.5)}}), 0.0);
  EXPECT_EQ(aggregate<int64_t>("median", {1, 2}).get<double>(), 1.5);
  EXPECT_EQ(aggregate<Time>("median", {Time(1us), Time(4us)}).get<Time>(), Time(2us));
  EXPECT_EQ(aggregate<Duration>("quantile", {Duration(kMin64), Duration(kMax64)},
                                {{"q", Value::of(int64_t{1})}})
                .get<Duration>(),
            Duration(kMax64));
}

TEST(AggregateTest, TextsAreOwned) {
  using Texts = std::vector<std::optional<std::string>>;
  const Texts rows = {"pear", {}, "a rather long text that no small string holds", "", "pear"};
  const auto text = [&](const char* name, const Values& options = {}) {
    return aggregate<std::string>(name, rows, options).to_string();
  };
  EXPECT_EQ(text("min"), "\"\"");
  EXPECT_EQ(text("max"), "\"pear\"");
  EXPECT_EQ(text("mode"), "\"pear\"");
  EXPECT_EQ(text("first"), "\"pear\"");
  EXPECT_EQ(text("nth", {{"n", Value::of(int64_t{-2})}}), "\"\"");
  EXPECT_EQ(text("distinct"), "3");
  EXPECT_EQ(text("top_k", {{"k", Value::of(int64_t{2})}}), "[\"pear\", \"\"]");
  EXPECT_EQ(text("list"),
            "[\"pear\", \"a rather long text that no small string holds\", \"\", \"pear\"]");
}

TEST(AggregateTest, TheEarliestRowOfEqualKeys) {
  std::vector<TestColumn> columns;
  columns.push_back(TestColumn::of<std::string>({"a", "b", "c", "d", {}}));
  columns.push_back(TestColumn::of<int64_t>({2, 1, 1, 2, 0}));
  const auto by = [&](const char* name) {
    const AggregatePtr f = make_aggregate(name, {{string_type(), int64_type()}});
    return State(f).add_block(columns, 0, 5).result().get<std::string>();
  };
  EXPECT_EQ(by("min_by"), "b");
  EXPECT_EQ(by("max_by"), "a");
}

TEST(AggregateTest, NothingSeen) {
  for (const Case& c : all_cases()) {
    const AggregatePtr f = make_aggregate(c.name, c.types, c.options);
    const Value result = State(f).result();
    if (f->result_nullable()) {
      EXPECT_FALSE(result.has_value()) << describe(c);
    } else {
      EXPECT_EQ(result.get<int64_t>(), 0) << describe(c);
    }
  }
  EXPECT_FALSE(aggregate<bool>("any", {{}}).has_value());
}

TEST(AggregateTest, LongColumnsAndBroadcasts) {
  std::vector<std::optional<double>> rows;
  for (int i = 0; i < 10'000; ++i) {
    rows.push_back(i % 7 ? std::optional<double>(i % 1000 + 0.25) : std::nullopt);
  }
  const TestColumn column = TestColumn::of(rows);
  const TestColumn constant = TestColumn::of<double>({1.5}), null = TestColumn::of<double>({{}});
  for (const char* name : {"sum", "min", "max", "stddev", "kurtosis", "median", "count", "last"}) {
    const AggregatePtr f = make_aggregate(name, {{double_type()}});
    const Slice whole = column.slice();
    State by_row(f), block(f), broadcast(f), fives(f);
    for (int64_t i = 0; i < column.size(); ++i) f->add(by_row.state(0), &whole, i);
    f->add_block(block.state(0), &whole, column.size());
    EXPECT_TRUE(same_bits(by_row.result(), block.result())) << name;

    // Five rows of one value lying in memory once, and of one null.
    Slice one = constant.slice(), none = null.slice();
    one.stride = none.stride = 0;
    f->add_block(broadcast.state(0), &one, 5);
    f->add_block(broadcast.state(0), &none, 5);
    for (int i = 0; i < 5; ++i) f->add(fives.state(0), &one, 0);
    EXPECT_TRUE(same_bits(fives.result(), broadcast.result())) << name;
  }
}

TEST(AggregateTest, DistinctApproxIsNear) {
  for (const int64_t distinct : {10, 1000, 100'000}) {
    std::vector<std::optional<int64_t>> rows;
    for (int64_t i = 0; i < 2 * distinct; ++i) rows.push_back(i % distinct * 7919);
    const auto estimate = aggregate<int64_t>("distinct_approx", rows).get<int64_t>();
    EXPECT_NEAR(static_cast<double>(estimate), static_cast<double>(distinct),
                0.05 * static_cast<double>(distinct));
  }
}

// ---- making ----------------------------------------------------------------------------------

void expect_error(ErrorCode code, const std::string& message, const std::string& name,
                  std::vector<Type> types, const Values& options = {}) {
  try {
    make_aggregate(name, types, options);
    ADD_FAILURE() << "no error: " << message;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code);
    EXPECT_EQ(e.message(), message);
  }
}

TEST(MakeAggregateTest, SaysWhatIsWrong) {
  const auto wrong = ErrorCode::kInvalidArgument;
  expect_error(wrong, "there is no aggregate 'meen'; did you mean 'mean'?", "meen",
               {double_type()});
  expect_error(wrong, "there is no aggregate 'frobnicate'", "frobnicate", {double_type()});
  expect_error(wrong, "mean takes 1 input, not 2", "mean", {double_type(), double_type()});
  expect_error(wrong, "quantile needs the option 'q'", "quantile", {double_type()});
  expect_error(wrong, "the option 'q' of quantile is from 0 to 1, not 2", "quantile",
               {double_type()}, {{"q", Value::of(int64_t{2})}});
  expect_error(wrong, "the option 'q' of quantile is a number, not \"x\"", "quantile",
               {double_type()}, {{"q", Value::of("x")}});
  expect_error(wrong, "the option 'k' of top_k is a whole number, not 1.5", "top_k",
               {double_type()}, {{"k", Value::of(1.5)}});
  expect_error(wrong, "distinct_approx has no option 'precison'; did you mean 'precision'?",
               "distinct_approx", {double_type()}, {{"precison", Value::of(int64_t{4})}});
  const auto mismatch = ErrorCode::kTypeMismatch;
  expect_error(mismatch, "sum takes number or bool or duration, not string", "sum",
               {string_type()});
  expect_error(mismatch, "covariance takes number as input 2, not string", "covariance",
               {double_type(), string_type()});
  expect_error(mismatch, "count takes any, not Model", "count", {object_type("Model")});
}

TEST(MakeAggregateTest, SignaturesTellAggregatesApart) {
  const AggregatePtr f = make_aggregate("quantile", {{float_type()}}, {{"q", Value::of(0.9)}});
  EXPECT_EQ(f->name(), "quantile");
  EXPECT_EQ(f->options(), "q=0.9");
  EXPECT_EQ(f->result_type(), double_type());
  EXPECT_EQ(f->sliding()->options(), "q=0.9");
  EXPECT_EQ(make_aggregate("quantile", {{float_type()}}, {{"q", Value::of(int64_t{1})}})->options(),
            "q=1");
  EXPECT_EQ(make_aggregate("distinct_approx", {{int64_type()}})->options(), "precision=12");
  EXPECT_EQ(make_aggregate("list", {{string_type()}})->result_type(), list_type(string_type()));
}

TEST(MakeAggregateTest, CatalogIsSortedAndComplete) {
  std::set<std::string> made;
  for (const Case& c : all_cases()) made.insert(c.name);
  std::vector<std::string> names;
  for (const AggregateInfo& info : aggregate_catalog()) {
    names.push_back(info.name);
    EXPECT_TRUE(info.summary.ends_with(".")) << info.name;
    EXPECT_TRUE(made.contains(info.name)) << info.name;
  }
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

}  // namespace
}  // namespace weft
