/// Which row of a view each spine row gets: one pass over the view, which is never sorted.
#pragma once

#include "join/feature_rows.h"
#include "join/join_spec.h"
#include "join/spine_index.h"

namespace weft {

struct MatchOptions {
  bool known = false;        ///< rows known later than the spine's time do not exist
  bool event_times = false;  ///< fill ViewMatch::event_us
  bool reasons = false;      ///< fill ViewMatch::reason and event_us
};

struct ViewMatch {
  PooledArray<int64_t> row;  ///< [spine rows] number of the row in the view's table; -1: none
  /// [spine rows] or [0]; of the row that matched, or of the one that the reason speaks of: the
  /// newest one that is too old, the earliest one that is later, the one that was not yet known.
  PooledArray<int64_t> event_us;
  PooledArray<MatchReason> reason;  ///< [spine rows] or [0]
  int64_t view_rows = 0;            ///< read
};

/// `table` is the view's; `types` are those of its keys in the index. Memory: 16 bytes a place and
/// thread (32 where the view has known times or a sequence).
ViewMatch match_view(const SpineIndex& index, const ResolvedView& view, const ViewTable& table,
                     std::span<const Type> types, const MatchOptions& options, ThreadPool& pool,
                     int threads);

}  // namespace weft
