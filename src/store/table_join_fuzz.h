/// For tests: point-in-time joins over tables to which random things have happened, compared with a
/// scan of all their rows.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/scratch_folder.h"
#include "join/point_in_time_oracle.h"
#include "weft/delta_table.h"

namespace weft::table_join_test {

/// A table of history that grows and is tidied up; everything follows from the seed.
class RandomHistory {
 public:
  explicit RandomHistory(uint64_t seed) : random_(seed) {}

  void run() {
    make();
    for (int64_t steps = 1 + up_to(7); steps > 0; --steps) step();
    for (int joins = 0; joins < 3 && !testing::Test::HasFatalFailure(); ++joins) join();
  }

 private:
  int64_t up_to(int64_t n) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(n + 1));
  }
  bool chance(int64_t percent) { return up_to(99) < percent; }

  template <class T, class F>
  ColumnData column(int64_t rows, F make) {
    std::vector<std::optional<T>> values;
    for (int64_t i = 0; i < rows; ++i) {
      values.emplace_back(make(i));
      if (chance(nulls_)) values.back().reset();
    }
    return ColumnData::of(values);
  }

  ColumnData keys(int64_t rows, int64_t from, int64_t to) {
    const auto key = [&](int64_t) { return from + up_to(to - from); };
    if (key_type_ == int32_type()) {
      return column<int32_t>(rows, [&](int64_t i) { return static_cast<int32_t>(key(i)); });
    }
    if (key_type_ == int64_type()) return column<int64_t>(rows, key);
    return column<std::string>(rows, [&](int64_t i) { return "user " + std::to_string(key(i)); });
  }

  ColumnData times(int64_t rows, int64_t from, int64_t to) {
    return column<Time>(rows, [&](int64_t) { return Time(Duration(from + up_to(to - from))); });
  }

  void make() {
    nulls_ = chance(60) ? 0 : 8;
    span_ = int64_t{1000} << up_to(20);  // µs; statistics are of milliseconds
    key_type_ = std::vector<Type>{int64_type(), int32_type(), string_type()}[random_() % 3];
    two_keys_ = chance(30);
    options_ = {.file_bytes = chance(50) ? 600 : 1 << 20,
                .compression = chance(50) ? Compression::kLz4 : Compression::kZstd,
                .row_group_rows = 1 + up_to(chance(50) ? 10 : 200)};
    DeltaCreate create{.schema = rows(0).schema()};
    if (chance(70)) create.cluster_by = {"key"};
    if (chance(50) && two_keys_) create.cluster_by.emplace_back("other");
    if (chance(90)) create.cluster_by.emplace_back("event");
    if (chance(15)) create.partition_by = {"part"};
    if (chance(15)) create.partition_by_day = {"day", "event"};
    table_.emplace(DeltaTable::create(folder_.path() + "/t", create, options_));
  }

  // Of some keys and times only, or of all.
  Table rows(int64_t n) {
    const int64_t key = chance(50) ? 0 : up_to(30);
    const int64_t time = chance(50) ? 0 : up_to(span_);
    std::vector<std::pair<std::string, ColumnData>> columns;
    columns.emplace_back("key", keys(n, key, chance(50) ? 30 : std::min<int64_t>(30, key + 3)));
    if (two_keys_)
      columns.emplace_back("other", column<int64_t>(n, [&](int64_t) { return up_to(3); }));
    columns.emplace_back("event", times(n, time, span_));
    columns.emplace_back("known", times(n, time, span_));
    columns.emplace_back("sequence", column<int64_t>(n, [&](int64_t) { return up_to(5); }));
    columns.emplace_back("part", column<int64_t>(n, [&](int64_t) { return up_to(2); }));
    columns.emplace_back("id", column<int64_t>(n, [&](int64_t) { return next_id_++; }));
    columns.emplace_back("text", column<std::string>(n, [&](int64_t) {
                           return "text " + std::to_string(up_to(1000));
                         }));
    if (has_late_)
      columns.emplace_back("late", column<double>(n, [&](int64_t i) { return i / 2.0; }));
    return Table(std::move(columns));
  }

  void step() {
    if (chance(15)) {
      table_->compact({.all = chance(30)});
    } else if (chance(10)) {
      table_->remove_rows({{"id", Compare::kLess, Value::of(up_to(next_id_))}});
    } else {
      has_late_ |= chance(20);
      table_->append(rows(up_to(chance(20) ? 600 : 60)),
                     {.grow_schema = true, .fill_missing = true});
    }
  }

  void join() {
    PointInTimeView view = {.name = "v", .table = table_->read(), .event_time = "event"};
    if (!chance(10)) view.keys.emplace_back("key", "k");
    if (two_keys_ && chance(70)) view.keys.emplace_back("other", "o");
    const bool known = chance(30);
    if (known || chance(30)) view.known_time = "known";
    if (chance(30)) view.sequence = "sequence";
    if (chance(60)) view.ttl = Duration(chance(20) ? 0 : up_to(span_));
    view.features = {"id", "text", "part"};
    if (view.table.has("late")) view.features.emplace_back("late");
    if (view.table.has("day")) view.features.emplace_back("day");
    const int64_t n = up_to(chance(50) ? 5 : 60);
    const int64_t from = chance(50) ? 0 : up_to(span_);
    Spine spine = {{{"k", keys(n, 0, chance(50) ? 32 : 2)},
                    {"o", column<int64_t>(n, [&](int64_t) { return up_to(4); })},
                    {"t", times(n, from, span_ + span_ / 8)}},
                   "t"};
    const PointInTimeOptions options = {.as_of = known ? AsOf::kKnown : AsOf::kEvent,
                                        .event_times = true,
                                        .reasons = chance(40),
                                        .threads = static_cast<int>(1 + up_to(2)),
                                        .memory_limit = chance(10) ? 1 + up_to(4096) : 0};
    const Table out = point_in_time_join(spine, {view}, options).load();
    compare(out, spine, view, options);
  }

  static void compare(const Table& out, const Spine& spine, PointInTimeView view,
                      const PointInTimeOptions& options) {
    view.table = Table(view.table).load();
    const auto wanted = join_test::expected(spine, view, options.as_of == AsOf::kKnown);
    for (const ViewFeature& feature : view.features) {
      ASSERT_TRUE(out.column(feature.name).equals(view.table.column(feature.name).take(wanted.row)))
          << feature.name;
    }
    ASSERT_TRUE(out.column("v__event_time").equals(view.table.column("event").take(wanted.row)));
    if (!options.reasons) return;
    for (size_t i = 0; i < wanted.reason.size(); ++i) {
      ASSERT_EQ(out.column("v__reason").at(static_cast<int64_t>(i)).get<std::string>(),
                match_reason_name(wanted.reason[i]))
          << "row " << i;
    }
  }

  std::mt19937_64 random_;
  ScratchFolder folder_;
  int64_t nulls_ = 0;  // percent
  int64_t span_ = 1;
  Type key_type_ = nullptr;
  bool two_keys_ = false;
  bool has_late_ = false;
  int64_t next_id_ = 0;
  DeltaOptions options_;
  std::optional<DeltaTable> table_;
};

inline void run_random_histories(uint64_t first_seed, uint64_t count) {
  for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomHistory(seed).run();
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace weft::table_join_test
