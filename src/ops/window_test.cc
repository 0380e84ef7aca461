// Windows against an oracle that looks at every row for every row.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "ops/expr_evaluation.h"
#include "weft/aggregates.h"

namespace weft {
namespace {

struct Event {
  std::optional<double> x;
  std::optional<int64_t> time;
  std::optional<std::string> key;
};

// Is row j in the window of row i? Both have a time and equal keys.
bool sees(const std::vector<Event>& events, const Window& window, size_t i, size_t j) {
  if (i == j && window.with_current) return true;
  const int64_t t = *events[i].time, e = *events[j].time;
  int64_t low = window.width == Duration::max() ? std::numeric_limits<int64_t>::min()
                                                : t - window.width.count();
  if (window.grid.count() > 0 && window.width != Duration::max()) {
    const int64_t step = window.grid.count();
    low -= (low % step + step) % step;
  }
  switch (window.ends) {
    case Closed::kLeft:
      return low <= e && e < t;
    case Closed::kRight:
      return low < e && e <= t;
    case Closed::kBoth:
      return low <= e && e <= t;
    case Closed::kNeither:
      return low < e && e < t;
  }
  return false;
}

std::vector<size_t> window_rows(const std::vector<Event>& events, const Window& window, size_t i) {
  std::vector<size_t> rows;
  for (size_t j = 0; j < events.size(); ++j) {
    if (events[j].time && events[j].key == events[i].key) rows.push_back(j);
  }
  std::ranges::stable_sort(rows, {}, [&](size_t j) { return *events[j].time; });
  if (window.rows) {
    const auto end = std::ranges::find(rows, i) - rows.begin() + (window.with_current ? 1 : 0);
    const auto begin = std::max<int64_t>(0, end - *window.rows);
    return {rows.begin() + begin, rows.begin() + end};
  }
  std::vector<size_t> seen;
  for (const size_t j : rows) {
    if (sees(events, window, i, j) && j != i) seen.push_back(j);
  }
  if (sees(events, window, i, i)) seen.push_back(i);
  if (!window.with_current || window.ends == Closed::kRight || window.ends == Closed::kBoth) {
    std::ranges::stable_sort(seen, {}, [&](size_t j) { return std::pair(*events[j].time, j); });
  }
  return seen;
}

ColumnData oracle(const AggregateFunction& aggregate, const std::vector<Event>& events,
                  const Window& window) {
  std::vector<std::optional<double>> xs;
  for (const Event& event : events) xs.push_back(event.x);
  const FlatColumn column(ColumnData::of(xs));
  const Slice in = column.slice();
  ColumnBuilder builder(aggregate.result_type());
  for (size_t i = 0; i < events.size(); ++i) {
    if (!events[i].time) {
      builder.append_null();
      continue;
    }
    StateArray state(aggregate, 1);
    for (const size_t j : window_rows(events, window, i)) {
      aggregate.add(state[0], &in, static_cast<int64_t>(j));
    }
    FlatColumn slot(aggregate.result_type(), 1);
    if (aggregate.result(state[0], slot.sink().data, *slot.sink().arena)) {
      builder.append_stored(slot.slice().data);
    } else {
      builder.append_null();
    }
  }
  return builder.finish();
}

std::vector<Event> random_events(std::mt19937_64& random) {
  std::vector<Event> events(random() % 60);
  const bool sorted = random() % 2 == 0;
  for (Event& event : events) {
    constexpr double kValues[] = {0.1, 1e17, -1e17, 3, -7.25, NAN, HUGE_VAL};
    if (random() % 6) event.x = kValues[random() % (random() % 4 ? 5 : 7)];
    if (random() % 10) event.time = static_cast<int64_t>(random() % 40) - 20;
    if (random() % 8) event.key = random() % 2 ? "a" : "b";
  }
  if (sorted) {
    std::ranges::stable_sort(events, {}, [](const Event& e) { return e.time.value_or(0); });
  }
  return events;
}

Window random_window(std::mt19937_64& random) {
  Window window;
  switch (random() % 4) {
    case 0:
      window = last_rows(1 + static_cast<int64_t>(random() % 6));
      break;
    case 1:
      window = all_before();
      break;
    default:
      window = last(Duration(random() % 14));
  }
  if (!window.rows) {
    window.ends = static_cast<Closed>(random() % 4);
    if (random() % 4 == 0) window.grid = Duration(1 + random() % 7);
  }
  window.with_current = random() % 2 == 0;
  return window;
}

Windowed<double> call(const std::string& name, const Values& options, const Window& window) {
  return Windowed<double>({name, {test_column<double>("x").expr}, options}, window);
}

TEST(WindowTest, AgreesWithLookingAtEveryRow) {
  const std::pair<std::string, Values> aggregates[] = {
      {"mean", {}},   {"stddev", {}}, {"min", {}},  {"max", {}},
      {"median", {}}, {"first", {}},  {"last", {}}, {"quantile", {{"q", Value::of(0.3)}}},
      {"mode", {}},   {"sum", {}},
  };
  for (uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    const auto events = random_events(random);
    const Window window = random_window(random);
    std::vector<std::optional<double>> xs;
    std::vector<std::optional<Time>> times;
    std::vector<std::optional<std::string>> keys;
    for (const Event& event : events) {
      xs.push_back(event.x);
      times.push_back(event.time ? std::optional(Time(Duration(*event.time))) : std::nullopt);
      keys.push_back(event.key);
    }
    const TestColumns columns = {
        {"x", ColumnData::of(xs)}, {"t", ColumnData::of(times)}, {"k", ColumnData::of(keys)}};
    const auto& [name, options] = aggregates[random() % std::size(aggregates)];
    const auto column =
        call(name, options, window).by(test_column<std::string>("k")).on(test_column<Time>("t"));
    const ColumnData found = evaluate(column.expr, columns);
    const auto aggregate = make_aggregate(name, std::vector<Type>{double_type()}, options);
    const ColumnData expected = oracle(*aggregate, events, window);
    ASSERT_EQ(found.size(), expected.size());
    for (int64_t i = 0; i < found.size(); ++i) {
      ASSERT_TRUE(found.at(i).equals(expected.at(i)))
          << "seed " << seed << ", row " << i << ", " << column.expr->to_string() << ": found "
          << found.at(i).to_string() << ", expected " << expected.at(i).to_string();
    }
  }
}

Time at(int64_t us) { return Time(Duration(us)); }

TEST(WindowTest, AnEventSeesNeitherItselfNorItsTime) {
  const TestColumns columns = {{"x", ColumnData::of({1.0, 2.0, 4.0, 8.0})},
                               {"t", ColumnData::of({at(0), at(5), at(5), at(10)})}};
  const auto x = test_column<double>("x");
  const auto sums = [&](const Window& window) {
    return evaluate(sum(x).over(window).by().on(test_column<Time>("t")).expr, columns);
  };
  using D = std::optional<double>;
  EXPECT_TRUE(sums(last(Duration(5))).equals(ColumnData::of<D>({{}, 1.0, 1.0, 6.0})));
  EXPECT_TRUE(
      sums(last(Duration(5)).closed(Closed::kNeither)).equals(ColumnData::of<D>({{}, {}, {}, {}})));
  EXPECT_TRUE(
      sums(last(Duration(5)).include_current()).equals(ColumnData::of<D>({1.0, 3.0, 5.0, 14.0})));
  EXPECT_TRUE(sums(last(Duration(5)).closed(Closed::kRight))
                  .equals(ColumnData::of<D>({1.0, 6.0, 6.0, 8.0})));
  EXPECT_TRUE(sums(last_rows(2)).equals(ColumnData::of<D>({{}, 1.0, 3.0, 6.0})));
  const Window empty = last(Duration(0)).closed(Closed::kRight);
  EXPECT_TRUE(sums(empty).equals(ColumnData::of<D>({{}, {}, {}, {}})));
  EXPECT_TRUE(sums(empty.include_current()).equals(ColumnData::of<D>({1.0, 2.0, 4.0, 8.0})));
  EXPECT_TRUE(
      evaluate(count(x).over(last(Duration(5))).by().on(test_column<Time>("t")).expr, columns)
          .equals(ColumnData::of<int64_t>({0, 1, 1, 2})));
}

TEST(WindowTest, DomainStandsInUntilItIsBound) {
  const auto x = test_column<double>("x");
  const auto t = test_column<Time>("t");
  const auto k = test_column<int64_t>("k");
  const auto windowed = mean(x).over(last(3h));
  EXPECT_EQ(windowed.expr->to_string(),
            "over(x, @time, @keys, time=true, keys=1, "
            "aggregate=mean, last=3h)");
  EXPECT_TRUE(needs_domain((windowed + 1.0).expr));
  EXPECT_FALSE(needs_domain(windowed.by(k).on(t).expr));
  const ExprPtr keys[] = {k.expr};
  EXPECT_EQ(bind_domain(windowed.expr, t.expr, keys)->to_string(),
            windowed.by(k).on(t).expr->to_string());
  EXPECT_EQ(bind_domain((windowed + 1.0).expr, t.expr, {})->to_string(),
            "over(x, t, time=true, aggregate=mean, last=3h) + 1.0");
  EXPECT_EQ(bind_domain(mean(x).over(last_rows(2)).expr, nullptr, {})->to_string(),
            "over(x, aggregate=mean, last_rows=2)");
  EXPECT_THROW(bind_domain(windowed.expr, nullptr, {}), Error);
}

TEST(WindowTest, WrongWindowsAreRefused) {
  const auto x = test_column<double>("x");
  EXPECT_THROW(mean(x).over(last_rows(0)), Error);
  EXPECT_THROW(mean(x).over(last(-1h)), Error);
  EXPECT_THROW(mean(x).over(last_rows(3).closed(Closed::kBoth)), Error);
}

}  // namespace
}  // namespace weft
