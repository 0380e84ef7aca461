/// Arithmetic on row values: checked integers, Python's // and %, bounds, and casts.
///
/// Nulls never get here: a parameter that is a plain value makes a null of a null. std::optional
/// parameters say what null means to them.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/types.h"

namespace weft {

namespace detail {

[[noreturn]] void overflow(const char* function, int64_t x, int64_t y);
[[noreturn]] void overflow(const char* function, int64_t x);
[[noreturn]] void division_by_zero(const char* function, int64_t x);

template <class T>
T checked_add(T x, T y) {
  T r;
  if (__builtin_add_overflow(x, y, &r)) overflow("add", x, y);
  return r;
}
template <class T>
T checked_subtract(T x, T y) {
  T r;
  if (__builtin_sub_overflow(x, y, &r)) overflow("subtract", x, y);
  return r;
}
template <class T>
T checked_multiply(T x, T y) {
  T r;
  if (__builtin_mul_overflow(x, y, &r)) overflow("multiply", x, y);
  return r;
}
template <class T>
T checked_negate(T x, const char* function) {
  T r;
  if (__builtin_sub_overflow(T{0}, x, &r)) overflow(function, x);
  return r;
}
template <class T>
T checked_floor_div(T x, T y) {
  if (y == 0) division_by_zero("floor_div", x);
  if (y == -1) return checked_negate(x, "floor_div");  // the one quotient that may not fit
  return static_cast<T>(x / y - (x % y != 0 && (x < 0) != (y < 0)));
}
template <class T>
T checked_modulo(T x, T y) {
  if (y == 0) division_by_zero("modulo", x);
  if (y == -1) return 0;  // the smallest integer % -1 traps
  const T r = static_cast<T>(x % y);
  return r != 0 && (r < 0) != (y < 0) ? static_cast<T>(r + y) : r;
}

// Literals and mixed arguments: least(x, 3) is of doubles where x is one, of int64 with an int64.
template <class X, class Y>
concept Mixed =
    std::is_arithmetic_v<X> && std::is_arithmetic_v<Y> && !std::is_same_v<X, bool> &&
    !std::is_same_v<Y, bool> &&
    !(std::is_same_v<X, Y> &&
      (std::is_same_v<X, double> || std::is_same_v<X, int32_t> || std::is_same_v<X, int64_t>));
template <class X, class Y>
using joint_t = std::conditional_t<
    std::is_floating_point_v<X> || std::is_floating_point_v<Y>, double,
    std::conditional_t<std::is_same_v<std::common_type_t<X, Y>, int32_t>, int32_t, int64_t>>;

}  // namespace detail

#define WEFT_MIXED(name)                               \
  template <class X, class Y>                          \
    requires detail::Mixed<X, Y>                       \
  detail::joint_t<X, Y> name(X x, Y y) {               \
    using T = detail::joint_t<X, Y>;                   \
    return name(static_cast<T>(x), static_cast<T>(y)); \
  }

// ---- + - * / // % ----------------------------------------------------------------------------

/// Integers: exact, or Error(kBadData) "integer overflow in add(x, y)". Doubles: IEEE 754.
inline int32_t add(int32_t x, int32_t y) { return detail::checked_add(x, y); }
inline int64_t add(int64_t x, int64_t y) { return detail::checked_add(x, y); }
inline double add(double x, double y) { return x + y; }
inline int32_t subtract(int32_t x, int32_t y) { return detail::checked_subtract(x, y); }
inline int64_t subtract(int64_t x, int64_t y) { return detail::checked_subtract(x, y); }
inline double subtract(double x, double y) { return x - y; }
inline int32_t multiply(int32_t x, int32_t y) { return detail::checked_multiply(x, y); }
inline int64_t multiply(int64_t x, int64_t y) { return detail::checked_multiply(x, y); }
inline double multiply(double x, double y) { return x * y; }
inline int32_t negate(int32_t x) { return detail::checked_negate(x, "negate"); }
inline int64_t negate(int64_t x) { return detail::checked_negate(x, "negate"); }
inline double negate(double x) { return -x; }
inline int32_t abs(int32_t x) { return x < 0 ? detail::checked_negate(x, "abs") : x; }
inline int64_t abs(int64_t x) { return x < 0 ? detail::checked_negate(x, "abs") : x; }
inline double abs(double x) { return std::fabs(x); }

/// True division: integers become doubles first, so divide(7, 2) is 3.5 and divide(1, 0) infinite.
inline double divide(double x, double y) { return x / y; }
inline double divide(int32_t x, int32_t y) {
  return static_cast<double>(x) / static_cast<double>(y);
}
inline double divide(int64_t x, int64_t y) {
  return static_cast<double>(x) / static_cast<double>(y);
}

/// Python's // and %: floor_div rounds down, modulo has the sign of y, and
/// y * floor_div(x, y) + modulo(x, y) is x. Integers: a zero y is Error(kBadData), and so is a
/// quotient that does not fit. Doubles follow IEEE 754 where Python raises, as NumPy does:
/// floor_div(x, 0.0) is x / 0.0 and modulo(x, 0.0) NaN.
inline int32_t floor_div(int32_t x, int32_t y) { return detail::checked_floor_div(x, y); }
inline int64_t floor_div(int64_t x, int64_t y) { return detail::checked_floor_div(x, y); }
double floor_div(double x, double y);
inline int32_t modulo(int32_t x, int32_t y) { return detail::checked_modulo(x, y); }
inline int64_t modulo(int64_t x, int64_t y) { return detail::checked_modulo(x, y); }
double modulo(double x, double y);

WEFT_MIXED(add)
WEFT_MIXED(subtract)
WEFT_MIXED(multiply)
WEFT_MIXED(floor_div)
WEFT_MIXED(modulo)
template <class X, class Y>
  requires detail::Mixed<X, Y>
double divide(X x, Y y) {
  return static_cast<double>(x) / static_cast<double>(y);
}

// ---- sign, bounds, kind ----------------------------------------------------------------------

/// -1, 0 or 1; a NaN stays NaN.
inline int32_t sign(int32_t x) { return (x > 0) - (x < 0); }
inline int64_t sign(int64_t x) { return (x > 0) - (x < 0); }
inline double sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x == 0 ? 0.0 : x; }

inline bool is_nan(double x) { return x != x; }
inline bool is_inf(double x) { return std::fabs(x) == HUGE_VAL; }
inline bool is_finite(double x) { return std::fabs(x) < HUGE_VAL; }

/// The smaller and the larger of two. A NaN sorts last: greatest(NaN, 1) is NaN, least(NaN, 1)
/// is 1. Equal: the first. Texts compare by bytes.
inline double least(double x, double y) { return ((x <= y) | (y != y)) ? x : y; }
inline double greatest(double x, double y) { return ((x >= y) | (x != x)) ? x : y; }
inline int32_t least(int32_t x, int32_t y) { return x <= y ? x : y; }
inline int32_t greatest(int32_t x, int32_t y) { return x >= y ? x : y; }
inline int64_t least(int64_t x, int64_t y) { return x <= y ? x : y; }
inline int64_t greatest(int64_t x, int64_t y) { return x >= y ? x : y; }
inline Time least(Time x, Time y) { return x <= y ? x : y; }
inline Time greatest(Time x, Time y) { return x >= y ? x : y; }
inline Duration least(Duration x, Duration y) { return x <= y ? x : y; }
inline Duration greatest(Duration x, Duration y) { return x >= y ? x : y; }
inline std::string_view least(std::string_view x, std::string_view y) { return x <= y ? x : y; }
inline std::string_view greatest(std::string_view x, std::string_view y) { return x >= y ? x : y; }

WEFT_MIXED(least)
WEFT_MIXED(greatest)
#undef WEFT_MIXED

/// x, but not below lo and not above hi. A null (or NaN) bound is open. If lo > hi, hi wins, as in
/// NumPy. A NaN x stays NaN.
inline double clip(double x, std::optional<double> lo, std::optional<double> hi) {
  const double low = lo && x < *lo ? *lo : x;
  return hi && low > *hi ? *hi : low;
}
inline int32_t clip(int32_t x, std::optional<int32_t> lo, std::optional<int32_t> hi) {
  const int32_t low = lo && x < *lo ? *lo : x;
  return hi && low > *hi ? *hi : low;
}
inline int64_t clip(int64_t x, std::optional<int64_t> lo, std::optional<int64_t> hi) {
  const int64_t low = lo && x < *lo ? *lo : x;
  return hi && low > *hi ? *hi : low;
}

// ---- casts -----------------------------------------------------------------------------------

namespace detail {
/// Not a Column or Scalar, for which choice.h has a cast.
template <class T>
concept PlainValue = std::is_arithmetic_v<T> || std::is_convertible_v<T, std::string_view>;
}  // namespace detail

/// A value as another type, or nothing if it has no place there. To and From are of bool, int32_t,
/// int64_t, float, double, std::string; From also std::string_view.
///
/// Floating to integer: cut towards 0; NaN and what does not fit have no place. To a narrower
/// integer: what does not fit has none. To float and double: rounded to nearest, never refused.
/// Bool: 0 and 1; from a number, whether it is not 0 (NaN is not 0). From text, strictly the whole
/// text, no white space: decimal integers with an optional sign; numbers as in JSON and C's decimal
/// form, "nan" and "inf" in any case; bools "true", "false" in any case, "1", "0". To text:
/// the shortest digits that read back; 3.0 is "3.0"; "true" and "false".
template <class To, detail::PlainValue From>
std::optional<To> try_cast(From value);

/// The same, but Error(kBadData) naming the value and the type if it has no place there.
template <class To, detail::PlainValue From>
To cast(From value);

namespace detail {

[[noreturn]] void cast_failed(std::string_view value, std::string_view to);
template <class T>
std::optional<T> number_from_text(std::string_view text);  ///< int32_t, int64_t, float, double
std::optional<bool> bool_from_text(std::string_view text);
std::string text_of(double value);
std::string text_of(float value);
std::string text_of(int64_t value);

template <class T>
inline constexpr bool is_text =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

template <class T>
constexpr std::string_view name_of() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  if constexpr (std::is_same_v<T, int32_t>) return "int32";
  if constexpr (std::is_same_v<T, int64_t>) return "int64";
  if constexpr (std::is_same_v<T, float>) return "float";
  if constexpr (std::is_same_v<T, double>) return "double";
  return "string";
}
template <class From>
std::string shown(const From& value) {
  if constexpr (is_text<From>) {
    return '"' + std::string(value) + '"';
  } else {
    return *try_cast<std::string>(value);
  }
}

/// The integers that T holds reach from -2^digits to just below 2^digits, both exact as doubles.
template <class To>
std::optional<To> integer_from_double(double x) {
  constexpr double kLimit = sizeof(To) == 8 ? 9223372036854775808.0 : 2147483648.0;
  const double whole = x < 0 ? std::ceil(x) : std::floor(x);
  if (!(whole >= -kLimit && whole < kLimit)) return std::nullopt;
  return static_cast<To>(whole);
}

}  // namespace detail

template <class To, detail::PlainValue From>
std::optional<To> try_cast(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (detail::is_text<From>) {
    if constexpr (detail::is_text<To>) {
      return To(value);
    } else if constexpr (std::is_same_v<To, bool>) {
      return detail::bool_from_text(value);
    } else {
      return detail::number_from_text<To>(value);
    }
  } else if constexpr (std::is_same_v<To, std::string>) {
    if constexpr (std::is_same_v<From, bool>) {
      return std::string(value ? "true" : "false");
    } else if constexpr (std::is_floating_point_v<From>) {
      return detail::text_of(value);
    } else {
      return detail::text_of(int64_t{value});
    }
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != 0;
  } else if constexpr (std::is_floating_point_v<To> || std::is_same_v<From, bool>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    return detail::integer_from_double<To>(value);
  } else {
    if (static_cast<int64_t>(static_cast<To>(value)) != static_cast<int64_t>(value)) {
      return std::nullopt;
    }
    return static_cast<To>(value);
  }
}

template <class To, detail::PlainValue From>
To cast(From value) {
  auto to = try_cast<To>(value);
  if (!to) detail::cast_failed(detail::shown(value), detail::name_of<To>());
  return *std::move(to);
}

}  // namespace weft
