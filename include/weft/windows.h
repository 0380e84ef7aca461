/// Windows: which rows before a row an aggregate sees. `mean(trip_dist).over(last(3h))`.
#pragma once

#include "weft/choice.h"

namespace weft {

/// Which ends of [t - width, t] count.
enum class Closed : uint8_t {
  kLeft,     ///< t - width <= event < t: an event sees neither itself nor others of its time
  kRight,    ///< t - width < event <= t
  kBoth,     ///< t - width <= event <= t
  kNeither,  ///< t - width < event < t
};

/// Made by last(), last_rows() and all_before(). A plain value.
struct Window {
  Duration width = Duration::max();
  std::optional<int64_t> rows = {};  ///< so many rows instead of a width
  Closed ends = Closed::kLeft;
  bool with_current = false;
  Duration grid{0};

  Window closed(Closed which) const {
    Window w = *this;
    w.ends = which;
    return w;
  }
  /// Adds the row itself, and no other of its time.
  Window include_current() const {
    Window w = *this;
    w.with_current = true;
    return w;
  }
  /// Rounds the start of the window down to a multiple of `step` since the epoch.
  Window resolution(Duration step) const {
    Window w = *this;
    w.grid = step;
    return w;
  }
};

/// The events of the last 3 hours: t - 3h <= event time < t.
inline Window last(Duration width) { return {.width = width}; }
/// The n rows before, in the order of time, then row number; with include_current() the n rows that
/// end with this one. Rows that have no time (and no domain that has one) are in the order in which
/// they lie.
inline Window last_rows(int64_t n) { return {.rows = n}; }
/// Every event before.
inline Window all_before() { return {}; }

namespace detail {

/// An aggregate as it was written: what `.by` and `.over` build their operators from.
struct AggregateCall {
  std::string name;
  std::vector<ExprPtr> args;
  Values options;
};

/// Where an operator takes its rows' time and keys from.
struct RowOrder {
  std::optional<std::vector<ExprPtr>> keys;  ///< nothing: those of the domain
  ExprPtr time;                              ///< null: that of the domain
};

/// An operator whose rows have keys and, unless null, a time.
ExprPtr ordered_expr(std::string_view name, std::vector<ExprPtr> args, Values options,
                     const std::vector<ExprPtr>& keys, const ExprPtr& time);
ExprPtr grouped_expr(const AggregateCall& call, const std::vector<ExprPtr>& keys);
/// Throws Error(kInvalidArgument) for a width or number of rows that is not positive.
ExprPtr window_expr(const AggregateCall& call, const Window& window, const RowOrder& order);
ExprPtr window_expr(std::string_view name, std::vector<ExprPtr> args, Values options,
                    const Window& window, const RowOrder& order);
/// The aggregate over the rows where the condition is true.
AggregateCall filtered_call(const AggregateCall& call, const ExprPtr& condition);

template <Operand... K>
std::vector<ExprPtr> key_exprs(const K&... keys) {
  return {as_expr<operand_t<K>>(keys)...};
}

}  // namespace detail

/// An aggregate over a window: a column. Its time and keys are those of the domain (a source's
/// event time, a view's entity keys) unless given here.
template <class T>
class Windowed : public Column<T> {
 public:
  Windowed(detail::AggregateCall call, Window window, detail::RowOrder order = {})
      : Column<T>{{detail::window_expr(call, window, order)}},
        call_(std::move(call)),
        window_(window),
        order_(std::move(order)) {}

  /// Only rows of equal keys see each other; a null is a key like others. `.by()`: all rows do.
  template <Operand... K>
  Windowed by(const K&... keys) const {
    auto order = order_;
    order.keys = detail::key_exprs(keys...);
    return {call_, window_, std::move(order)};
  }
  Windowed on(const Column<Time>& time) const {
    auto order = order_;
    order.time = time.expr;
    return {call_, window_, std::move(order)};
  }
  Windowed where(const Column<bool>& condition) const {
    return {detail::filtered_call(call_, condition.expr), window_, order_};
  }

 private:
  detail::AggregateCall call_;
  Window window_;
  detail::RowOrder order_;
};

/// An aggregate of the rows of equal keys, at each of them: a column.
template <class T>
class Grouped : public Column<T> {
 public:
  Grouped(detail::AggregateCall call, std::vector<ExprPtr> keys)
      : Column<T>{{detail::grouped_expr(call, keys)}},
        call_(std::move(call)),
        keys_(std::move(keys)) {}

  Windowed<T> over(const Window& window) const {
    return {call_, window, {.keys = keys_, .time = nullptr}};
  }
  Grouped where(const Column<bool>& condition) const {
    return {detail::filtered_call(call_, condition.expr), keys_};
  }

 private:
  detail::AggregateCall call_;
  std::vector<ExprPtr> keys_;
};

/// An aggregate of all rows: a scalar, unless `.by` or `.over` makes a column of it.
template <class T>
class Aggregate : public Scalar<T> {
 public:
  explicit Aggregate(detail::AggregateCall call)
      : Scalar<T>{{aggregate_expr(call.name, call.args, call.options)}}, call_(std::move(call)) {
    WEFT_CHECK(this->expr->type == type_of<T>());
  }

  /// Group-wise, at each row: `mean(fare).by(city)`. A null is a key like others.
  template <Operand... K>
    requires(sizeof...(K) > 0)
  Grouped<T> by(const K&... keys) const {
    return {call_, detail::key_exprs(keys...)};
  }
  /// Of the rows before each row: `mean(trip_dist).over(last(3h))`. No such row: null, or 0 of a
  /// count.
  Windowed<T> over(const Window& window) const { return {call_, window}; }
  /// Only rows where the condition is true.
  Aggregate where(const Column<bool>& condition) const {
    return Aggregate(detail::filtered_call(call_, condition.expr));
  }

 private:
  detail::AggregateCall call_;
};

}  // namespace weft
