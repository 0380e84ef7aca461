/// Aggregates of columns: mean(x), count(x), quantile(x, 0.9), ... each a scalar; with `.by(keys)`
/// or `.over(window)` a column; with `.where(condition)` of some rows only.
///
/// Rows with a null are skipped. Nothing seen: null, but counts are 0. NaN is a value that sorts
/// last. Sums, means and all that derives from them are exact and rounded once.
#pragma once

#include "weft/windows.h"

namespace weft {

namespace detail {

template <class X>
concept Numeric = Symbolic<X> && is_number_value<operand_t<X>>;
template <class X>
concept Boolean = Symbolic<X> && std::is_same_v<operand_t<X>, bool>;
template <class X>
concept Timed =
    Symbolic<X> && (std::is_same_v<operand_t<X>, Time> || std::is_same_v<operand_t<X>, Duration>);

/// Times stay times, the rest is double.
template <class X>
using middle_t = std::conditional_t<Timed<X>, operand_t<X>, double>;
template <class X>
using sum_t =
    std::conditional_t<Timed<X>, operand_t<X>,
                       std::conditional_t<std::is_integral_v<operand_t<X>>, int64_t, double>>;
template <class X>
using own_t = boxed_t<operand_t<X>>;

template <class T, class... X>
Aggregate<T> aggregate(std::string_view name, const Values& options, const X&... x) {
  return Aggregate<T>({std::string(name), {x.expr...}, options});
}

}  // namespace detail

#define WEFT_AGGREGATE(name, takes, result)         \
  template <takes X>                                \
  Aggregate<result> name(const X& x) {              \
    return detail::aggregate<result>(#name, {}, x); \
  }

// clang-format off
/// Of a bool: the fraction that is true. Times round half to even.
template <Symbolic X>
  requires detail::Numeric<X> || detail::Boolean<X> || detail::Timed<X>
Aggregate<detail::middle_t<X>> mean(const X& x) {
  return detail::aggregate<detail::middle_t<X>>("mean", {}, x);
}
/// Of integers and bools an int64 (an error where it does not fit), of floats a double.
template <Symbolic X>
  requires detail::Numeric<X> || detail::Boolean<X> || detail::Holds<X, Duration>
Aggregate<detail::sum_t<X>> sum(const X& x) {
  return detail::aggregate<detail::sum_t<X>>("sum", {}, x);
}
/// How many are not null.
WEFT_AGGREGATE(count, Symbolic, int64_t)
/// How many are different.
WEFT_AGGREGATE(distinct, Symbolic, int64_t)
WEFT_AGGREGATE(min, Symbolic, detail::own_t<X>)
WEFT_AGGREGATE(max, Symbolic, detail::own_t<X>)
/// The first and the last that is not null, in the order of rows.
WEFT_AGGREGATE(first, Symbolic, detail::own_t<X>)
WEFT_AGGREGATE(last, Symbolic, detail::own_t<X>)
/// The most frequent value; the smallest of equally frequent ones.
WEFT_AGGREGATE(mode, Symbolic, detail::own_t<X>)
/// All values in the order of rows.
WEFT_AGGREGATE(list, Symbolic, std::vector<detail::own_t<X>>)
/// Sample variance and standard deviation (n - 1); of one value null.
WEFT_AGGREGATE(var, Symbolic, double)
WEFT_AGGREGATE(stddev, Symbolic, double)
/// As pandas: without bias; kurtosis is the excess.
WEFT_AGGREGATE(skew, Symbolic, double)
WEFT_AGGREGATE(kurtosis, Symbolic, double)
WEFT_AGGREGATE(any, detail::Boolean, bool)
WEFT_AGGREGATE(all, detail::Boolean, bool)
WEFT_AGGREGATE(median, Symbolic, detail::middle_t<X>)
#undef WEFT_AGGREGATE
// clang-format on

/// How many rows there are, nulls included. `x` only says which rows.
template <Symbolic X>
Aggregate<int64_t> count_all(const X& x) {
  return count(is_valid(x));
}
/// Linear between the two nearest values; 0 <= q <= 1.
template <Symbolic X>
Aggregate<detail::middle_t<X>> quantile(const X& x, double q) {
  return detail::aggregate<detail::middle_t<X>>("quantile", {{"q", Value::of(q)}}, x);
}
/// The n-th that is not null: 0 is the first, -1 the last.
template <Symbolic X>
Aggregate<detail::own_t<X>> nth(const X& x, int64_t n) {
  return detail::aggregate<detail::own_t<X>>("nth", {{"n", Value::of(n)}}, x);
}
/// About how many are different (HyperLogLog with 2^precision registers).
template <Symbolic X>
Aggregate<int64_t> distinct_approx(const X& x, int64_t precision = 12) {
  return detail::aggregate<int64_t>("distinct_approx", {{"precision", Value::of(precision)}}, x);
}
/// The k most frequent values, the most frequent first.
template <Symbolic X>
Aggregate<std::vector<detail::own_t<X>>> top_k(const X& x, int64_t k) {
  return detail::aggregate<std::vector<detail::own_t<X>>>("top_k", {{"k", Value::of(k)}}, x);
}
/// x where `by` is smallest or largest; the earliest row of equal ones.
template <Symbolic X, Symbolic Y>
Aggregate<detail::own_t<X>> min_by(const X& x, const Y& by) {
  return detail::aggregate<detail::own_t<X>>("min_by", {}, x, by);
}
template <Symbolic X, Symbolic Y>
Aggregate<detail::own_t<X>> max_by(const X& x, const Y& by) {
  return detail::aggregate<detail::own_t<X>>("max_by", {}, x, by);
}
/// Sample covariance (n - 1), and Pearson's correlation, of the rows where neither is null.
template <detail::Numeric X, detail::Numeric Y>
Aggregate<double> covariance(const X& x, const Y& y) {
  return detail::aggregate<double>("covariance", {}, x, y);
}
template <detail::Numeric X, detail::Numeric Y>
Aggregate<double> correlation(const X& x, const Y& y) {
  return detail::aggregate<double>("correlation", {}, x, y);
}

/// (x - mean) / stddev of all rows.
template <detail::Numeric X>
Column<double> zscore(const X& x) {
  return (x - mean(x)) / stddev(x);
}
/// The same within rows of equal keys.
template <detail::Numeric X, Operand... K>
  requires(sizeof...(K) > 0)
Column<double> zscore(const X& x, const K&... keys) {
  return (x - mean(x).by(keys...)) / stddev(x).by(keys...);
}

}  // namespace weft
