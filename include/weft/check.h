/// Checks of data: what stands in check(...) behind a feature, and what a run says of it.
///
///   FEATURE(double, age, (double raw_age), check(fail(in_range(0, 120)), not_null())) { ... }
///
/// A check of node X runs on X_raw and is the node X_<name>_validator; X is what the others read.
/// A check of rows has no opinion on nulls, unless it is about them; NaN is a value.
#pragma once

#include <initializer_list>

#include "weft/clock.h"
#include "weft/definition.h"

namespace weft {

/// The outcome of one check in one run; what a node X_<name>_validator holds.
struct CheckReport {
  std::string node;   ///< what was checked
  std::string check;  ///< "range", ...
  Importance importance = Importance::kWarn;
  bool passed = true;
  bool skipped = false;  ///< it has no meaning in this context; `message` says why
  int64_t rows = 0;
  int64_t failed_rows = 0;                ///< 0 where the column as a whole is at fault
  std::string message = {};               ///< why it did not pass
  std::vector<int64_t> sample_rows = {};  ///< at most 10 of the offending row numbers
  /// What was measured: "mean", "fraction", ...; values of a feature tagged pii are left out.
  Values values = {};
  /// All offending row numbers, ascending; null unless importance is kQuarantine and some failed.
  std::shared_ptr<const std::vector<int64_t>> all_failed_rows = nullptr;
};

/// What a user's own check returns.
struct CheckOutcome {
  bool passed = true;
  std::string message = {};
  std::vector<int64_t> failed_rows = {};  ///< row numbers, if single rows are at fault
  Values values = {};                     ///< whatever else it has to say
};

/// Reports as a table: node, check, importance, passed, skipped, rows, failed_rows, message, values
/// (JSON).
Table check_table(std::span<const CheckReport> reports);

/// Appends the reports to a file of JSON lines, each with `run_id` and the time of the clock. What
/// was appended is durable; a line that a crash cut off is removed. Several processes may append at
/// once. Throws Error(kIo).
void append_check_history(const std::string& path, std::span<const CheckReport> reports,
                          std::string_view run_id, const Clock& clock = Clock::system());

/// A line of the documentation.
struct CheckInfo {
  std::string name;
  std::string options;  ///< "lo, hi"
  std::string takes;    ///< "a column or one value", "a column", "a table"
  std::string summary;
};
/// The built-in checks, sorted by name.
std::vector<CheckInfo> check_catalog();

namespace detail {

/// Options are of the types that config and JSON know: int64, double, bool, text, times.
template <class T>
auto plain_option(T v) {
  if constexpr (std::is_same_v<T, bool>) {
    return v;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<int64_t>(v);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(v);
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    return std::string(std::string_view(v));
  } else if constexpr (requires { std::chrono::duration_cast<Duration>(v); }) {
    return std::chrono::duration_cast<Duration>(v);
  } else {
    return Time(v);
  }
}

/// How an argument of a user's check is taken out of what the run holds.
template <class T>
struct CheckArgument {
  static constexpr std::string_view kTakes = Native<T>::kRow ? "row" : "value";
  using Checked = inner_t<T>;
  static T take(const Value& v) {
    if constexpr (Native<T>::kNullable) {
      return v.has_value() ? T(v.get<boxed_t<inner_t<T>>>()) : T();
    } else {
      return T(v.get<boxed_t<T>>());
    }
  }
};
template <class T>
struct CheckArgument<Series<T>> {
  static constexpr std::string_view kTakes = "series";
  using Checked = T;
  static Series<T> take(const Value& v) { return Series<T>(v.get<ColumnData>()); }
};
template <class A>
using check_argument = CheckArgument<std::remove_cvref_t<A>>;

template <class F>
struct CheckCall : CheckCall<decltype(&F::operator())> {};
template <class R, class... A>
struct CheckCall<R (*)(A...)> {
  static constexpr size_t kArity = sizeof...(A);
  using First = check_argument<std::tuple_element_t<0, std::tuple<A...>>>;
  template <class F, size_t... I>
  static Value call(const F& f, std::span<const Value> v, std::index_sequence<I...>) {
    if constexpr (std::is_same_v<R, bool>) {
      return Value::of(CheckOutcome{.passed = f(check_argument<A>::take(v[I])...)});
    } else {
      return Value::of(CheckOutcome(f(check_argument<A>::take(v[I])...)));
    }
  }
};
template <class C, class R, class... A>
struct CheckCall<R (C::*)(A...) const> : CheckCall<R (*)(A...)> {};

CheckSpec custom_check(std::string name, Call call, std::string_view takes, size_t arity, Type type,
                       std::vector<std::string> others);

}  // namespace detail
}  // namespace weft

namespace weft::modifiers {

// ---- what becomes of data that does not pass ---------------------------------------------------

/// The run goes on; the report says what was found. The default.
CheckSpec warn(CheckSpec spec);
/// The run ends with Error(kCheckFailed), which tells of all checks that failed.
CheckSpec fail(CheckSpec spec);
/// Bad values become null, bad rows of a table are left out; Result::quarantine() has them. Only
/// for checks that find fault with single rows.
CheckSpec quarantine(CheckSpec spec);

// ---- rows, and single values -------------------------------------------------------------------

/// lo <= value <= hi, of numbers, times, durations or texts. NaN is outside.
template <class T, class U>
CheckSpec in_range(T lo, U hi) {
  return {.name = "range",
          .options = {{"lo", Value::of(weft::detail::plain_option(lo))},
                      {"hi", Value::of(weft::detail::plain_option(hi))}}};
}
/// The value is one of these: bools, integers, numbers, texts or times.
template <class T>
CheckSpec values_in(const std::vector<T>& values) {
  std::vector<decltype(weft::detail::plain_option(std::declval<T>()))> list;
  for (const auto& v : values) list.push_back(weft::detail::plain_option<T>(v));
  return {.name = "values_in", .options = {{"values", Value::of(std::move(list))}}};
}
template <class T>
CheckSpec values_in(std::initializer_list<T> values) {
  return values_in(std::vector<T>(values));
}
template <class T, class... More>
  requires(std::is_convertible_v<T, std::string_view> || !requires { typename T::value_type; })
CheckSpec values_in(T first, More... more) {
  using V = std::conditional_t<std::is_convertible_v<T, std::string_view>, std::string, T>;
  return values_in(std::vector<V>{V(first), V(more)...});
}
CheckSpec not_null();
/// Hamilton's spelling: allow_none(false) is not_null(), allow_none(true) always passes.
CheckSpec allow_none(bool allowed);
CheckSpec allow_nans(bool allowed);
/// The data has this type; for columns whose type is known only when the data is there.
CheckSpec data_type(Type type);
template <class T>
CheckSpec data_type() {
  return data_type(type_of<T>());
}
/// Of a text in characters (Unicode code points), of a list in elements; both ends included.
CheckSpec length_in_range(int64_t lo, int64_t hi);
CheckSpec contains(std::string text);
CheckSpec does_not_contain(std::string text);
/// The whole text matches the pattern (PCRE2 syntax); ".*x.*" finds x anywhere.
CheckSpec matches_regex(std::string pattern);
/// The latest time is at most `age` before the clock's now.
CheckSpec fresh_within(Duration age);

// ---- whole columns -----------------------------------------------------------------------------

/// At most this fraction of the rows is null, from 0 to 1; an empty column has none.
CheckSpec max_fraction_nulls(double fraction);
CheckSpec max_fraction_nans(double fraction);
/// No value comes twice; rows that repeat an earlier one are at fault. Nulls are left out.
CheckSpec unique();
CheckSpec mean_in_range(double lo, double hi);
CheckSpec stddev_in_range(double lo, double hi);  ///< sample standard deviation
CheckSpec max_standard_dev(double stddev);
CheckSpec quantile_in_range(double q, double lo, double hi);  ///< linear between neighbours
enum class Direction : uint8_t { kIncreasing, kDecreasing };
/// No value is less than the one before (greater, if decreasing); strict: nor equal.
CheckSpec monotone(Direction direction = Direction::kIncreasing, bool strict = false);
/// Every value is in the column `node`, which may be of another table.
CheckSpec referential(std::string node);
CheckSpec row_count_in_range(int64_t lo, int64_t hi);  ///< of a column or table

// ---- tables ------------------------------------------------------------------------------------

/// A check of one column of a table: "age_range" is the name of on_column("age", in_range(0, 9)).
CheckSpec on_column(std::string column, CheckSpec spec);
/// Rows whose values of these columns come together a second time are at fault.
CheckSpec unique_over(std::vector<std::string> columns);
/// Each row holds `left op right`; op is one of == != < <= > >=. A null compares with nothing, and
/// passes.
CheckSpec compare(std::string left, std::string_view op, std::string right);
/// The same in each row; null equals null.
CheckSpec columns_equal(std::string left, std::string right);

// ---- the user's own ----------------------------------------------------------------------------

/// `check` takes a Series<T>, a Table or any other value, and returns a CheckOutcome or a bool. If
/// it takes a plain T, it is called for each value of a column that is not null. `others` are nodes
/// whose values are its further arguments.
template <class F>
CheckSpec custom_check(std::string name, F check, std::vector<std::string> others = {}) {
  using C = weft::detail::CheckCall<std::decay_t<F>>;
  static_assert(C::kArity >= 1, "weft: a check takes the data it checks");
  Call call = [check](std::span<const Value> v) {
    return C::call(check, v, std::make_index_sequence<C::kArity>());
  };
  return weft::detail::custom_check(std::move(name), std::move(call), C::First::kTakes, C::kArity,
                                    type_of<typename C::First::Checked>(), std::move(others));
}

}  // namespace weft::modifiers
