#include "weft/windows.h"

#include <fmt/format.h>

namespace weft::detail {
namespace {

Values operator_options(const AggregateCall& call) {
  Values options;
  options.emplace("aggregate", Value::of(call.name));
  for (const auto& [name, value] : call.options) options.emplace("aggregate." + name, value);
  return options;
}

std::string_view closed_name(Closed ends) {
  switch (ends) {
    case Closed::kRight:
      return "right";
    case Closed::kBoth:
      return "both";
    case Closed::kNeither:
      return "neither";
    case Closed::kLeft:
      break;
  }
  return "left";
}

}  // namespace

ExprPtr ordered_expr(std::string_view name, std::vector<ExprPtr> args, Values options,
                     const std::vector<ExprPtr>& keys, const ExprPtr& time) {
  if (time) {
    args.push_back(time);
    options.emplace("time", Value::of(true));
  }
  if (!keys.empty()) options.emplace("keys", Value::of(std::ssize(keys)));
  args.insert(args.end(), keys.begin(), keys.end());
  return operator_expr(name, std::move(args), options);
}

ExprPtr grouped_expr(const AggregateCall& call, const std::vector<ExprPtr>& keys) {
  return ordered_expr("group", call.args, operator_options(call), keys, nullptr);
}

ExprPtr window_expr(const AggregateCall& call, const Window& window, const RowOrder& order) {
  return window_expr("over", call.args, operator_options(call), window, order);
}

ExprPtr window_expr(std::string_view name, std::vector<ExprPtr> args, Values options,
                    const Window& window, const RowOrder& order) {
  if (window.rows) {
    options.emplace("last_rows", Value::of(*window.rows));
  } else if (window.width != Duration::max()) {
    options.emplace("last", Value::of(window.width));
  }
  if (window.ends != Closed::kLeft) {
    options.emplace("closed", Value::of(std::string(closed_name(window.ends))));
  }
  if (window.with_current) options.emplace("include_current", Value::of(true));
  if (window.grid.count() != 0) options.emplace("resolution", Value::of(window.grid));
  const auto keys = order.keys.value_or(std::vector<ExprPtr>{domain_keys_expr()});
  return ordered_expr(name, std::move(args), std::move(options), keys,
                      order.time ? order.time : domain_time_expr());
}

AggregateCall filtered_call(const AggregateCall& call, const ExprPtr& condition) {
  AggregateCall filtered = call;
  // A row with one null input is skipped, so one of them is enough.
  filtered.args.at(0) = function_expr("keep_if", {filtered.args.at(0), condition});
  return filtered;
}

}  // namespace weft::detail
