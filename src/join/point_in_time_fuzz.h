/// For tests: random spines and views, joined in random ways, compared with the oracle.
#pragma once

#include <gtest/gtest.h>

#include "join/point_in_time_oracle.h"
#include "ops/table_test_values.h"

namespace weft::join_test {

/// One random join; everything follows from the seed.
class RandomJoin {
 public:
  explicit RandomJoin(uint64_t seed) : random_(seed) {}

  void run() {
    make();
    const auto held = views_;
    for (PointInTimeView& view : views_) view.table = somewhere(view.table);
    Spine spine = spine_;
    spine.rows = somewhere(spine.rows);
    const Table out = point_in_time_join(spine, views_, options_).load();
    ASSERT_EQ(out.num_rows(), spine_.rows.num_rows());
    for (const auto& name : spine_.rows.names()) {
      ASSERT_TRUE(out.column(name).equals(spine_.rows.column(name))) << name;
    }
    for (const PointInTimeView& view : held) compare(out, view);
  }

 private:
  int64_t up_to(int64_t n) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(n + 1));
  }
  bool chance(int64_t percent) { return up_to(99) < percent; }

  // Few different keys of one of the types, some null.
  ColumnData keys(int kind, int64_t rows, int64_t different, bool of_view) {
    const auto make = [&](auto of) {
      std::vector<std::optional<decltype(of(0))>> values;
      for (int64_t i = 0; i < rows; ++i) {
        values.emplace_back(of(up_to(different)));
        if (chance(nulls_)) values.back().reset();
      }
      return ColumnData::of(values);
    };
    switch (kind) {
      case 0:
        return make([](int64_t k) { return k; });
      case 1:
        return make([](int64_t k) { return k * 0x1234567812345; });  // far apart
      case 2:
        if (of_view) return make([](int64_t k) { return static_cast<int32_t>(k); });
        return make([](int64_t k) { return k; });
      case 3:
        return make([](int64_t k) { return "user " + std::to_string(k); });
      case 4:
        return make([](int64_t k) { return static_cast<double>(k) / 2; });
      case 5:
        return make([](int64_t k) { return k % 2 == 0; });
      default:
        return make([](int64_t k) { return std::vector<int64_t>(static_cast<size_t>(k % 3), k); });
    }
  }

  ColumnData times(int64_t rows, bool sorted) {
    std::vector<std::optional<Time>> values;
    for (int64_t i = 0; i < rows; ++i) {
      values.emplace_back(Duration(sorted ? i * span_ / std::max<int64_t>(rows, 1) : up_to(span_)));
      if (chance(nulls_)) values.back().reset();
    }
    return ColumnData::of(values);
  }

  void make() {
    nulls_ = chance(50) ? 0 : 10;
    span_ = int64_t{1} << up_to(10);
    const int64_t different = up_to(chance(30) ? 200 : 6);
    const int64_t key_count = up_to(5) % 3;
    for (int64_t k = 0; k < key_count; ++k) kinds_.push_back(static_cast<int>(up_to(6)));
    const int64_t rows = chance(10) ? 0 : up_to(chance(15) ? 600 : 80);
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (size_t k = 0; k < kinds_.size(); ++k) {
      columns.emplace_back("s" + std::to_string(k), keys(kinds_[k], rows, different, false));
    }
    columns.emplace_back("t", times(rows, chance(20)));
    spine_.rows = Table(std::move(columns));
    if (chance(10)) {
      spine_.at = Time(Duration(up_to(span_)));
    } else {
      spine_.time = "t";
    }
    options_ = {.as_of = chance(40) ? AsOf::kKnown : AsOf::kEvent,
                .full_names = true,
                .event_times = chance(50),
                .reasons = chance(60),
                .threads = static_cast<int>(1 + up_to(2)),
                .memory_limit = chance(30) ? 1 + up_to(1 << 14) : 0};
    const int64_t views = 1 + up_to(2);
    for (int64_t v = 0; v < views; ++v) views_.push_back(view(v, different));
  }

  PointInTimeView view(int64_t number, int64_t different) {
    PointInTimeView view;
    view.name = "v" + std::to_string(number);
    const int64_t rows = chance(10) ? 0 : up_to(chance(10) ? 3000 : 200);
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (size_t k = 0; k < kinds_.size(); ++k) {
      if (chance(20)) continue;
      const std::string name = "k" + std::to_string(k);
      columns.emplace_back(name, keys(kinds_[k], rows, different, true));
      view.keys.emplace_back(name, "s" + std::to_string(k));
    }
    columns.emplace_back("e", times(rows, chance(30)));
    columns.emplace_back("c", times(rows, false));
    columns.emplace_back("q", keys(2, rows, 5, chance(50)));
    view.event_time = "e";
    if (options_.as_of == AsOf::kKnown || chance(40)) view.known_time = "c";
    if (chance(30)) view.sequence = "q";
    if (chance(60)) view.ttl = Duration(chance(20) ? 0 : up_to(span_));
    columns.emplace_back("n", numbers(rows));
    columns.emplace_back("d", keys(4, rows, 100, true));
    columns.emplace_back("i", keys(2, rows, 100, true));
    columns.emplace_back("x", keys(3, rows, 100, true));
    columns.emplace_back("b", keys(5, rows, 100, true));
    columns.emplace_back("l", keys(6, rows, 100, true));
    view.features = {"n", "d", "i", "x", "b", "l"};
    view.table = Table(std::move(columns));
    if (chance(40)) view.table = clustered(view);
    return view;
  }

  static ColumnData numbers(int64_t rows) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < rows; ++i) values.push_back(i);
    return ColumnData::of(values);
  }

  // Rows of one key together, and perhaps by time.
  Table clustered(const PointInTimeView& view) {
    const auto keys = key_texts(view.table, view.keys, false);
    const auto events = integers(view.table, view.event_time);
    std::vector<int64_t> order;
    for (size_t i = 0; i < keys.size(); ++i) order.push_back(static_cast<int64_t>(i));
    const bool by_time = chance(80);
    std::ranges::stable_sort(order, [&](int64_t a, int64_t b) {
      const auto i = static_cast<size_t>(a);
      const auto j = static_cast<size_t>(b);
      if (keys[i] != keys[j]) return keys[i] < keys[j];
      return by_time && events[i] < events[j];
    });
    return view.table.take(order);
  }

  Table somewhere(const Table& table) {
    if (chance(30)) return table;
    if (chance(40)) return table_test::in_parts(table, random_);
    if (chance(50)) return in_groups(table, 1 + up_to(chance(50) ? 7 : 300));
    return in_blocks(table, 1 + up_to(chance(50) ? 7 : 300));
  }

  void compare(const Table& out, const PointInTimeView& view) const {
    const Expected wanted = expected(spine_, view, options_.as_of == AsOf::kKnown);
    for (const ViewFeature& feature : view.features) {
      const ColumnData found = out.column(view.name + "__" + feature.as);
      ASSERT_TRUE(found.equals(view.table.column(feature.name).take(wanted.row)))
          << view.name << "." << feature.name;
    }
    if (options_.event_times) {
      ASSERT_TRUE(
          out.column(view.name + "__event_time").equals(view.table.column("e").take(wanted.row)));
    }
    if (!options_.reasons) return;
    for (size_t i = 0; i < wanted.reason.size(); ++i) {
      ASSERT_EQ(out.column(view.name + "__reason").at(static_cast<int64_t>(i)).get<std::string>(),
                match_reason_name(wanted.reason[i]))
          << view.name << " row " << i;
    }
  }

  std::mt19937_64 random_;
  int64_t nulls_ = 0;  // percent
  int64_t span_ = 1;   // of times, µs
  std::vector<int> kinds_;
  Spine spine_;
  std::vector<PointInTimeView> views_;
  PointInTimeOptions options_;
};

inline void run_random_joins(uint64_t first_seed, uint64_t count) {
  for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomJoin(seed).run();
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace weft::join_test
