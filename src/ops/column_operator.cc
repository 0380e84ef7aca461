#include "ops/column_operator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "ops/column_operator_makers.h"
#include "ops/group_ids.h"

namespace weft {
namespace {

struct Entry {
  const char* name;
  OperatorMaker make;
  const char* inputs;
  const char* options;
  const char* result;
  const char* summary;
};

// Sorted by name.
constexpr Entry kEntries[] = {
    {"cumulative", &make_cumulative, "the aggregate's", "aggregate: its name; aggregate.x: its x",
     "the aggregate's", "An aggregate of all rows up to this one; null where an input is null."},
    {"cumulative_prod", &make_cumulative_prod, "number", "", "int64 of integers, else double",
     "The product of all rows up to this one; null where the input is null."},
    {"diff", &make_diff, "number, time or duration", "n: rows to go back, 1 unless given",
     "as the input; of times a duration", "The value less the one n rows before."},
    {"fill_backward", &make_fill_backward, "any", "limit: nulls in a row to fill at most",
     "as the input", "Nulls take the next value that is not null."},
    {"fill_forward", &make_fill_forward, "any", "limit: nulls in a row to fill at most",
     "as the input", "Nulls take the last value that is not null."},
    {"group", &make_group, "the aggregate's", "aggregate: its name; aggregate.x: its x",
     "the aggregate's", "An aggregate of the rows of equal keys, at each of them."},
    {"interpolate", &make_interpolate, "number", "", "double",
     "Nulls between two values lie on the line between them, by row or by time."},
    {"lookup", &make_lookup, "table, then keys, then the time to look up at",
     "key_names: the key columns in the table; field: the column to read; event_time: its time "
     "column; ttl: how old a row may be; duplicates: error, first or last",
     "as the field", "The field of the table's row of the same key; as of a time the newest one."},
    {"ordinal_encode", &make_ordinal_encode, "number, bool, text or time", "", "int64",
     "The position of the value among all different ones, sorted."},
    {"over", &make_over, "the aggregate's",
     "aggregate: its name; aggregate.x: its x; last: a duration, or last_rows: a number; closed: "
     "left, right, both or neither; include_current; resolution: a duration",
     "the aggregate's", "An aggregate of a window of rows before each row."},
    {"pct_change", &make_pct_change, "number", "n: rows to go back, 1 unless given", "double",
     "The value divided by the one n rows before, less 1."},
    {"percent_rank", &make_percent_rank, "number, bool, text or time", "", "double",
     "(rank - 1) / (rows - 1), ties at the smallest rank: from 0 to 1, as SQL's."},
    {"quantile_bins", &make_quantile_bins, "number", "n: how many bins", "int64",
     "Which of n bins of equal size the value falls into, from 0."},
    {"rank", &make_rank, "number, bool, text or time",
     "method: average, min, max, dense or ordinal; descending; fraction: divided by their number",
     "double", "The place of the value among all, from 1; ties share theirs as `method` says."},
    {"row_number", &make_row_number, "any", "", "int64", "The number of the row, from 1."},
    {"shift", &make_shift, "any", "n: rows to go back, or forward if negative; 1 unless given",
     "as the input", "The value n rows before."},
    {"window_rank", &make_window_rank, "number, bool, text or time",
     "last: a duration, or last_rows: a number; fraction: divided by their number", "double",
     "The rank of the value within its window and itself, ties at the average."},
};

// The options of order and keys, which every operator has.
constexpr std::string_view kTime = "time";
constexpr std::string_view kKeys = "keys";

}  // namespace

const Value* OperatorOptions::find(std::string_view option) {
  read_.emplace_back(option);
  const auto it = given_.find(option);
  return it != given_.end() && it->second.has_value() ? &it->second : nullptr;
}

void OperatorOptions::fail(std::string_view option, const std::string& what) const {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the option '{}' of {} {}", option, name_, what));
}

template <class T>
T OperatorOptions::as(std::string_view option, const Value& value, std::string_view what) const {
  try {
    return value.as(type_of<T>()).template get<T>();
  } catch (const Error&) {
    fail(option, fmt::format("is {}, not {}", what, value.to_string()));
  }
}

void OperatorOptions::spell(std::string_view option, std::string_view value) {
  text_ += fmt::format("{}{}={}", text_.empty() ? "" : ", ", option, value);
}

int64_t OperatorOptions::integer(std::string_view option, int64_t otherwise, int64_t low,
                                 int64_t high) {
  const Value* value = find(option);
  const int64_t x = value ? as<int64_t>(option, *value, "a whole number") : otherwise;
  if (x < low || x > high) fail(option, fmt::format("is from {} to {}, not {}", low, high, x));
  if (x != otherwise) spell(option, std::to_string(x));
  return x;
}

bool OperatorOptions::flag(std::string_view option) {
  const Value* value = find(option);
  if (!value || !as<bool>(option, *value, "true or false")) return false;
  spell(option, "true");
  return true;
}

std::string OperatorOptions::text(std::string_view option, std::string_view otherwise,
                                  std::span<const std::string_view> choices) {
  const Value* value = find(option);
  if (!value) return std::string(otherwise);
  auto x = as<std::string>(option, *value, "a text");
  if (!choices.empty() && std::ranges::find(choices, x) == choices.end()) {
    const std::vector<std::string> names(choices.begin(), choices.end());
    fail(option,
         fmt::format("is {}, not {}{}", fmt::join(names, ", "), quote(x), did_you_mean(x, names)));
  }
  if (x != otherwise) spell(option, x);
  return x;
}

std::optional<Duration> OperatorOptions::duration(std::string_view option) {
  const Value* value = find(option);
  if (!value) return {};
  const auto x = as<Duration>(option, *value, "a duration");
  spell(option, format_duration(x));
  return x;
}

std::string OperatorOptions::required_text(std::string_view option) {
  const Value* value = find(option);
  if (!value) {
    check_all_read();  // a misspelt name explains more than a missing one
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} needs the option '{}'", name_, option));
  }
  auto x = as<std::string>(option, *value, "a text");
  spell(option, x);
  return x;
}

std::vector<std::string> OperatorOptions::texts(std::string_view option) {
  const Value* value = find(option);
  if (!value) return {};
  auto x = as<std::vector<std::string>>(option, *value, "a list of texts");
  spell(option, value->to_string());
  return x;
}

Values OperatorOptions::with_prefix(std::string_view prefix) {
  Values found;
  for (const auto& [option, value] : given_) {
    if (!option.starts_with(prefix)) continue;
    read_.push_back(option);
    found.emplace(option.substr(prefix.size()), value);
    spell(option, value.to_string());
  }
  return found;
}

void OperatorOptions::check_all_read() const {
  for (const auto& [option, value] : given_) {
    if (std::ranges::find(read_, option) != read_.end()) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} has no option '{}'{}", name_, option, did_you_mean(option, read_)));
  }
}

ArgumentLayout ArgumentLayout::read(std::span<const Type> parameters, OperatorOptions& options) {
  ArgumentLayout layout;
  layout.has_time = options.flag(kTime);
  const auto count = static_cast<int64_t>(parameters.size());
  const auto keys = static_cast<size_t>(
      options.integer(kKeys, 0, 0, std::max<int64_t>(0, count - (layout.has_time ? 1 : 0))));
  const size_t inputs = parameters.size() - keys - (layout.has_time ? 1 : 0);
  if (parameters.size() < keys + (layout.has_time ? 1 : 0)) {
    options.fail(kTime, "needs an argument");
  }
  layout.inputs.assign(parameters.begin(), parameters.begin() + static_cast<ptrdiff_t>(inputs));
  if (layout.has_time && parameters[inputs] != timestamp_type()) {
    throw Error(ErrorCode::kTypeMismatch, fmt::format("{} is ordered by a timestamp, not by {}",
                                                      options.name(), parameters[inputs]->name));
  }
  for (size_t k = parameters.size() - keys; k < parameters.size(); ++k) {
    layout.unbound |= parameters[k]->is_object();
    layout.keys.push_back(parameters[k]);
  }
  return layout;
}

void ArgumentLayout::need_inputs(std::string_view name, size_t count) const {
  if (inputs.size() == count) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} takes {} input{}, not {}", name, count,
                                                       count == 1 ? "" : "s", inputs.size()));
}

RowGroups ArgumentLayout::groups(const Slice* in, int64_t n) const {
  WEFT_CHECK(!unbound);
  if (n > std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorCode::kResourceLimit,
                fmt::format("an operator over all rows takes at most {} rows, not {}",
                            std::numeric_limits<int32_t>::max(), n));
  }
  if (keys.empty()) return {std::vector<int32_t>(static_cast<size_t>(n), 0), 1};
  GroupIds groups = group_rows(keys, in + inputs.size() + (has_time ? 1 : 0), n);
  return {std::move(groups.group), groups.size()};
}

RowOrder ArgumentLayout::order(const Slice* in, int64_t n) const {
  RowGroups groups = this->groups(in, n);
  if (!has_time) return order_rows(groups, {});
  const SlotColumn time = {in[inputs.size()], timestamp_type()};
  if (time.slice.valid) {
    for (int64_t i = 0; i < n; ++i) {
      if (!time.slice.is_valid(i)) groups.ids[static_cast<size_t>(i)] = -1;
    }
  }
  return order_rows(groups, sort_codes(time, n));
}

void clear_all_valid(const Sink& out, int64_t n) {
  for (int64_t w = 0; w * 64 < n; ++w) {
    out.valid[w] = n - w * 64 < 64 ? ~uint64_t{0} << (n - w * 64) : 0;
  }
}

bool every_row_valid(const Sink& out, int64_t n) {
  return std::all_of(out.valid, out.valid + (n + 63) / 64,
                     [](uint64_t word) { return word == ~uint64_t{0}; });
}

void need_copyable(std::string_view name, Type type) {
  if (type->kind < Kind::kStruct) return;
  throw Error(
      ErrorCode::kTypeMismatch,
      fmt::format("{} takes numbers, bools, times, texts and lists, not {}", name, type->name));
}

void need_number(std::string_view name, Type type) {
  if (type->is_number()) return;
  throw Error(ErrorCode::kTypeMismatch, fmt::format("{} takes a number, not {}", name, type->name));
}

ColumnOperatorPtr make_column_operator(std::string_view name, std::span<const Type> parameters,
                                       const Values& options) {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) {
    names.emplace_back(entry.name);
    if (entry.name != name) continue;
    OperatorOptions reader(name, options);
    auto made = entry.make(parameters, reader);
    reader.check_all_read();
    return made;
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("there is no operator '{}'{}", name, did_you_mean(name, names)));
}

std::vector<ColumnOperatorInfo> column_operator_catalog() {
  std::vector<ColumnOperatorInfo> catalog;
  for (const Entry& entry : kEntries) {
    catalog.push_back({entry.name, entry.inputs, entry.options, entry.result, entry.summary});
  }
  return catalog;
}

}  // namespace weft
