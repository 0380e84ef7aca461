/// For tests: random writes to a table, compared with rows held in memory.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/scratch_folder.h"
#include "weft/delta_table.h"
#include "weft/table_ops.h"

namespace weft::delta_test {

constexpr int64_t kHourUs = int64_t{3'600'000'000};

/// One row of the table; `id` is different in each.
struct Row {
  int64_t id = 0;
  std::optional<int64_t> key;
  std::optional<double> number;
  std::optional<std::string> text;
  std::optional<Time> time;
  std::optional<int32_t> late;  ///< a column that comes later
};
using Rows = std::vector<Row>;

/// A table and what it must hold, version by version; everything follows from the seed.
class RandomTable {
 public:
  explicit RandomTable(uint64_t seed) : random_(seed) {}

  void run(int operations) {
    make();
    for (int i = 0; i < operations && !testing::Test::HasFatalFailure(); ++i) step();
    check(table_->read(), rows_);
  }

 private:
  int64_t up_to(int64_t n) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(n + 1));
  }
  bool chance(int64_t percent) { return up_to(99) < percent; }

  Schema schema() const {
    return {{"id", int64_type()},
            {"key", int64_type()},
            {"number", double_type()},
            {"text", string_type()},
            {"time", timestamp_type()}};
  }

  void make() {
    DeltaCreate create{.schema = schema()};
    if (chance(30)) create.partition_by = {"key"};
    if (chance(30)) create.partition_by_day = {"day", "time"};
    if (chance(50)) create.cluster_by = {"key", "time"};
    options_ = {.file_bytes = chance(30) ? 400 : 1 << 20,
                .row_group_rows = 1 + up_to(50),
                .checkpoint_every = up_to(4)};
    table_.emplace(DeltaTable::create(folder_.path() + "/t", create, options_));
    remember();
  }

  template <class T, class F>
  std::optional<T> perhaps(F&& make) {
    if (chance(15)) return {};
    return T(make());
  }

  Row row() {
    Row row;
    row.id = next_id_++;
    row.key = perhaps<int64_t>([&] { return up_to(5); });
    row.number = perhaps<double>(
        [&] { return chance(10) ? std::nan("") : static_cast<double>(up_to(20)) - 10; });
    row.text = perhaps<std::string>([&] {
      return std::string(static_cast<size_t>(up_to(40)), chance(50) ? 'x' : 'y') + "\u00e4";
    });
    row.time = perhaps<Time>([&] { return Duration(up_to(100) * kHourUs + up_to(2)); });
    if (grown_) row.late = perhaps<int32_t>([&] { return up_to(3); });
    return row;
  }

  Rows new_rows() {
    Rows rows;
    for (int64_t n = chance(10) ? 0 : up_to(chance(10) ? 300 : 12); n > 0; --n)
      rows.push_back(row());
    return rows;
  }

  template <class T>
  static ColumnData column(const Rows& rows, T Row::* member) {
    std::vector<T> values;
    for (const Row& row : rows) values.push_back(row.*member);
    return ColumnData::of(values);
  }

  Table to_table(const Rows& rows) const {
    Table table({{"id", column(rows, &Row::id)},
                 {"key", column(rows, &Row::key)},
                 {"number", column(rows, &Row::number)},
                 {"text", column(rows, &Row::text)},
                 {"time", column(rows, &Row::time)}});
    return grown_ ? table.with_column("late", column(rows, &Row::late)) : table;
  }

  /// A condition, and whether a row meets it.
  Filter condition(std::function<bool(const Row&)>& met) {
    switch (up_to(5)) {
      case 0: {
        const int64_t key = up_to(6);
        met = [=](const Row& r) { return r.key && *r.key == key; };
        return {{"key", Compare::kEqual, Value::of(key)}};
      }
      case 1: {
        const double least = static_cast<double>(up_to(22)) - 11;
        met = [=](const Row& r) { return r.number && *r.number >= least; };
        return {{"number", Compare::kGreaterEqual, Value::of(least)}};
      }
      case 2: {
        const Time end{Duration(up_to(100) * kHourUs + up_to(2))};
        met = [=](const Row& r) { return r.time && *r.time < end; };
        return {{"time", Compare::kLess, Value::of(end)}};
      }
      case 3:
        met = [](const Row& r) { return !r.text; };
        return {{"text", Compare::kIsNull, {}}};
      case 4: {
        const std::string text(static_cast<size_t>(up_to(40)), 'x');
        met = [=](const Row& r) { return r.text && *r.text > text; };
        return {{"text", Compare::kGreater, Value::of(text)}};
      }
      default: {
        const double other = static_cast<double>(up_to(20)) - 10;
        met = [=](const Row& r) { return r.number && *r.number != other; };
        return {{"number", Compare::kNotEqual, Value::of(other)}};
      }
    }
  }

  void remember() { versions_[table_->version()] = {rows_, grown_}; }

  void step() {
    const int64_t before = table_->version();
    std::function<bool(const Row&)> met;
    switch (up_to(9)) {
      case 0:
      case 1:
      case 2: {
        const Rows added = new_rows();
        table_->append(to_table(added));
        rows_.insert(rows_.end(), added.begin(), added.end());
        break;
      }
      case 3: {
        const Filter filter = condition(met);
        const auto gone = static_cast<int64_t>(std::erase_if(rows_, met));
        ASSERT_EQ(table_->remove_rows(filter).rows_removed, gone);
        break;
      }
      case 4:
        remove_keys();
        break;
      case 5:
        overwrite();
        break;
      case 6:
        table_->compact({.all = chance(50)});
        break;
      case 7:
        if (!grown_) {
          table_->add_columns({{"late", int32_type()}});
          grown_ = true;
        }
        break;
      case 8:
        table_.emplace(DeltaTable::open(folder_.path() + "/t", options_));
        break;
      default:
        look();
    }
    if (table_->version() != before) remember();
    ASSERT_EQ(table_->num_rows(), static_cast<int64_t>(rows_.size()));
  }

  void remove_keys() {
    Rows keys;
    for (int64_t n = up_to(3); n >= 0; --n) keys.push_back(row());
    const bool both = chance(50);
    const auto agree = [&](const Row& a, const Row& b) {
      return a.key && b.key && *a.key == *b.key &&
             (!both || (a.time && b.time && *a.time == *b.time));
    };
    if (!rows_.empty()) keys[0].time = rows_[0].time;
    if (!rows_.empty()) keys[0].key = rows_[0].key;
    Table table({{"key", column(keys, &Row::key)}});
    if (both) table = table.with_column("time", column(keys, &Row::time));
    const auto gone = static_cast<int64_t>(std::erase_if(rows_, [&](const Row& row) {
      return std::ranges::any_of(keys, [&](const Row& key) { return agree(row, key); });
    }));
    ASSERT_EQ(table_->remove_rows(table).rows_removed, gone);
  }

  void overwrite() {
    Rows added = new_rows();
    DeltaOverwrite options;
    if (chance(40)) {
      options.keys = {"key"};
      std::erase_if(rows_, [&](const Row& row) {
        return row.key &&
               std::ranges::any_of(added, [&](const Row& r) { return r.key == row.key; });
      });
    } else if (chance(50)) {
      std::function<bool(const Row&)> met;
      options.filter = condition(met);
      std::erase_if(rows_, met);
      std::erase_if(added, [&](const Row& row) { return !met(row); });
    } else {
      rows_.clear();
    }
    table_->overwrite(to_table(added), options);
    rows_.insert(rows_.end(), added.begin(), added.end());
  }

  /// Reads some version with some filter.
  void look() {
    auto version = versions_.begin();
    std::advance(version, up_to(static_cast<int64_t>(versions_.size()) - 1));
    std::function<bool(const Row&)> met;
    const Filter filter = condition(met);
    auto [rows, grown] = version->second;
    std::erase_if(rows, [&](const Row& row) { return !met(row); });
    std::swap(grown, grown_);
    check(table_->read({.version = version->first, .filter = filter}), rows);
    std::swap(grown, grown_);
  }

  void check(const Table& found, const Rows& expected) const {
    const Table wanted = sort_by(to_table(expected), {{"id", ascending}});
    const Table sorted = sort_by(found.load(), {{"id", ascending}}).select(wanted.names());
    ASSERT_TRUE(sorted.equals(wanted)) << "version " << table_->version() << "\n"
                                       << sorted.to_string() << wanted.to_string();
  }

  std::mt19937_64 random_;
  ScratchFolder folder_;
  DeltaOptions options_;
  std::optional<DeltaTable> table_;
  Rows rows_;
  bool grown_ = false;
  int64_t next_id_ = 0;
  std::map<int64_t, std::pair<Rows, bool>> versions_;
};

/// `count` tables from `seed` on.
inline void run_random_tables(uint64_t seed, int count, int operations) {
  for (int i = 0; i < count && !testing::Test::HasFatalFailure(); ++i) {
    const uint64_t one = seed + static_cast<uint64_t>(i);
    SCOPED_TRACE("WEFT_SEED=" + std::to_string(one));
    RandomTable(one).run(operations);
  }
}

}  // namespace weft::delta_test
