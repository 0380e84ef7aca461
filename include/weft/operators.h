/// + - * / % and comparisons of columns, scalars and plain values, null handling and choice.
///
///   FEATURE(Column<double>, spend_per_signup, (Column<double> spend, Column<int64_t> signups)) {
///     return if_else(signups > 0, spend / signups, 0.0);
///   }
///
/// A null in is a null out, but where a function says otherwise. Plain values take the type of what
/// they stand beside: Column<float> * 0.5 stays float, Column<int64_t> + 1 stays int64, and
/// Column<int64_t> + 0.5 is double.
#pragma once

#include "weft/column.h"

namespace weft {

namespace detail {

template <class T>
inline constexpr bool is_text_value =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;
template <class T>
inline constexpr bool is_number_value = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// The number type of C++: any integer literal is int64, any floating one double.
template <class T>
using plain_t =
    std::conditional_t<std::is_same_v<T, bool>, bool,
                       std::conditional_t<std::is_floating_point_v<T>, double, int64_t>>;

template <class A, class B>
constexpr auto common_number() {
  if constexpr (std::is_same_v<A, B>) {
    return A{};
  } else if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    return int64_t{};
  } else {
    return double{};  // also of an integer and a float: a float does not hold every int32
  }
}

/// A literal of L beside a symbol of S.
template <class S, class L>
constexpr auto beside() {
  if constexpr (std::is_integral_v<S> && std::is_floating_point_v<L>) {
    return double{};
  } else {
    return S{};
  }
}

/// What two operands are both turned into: a number, text, bool, Time or Duration; else void.
template <class X, class Y>
struct Joint {
  using A = operand_t<X>;
  using B = operand_t<Y>;
  static constexpr auto pick() {
    if constexpr (is_number_value<A> && is_number_value<B>) {
      if constexpr (Literal<X>) {
        return std::type_identity<decltype(beside<B, A>())>();
      } else if constexpr (Literal<Y>) {
        return std::type_identity<decltype(beside<A, B>())>();
      } else {
        return std::type_identity<decltype(common_number<A, B>())>();
      }
    } else if constexpr (is_text_value<A> && is_text_value<B>) {
      return std::type_identity<std::string>();
    } else if constexpr (std::is_same_v<A, B>) {
      return std::type_identity<A>();
    } else {
      return std::type_identity<void>();
    }
  }
  using type = typename decltype(pick())::type;
};
template <class X, class Y>
using joint_operand_t = typename Joint<std::remove_cvref_t<X>, std::remove_cvref_t<Y>>::type;

template <class X, class Y>
concept Pair = Operand<X> && Operand<Y> && (Symbolic<X> || Symbolic<Y>);
template <class X, class Y>
concept Numbers = Pair<X, Y> && is_number_value<operand_t<X>> && is_number_value<operand_t<Y>>;
template <class X, class Y>
concept Comparable = Pair<X, Y> && !std::is_void_v<joint_operand_t<X, Y>>;
template <class X, class T>
concept Holds = Operand<X> && std::is_same_v<operand_t<X>, T>;

/// A call whose arguments are all of T, which gives R.
template <class R, class T, class... X>
symbol_t<R, X...> call_as(std::string_view name, const X&... x) {
  return {{function_expr(name, {as_expr<T>(x)...})}};
}
/// A call whose arguments stay as they are.
template <class R, class... X>
symbol_t<R, X...> call(std::string_view name, const X&... x) {
  return {{function_expr(name, {as_expr<operand_t<X>>(x)...})}};
}

template <class T>
using quotient_t = std::conditional_t<std::is_integral_v<T>, double, T>;

}  // namespace detail

// ---- arithmetic: integers that overflow are an error ------------------------------------------

#define WEFT_ARITHMETIC(symbol, name)         \
  template <class X, class Y>                 \
    requires detail::Numbers<X, Y>            \
  auto symbol(const X& x, const Y& y) {       \
    using T = detail::joint_operand_t<X, Y>;  \
    return detail::call_as<T, T>(name, x, y); \
  }
WEFT_ARITHMETIC(operator+, "add")
WEFT_ARITHMETIC(operator-, "subtract")
WEFT_ARITHMETIC(operator*, "multiply")
WEFT_ARITHMETIC(operator%, "modulo")     ///< Python's: the sign of the divisor
WEFT_ARITHMETIC(floor_div, "floor_div")  ///< Python's //
#undef WEFT_ARITHMETIC

/// Two integers give a double.
template <class X, class Y>
  requires detail::Numbers<X, Y>
auto operator/(const X& x, const Y& y) {
  using T = detail::joint_operand_t<X, Y>;
  return detail::call_as<detail::quotient_t<T>, T>("divide", x, y);
}

template <Symbolic X>
  requires detail::is_number_value<operand_t<X>> || detail::Holds<X, Duration>
auto operator-(const X& x) {
  return detail::call<operand_t<X>>("negate", x);
}

/// Texts side by side.
template <class X, class Y>
  requires detail::Pair<X, Y> && detail::is_text_value<operand_t<X>> &&
           detail::is_text_value<operand_t<Y>>
auto operator+(const X& x, const Y& y) {
  return detail::call<std::string>("add", x, y);
}

#define WEFT_TIMES(symbol, name, left, right, result)                                \
  template <class X, class Y>                                                        \
    requires detail::Pair<X, Y> && detail::Holds<X, left> && detail::Holds<Y, right> \
  symbol_t<result, X, Y> symbol(const X& x, const Y& y) {                            \
    return detail::call<result>(name, x, y);                                         \
  }
WEFT_TIMES(operator+, "add", Time, Duration, Time)
WEFT_TIMES(operator+, "add", Duration, Time, Time)
WEFT_TIMES(operator+, "add", Duration, Duration, Duration)
WEFT_TIMES(operator-, "subtract", Time, Duration, Time)
WEFT_TIMES(operator-, "subtract", Time, Time, Duration)
WEFT_TIMES(operator-, "subtract", Duration, Duration, Duration)
WEFT_TIMES(operator/, "divide", Duration, Duration, double)
WEFT_TIMES(operator%, "modulo", Duration, Duration, Duration)
WEFT_TIMES(floor_div, "floor_div", Duration, Duration, int64_t)
#undef WEFT_TIMES
template <class X, class Y>
  requires detail::Pair<X, Y> && detail::Holds<X, Duration> && detail::is_number_value<operand_t<Y>>
symbol_t<Duration, X, Y> operator*(const X& x, const Y& y) {
  using T = detail::plain_t<operand_t<Y>>;
  return {{function_expr("multiply", {detail::as_expr<Duration>(x), detail::as_expr<T>(y)})}};
}

// ---- comparisons: with a null the result is null; NaN compares false ---------------------------

#define WEFT_COMPARISON(symbol, name)                                        \
  template <class X, class Y>                                                \
    requires detail::Comparable<X, Y>                                        \
  symbol_t<bool, X, Y> symbol(const X& x, const Y& y) {                      \
    return detail::call_as<bool, detail::joint_operand_t<X, Y>>(name, x, y); \
  }
WEFT_COMPARISON(operator==, "equal")
WEFT_COMPARISON(operator!=, "not_equal")
WEFT_COMPARISON(operator<, "less")
WEFT_COMPARISON(operator<=, "less_equal")
WEFT_COMPARISON(operator>, "greater")
WEFT_COMPARISON(operator>=, "greater_equal")
#undef WEFT_COMPARISON

/// low <= x <= high, both ends included.
template <class X, class L, class H>
  requires detail::Comparable<X, L> && detail::Comparable<X, H>
auto between(const X& x, const L& low, const H& high) {
  return x >= low && x <= high;
}

// ---- logic: a null is "unknown"; false && null is false, true || null is true ------------------

template <class X, class Y>
  requires detail::Pair<X, Y> && detail::Holds<X, bool> && detail::Holds<Y, bool>
symbol_t<bool, X, Y> operator&&(const X& x, const Y& y) {
  return detail::call<bool>("and", x, y);
}
template <class X, class Y>
  requires detail::Pair<X, Y> && detail::Holds<X, bool> && detail::Holds<Y, bool>
symbol_t<bool, X, Y> operator||(const X& x, const Y& y) {
  return detail::call<bool>("or", x, y);
}
template <Symbolic X>
  requires detail::Holds<X, bool>
auto operator!(const X& x) {
  return detail::call<bool>("not", x);
}

}  // namespace weft
