// Group-by: aggregates and counts of values by key.
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <numeric>

#include "data/arrow.h"
#include "data/slots.h"
#include "data/text_form.h"
#include "ops/group_aggregate.h"
#include "ops/group_ids.h"
#include "ops/table_columns.h"

namespace weft {
namespace {

// One state a group, side by side.
class GroupStates {
 public:
  GroupStates(const AggregateFunction& function, int64_t groups)
      : function_(function), bytes_(static_cast<size_t>(groups) * function.state_size()) {
    data_ = static_cast<char*>(::operator new(std::max<size_t>(bytes_, 1), align()));
    for (size_t at = 0; at < bytes_; at += function_.state_size()) function_.init(data_ + at);
  }
  ~GroupStates() {
    for (size_t at = 0; at < bytes_; at += function_.state_size()) function_.destroy(data_ + at);
    ::operator delete(data_, align());
  }
  GroupStates(const GroupStates&) = delete;
  GroupStates& operator=(const GroupStates&) = delete;

  char* data() { return data_; }
  const void* of(int64_t group) const {
    return data_ + static_cast<size_t>(group) * function_.state_size();
  }

 private:
  std::align_val_t align() const { return std::align_val_t(function_.state_align()); }

  const AggregateFunction& function_;
  size_t bytes_;
  char* data_;
};

AggregatePtr aggregate_of(const AggregateColumn& column, std::span<const ColumnData> inputs) {
  std::vector<Type> types;
  for (const ColumnData& input : inputs) types.push_back(input.type());
  try {
    return make_aggregate(column.aggregate, types, column.options);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("aggregate column {}: {}", quote(column.name), e.message()));
  }
}

}  // namespace

ColumnData aggregate_groups(const AggregateFunction& function, std::span<const ColumnData> inputs,
                            std::span<const int32_t> group, int64_t groups) {
  constexpr int64_t kRangeRows = 16384;
  GroupStates states(function, groups);
  std::vector<SlotReader> readers;
  for (const ColumnData& input : inputs) readers.emplace_back(input, input.type());
  std::vector<Slice> slices(inputs.size());
  const auto rows = static_cast<int64_t>(group.size());
  for (int64_t from = 0; from < rows; from += kRangeRows) {
    const int64_t n = std::min(kRangeRows, rows - from);
    for (size_t k = 0; k < inputs.size(); ++k) slices[k] = readers[k].read(from, n);
    function.add_grouped(states.data(), group.data() + from, slices.data(), n);
  }
  FlatColumn out(function.result_type(), groups);
  const Sink sink = out.sink();
  for (int64_t g = 0; g < groups; ++g) {
    char* slot =
        static_cast<char*>(sink.data) + static_cast<size_t>(g) * function.result_type()->size;
    if (!function.result(states.of(g), slot, *sink.arena)) detail::clear_valid(sink, g);
  }
  return out.to_column();
}

ColumnData aggregate_groups(const Table& table, const AggregateColumn& column,
                            std::span<const int32_t> group, int64_t groups) {
  const std::vector<ColumnData> inputs = columns_named(table, column.columns);
  return aggregate_groups(*aggregate_of(column, inputs), inputs, group, groups);
}

struct GroupBy::State {
  Table table;
  ColumnNames keys;
  GroupIds ids;

  // The key columns, one row a group, or one for each of `groups`.
  NamedColumns key_columns(std::span<const int64_t> rows) const {
    NamedColumns columns;
    for (const auto& key : keys) columns.emplace_back(key, table.column(key).take(rows));
    return columns;
  }
};

GroupBy group_by(const Table& table, const ColumnNames& keys) {
  auto state = std::make_shared<GroupBy::State>();
  state->table = table.load();
  state->keys = keys;
  if (keys.empty()) {
    state->ids.group.resize(static_cast<size_t>(state->table.num_rows()));
    state->ids.first_rows = {0};
  } else {
    state->ids = group_rows(columns_named(state->table, keys));
  }
  GroupBy grouped;
  grouped.state_ = std::move(state);
  return grouped;
}

int64_t GroupBy::size() const { return state_->ids.size(); }
const std::vector<int32_t>& GroupBy::group_of_rows() const { return state_->ids.group; }

Table GroupBy::aggregate(const std::vector<AggregateColumn>& columns) const {
  NamedColumns out = state_->key_columns(state_->ids.first_rows);
  for (const AggregateColumn& column : columns) {
    out.emplace_back(column.name,
                     aggregate_groups(state_->table, column, state_->ids.group, size()));
  }
  return Table(std::move(out));
}

Table GroupBy::value_counts(std::string_view column) const {
  const std::string name(column);
  const ColumnData keys[] = {column_from(state_->ids.group), state_->table.column(name)};
  const GroupIds pairs = group_rows(keys);
  std::vector<int64_t> counts(pairs.first_rows.size());
  for (const int32_t pair : pairs.group) ++counts[static_cast<size_t>(pair)];
  std::vector<size_t> order(counts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto group = [&](size_t pair) {
    return state_->ids.group[static_cast<size_t>(pairs.first_rows[pair])];
  };
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    return std::pair(group(a), -counts[a]) < std::pair(group(b), -counts[b]);
  });
  std::vector<int64_t> rows;
  std::vector<int64_t> sorted_counts;
  for (const size_t pair : order) {
    rows.push_back(pairs.first_rows[pair]);
    sorted_counts.push_back(counts[pair]);
  }
  NamedColumns out = state_->key_columns(rows);
  out.emplace_back(name, keys[1].take(rows));
  out.emplace_back("count", column_from(std::move(sorted_counts)));
  return Table(std::move(out));
}

}  // namespace weft
