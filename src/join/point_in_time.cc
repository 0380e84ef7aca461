#include "weft/point_in_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/memory.h"
#include "data/text_form.h"
#include "exec/thread_pool.h"
#include "join/held_join.h"
#include "join/partitioned_join.h"

namespace weft {
namespace {

int threads_of(const PointInTimeOptions& options) {
  if (options.threads > 0) return options.threads;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
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
    const ViewMatch match = match_view(index, view, {view.table}, set.types,
                                       {.known = spec.known, .reasons = true}, pool, threads);
    lines.push_back(explanation(view, match.reason[0], index.times()[0], match.event_us[0]));
  }
  return lines;
}

Table point_in_time_join(const Spine& spine, const std::vector<PointInTimeView>& views,
                         const PointInTimeOptions& options) {
  const JoinSpec spec = resolve_join(spine, views, options);
  const int threads = threads_of(options);
  const int64_t limit = options.memory_limit > 0 ? options.memory_limit : machine_memory() / 2;
  if (held_bytes(spine, spec, threads) > limit) {
    return join_in_parts(spine, spec, limit, threads);
  }
  ThreadPool pool(threads);
  return join_held(spine, spec, pool, threads);
}

}  // namespace weft
