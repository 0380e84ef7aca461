#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "data/text_form.h"
#include "ops/aggregate.h"
#include "ops/column_operator.h"
#include "ops/row_function.h"
#include "weft/column.h"

namespace weft {
namespace {

constexpr std::string_view kDomainKeysType = "domain keys";

// Built-in operators print as they are written.
std::string_view symbol_of(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
      {"add", "+"},        {"subtract", "-"},    {"multiply", "*"}, {"divide", "/"},
      {"floor_div", "//"}, {"modulo", "%"},      {"equal", "=="},   {"not_equal", "!="},
      {"less", "<"},       {"less_equal", "<="}, {"greater", ">"},  {"greater_equal", ">="},
      {"and", "&&"},       {"or", "||"},
  };
  for (const auto& [known, symbol] : kSymbols) {
    if (known == name) return symbol;
  }
  return {};
}

// Types whose literals would read alike are told apart: 3 is an int64, 0.5 a double.
std::string literal_text(const Expr& e) {
  if (!e.literal.has_value()) return e.type ? "null<" + e.type->name + ">" : "null";
  const std::string text = e.literal.to_string();
  switch (e.type->kind) {
    case Kind::kInt32:
      return text + "i32";
    case Kind::kFloat:
      return text + "f";
    case Kind::kList:
      return e.type->element->kind == Kind::kInt64 || e.type->element->kind == Kind::kDouble ||
                     e.type->element->kind == Kind::kString
                 ? text
                 : e.type->name + text;
    default:
      return text;
  }
}

std::string text_of(const Expr& e, bool nested);

std::string call_text(const Expr& e, const std::string& options) {
  std::string text = e.name + "(";
  bool first = true;
  for (const auto& arg : e.args) {
    text += (first ? "" : ", ") + text_of(*arg, false);
    first = false;
  }
  if (!options.empty()) text += (first ? "" : ", ") + options;
  return text + ")";
}

std::string text_of(const Expr& e, bool nested) {
  switch (e.op) {
    case Expr::Op::kInput:
      return e.name;
    case Expr::Op::kLiteral:
      return literal_text(e);
    case Expr::Op::kAggregate:
      return call_text(e, e.aggregate->options());
    case Expr::Op::kOperator:
      return call_text(e, e.column_operator->options());
    case Expr::Op::kCall:
      break;
  }
  const auto symbol = symbol_of(e.name);
  if (!symbol.empty() && e.args.size() == 2) {
    const std::string text =
        fmt::format("{} {} {}", text_of(*e.args[0], true), symbol, text_of(*e.args[1], true));
    return nested ? "(" + text + ")" : text;
  }
  if (e.args.size() == 1 && e.name == "negate") return "-" + text_of(*e.args[0], true);
  if (e.args.size() == 1 && e.name == "not") return "!" + text_of(*e.args[0], true);
  return call_text(e, "");
}

std::vector<Type> types_of(const std::vector<ExprPtr>& args) {
  std::vector<Type> types;
  types.reserve(args.size());
  for (const auto& arg : args) types.push_back(arg->type);
  return types;
}

bool all_scalar(const std::vector<ExprPtr>& args) {
  return std::ranges::all_of(args, [](const ExprPtr& arg) { return arg->scalar; });
}

void check_arguments(std::string_view name, const std::vector<ExprPtr>& args) {
  for (const auto& arg : args) {
    if (!arg) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}: an argument is an empty Column or Scalar, which stands for "
                              "nothing",
                              name));
    }
  }
}

ExprPtr make(Expr expr) { return std::make_shared<const Expr>(std::move(expr)); }

// A copy of an expression with its domain bound; the same expression where nothing changes.
class DomainBinder {
 public:
  DomainBinder(ExprPtr time, std::span<const ExprPtr> keys) : time_(std::move(time)), keys_(keys) {}

  ExprPtr bind(const ExprPtr& expr) {
    if (const auto it = done_.find(expr.get()); it != done_.end()) return it->second;
    return done_[expr.get()] = bound(expr);
  }

 private:
  ExprPtr bound(const ExprPtr& expr) {
    std::vector<ExprPtr> args;
    Values options = expr->options;
    for (const auto& arg : expr->args) {
      if (is_input(*arg, kDomainTime)) {
        if (time_) {
          args.push_back(time_);
        } else {
          drop_time(*expr, options);
        }
      } else if (is_input(*arg, kDomainKeys)) {
        args.insert(args.end(), keys_.begin(), keys_.end());
        options.insert_or_assign("keys", Value::of(std::ssize(keys_)));
      } else {
        args.push_back(bind(arg));
      }
    }
    if (args == expr->args) return expr;
    if (expr->op == Expr::Op::kOperator) {
      return operator_expr(expr->name, std::move(args), options);
    }
    Expr copy = *expr;
    copy.args = std::move(args);
    return std::make_shared<const Expr>(std::move(copy));
  }

  // A window of rows does without a time: its rows are in the order in which they lie.
  static void drop_time(const Expr& expr, Values& options) {
    if (!options.contains("last_rows")) {
      throw Error(ErrorCode::kInvalidGraph,
                  fmt::format("{} needs a time, and its rows have none: say which with .on(time), "
                              "or read them with one",
                              expr.to_string()));
    }
    options.erase("time");
  }

  static bool is_input(const Expr& expr, std::string_view name) {
    return expr.op == Expr::Op::kInput && expr.name == name;
  }

  ExprPtr time_;
  std::span<const ExprPtr> keys_;
  std::unordered_map<const Expr*, ExprPtr> done_;
};

}  // namespace

std::string Expr::to_string() const { return text_of(*this, false); }

ExprPtr input_expr(std::string_view parameter, Type type, bool scalar) {
  Expr e;
  e.op = Expr::Op::kInput;
  e.type = type;
  e.scalar = scalar;
  e.name = parameter;
  return make(std::move(e));
}

ExprPtr literal_expr(Value value) {
  Expr e;
  e.op = Expr::Op::kLiteral;
  e.type = value.type();
  e.scalar = true;
  e.literal = std::move(value);
  return make(std::move(e));
}

ExprPtr call_expr(std::string_view name, KernelPtr kernel, std::vector<ExprPtr> args) {
  check_arguments(name, args);
  if (args.size() != kernel->parameters.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} takes {} argument{}, not {}", name, kernel->parameters.size(),
                            kernel->parameters.size() == 1 ? "" : "s", args.size()));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i]->type == kernel->parameters[i]) continue;
    try {
      args[i] = widen_expr(args[i], kernel->parameters[i]);
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("{}, argument {}: {}", name, i + 1, e.message()));
    }
  }
  Expr e;
  e.op = Expr::Op::kCall;
  e.type = kernel->result;
  e.scalar = all_scalar(args);
  e.name = name;
  e.args = std::move(args);
  e.kernel = std::move(kernel);
  return make(std::move(e));
}

ExprPtr function_expr(std::string_view name, std::vector<ExprPtr> args) {
  check_arguments(name, args);
  const auto types = types_of(args);
  KernelPtr kernel = find_row_function(name, types);
  if (!kernel) {
    std::vector<Value> literals;
    for (const auto& arg : args) literals.push_back(arg->literal);
    kernel = resolve_row_function(name, types, literals);
  }
  return call_expr(name, std::move(kernel), std::move(args));
}

ExprPtr aggregate_expr(std::string_view name, std::vector<ExprPtr> args, const Values& options) {
  check_arguments(name, args);
  Expr e;
  e.op = Expr::Op::kAggregate;
  e.aggregate = make_aggregate(name, types_of(args), options);
  e.type = e.aggregate->result_type();
  e.scalar = true;
  e.name = e.aggregate->name();
  e.args = std::move(args);
  e.options = options;
  return make(std::move(e));
}

ExprPtr operator_expr(std::string_view name, std::vector<ExprPtr> args, const Values& options) {
  check_arguments(name, args);
  Expr e;
  e.op = Expr::Op::kOperator;
  e.column_operator = make_column_operator(name, types_of(args), options);
  e.type = e.column_operator->result();
  e.name = e.column_operator->name();
  e.args = std::move(args);
  e.options = options;
  return make(std::move(e));
}

ExprPtr widen_expr(ExprPtr expr, Type to) {
  if (!expr) {
    throw Error(ErrorCode::kInvalidArgument,
                "an empty Column or Scalar stands for nothing: give it an expression");
  }
  if (expr->type == to) return expr;
  if (expr->op == Expr::Op::kLiteral) return literal_expr(expr->literal.as(to));
  if (!expr->type || !widens(expr->type, to)) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("expected {}, found {}, which is {}", to->name, expr->to_string(),
                            expr->type ? expr->type->name : "of no known type"));
  }
  KernelPtr kernel = find_row_function("cast_" + to->name, std::span(&expr->type, 1));
  WEFT_CHECK(kernel != nullptr);
  const std::string name = kernel->name;
  return call_expr(name, std::move(kernel), {std::move(expr)});
}

void detail::literal_does_not_fit(int64_t value, Type type) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the plain value {} does not fit {}, the type it stands beside", value,
                          type->name));
}

ExprPtr domain_time_expr() { return input_expr(kDomainTime, timestamp_type(), false); }

ExprPtr domain_keys_expr() { return input_expr(kDomainKeys, object_type(kDomainKeysType), false); }

bool needs_domain(const ExprPtr& expr) {
  std::unordered_set<const Expr*> seen;
  std::vector<const Expr*> left = {expr.get()};
  while (!left.empty()) {
    const Expr* e = left.back();
    left.pop_back();
    if (!seen.insert(e).second) continue;
    if (e->op == Expr::Op::kInput && (e->name == kDomainTime || e->name == kDomainKeys)) {
      return true;
    }
    for (const auto& arg : e->args) left.push_back(arg.get());
  }
  return false;
}

ExprPtr bind_domain(const ExprPtr& expr, const ExprPtr& time, std::span<const ExprPtr> keys) {
  return DomainBinder(time, keys).bind(expr);
}

}  // namespace weft
