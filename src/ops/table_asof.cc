// The as-of join: each left row with the right row of its keys that is nearest in time.
#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "data/arrow.h"
#include "data/text_form.h"
#include "ops/group_ids.h"
#include "ops/join_rows.h"

namespace weft {
namespace {

constexpr int64_t kNoRow = -1;

// Times as integers and which of them are null.
struct Times {
  explicit Times(const ColumnData& column) : flat(column) {}
  int64_t operator[](size_t i) const { return flat.slice().at<int64_t>(static_cast<int64_t>(i)); }
  bool has(size_t i) const { return flat.slice().is_valid(static_cast<int64_t>(i)); }

  FlatColumn flat;
};

ColumnData time_column(const Table& table, const std::string& name, const char* side) {
  const ColumnData column = table.column(name);
  switch (column.type()->kind) {
    case Kind::kTimestamp:
    case Kind::kDuration:
    case Kind::kInt64:
      return column;
    case Kind::kInt32:
      return column.as(int64_type());
    default:
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("asof_join: the {} time {} is {}; timestamps, durations and integers "
                              "are times",
                              side, quote(name), column.type()->name));
  }
}

// The distance of two int64, which may not fit in one.
uint64_t distance(int64_t from, int64_t to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}

// The right rows of each group, by time, and of one time by row.
struct SortedRight {
  RowsOfGroups rows;
  std::vector<int64_t> time;  // of rows.row
};

SortedRight sort_right(const std::vector<int32_t>& group, int32_t groups, const Times& times) {
  std::vector<int32_t> timed = group;
  for (size_t i = 0; i < timed.size(); ++i) {
    if (!times.has(i)) timed[i] = -1;
  }
  SortedRight sorted;
  sorted.rows = rows_of_groups(timed, groups);
  auto& rows = sorted.rows.row;
  const auto time_of = [&](int64_t row) { return times[static_cast<size_t>(row)]; };
  for (size_t g = 0; g < static_cast<size_t>(groups); ++g) {
    const auto begin = rows.begin() + sorted.rows.start[g];
    const auto end = rows.begin() + sorted.rows.start[g + 1];
    if (!std::is_sorted(begin, end,
                        [&](int64_t a, int64_t b) { return time_of(a) < time_of(b); })) {
      std::stable_sort(begin, end, [&](int64_t a, int64_t b) { return time_of(a) < time_of(b); });
    }
  }
  sorted.time.reserve(rows.size());
  for (const int64_t row : rows) sorted.time.push_back(time_of(row));
  return sorted;
}

struct Matcher {
  const SortedRight& right;
  const AsofOptions& options;
  uint64_t ttl;

  // The last of the rows whose time is at most t (or less than t); nothing: -1.
  int64_t before(size_t g, int64_t t, bool exact) const {
    const auto begin = right.time.begin() + right.rows.start[g];
    const auto end = right.time.begin() + right.rows.start[g + 1];
    const auto at = exact ? std::upper_bound(begin, end, t) : std::lower_bound(begin, end, t);
    if (at == begin || distance(*(at - 1), t) > ttl) return kNoRow;
    return at - 1 - right.time.begin();
  }
  // The last of the rows that share the first time that is at least t (or more than t).
  int64_t after(size_t g, int64_t t, bool exact) const {
    const auto begin = right.time.begin() + right.rows.start[g];
    const auto end = right.time.begin() + right.rows.start[g + 1];
    const auto at = exact ? std::lower_bound(begin, end, t) : std::upper_bound(begin, end, t);
    if (at == end || distance(t, *at) > ttl) return kNoRow;
    return std::upper_bound(at, end, *at) - 1 - right.time.begin();
  }
  int64_t find(size_t g, int64_t t) const {
    const bool exact = options.allow_exact;
    int64_t at = kNoRow;
    if (options.direction != AsofDirection::kForward) at = before(g, t, exact);
    if (options.direction != AsofDirection::kBackward) {
      const int64_t later = after(g, t, exact);
      const auto time = [&](int64_t i) { return right.time[static_cast<size_t>(i)]; };
      if (at == kNoRow || (later != kNoRow && distance(t, time(later)) < distance(time(at), t))) {
        at = later;
      }
    }
    return at == kNoRow ? kNoRow : right.rows.row[static_cast<size_t>(at)];
  }
};

KeyedRows keyed_rows(const Table& left, const Table& right, const JoinKeys& by) {
  if (!by.empty()) return group_both(join_keys("asof_join", left, right, by));
  KeyedRows rows;
  rows.left.resize(static_cast<size_t>(left.num_rows()));
  rows.right.resize(static_cast<size_t>(right.num_rows()));
  rows.groups = 1;
  return rows;
}

}  // namespace

Table asof_join(const Table& left_table, const Table& right_table, const AsofOptions& options) {
  const Table left = left_table.load();
  const Table right = right_table.load();
  const std::string& right_time =
      options.right_time.empty() ? options.left_time : options.right_time;
  const ColumnData left_times = time_column(left, options.left_time, "left");
  const ColumnData right_times = time_column(right, right_time, "right");
  if (left_times.type() != right_times.type()) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("asof_join: the left time {} is {}, the right time {} is {}",
                            quote(options.left_time), left_times.type()->name, quote(right_time),
                            right_times.type()->name));
  }
  if (options.ttl && *options.ttl < Duration::zero()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("asof_join: ttl has to be 0 or more, is {}", format_duration(*options.ttl)));
  }
  const KeyedRows keyed = keyed_rows(left, right, options.by);
  const SortedRight sorted = sort_right(keyed.right, keyed.groups, Times(right_times));
  const uint64_t ttl = options.ttl ? static_cast<uint64_t>(options.ttl->count()) : UINT64_MAX;
  const Matcher matcher{sorted, options, ttl};
  const Times times(left_times);
  std::vector<int64_t> rows(keyed.left.size(), kNoRow);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (keyed.left[i] < 0 || !times.has(i)) continue;
    rows[i] = matcher.find(static_cast<size_t>(keyed.left[i]), times[i]);
  }
  NamedColumns columns = all_columns(left);
  std::vector<std::string> dropped;
  for (const JoinKey& key : options.by) dropped.push_back(key.right);
  if (right_time == options.left_time) dropped.push_back(right_time);
  add_right_columns("asof_join", columns, right, dropped, rows, options.suffix);
  return Table(std::move(columns));
}

}  // namespace weft
