/// Operators over all rows: rank, lag, diff, cumulative sums, filling, bins, encodings.
///
/// Each takes the rows in the order in which they lie; `.on(time)` takes them in the order of time,
/// then row number, and `.by(keys)` within rows of equal keys. Where the time is null so is the
/// result.
#pragma once

#include "weft/aggregates.h"

namespace weft {

/// A column computed from all rows.
template <class T>
class OfRows : public Column<T> {
 public:
  OfRows(std::string name, std::vector<ExprPtr> args, Values options,
         std::vector<ExprPtr> keys = {}, ExprPtr time = nullptr)
      : Column<T>{{detail::ordered_expr(name, args, options, keys, time)}},
        name_(std::move(name)),
        args_(std::move(args)),
        options_(std::move(options)),
        keys_(std::move(keys)),
        time_(std::move(time)) {
    WEFT_CHECK(this->expr->type == type_of<T>());
  }

  template <Operand... K>
  OfRows by(const K&... keys) const {
    return {name_, args_, options_, detail::key_exprs(keys...), time_};
  }
  OfRows on(const Column<Time>& time) const { return {name_, args_, options_, keys_, time.expr}; }

 private:
  std::string name_;
  std::vector<ExprPtr> args_;
  Values options_;
  std::vector<ExprPtr> keys_;
  ExprPtr time_;
};

// ---- places ------------------------------------------------------------------------------------

enum class Ties : uint8_t { kAverage, kMin, kMax, kDense, kOrdinal };
struct RankOptions {
  Ties ties = Ties::kAverage;
  bool descending = false;
  bool fraction = false;  ///< divided by the number of values (of kDense: of different ones)
};

namespace detail {
Values rank_options(const RankOptions& options);
Values rows_option(int64_t n);
}  // namespace detail

/// From 1; NaN comes last; null where x is.
template <Symbolic X>
OfRows<double> rank(const X& x, const RankOptions& options = {}) {
  return {"rank", {x.expr}, detail::rank_options(options)};
}
/// (rank - 1) / (rows - 1) with ties at the smallest rank, as SQL's: from 0 to 1.
template <Symbolic X>
OfRows<double> percent_rank(const X& x) {
  return {"percent_rank", {x.expr}, {}};
}
/// From 1. `x` only says which rows, and may be null.
template <Symbolic X>
OfRows<int64_t> row_number(const X& x) {
  return {"row_number", {x.expr}, {}};
}

// ---- other rows --------------------------------------------------------------------------------

/// The value n rows before (n < 0: after); null where there is none.
template <Symbolic X>
OfRows<detail::own_t<X>> shift(const X& x, int64_t n) {
  return {"shift", {x.expr}, detail::rows_option(n)};
}
template <Symbolic X>
OfRows<detail::own_t<X>> lag(const X& x, int64_t n = 1) {
  return shift(x, n);
}
template <Symbolic X>
OfRows<detail::own_t<X>> lead(const X& x, int64_t n = 1) {
  return shift(x, -n);
}
/// x less the value n rows before; of times a Duration.
template <Symbolic X>
auto diff(const X& x, int64_t n = 1) {
  using T = std::conditional_t<detail::Timed<X>, Duration, operand_t<X>>;
  return OfRows<T>("diff", {x.expr}, detail::rows_option(n));
}
/// x divided by the value n rows before, less 1.
template <detail::Numeric X>
OfRows<double> pct_change(const X& x, int64_t n = 1) {
  return {"pct_change", {x.expr}, detail::rows_option(n)};
}

// ---- up to this row: null where x is ------------------------------------------------------------

#define WEFT_CUMULATIVE(name, aggregate, takes, result)                                  \
  template <takes X>                                                                     \
  OfRows<result> name(const X& x) {                                                      \
    return {"cumulative", {x.expr}, {{"aggregate", Value::of(std::string(aggregate))}}}; \
  }
WEFT_CUMULATIVE(cumulative_sum, "sum", Symbolic, detail::sum_t<X>)
WEFT_CUMULATIVE(cumulative_mean, "mean", Symbolic, detail::middle_t<X>)
WEFT_CUMULATIVE(cumulative_min, "min", Symbolic, detail::own_t<X>)
WEFT_CUMULATIVE(cumulative_max, "max", Symbolic, detail::own_t<X>)
/// How many were not null so far; never null.
WEFT_CUMULATIVE(cumulative_count, "count", Symbolic, int64_t)
#undef WEFT_CUMULATIVE
/// Rounded at each row, unlike sums.
template <detail::Numeric X>
auto cumulative_prod(const X& x) {
  return OfRows<detail::sum_t<X>>("cumulative_prod", {x.expr}, {});
}

// ---- nulls
// ---------------------------------------------------------------------------------------

namespace detail {
Values limit_option(std::optional<int64_t> limit);
}  // namespace detail

/// Nulls take the last, or the next, value that is not null; at most `limit` in a row.
template <Symbolic X>
OfRows<detail::own_t<X>> fill_forward(const X& x, std::optional<int64_t> limit = {}) {
  return {"fill_forward", {x.expr}, detail::limit_option(limit)};
}
template <Symbolic X>
OfRows<detail::own_t<X>> fill_backward(const X& x, std::optional<int64_t> limit = {}) {
  return {"fill_backward", {x.expr}, detail::limit_option(limit)};
}
/// Nulls between two values lie on the line between them: by row, or with `.on(time)` by time.
/// Before the first and after the last value they stay.
template <detail::Numeric X>
OfRows<double> interpolate(const X& x) {
  return {"interpolate", {x.expr}, {}};
}

// ---- bins and encodings
// --------------------------------------------------------------------------

/// Which of n bins of equal size, from 0, with pandas' qcut's edges; equal edges are one. Null and
/// NaN have none.
template <detail::Numeric X>
OfRows<int64_t> quantile_bins(const X& x, int64_t n) {
  return {"quantile_bins", {x.expr}, detail::rows_option(n)};
}
/// How many of the edges, which ascend, are <= x (numpy.digitize); NaN is beyond all.
template <detail::Numeric X>
symbol_t<int64_t, X> bucketize(const X& x, std::vector<double> edges) {
  return {{function_expr("bucketize",
                         {detail::as_expr<double>(x), literal_expr(Value::of(std::move(edges)))})}};
}
/// The position of the value among all different ones, sorted; null for null.
template <Symbolic X>
OfRows<int64_t> ordinal_encode(const X& x) {
  return {"ordinal_encode", {x.expr}, {}};
}
/// The share of rows with this value among those that are not null; null for null.
template <Symbolic X>
Column<double> frequency_encode(const X& x) {
  return keep_if(count(x).by(x) / count(x), is_valid(x));
}
/// The first row with its value; nulls are values here.
template <Symbolic X>
Column<bool> is_first(const X& x) {
  return row_number(x).by(x) == 1;
}
/// Another row has the same value; nulls are values here.
template <Symbolic X>
Column<bool> is_duplicate(const X& x) {
  return count_all(x).by(x) > 1;
}

/// The rank of x among the values of its window and itself, ties at the average; as a fraction of
/// their number if asked for. Where x is null so is the result.
template <class X>
class WindowRank : public Column<double> {
 public:
  WindowRank(const X& x, Window window, bool fraction, detail::RowOrder order = {})
      : Column<double>{{detail::window_expr(
            "window_rank", {x.expr}, fraction ? Values{{"fraction", Value::of(true)}} : Values{},
            window, order)}},
        x_(x),
        window_(window),
        fraction_(fraction),
        order_(std::move(order)) {}

  template <Operand... K>
  WindowRank by(const K&... keys) const {
    auto order = order_;
    order.keys = detail::key_exprs(keys...);
    return {x_, window_, fraction_, std::move(order)};
  }
  WindowRank on(const Column<Time>& time) const {
    auto order = order_;
    order.time = time.expr;
    return {x_, window_, fraction_, std::move(order)};
  }

 private:
  X x_;
  Window window_;
  bool fraction_;
  detail::RowOrder order_;
};
template <Symbolic X>
WindowRank<X> window_rank(const X& x, const Window& window, bool fraction = false) {
  return {x, window, fraction};
}

}  // namespace weft
