// The built-in checks as data: a name and options, which print, hash and cross languages.
#include <fmt/format.h>

#include "weft/check.h"

namespace weft {
namespace {

CheckSpec with_importance(CheckSpec spec, Importance importance) {
  spec.importance = importance;
  return spec;
}

CheckSpec between(std::string name, double lo, double hi) {
  return {.name = std::move(name), .options = {{"lo", Value::of(lo)}, {"hi", Value::of(hi)}}};
}

template <class T>
CheckSpec with_option(std::string name, std::string option, T value) {
  return {.name = std::move(name), .options = {{std::move(option), Value::of(std::move(value))}}};
}

}  // namespace

namespace detail {

CheckSpec custom_check(std::string name, Call call, std::string_view takes, size_t arity, Type type,
                       std::vector<std::string> others) {
  if (arity != others.size() + 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the check {} takes the data and {} other nodes, but {} are named",
                            name, arity - 1, others.size()));
  }
  CheckSpec spec{.name = std::move(name), .function = std::move(call)};
  spec.options["takes"] = Value::of(std::string(takes));
  // A null tells its type, and has no name to be looked up by.
  spec.options["type"] = Value::null(type);
  for (size_t i = 0; i < others.size(); ++i) {
    // Inputs are in the order of their parameters.
    spec.inputs[fmt::format("argument_{:02}", i + 1)] = std::move(others[i]);
  }
  return spec;
}

}  // namespace detail

namespace modifiers {

CheckSpec warn(CheckSpec spec) { return with_importance(std::move(spec), Importance::kWarn); }
CheckSpec fail(CheckSpec spec) { return with_importance(std::move(spec), Importance::kFail); }
CheckSpec quarantine(CheckSpec spec) {
  return with_importance(std::move(spec), Importance::kQuarantine);
}

CheckSpec not_null() { return {.name = "not_null"}; }
CheckSpec allow_none(bool allowed) { return with_option("allow_none", "allowed", allowed); }
CheckSpec allow_nans(bool allowed) { return with_option("allow_nans", "allowed", allowed); }
CheckSpec data_type(Type type) { return with_option("data_type", "type", type->name); }
CheckSpec length_in_range(int64_t lo, int64_t hi) {
  return {.name = "length_in_range", .options = {{"lo", Value::of(lo)}, {"hi", Value::of(hi)}}};
}
CheckSpec contains(std::string text) { return with_option("contains", "text", std::move(text)); }
CheckSpec does_not_contain(std::string text) {
  return with_option("does_not_contain", "text", std::move(text));
}
CheckSpec matches_regex(std::string pattern) {
  return with_option("matches_regex", "pattern", std::move(pattern));
}
CheckSpec fresh_within(Duration age) { return with_option("fresh_within", "age", age); }

CheckSpec max_fraction_nulls(double fraction) {
  return with_option("max_fraction_nulls", "fraction", fraction);
}
CheckSpec max_fraction_nans(double fraction) {
  return with_option("max_fraction_nans", "fraction", fraction);
}
CheckSpec unique() { return {.name = "unique"}; }
CheckSpec mean_in_range(double lo, double hi) { return between("mean_in_range", lo, hi); }
CheckSpec stddev_in_range(double lo, double hi) { return between("stddev_in_range", lo, hi); }
CheckSpec max_standard_dev(double stddev) {
  return with_option("max_standard_dev", "stddev", stddev);
}
CheckSpec quantile_in_range(double q, double lo, double hi) {
  CheckSpec spec = between("quantile_in_range", lo, hi);
  spec.options["q"] = Value::of(q);
  return spec;
}
CheckSpec monotone(Direction direction, bool strict) {
  return {.name = "monotone",
          .options = {{"increasing", Value::of(direction == Direction::kIncreasing)},
                      {"strict", Value::of(strict)}}};
}
CheckSpec referential(std::string node) {
  return {.name = "referential", .inputs = {{"values", std::move(node)}}};
}
CheckSpec row_count_in_range(int64_t lo, int64_t hi) {
  return {.name = "row_count_in_range", .options = {{"lo", Value::of(lo)}, {"hi", Value::of(hi)}}};
}

CheckSpec on_column(std::string column, CheckSpec spec) {
  if (spec.options.contains("column")) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("on_column of {}, which is of a column already", spec.name));
  }
  spec.options["check"] = Value::of(spec.name);
  spec.name = column + "_" + spec.name;
  spec.options["column"] = Value::of(std::move(column));
  return spec;
}
CheckSpec unique_over(std::vector<std::string> columns) {
  return with_option("unique_over", "columns", std::move(columns));
}
CheckSpec compare(std::string left, std::string_view op, std::string right) {
  return {.name = "compare",
          .options = {{"left", Value::of(std::move(left))},
                      {"op", Value::of(std::string(op))},
                      {"right", Value::of(std::move(right))}}};
}
CheckSpec columns_equal(std::string left, std::string right) {
  return {
      .name = "columns_equal",
      .options = {{"left", Value::of(std::move(left))}, {"right", Value::of(std::move(right))}}};
}

}  // namespace modifiers
}  // namespace weft
