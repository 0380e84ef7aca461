#include "weft/point_in_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/memory.h"
#include "data/text_form.h"
#include "exec/thread_pool.h"
#include "join/gather.h"
#include "join/match.h"

namespace weft {
namespace {

using NamedColumns = std::vector<std::pair<std::string, ColumnData>>;

int threads_of(const PointInTimeOptions& options) {
  if (options.threads > 0) return options.threads;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

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

// A spine in memory, and its indexes: one for each set of keys.
class HeldSpine {
 public:
  HeldSpine(const Spine& spine, ThreadPool& pool, int threads)
      : rows_(spine.rows.load()), pool_(pool), threads_(threads) {
    if (!spine.time.empty()) time_ = rows_.column(spine.time);
    if (spine.at) at_us_ = spine.at->time_since_epoch().count();
  }

  const Table& rows() const { return rows_; }

  SpineIndex index(const KeySet& set) const {
    std::vector<ColumnData> keys;
    for (size_t k = 0; k < set.columns.size(); ++k) {
      keys.push_back(rows_.column(set.columns[k]).as(set.types[k]));
    }
    return {set.types,        keys,  {time_ ? &*time_ : nullptr, at_us_},
            rows_.num_rows(), pool_, threads_};
  }

 private:
  Table rows_;
  std::optional<ColumnData> time_;
  int64_t at_us_ = 0;
  ThreadPool& pool_;
  int threads_;
};

void add_view(const SpineIndex& index, const ResolvedView& view, const JoinSpec& spec,
              ThreadPool& pool, int threads, NamedColumns& out) {
  const MatchOptions options = {.known = spec.known,
                                .event_times = !view.event_time_name.empty(),
                                .reasons = !view.reason_name.empty()};
  const ViewMatch match =
      match_view(index, view, spec.key_sets[view.key_set].types, options, pool, threads);
  auto columns = gather_features(view.table, view.features, {match.row.data(), match.row.size()},
                                 match.view_rows, pool, threads);
  for (size_t f = 0; f < columns.size(); ++f) {
    out.emplace_back(view.features[f].name, std::move(columns[f]));
  }
  if (options.event_times) out.emplace_back(view.event_time_name, event_time_column(match));
  if (options.reasons) out.emplace_back(view.reason_name, reason_column(match.reason));
}

// In memory: the spine is held, and what is gathered for it; views in sources stream.
Table join_held(const Spine& spine, const JoinSpec& spec, ThreadPool& pool, int threads) {
  const HeldSpine held(spine, pool, threads);
  std::vector<NamedColumns> of_views(spec.views.size());
  for (size_t set = 0; set < spec.key_sets.size(); ++set) {
    const SpineIndex index = held.index(spec.key_sets[set]);
    for (size_t v = 0; v < spec.views.size(); ++v) {
      if (spec.views[v].key_set != set) continue;
      add_view(index, spec.views[v], spec, pool, threads, of_views[v]);
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

}  // namespace

std::string_view match_reason_name(MatchReason reason) {
  switch (reason) {
    case MatchReason::kMatched:
      return "matched";
    case MatchReason::kKeyIsNull:
      return "key is null";
    case MatchReason::kTimeIsNull:
      return "time is null";
    case MatchReason::kNoRow:
      return "no row for the key";
    case MatchReason::kOnlyLater:
      return "only later rows";
    case MatchReason::kOlderThanTtl:
      return "older than ttl";
    case MatchReason::kKnownLater:
      return "known later";
  }
  return "";
}

namespace {

std::string explanation(const ResolvedView& view, MatchReason reason, int64_t time_us,
                        int64_t event_us) {
  const std::string event = format_time(Time(Duration(event_us)));
  // Times may lie further apart than a duration reaches; then the distance is left out.
  int64_t distance = 0;
  const bool far = __builtin_sub_overflow(time_us, event_us, &distance);
  const auto apart = [&](int64_t sign, const char* word) {
    return far ? "" : fmt::format(", {} {}", format_duration(Duration(sign * distance)), word);
  };
  const std::string line = fmt::format("{}: {}", view.name, match_reason_name(reason));
  switch (reason) {
    case MatchReason::kMatched:
      return fmt::format("{} the row of {}{}", line, event, apart(1, "before"));
    case MatchReason::kOlderThanTtl:
      return fmt::format("{}: the newest row is of {}{}, and the ttl is {}", line, event,
                         apart(1, "before"),
                         format_duration(Duration(static_cast<int64_t>(*view.ttl_us))));
    case MatchReason::kOnlyLater:
      return fmt::format("{}: the earliest is of {}{}", line, event, apart(-1, "after"));
    case MatchReason::kKnownLater:
      return fmt::format("{}: the row of {}{}, was not known then", line, event,
                         apart(1, "before"));
    default:
      return line;
  }
}

}  // namespace

std::vector<std::string> explain_point_in_time(const Spine& spine,
                                               const std::vector<PointInTimeView>& views,
                                               int64_t row, const PointInTimeOptions& options) {
  PointInTimeOptions quiet = options;
  quiet.full_names = true;
  const JoinSpec spec = resolve_join(spine, views, quiet);
  if (row < 0 || row >= spine.rows.num_rows()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("row {} of a spine of {} rows", row, spine.rows.num_rows()));
  }
  const int threads = threads_of(options);
  ThreadPool pool(threads);
  Spine one = spine;
  one.rows = spine.rows.slice(row, 1);
  const HeldSpine held(one, pool, threads);
  std::vector<std::string> lines;
  for (const ResolvedView& view : spec.views) {
    const KeySet& set = spec.key_sets[view.key_set];
    const SpineIndex index = held.index(set);
    const ViewMatch match =
        match_view(index, view, set.types, {.known = spec.known, .reasons = true}, pool, threads);
    lines.push_back(explanation(view, match.reason[0], index.times()[0], match.event_us[0]));
  }
  return lines;
}

Table point_in_time_join(const Spine& spine, const std::vector<PointInTimeView>& views,
                         const PointInTimeOptions& options) {
  const JoinSpec spec = resolve_join(spine, views, options);
  const int threads = threads_of(options);
  ThreadPool pool(threads);
  return join_held(spine, spec, pool, threads);
}

}  // namespace weft
