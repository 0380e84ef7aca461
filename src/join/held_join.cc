#include "join/held_join.h"

#include "exec/thread_pool.h"
#include "join/gather.h"

namespace weft {
namespace {

ColumnData reason_column(const PooledArray<MatchReason>& reasons) {
  std::vector<std::string_view> names;
  ColumnBuilder builder(string_type());
  for (size_t i = 0; i < reasons.size(); ++i) {
    const std::string_view name = match_reason_name(reasons[i]);
    builder.append_stored(&name);
  }
  return builder.finish();
}

ColumnData event_time_column(const ViewMatch& match) {
  std::vector<uint8_t> valid(match.row.size());
  for (size_t i = 0; i < valid.size(); ++i) valid[i] = match.row[i] >= 0;
  return column_of_times({match.event_us.data(), match.event_us.size()}, valid);
}

}  // namespace

std::vector<ColumnData> key_columns_of(const Table& rows, const KeySet& set) {
  std::vector<ColumnData> keys;
  for (size_t k = 0; k < set.columns.size(); ++k) {
    keys.push_back(rows.column(set.columns[k]).as(set.types[k]));
  }
  return keys;
}

HeldSpine::HeldSpine(const Spine& spine, ThreadPool& pool, int threads)
    : rows_(spine.rows.load()), pool_(pool), threads_(threads) {
  if (!spine.time.empty()) time_ = rows_.column(spine.time);
  if (spine.at) at_us_ = spine.at->time_since_epoch().count();
}

SpineKeys HeldSpine::keys(const KeySet& set) const { return {set, key_columns_of(rows_, set)}; }

SpineIndex HeldSpine::index(const KeySet& set) const {
  return {set.types,
          key_columns_of(rows_, set),
          {time_ ? &*time_ : nullptr, at_us_},
          rows_.num_rows(),
          pool_,
          threads_};
}

void add_view(const SpineIndex& index, const ResolvedView& view, const ViewTable& table,
              std::span<const Type> types, bool known, ThreadPool& pool, int threads,
              NamedColumns& out) {
  const MatchOptions options = {.known = known,
                                .event_times = !view.event_time_name.empty(),
                                .reasons = !view.reason_name.empty()};
  const ViewMatch match = match_view(index, view, table, types, options, pool, threads);
  auto columns = gather_features(table, view.features, {match.row.data(), match.row.size()},
                                 match.view_rows, pool, threads);
  for (size_t f = 0; f < columns.size(); ++f) {
    out.emplace_back(view.features[f].name, std::move(columns[f]));
  }
  if (options.event_times) out.emplace_back(view.event_time_name, event_time_column(match));
  if (options.reasons) out.emplace_back(view.reason_name, reason_column(match.reason));
}

Table join_held(const Spine& spine, const JoinSpec& spec, ThreadPool& pool, int threads) {
  const HeldSpine held(spine, pool, threads);
  std::vector<NamedColumns> of_views(spec.views.size());
  for (size_t set = 0; set < spec.key_sets.size(); ++set) {
    const SpineIndex index = held.index(spec.key_sets[set]);
    std::optional<SpineKeys> keys;
    for (size_t v = 0; v < spec.views.size(); ++v) {
      const ResolvedView& view = spec.views[v];
      if (view.key_set != set) continue;
      ViewTable table = {view.table};
      if (view.table.source()) {
        if (!keys) keys = held.keys(spec.key_sets[set]);
        table.pieces = pieces_of(view.table, wanted_pieces(index, *keys, view));
      }
      add_view(index, view, table, spec.key_sets[set].types, spec.known, pool, threads,
               of_views[v]);
    }
  }
  NamedColumns columns;
  for (const std::string& name : held.rows().names()) {
    columns.emplace_back(name, held.rows().column(name));
  }
  for (NamedColumns& view : of_views) {
    for (auto& column : view) columns.push_back(std::move(column));
  }
  return Table(std::move(columns));
}

}  // namespace weft
