#include "recipe.h"

#include <algorithm>

#include "functions.h"
#include "ops/aggregate.h"

namespace weft::fuzz {
namespace {

constexpr size_t kNone = SIZE_MAX;
constexpr int kTries = 20;

bool is_calendar(std::string_view function) {
  static const std::set<std::string_view> others = {
      "year",         "quarter",        "month",        "day",      "day_of_year", "hour",
      "minute",       "day_of_week",    "is_weekend",   "week",     "iso_year",    "days_in_month",
      "is_leap_year", "is_month_start", "is_month_end", "to_local", "from_local",  "utc_offset"};
  return others.contains(function);
}

Values options_of(Random& random, const AggregateInfo& info) {
  if (info.options.starts_with("q")) return {{"q", Value::of(random.of<double>({0, 0.1, 0.5, 1}))}};
  if (info.options.starts_with("n")) {
    return {{"n", Value::of(static_cast<int64_t>(random.below(5)) - 2)}};
  }
  if (info.options.starts_with("k"))
    return {{"k", Value::of(static_cast<int64_t>(random.below(4)) + 1)}};
  return {};
}

Window random_window(Random& random) {
  Window window = all_before();
  if (random.chance(0.4)) window = last(random.of<Duration>({1s, 1h, 24h * 365, 1us}));
  if (random.chance(0.3)) window = last_rows(static_cast<int64_t>(random.below(6)) + 1);
  if (random.chance(0.3)) {
    window = window.closed(
        random.of<Closed>({Closed::kLeft, Closed::kRight, Closed::kBoth, Closed::kNeither}));
  }
  if (random.chance(0.3)) window = window.include_current();
  if (random.chance(0.1)) window = window.resolution(1min);
  return window;
}

}  // namespace

Value plausible_value(Random& random, std::string_view function, Type type) {
  if (type == string_type() && random.chance(0.9)) {
    if (is_calendar(function)) {
      return Value::of(
          random.of<std::string>({"UTC", "Europe/Lisbon", "America/New_York", "+05:30"}));
    }
    if (function == "truncate") {
      return Value::of(random.of<std::string>({"year", "month", "week", "day", "hour", "quarter"}));
    }
    if (function.ends_with("_time")) {
      return Value::of(random.of<std::string>({"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%j %H"}));
    }
    if (function.starts_with("regex")) {
      return Value::of(random.of<std::string>(
          {"a", "^a.*b$", "(a|b)+", "\\w+", "[[:alpha:]]*", "(.)(.)", "$", ""}));
    }
  }
  if (type == int64_type()) return Value::of(static_cast<int64_t>(random.below(12)) - 2);
  return random.value(type);
}

Recipe::Recipe(std::vector<Type> types, std::vector<bool> scalar) : parameters_(types.size()) {
  for (size_t i = 0; i < types.size(); ++i) {
    exprs_.push_back(input_expr("p" + std::to_string(i), types[i], scalar[i]));
    column_.push_back(!scalar[i]);
  }
}

bool Recipe::add(Make make, bool column) {
  ExprPtr made;
  try {
    made = make(exprs_);
    static_cast<void>(bind_domain(made, nullptr, {}));  // a window may need a time
  } catch (const Error&) {
    return false;
  }
  if (made->type->is_object()) return false;
  exprs_.push_back(std::move(made));
  column_.push_back(column);
  steps_.push_back(std::move(make));
  return true;
}

size_t Recipe::pick(Random& random, const std::function<bool(size_t)>& fits) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < exprs_.size(); ++i) {
    if (fits(i)) found.push_back(i);
  }
  // What was made last is most likely to be used again.
  if (found.empty()) return kNone;
  return random.chance(0.5) ? found.back() : random.of(found);
}

bool Recipe::add_function(Random& random, size_t weight, bool may_throw) {
  static const std::set<std::string_view> kGrow = {"repeat", "replace",  "regex_replace",
                                                   "join",   "pad_left", "pad_right"};
  for (int tries = 0; tries < kTries; ++tries) {
    const PoolFunction& function = random.of(builtin_functions());
    if (function.may_throw && !may_throw) continue;
    if (weight > 500 && kGrow.contains(function.name)) continue;
    struct Argument {
      size_t expr;
      Value literal;
    };
    std::vector<Argument> arguments;
    bool column = false;
    bool any = false;
    for (const Type type : function.parameters) {
      const size_t expr = pick(random, [&](size_t i) { return exprs_[i]->type == type; });
      const bool size = type == int64_type() && kGrow.contains(function.name);
      const bool use = expr != kNone && !size && (!any || random.chance(0.7));
      any |= use;
      column |= use && column_[expr];
      arguments.push_back(
          {use ? expr : kNone, use ? Value() : plausible_value(random, function.name, type)});
    }
    if (!any) continue;
    const auto make = [name = function.name, arguments](std::span<const ExprPtr> exprs) {
      std::vector<ExprPtr> args;
      for (const auto& a : arguments) {
        args.push_back(a.expr == kNone ? literal_expr(a.literal) : exprs[a.expr]);
      }
      return function_expr(name, std::move(args));
    };
    if (add(make, column)) return true;
  }
  return false;
}

bool Recipe::add_aggregate(Random& random) {
  static const std::vector<AggregateInfo> catalog = aggregate_catalog();
  for (int tries = 0; tries < kTries; ++tries) {
    const AggregateInfo& info = random.of(catalog);
    const auto count = static_cast<size_t>(std::ranges::count(info.inputs, ',')) + 1;
    std::vector<size_t> inputs;
    for (size_t i = 0; i < count; ++i) {
      inputs.push_back(pick(random, [&](size_t e) { return column_[e]; }));
      if (inputs.back() == kNone) return false;
    }
    const auto make = [name = info.name, options = options_of(random, info),
                       inputs](std::span<const ExprPtr> exprs) {
      std::vector<ExprPtr> args;
      for (const size_t i : inputs) args.push_back(exprs[i]);
      return aggregate_expr(name, std::move(args), options);
    };
    if (add(make, false)) return needs_all_rows_ = true;
  }
  return false;
}

bool Recipe::add_operator(Random& random) {
  static const std::vector<std::pair<std::string, Values>> kinds = {
      {"rank", {}},
      {"percent_rank", {}},
      {"row_number", {}},
      {"shift", {{"n", Value::of(int64_t{1})}}},
      {"shift", {{"n", Value::of(int64_t{-2})}}},
      {"diff", {{"n", Value::of(int64_t{1})}}},
      {"pct_change", {{"n", Value::of(int64_t{1})}}},
      {"cumulative", {{"aggregate", Value::of(std::string("sum"))}}},
      {"cumulative", {{"aggregate", Value::of(std::string("max"))}}},
      {"cumulative_prod", {}},
      {"fill_forward", {}},
      {"fill_backward", {}},
      {"interpolate", {}},
      {"quantile_bins", {{"n", Value::of(int64_t{4})}}},
      {"ordinal_encode", {}},
      {"group", {}},
      {"over", {}}};
  static const std::vector<std::string> aggregates = {"mean",     "sum",    "count", "max",
                                                      "min",      "stddev", "first", "last",
                                                      "distinct", "median", "mode"};
  for (int tries = 0; tries < kTries; ++tries) {
    const auto& [name, options] = random.of(kinds);
    const size_t x = pick(random, [&](size_t e) { return column_[e]; });
    if (x == kNone) return false;
    const size_t key = pick(
        random, [&](size_t e) { return column_[e] && exprs_[e]->type->kind <= Kind::kTimestamp; });
    const size_t time =
        pick(random, [&](size_t e) { return column_[e] && exprs_[e]->type == timestamp_type(); });
    const bool with_key = key != kNone && (name == "group" || random.chance(0.5));
    const Window window = random_window(random);
    if (name == "over" && time == kNone && !window.rows && window.width != Duration::max())
      continue;
    const auto make = [name, options, aggregate = random.of(aggregates), x, key, time, with_key,
                       window](std::span<const ExprPtr> exprs) {
      std::vector<ExprPtr> keys;
      if (with_key) keys.push_back(exprs[key]);
      const ExprPtr by_time = time == SIZE_MAX ? nullptr : exprs[time];
      const detail::AggregateCall call = {aggregate, {exprs[x]}, {}};
      if (name == "group") return detail::grouped_expr(call, keys);
      if (name == "over") return detail::window_expr(call, window, {keys, by_time});
      return detail::ordered_expr(name, {exprs[x]}, options, keys, nullptr);
    };
    if (add(make, true)) return needs_all_rows_ = has_operator_ = true;
  }
  return false;
}

ExprPtr Recipe::build(std::span<const Value> parameters) const {
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < parameters_; ++i) exprs.push_back(parameters[i].get<ExprPtr>());
  for (const auto& step : steps_) exprs.push_back(step(exprs));
  return exprs.back();
}

}  // namespace weft::fuzz
