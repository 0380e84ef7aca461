/// The functions of math.h, text.h and calendar.h on columns: log(fare), lower(name), hour(pickup).
///
/// A null in is a null out. What each does is said where it is declared for plain values.
#pragma once

#include "weft/choice.h"
#include "weft/function_list.h"

namespace weft {

namespace detail {

/// May X be handed to a parameter of A? Any number to a double, any integer to an int64_t.
template <class X, class A>
concept Fits =
    Operand<X> && ((std::is_same_v<A, double> && is_number_value<operand_t<X>>) ||
                   (std::is_same_v<A, int64_t> && std::is_integral_v<operand_t<X>> &&
                    !std::is_same_v<operand_t<X>, bool>) ||
                   (std::is_same_v<A, std::string_view> && is_text_value<operand_t<X>>) ||
                   std::is_same_v<A, operand_t<X>> || std::is_same_v<boxed_t<A>, operand_t<X>>);

template <class... X>
inline constexpr bool any_symbolic = (Symbolic<X> || ...);

}  // namespace detail

#define WEFT_LIFT_1(result, name, A, summary)                          \
  template <Symbolic X>                                                \
    requires detail::Fits<X, A>                                        \
  symbol_t<boxed_t<inner_t<result>>, X> name(const X& x) {             \
    return {{function_expr(#name, {detail::as_expr<boxed_t<A>>(x)})}}; \
  }
#define WEFT_LIFT_2(result, name, A, B, summary)                                                   \
  template <Operand X, Operand Y>                                                                  \
    requires detail::any_symbolic<X, Y> && detail::Fits<X, A> && detail::Fits<Y, B>                \
  symbol_t<boxed_t<inner_t<result>>, X, Y> name(const X& x, const Y& y) {                          \
    return {                                                                                       \
        {function_expr(#name, {detail::as_expr<boxed_t<A>>(x), detail::as_expr<boxed_t<B>>(y)})}}; \
  }
#define WEFT_LIFT_3(result, name, A, B, C, summary)                                                \
  template <Operand X, Operand Y, Operand Z>                                                       \
    requires detail::any_symbolic<X, Y, Z> && detail::Fits<X, A> && detail::Fits<Y, B> &&          \
             detail::Fits<Z, C>                                                                    \
  symbol_t<boxed_t<inner_t<result>>, X, Y, Z> name(const X& x, const Y& y, const Z& z) {           \
    return {{function_expr(#name, {detail::as_expr<boxed_t<A>>(x), detail::as_expr<boxed_t<B>>(y), \
                                   detail::as_expr<boxed_t<C>>(z)})}};                             \
  }
WEFT_MATH_FUNCTIONS(WEFT_LIFT_1, WEFT_LIFT_2)
WEFT_TEXT_FUNCTIONS(WEFT_LIFT_1, WEFT_LIFT_2, WEFT_LIFT_3)
WEFT_CALENDAR_FUNCTIONS(WEFT_LIFT_1, WEFT_LIFT_2, WEFT_LIFT_3)
#undef WEFT_LIFT_1
#undef WEFT_LIFT_2
#undef WEFT_LIFT_3

// ---- what integers and floats keep
// ---------------------------------------------------------------

/// Integers: the smallest one has no absolute value, which is an error.
template <Symbolic X>
  requires detail::is_number_value<operand_t<X>> || detail::Holds<X, Duration>
auto abs(const X& x) {
  return detail::call<operand_t<X>>("abs", x);
}
/// -1, 0 or 1; NaN stays NaN.
template <Symbolic X>
  requires detail::is_number_value<operand_t<X>>
auto sign(const X& x) {
  return detail::call<operand_t<X>>("sign", x);
}
/// Half to even: to the nearest whole double, or to so many decimal digits.
template <Symbolic X>
  requires std::is_floating_point_v<operand_t<X>>
auto round(const X& x) {
  return symbol_t<double, X>{{function_expr("round", {detail::as_expr<double>(x)})}};
}
template <Symbolic X>
  requires detail::is_number_value<operand_t<X>>
auto round(const X& x, int64_t digits) {
  using T = std::conditional_t<std::is_integral_v<operand_t<X>>, int64_t, double>;
  return symbol_t<T, X>{
      {function_expr("round", {detail::as_expr<T>(x), literal_expr(Value::of(digits))})}};
}
template <Symbolic X>
  requires std::is_floating_point_v<operand_t<X>>
auto is_nan(const X& x) {
  return detail::call<bool>("is_nan", x);
}
template <Symbolic X>
  requires std::is_floating_point_v<operand_t<X>>
auto is_inf(const X& x) {
  return detail::call<bool>("is_inf", x);
}
template <Symbolic X>
  requires std::is_floating_point_v<operand_t<X>>
auto is_finite(const X& x) {
  return detail::call<bool>("is_finite", x);
}

}  // namespace weft
