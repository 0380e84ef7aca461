/// Column<T> and Scalar<T>: symbolic columns, from which a column function builds an expression.
#pragma once

#include "weft/kernel.h"

namespace weft {

class AggregateFunction;
class ColumnOperator;

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

/// A node of an expression. Immutable; made by the functions below, read by the planner.
struct Expr {
  enum class Op : uint8_t {
    kInput,      ///< a parameter of the column function; `name` is the parameter
    kLiteral,    ///< `literal`
    kCall,       ///< `kernel`, row by row
    kAggregate,  ///< `aggregate` of all rows: a scalar
    kOperator,   ///< `column_operator`, which needs all rows of its domain at once
  };
  Op op = Op::kInput;
  Type type = nullptr;
  bool scalar = false;
  std::string name = {};  ///< of the parameter, function, aggregate or operator
  std::vector<ExprPtr> args = {};
  Value literal = {};
  KernelPtr kernel = nullptr;
  std::shared_ptr<const AggregateFunction> aggregate = nullptr;
  std::shared_ptr<const ColumnOperator> column_operator = nullptr;
  Values options = {};  ///< what the aggregate or operator was made with

  /// "mean(trip_dist)": readable, and the same for the same expression in every process, so that
  /// fingerprints and common subexpressions hang on it.
  std::string to_string() const;
};

/// What a column function takes and returns. It is called once, when the plan is made.
template <class T>
struct Symbol {
  using value_type = T;
  ExprPtr expr;
  /// `if (column > 3)` does not compile: the value is not known yet. Use if_else().
  explicit operator bool() const = delete;
};
template <class T>
struct Column : Symbol<T> {
  static constexpr bool kScalar = false;
};
/// One value for all rows; T may be an object, such as the Table a lookup reads.
template <class T>
struct Scalar : Symbol<T> {
  static constexpr bool kScalar = true;
};

template <class X>
concept Symbolic = requires {
  typename X::value_type;
  X::kScalar;
} && std::is_base_of_v<Symbol<typename X::value_type>, X>;
template <class X>
concept TextLiteral = std::is_convertible_v<X, std::string_view> && !Symbolic<X>;
template <class X>
concept Literal = std::is_arithmetic_v<X> || TextLiteral<X> || std::is_same_v<X, Time> ||
                  requires(X x) { std::chrono::duration_cast<Duration>(x); };
/// What may stand in an expression: a column, a scalar, or a plain value.
template <class X>
concept Operand = Symbolic<X> || Literal<X>;

namespace detail {

template <class X>
struct OperandOf {
  static constexpr bool kScalar = true;
  using type = X;
};
template <TextLiteral X>
struct OperandOf<X> {
  static constexpr bool kScalar = true;
  using type = std::string_view;
};
template <class Rep, class Period>
struct OperandOf<std::chrono::duration<Rep, Period>> {
  static constexpr bool kScalar = true;
  using type = Duration;
};
template <Symbolic X>
struct OperandOf<X> {
  static constexpr bool kScalar = X::kScalar;
  using type = typename X::value_type;
};

}  // namespace detail

/// The value type of an operand: T of Column<T>, std::string_view of "text".
template <class X>
using operand_t = typename detail::OperandOf<std::remove_cvref_t<X>>::type;
template <class X>
inline constexpr bool is_scalar_operand = detail::OperandOf<std::remove_cvref_t<X>>::kScalar;

/// Column<T> if any of X is a column, else Scalar<T>.
template <class T, class... X>
using symbol_t = std::conditional_t<(is_scalar_operand<X> && ...), Scalar<T>, Column<T>>;

ExprPtr input_expr(std::string_view parameter, Type type, bool scalar);
ExprPtr literal_expr(Value value);
ExprPtr call_expr(std::string_view name, KernelPtr kernel, std::vector<ExprPtr> args);
/// The built-in row function of this name: "add", "if_else", "lower", ... Arguments widen to what
/// it takes, and plain numbers take the type of what they stand beside. Throws
/// Error(kInvalidArgument) for an unknown name, naming the nearest; Error(kTypeMismatch).
ExprPtr function_expr(std::string_view name, std::vector<ExprPtr> args);
/// `mean`, `quantile` with {{"q", 0.9}}, ... Throws Error(kInvalidArgument, kTypeMismatch).
ExprPtr aggregate_expr(std::string_view name, std::vector<ExprPtr> args,
                       const Values& options = {});
/// `rank`, `lag` with {{"n", 1}}, ... Throws Error(kInvalidArgument, kTypeMismatch).
ExprPtr operator_expr(std::string_view name, std::vector<ExprPtr> args, const Values& options = {});
/// The value as another type, without loss (widens()); throws Error(kTypeMismatch).
ExprPtr widen_expr(ExprPtr expr, Type to);

/// A window that names no time or no keys takes those of the domain: until bind_domain() they stand
/// in it as inputs of these names.
inline constexpr std::string_view kDomainTime = "@time";
inline constexpr std::string_view kDomainKeys = "@keys";
ExprPtr domain_time_expr();
ExprPtr domain_keys_expr();
/// Does it depend on the domain's time or keys?
bool needs_domain(const ExprPtr& expr);
/// The expression with its domain's time (null: the domain has none) and keys in their place.
/// Throws Error(kInvalidGraph) if a time is needed and there is none.
ExprPtr bind_domain(const ExprPtr& expr, const ExprPtr& time, std::span<const ExprPtr> keys);

namespace detail {

template <class From, class To>
To widen(From x) {
  return static_cast<To>(x);
}

[[noreturn]] void literal_does_not_fit(int64_t value, Type type);

/// An operand as an expression of T. Throws Error(kInvalidArgument) for an integer beyond T.
template <class T, class X>
ExprPtr as_expr(const X& x) {
  if constexpr (Symbolic<X>) {
    return widen_expr(x.expr, type_of<T>());
  } else if constexpr (TextLiteral<X>) {
    return literal_expr(Value::of(std::string(std::string_view(x))));
  } else if constexpr (std::is_integral_v<X> && std::is_integral_v<T>) {
    if (!std::in_range<std::conditional_t<std::is_same_v<T, bool>, int, T>>(X{x} + X{0})) {
      literal_does_not_fit(static_cast<int64_t>(x), type_of<T>());
    }
    return literal_expr(Value::of(static_cast<T>(x)));
  } else {
    return literal_expr(Value::of(static_cast<T>(x)));
  }
}

template <class C, class... X, size_t... I>
std::vector<ExprPtr> arguments(std::index_sequence<I...>, const X&... x) {
  return {as_expr<inner_t<std::tuple_element_t<I, typename C::arguments>>>(x)...};
}

}  // namespace detail

/// Uses any row function, built-in or the user's own, on columns: `apply<&clean>("clean", text)`.
/// Plain arguments broadcast; integers and floats widen to the parameter's type.
template <auto F, Operand... X>
auto apply(std::string_view name, const X&... x) {
  using C = SignatureOf<decltype(F)>;
  static_assert(sizeof...(X) == C::kArity, "weft: one argument for each parameter of the function");
  using T = inner_t<typename C::result>;
  auto args = detail::arguments<C>(std::index_sequence_for<X...>(), x...);
  return symbol_t<T, X...>{{call_expr(name, kernel_of<F>(name), std::move(args))}};
}

/// A value of a column's type for all rows: `constant(1.0)`.
template <class T>
Scalar<boxed_t<T>> constant(T value) {
  return {{literal_expr(Value::of(std::move(value)))}};
}

}  // namespace weft
