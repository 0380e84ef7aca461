// Features without a spine: of every key as of one time.
#include <fmt/format.h>

#include <algorithm>

#include "data/text_form.h"
#include "join/feature_rows.h"
#include "join/join_spec.h"
#include "ops/group_ids.h"

namespace weft {
namespace {

constexpr char kEventTime[] = "event_time";

// The key columns that all views have, under their names in a spine.
Schema common_keys(const std::vector<PointInTimeView>& views) {
  Schema keys;
  for (const PointInTimeView& view : views) {
    const bool first = &view == views.data();
    for (const ViewKey& key : view.keys) {
      const Type type = view_column_type(view, key.name, "its key");
      const auto at = std::ranges::find(keys, key.spine_name, &ColumnSchema::name);
      if (first) {
        keys.push_back({key.spine_name, type});
        continue;
      }
      const Type both = at == keys.end() ? nullptr : meeting_type(at->type, type);
      if (!both) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("views {} and {} do not have the same keys: {} is {} in the one; "
                                "the other has {}",
                                quote(view.name), quote(views[0].name), quote(key.spine_name),
                                type->name, to_string(keys)));
      }
      at->type = both;
    }
    if (view.keys.size() == keys.size()) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("views {} and {} do not have the same keys: the other has {}",
                            quote(view.name), quote(views[0].name), to_string(keys)));
  }
  return keys;
}

// All different keys, in the order in which they appear.
class KeyCollector {
 public:
  explicit KeyCollector(const Schema& keys)
      : keys_(keys), index_(types_of(keys), NullKeys::kLeftOut) {}

  void add(const PointInTimeView& view) {
    std::vector<std::string> columns;
    for (const auto& [name, type] : keys_) {
      columns.push_back(std::ranges::find(view.keys, name, &ViewKey::spine_name)->name);
    }
    const auto reader = view.table.read(columns);
    while (const auto block = reader->next()) add_block(*block, columns);
  }

  Table table() const {
    if (!parts_.empty()) return Table::concat(parts_);
    std::vector<std::pair<std::string, ColumnData>> none;
    for (const auto& [name, type] : keys_) {
      none.emplace_back(name, ColumnData::of_values(type, std::span<const Value>()));
    }
    return Table(std::move(none));
  }

 private:
  static std::vector<Type> types_of(const Schema& keys) {
    std::vector<Type> types;
    for (const auto& key : keys) types.push_back(key.type);
    return types;
  }

  void add_block(const Table& block, std::span<const std::string> columns) {
    std::vector<std::pair<std::string, ColumnData>> keys;
    std::vector<ColumnData> values;
    for (size_t k = 0; k < columns.size(); ++k) {
      values.push_back(block.column(columns[k]).as(keys_[k].type));
      keys.emplace_back(keys_[k].name, values.back());
    }
    int32_t known = index_.size();
    const std::vector<int32_t> group = add_columns(index_, values);
    std::vector<int64_t> fresh;
    for (size_t i = 0; i < group.size(); ++i) {
      if (group[i] != known) continue;
      fresh.push_back(static_cast<int64_t>(i));
      ++known;
    }
    if (!fresh.empty()) parts_.push_back(Table(std::move(keys)).take(fresh));
  }

  Schema keys_;
  GroupIndex index_;
  std::vector<Table> parts_;
};

Spine spine_of_keys(const std::vector<PointInTimeView>& views, Time at) {
  const Schema keys = common_keys(views);
  Table rows;
  if (!keys.empty()) {
    KeyCollector collector(keys);
    for (const PointInTimeView& view : views) collector.add(view);
    rows = collector.table();
  }
  const auto n = static_cast<size_t>(keys.empty() ? 1 : rows.num_rows());
  const ColumnData times = ColumnData::of(std::vector<Time>(n, at));
  return {keys.empty() ? Table({{kEventTime, times}}) : rows.with_column(kEventTime, times),
          kEventTime};
}

}  // namespace

Table latest_features(const std::vector<PointInTimeView>& views, Time at,
                      const PointInTimeOptions& options) {
  if (views.empty()) throw Error(ErrorCode::kInvalidArgument, "latest features of no views");
  for (const PointInTimeView& view : views) check_view(view, options);
  PointInTimeOptions with_reasons = options;
  with_reasons.reasons = true;
  const Table joined = point_in_time_join(spine_of_keys(views, at), views, with_reasons).load();
  std::vector<std::string> reasons;
  std::vector<bool> matched(static_cast<size_t>(joined.num_rows()));
  const std::string wanted(match_reason_name(MatchReason::kMatched));
  for (const PointInTimeView& view : views) {
    reasons.push_back(view.name + "__reason");
    const ColumnData column = joined.column(reasons.back());
    const Type type = string_type();
    read_in_ranges({&column, 1}, {&type, 1},
                   [&](std::span<const Slice> reason, int64_t from, int64_t n) {
                     for (int64_t i = 0; i < n; ++i) {
                       if (reason[0].at<std::string_view>(i) != wanted) continue;
                       matched[static_cast<size_t>(from + i)] = true;
                     }
                   });
  }
  std::vector<int64_t> rows;
  for (size_t i = 0; i < matched.size(); ++i) {
    if (matched[i]) rows.push_back(static_cast<int64_t>(i));
  }
  return (options.reasons ? joined : joined.drop(reasons)).take(rows);
}

}  // namespace weft
