/// Nulls and choice on columns: if_else, case_when, coalesce, is_null, is_in, clip, cast.
#pragma once

#include "weft/operators.h"

namespace weft {

/// `x` where the condition is true, `y` where it is false; null where it is null, as a row function
/// over a null would be. Numbers of two types join as in arithmetic; at least one operand is
/// symbolic.
template <Operand C, Operand X, Operand Y>
  requires detail::Holds<C, bool> && Symbolic<C>
auto if_else(const C& condition, const X& x, const Y& y) {
  if constexpr (Literal<X> && Literal<Y>) {
    using T = std::conditional_t<
        TextLiteral<X>, std::string,
        std::conditional_t<std::is_arithmetic_v<X>,
                           detail::plain_t<std::common_type_t<operand_t<X>, operand_t<Y>>>,
                           operand_t<X>>>;
    return symbol_t<T, C, X, Y>{
        {function_expr("if_else", {condition.expr, detail::as_expr<T>(x), detail::as_expr<T>(y)})}};
  } else {
    using T = detail::joint_operand_t<X, Y>;
    static_assert(!std::is_void_v<T>, "weft: the two values of if_else have no common type");
    return symbol_t<T, C, X, Y>{
        {function_expr("if_else", {condition.expr, detail::as_expr<T>(x), detail::as_expr<T>(y)})}};
  }
}

/// One row of a case_when: a condition and the value to take where it is the first true one.
template <class T>
struct CaseWhen {
  template <Operand C, Operand X>
    requires detail::Holds<C, bool> && Symbolic<C>
  CaseWhen(const C& test, const X& x)  // NOLINT: {condition, value} in a list
      : condition(test.expr), value(detail::as_expr<T>(x)) {}
  ExprPtr condition;
  ExprPtr value;
};

/// The value of the first condition that is true, as SQL's CASE: a null condition is not true.
///   case_when<std::string>({{age < 18, "minor"}, {age < 65, "adult"}}, "senior")
template <class T, Operand Y>
Column<T> case_when(std::initializer_list<CaseWhen<T>> cases, const Y& otherwise) {
  ExprPtr result = detail::as_expr<T>(otherwise);
  for (const CaseWhen<T>* when = cases.end(); when-- != cases.begin();) {
    result = function_expr("case_when", {when->condition, when->value, std::move(result)});
  }
  return {{std::move(result)}};
}
/// Null where no condition is true.
template <class T>
Column<T> case_when(std::initializer_list<CaseWhen<T>> cases) {
  return case_when<T>(cases, Scalar<T>{{literal_expr(Value::null(type_of<T>()))}});
}

/// The first that is not null.
template <Symbolic X, Operand Y>
  requires detail::Comparable<X, Y>
auto coalesce(const X& x, const Y& y) {
  using T = detail::joint_operand_t<X, Y>;
  return detail::call_as<T, T>("coalesce", x, y);
}
template <Symbolic X, Operand Y, Operand Z, Operand... More>
auto coalesce(const X& x, const Y& y, const Z& z, const More&... more) {
  return coalesce(coalesce(x, y), z, more...);
}
/// `value` in the place of nulls; the type stays that of x.
template <Symbolic X, Operand Y>
auto fill_null(const X& x, const Y& value) {
  using T = operand_t<X>;
  return symbol_t<T, X, Y>{{function_expr("coalesce", {x.expr, detail::as_expr<T>(value)})}};
}

/// Never null itself.
template <Symbolic X>
auto is_null(const X& x) {
  return detail::call<bool>("is_null", x);
}
template <Symbolic X>
auto is_valid(const X& x) {
  return detail::call<bool>("is_valid", x);
}
/// Null where the two are equal.
template <Symbolic X, Operand Y>
auto null_if(const X& x, const Y& y) {
  using T = operand_t<X>;
  return detail::call_as<T, T>("null_if", x, y);
}
/// Null where the condition is not true. Aggregates skip such rows.
template <Operand X, Symbolic C>
  requires detail::Holds<C, bool>
auto keep_if(const X& x, const C& condition) {
  using T = std::conditional_t<Literal<X> && std::is_arithmetic_v<operand_t<X>>,
                               detail::plain_t<operand_t<X>>, operand_t<X>>;
  return symbol_t<T, X, C>{{function_expr("keep_if", {detail::as_expr<T>(x), condition.expr})}};
}

/// Is x one of the values? A null x gives null; NaN is in no list.
template <Symbolic X>
auto is_in(const X& x, std::vector<boxed_t<operand_t<X>>> values) {
  using T = boxed_t<operand_t<X>>;
  std::erase_if(values, [](const T& v) { return v != v; });
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return symbol_t<bool, X>{
      {function_expr("is_in_sorted", {x.expr, literal_expr(Value::of(std::move(values)))})}};
}
template <Symbolic X, class T>
symbol_t<bool, X> is_in(const X& x, const Scalar<std::vector<T>>& values) {
  return {{function_expr("is_in", {x.expr, values.expr})}};
}
/// The position of x in a list that ascends; null if it is not in it. With a category list as a
/// feature of its own this is an encoding that can be fitted.
template <Symbolic X, class T>
symbol_t<int64_t, X> index_in(const X& x, const Scalar<std::vector<T>>& ascending) {
  return {{function_expr("index_in", {x.expr, ascending.expr})}};
}

/// x, but not below `low` and not above `high`; a null bound is open.
template <Symbolic X, Operand L, Operand H>
auto clip(const X& x, const L& low, const H& high) {
  using T = operand_t<X>;
  return symbol_t<T, X, L, H>{
      {function_expr("clip", {x.expr, detail::as_expr<T>(low), detail::as_expr<T>(high)})}};
}

/// The smallest and the largest of each row; NaN is larger than any number.
template <class X, class Y, Operand... More>
  requires detail::Comparable<X, Y>
auto least(const X& x, const Y& y, const More&... more) {
  using T = detail::joint_operand_t<X, Y>;
  const auto two = detail::call_as<T, T>("least", x, y);
  if constexpr (sizeof...(More) == 0) {
    return two;
  } else {
    return least(two, more...);
  }
}
template <class X, class Y, Operand... More>
  requires detail::Comparable<X, Y>
auto greatest(const X& x, const Y& y, const More&... more) {
  using T = detail::joint_operand_t<X, Y>;
  const auto two = detail::call_as<T, T>("greatest", x, y);
  if constexpr (sizeof...(More) == 0) {
    return two;
  } else {
    return greatest(two, more...);
  }
}

/// x as another type; an error where a value has no place there (weft/arithmetic.h says where).
template <class To, Symbolic X>
symbol_t<To, X> cast(const X& x) {
  if constexpr (std::is_same_v<To, operand_t<X>>) return {{x.expr}};
  return {{function_expr("cast_" + type_of<To>()->name, {x.expr})}};
}
/// The same, but null where a value has no place there.
template <class To, Symbolic X>
symbol_t<To, X> try_cast(const X& x) {
  if constexpr (std::is_same_v<To, operand_t<X>>) return {{x.expr}};
  return {{function_expr("try_cast_" + type_of<To>()->name, {x.expr})}};
}

}  // namespace weft
