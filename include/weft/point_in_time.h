/// Point-in-time joins: for each row of a spine, the newest row of every feature view at its time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

namespace weft {

/// A join key of a view: its column there, and the spine's column it is compared with.
struct ViewKey {
  ViewKey(const char* column) : name(column), spine_name(column) {}           // NOLINT
  ViewKey(std::string column) : name(std::move(column)), spine_name(name) {}  // NOLINT
  ViewKey(std::string column, std::string spine_column)
      : name(std::move(column)), spine_name(std::move(spine_column)) {}
  std::string name;
  std::string spine_name;
};

/// A column of a view that is wanted, and what it is called in the result.
struct ViewFeature {
  ViewFeature(const char* column) : name(column), as(column) {}           // NOLINT
  ViewFeature(std::string column) : name(std::move(column)), as(name) {}  // NOLINT
  ViewFeature(std::string column, std::string result_name)
      : name(std::move(column)), as(std::move(result_name)) {}
  std::string name;
  std::string as;
};

/// The history of some features: rows of (keys, event time, values), in any order.
///
/// Of the rows of one key and event time, the one known last counts; of those, the one with the
/// highest sequence; of those, the last row. A null known time or sequence comes before all others.
/// A row without an event time, or with a null among its keys, does not exist.
struct PointInTimeView {
  std::string name;                  ///< "trip_stats": in names of the result and in messages
  Table table;                       ///< in memory, or in a source: then it is streamed, not held
  std::vector<ViewKey> keys = {};    ///< any row types; none: the rows belong to everybody
  std::string event_time;            ///< column of timestamps: when it happened
  std::string known_time = {};       ///< column of timestamps: when it was learned of
  std::string sequence = {};         ///< column of integers; empty: the order of the rows
  std::optional<Duration> ttl = {};  ///< none: however old; 0: the same instant only
  std::vector<ViewFeature> features = {};  ///< empty: all columns but the ones named above
};

/// The rows a result is built for: they are kept, all of them, in their order.
struct Spine {
  Table rows;
  std::string time = {};        ///< column of timestamps; or
  std::optional<Time> at = {};  ///< one time for all rows
};

/// Which clock decides what exists at a time t.
enum class AsOf : uint8_t {
  kEvent,  ///< rows with event time <= t
  kKnown,  ///< of those, rows with known time <= t: what came late is not seen
};

struct PointInTimeOptions {
  AsOf as_of = AsOf::kEvent;
  bool full_names = false;   ///< features are called view__feature
  bool event_times = false;  ///< adds view__event_time, the event time of the row that matched
  bool reasons = false;      ///< adds view__reason, see MatchReason
  int threads = 0;           ///< 0: as many as the machine has
  /// About how many bytes the join may take beside tables that are in memory already; 0: half of
  /// the machine's memory. A join that needs more goes through files in $TMPDIR (or /tmp), part by
  /// part, and its result is a table in a source that reads them.
  int64_t memory_limit = 0;
};

/// Why a row got its features, or nulls.
enum class MatchReason : uint8_t {
  kMatched,
  kKeyIsNull,
  kTimeIsNull,
  kNoRow,      ///< the view has no row of this key
  kOnlyLater,  ///< all rows of the key are later
  kOlderThanTtl,
  kKnownLater,  ///< as of kKnown: the row that would match was not yet known
};
/// "matched", "key is null", "time is null", "no row for the key", "only later rows", "older than
/// ttl", "known later".
std::string_view match_reason_name(MatchReason reason);

/// The spine's columns, then for each view its features: of the newest row of the key with
/// t - ttl <= event time <= t, both ends included. A null in that row is the answer; no such row
/// gives nulls. A null among a spine row's keys, or for its time, matches nothing. Keys are equal
/// as values (NaN is NaN); int32 meets int64 and float meets double.
///
/// Cost: the views are read once for keys and times and once for the features, and never sorted;
/// time O(f log s + s), memory O(s) for f rows in views and s in the spine.
/// Throws: Error(kNotFound) for a column that is not there, with the nearest name; kTypeMismatch
/// for keys of different types or times that are no timestamps; kInvalidArgument for names that
/// clash, a negative ttl, no time, as_of kKnown without known times; kIo, kBadData from reading.
Table point_in_time_join(const Spine& spine, const std::vector<PointInTimeView>& views,
                         const PointInTimeOptions& options = {});

/// A line for each view that says why the spine's row number `row` gets what it gets:
/// "trips: older than ttl: the newest row is of 2024-01-01T00:00:00Z, 3h before, and the ttl is
/// 2h".
std::vector<std::string> explain_point_in_time(const Spine& spine,
                                               const std::vector<PointInTimeView>& views,
                                               int64_t row, const PointInTimeOptions& options = {});

/// The features of every key as of one time: the keys (under their spine names) for which at least
/// one view has a row then, `event_time` = at, and the features. The views must have equal keys.
/// Rows come in the order in which keys first appear.
Table latest_features(const std::vector<PointInTimeView>& views, Time at,
                      const PointInTimeOptions& options = {});

/// All rows of a view with start <= event time <= end (and, as of kKnown, known by `end`), in the
/// table's order: keys under their spine names, `event_time`, and the features. A table in a source
/// stays in one.
Table feature_history(const PointInTimeView& view, Time start, Time end,
                      const PointInTimeOptions& options = {});

}  // namespace weft
