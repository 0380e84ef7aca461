/// What a point-in-time join is to do, with every name and type looked up and checked.
#pragma once

#include <string>
#include <vector>

#include "weft/point_in_time.h"

namespace weft {

/// Spine columns that views join on, of the types that both sides are compared in.
struct KeySet {
  std::vector<std::string> columns;
  std::vector<Type> types;

  bool operator==(const KeySet&) const = default;
};

struct ResolvedFeature {
  std::string column;  ///< of the view's table
  std::string name;    ///< in the result
  Type type = nullptr;
};

struct ResolvedView {
  std::string name;
  Table table;
  size_t key_set = 0;
  std::vector<std::string> keys;  ///< columns of the table
  std::string event_time;
  std::string known_time;  ///< empty: none
  std::string sequence;    ///< empty: none
  std::optional<uint64_t> ttl_us;
  std::vector<ResolvedFeature> features;
  std::string event_time_name;  ///< of the result; empty: not asked for
  std::string reason_name;      ///< of the result; empty: not asked for

  /// Keys, event time, then known time and sequence where there are any: what is matched on.
  std::vector<std::string> match_columns() const;
};

struct JoinSpec {
  std::vector<KeySet> key_sets;
  std::vector<ResolvedView> views;
  Schema schema;  ///< of the result
  bool known = false;
};

/// Throws what point_in_time_join says.
JoinSpec resolve_join(const Spine& spine, const std::vector<PointInTimeView>& views,
                      const PointInTimeOptions& options);

/// The type in which two key columns are compared; null if they cannot be.
Type meeting_type(Type a, Type b);
/// The columns a view gives: those asked for, or all but keys and times. Throws Error(kNotFound).
std::vector<ViewFeature> features_of(const PointInTimeView& view);
/// That the view's times, sequence and ttl are what they should be. Throws Error.
void check_view(const PointInTimeView& view, const PointInTimeOptions& options);
/// The type of a column of the view. Throws Error(kNotFound) with the nearest name.
Type view_column_type(const PointInTimeView& view, const std::string& column, const char* what);

}  // namespace weft
