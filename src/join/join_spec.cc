#include "join/join_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

Type column_type(const Table& table, const std::string& column, const std::string& whose,
                 const char* what) {
  const auto& schema = table.schema();
  const auto found = std::ranges::find(schema, column, &ColumnSchema::name);
  if (found != schema.end()) return found->type;
  const auto names = table.names();
  throw Error(ErrorCode::kNotFound,
              fmt::format("{} has no column {}, {}; it has {}{}", whose, quote(column), what,
                          fmt::join(names, ", "), did_you_mean(column, names)));
}

std::string view_text(const PointInTimeView& view) { return "view " + quote(view.name); }

void check_time(Type type, const std::string& column, const std::string& whose, const char* what) {
  if (type == timestamp_type()) return;
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("the {} {} of {} is {}; times are timestamps: cast it", what,
                          quote(column), whose, type->name));
}

KeySet key_set_of(const Spine& spine, const PointInTimeView& view) {
  KeySet set;
  for (const ViewKey& key : view.keys) {
    const Type in_view = view_column_type(view, key.name, "its key");
    const std::string what = "the key of " + view_text(view);
    const Type in_spine = column_type(spine.rows, key.spine_name, "the spine", what.c_str());
    const Type type = meeting_type(in_view, in_spine);
    if (!type || type->is_object()) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("the key {} is {} in {} and {} is {} in the spine: cast one of them",
                              quote(key.name), in_view->name, view_text(view),
                              quote(key.spine_name), in_spine->name));
    }
    set.columns.push_back(key.spine_name);
    set.types.push_back(type);
  }
  return set;
}

void check_spine(const Spine& spine) {
  if (spine.time.empty() && !spine.at) {
    throw Error(ErrorCode::kInvalidArgument,
                "the spine has no time: name its column of timestamps in `time`, or give one time "
                "for all rows in `at`");
  }
  if (!spine.time.empty() && spine.at) {
    throw Error(ErrorCode::kInvalidArgument,
                "the spine has both a column of times and one time for all rows: choose one");
  }
  if (spine.time.empty()) return;
  check_time(column_type(spine.rows, spine.time, "the spine", "its time"), spine.time, "the spine",
             "time");
}

// Names of the result, each with who gives it.
class ResultNames {
 public:
  explicit ResultNames(Schema& schema) : schema_(schema) {}

  void add(const std::string& name, Type type, const std::string& giver) {
    const auto [at, fresh] = givers_.emplace(name, giver);
    if (!fresh) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("both {} and {} give a column {}: name the feature otherwise, or ask "
                              "for full names",
                              at->second, giver, quote(name)));
    }
    schema_.push_back({name, type});
  }

 private:
  Schema& schema_;
  std::map<std::string, std::string> givers_;
};

ResolvedView resolve_view(const PointInTimeView& view, const PointInTimeOptions& options,
                          ResultNames& names) {
  ResolvedView out;
  out.name = view.name;
  out.table = view.table;
  for (const ViewKey& key : view.keys) out.keys.push_back(key.name);
  out.event_time = view.event_time;
  out.known_time = view.known_time;
  out.sequence = view.sequence;
  if (view.ttl) out.ttl_us = static_cast<uint64_t>(view.ttl->count());
  for (const ViewFeature& feature : features_of(view)) {
    const Type type = view_column_type(view, feature.name, "its feature");
    const std::string name = options.full_names ? view.name + "__" + feature.as : feature.as;
    names.add(name, type, view_text(view));
    out.features.push_back({feature.name, name, type});
  }
  if (options.event_times) {
    out.event_time_name = view.name + "__event_time";
    names.add(out.event_time_name, timestamp_type(), view_text(view));
  }
  if (options.reasons) {
    out.reason_name = view.name + "__reason";
    names.add(out.reason_name, string_type(), view_text(view));
  }
  return out;
}

}  // namespace

std::vector<std::string> ResolvedView::match_columns() const {
  std::vector<std::string> columns = keys;
  columns.push_back(event_time);
  if (!known_time.empty()) columns.push_back(known_time);
  if (!sequence.empty()) columns.push_back(sequence);
  return columns;
}

// Both integers or both floating point: what widens without losing a digit.
Type meeting_type(Type a, Type b) {
  const auto is_integer = [](Type t) { return t->kind == Kind::kInt32 || t->kind == Kind::kInt64; };
  if (a == b) return a;
  if (!a->is_number() || !b->is_number() || is_integer(a) != is_integer(b)) return nullptr;
  return widens(a, b) ? b : a;
}

Type view_column_type(const PointInTimeView& view, const std::string& column, const char* what) {
  return column_type(view.table, column, view_text(view), what);
}

std::vector<ViewFeature> features_of(const PointInTimeView& view) {
  if (!view.features.empty()) return view.features;
  std::vector<ViewFeature> features;
  for (const std::string& name : view.table.names()) {
    const bool is_key = std::ranges::find(view.keys, name, &ViewKey::name) != view.keys.end();
    if (is_key || name == view.event_time || name == view.known_time || name == view.sequence) {
      continue;
    }
    features.emplace_back(name);
  }
  return features;
}

void check_view(const PointInTimeView& view, const PointInTimeOptions& options) {
  if (view.event_time.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                view_text(view) + " has no event time: name its column of timestamps");
  }
  check_time(view_column_type(view, view.event_time, "its event time"), view.event_time,
             view_text(view), "event time");
  if (!view.known_time.empty()) {
    check_time(view_column_type(view, view.known_time, "its known time"), view.known_time,
               view_text(view), "known time");
  } else if (options.as_of == AsOf::kKnown) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("as of what was known needs the known time of every row, and {} has "
                            "none: name its column in `known_time`",
                            view_text(view)));
  }
  if (!view.sequence.empty()) {
    const Type type = view_column_type(view, view.sequence, "its sequence");
    if (type != int64_type() && type != int32_type()) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("the sequence {} of {} is {}; expected integers",
                              quote(view.sequence), view_text(view), type->name));
    }
  }
  if (view.ttl && view.ttl->count() < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the ttl of {} is {}; it cannot be negative (none is forever, 0 the "
                            "same instant)",
                            view_text(view), format_duration(*view.ttl)));
  }
}

JoinSpec resolve_join(const Spine& spine, const std::vector<PointInTimeView>& views,
                      const PointInTimeOptions& options) {
  check_spine(spine);
  JoinSpec spec;
  spec.known = options.as_of == AsOf::kKnown;
  ResultNames names(spec.schema);
  for (const auto& [name, type] : spine.rows.schema()) names.add(name, type, "the spine");
  for (const PointInTimeView& view : views) {
    check_view(view, options);
    const KeySet keys = key_set_of(spine, view);
    spec.views.push_back(resolve_view(view, options, names));
    const auto at = std::ranges::find(spec.key_sets, keys);
    spec.views.back().key_set = static_cast<size_t>(at - spec.key_sets.begin());
    if (at == spec.key_sets.end()) spec.key_sets.push_back(keys);
  }
  return spec;
}

}  // namespace weft
