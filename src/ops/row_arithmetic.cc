// + - * / // % and their kin. Integers wrap in the loop and note where that was wrong.
#include <type_traits>

#include "ops/block_loops.h"
#include "ops/row_function_table.h"
#include "weft/arithmetic.h"

namespace weft {
namespace {

using loops::checked_map;
using loops::map;

template <class T>
T bits_to(std::make_unsigned_t<T> x) {
  return static_cast<T>(x);
}

template <class T>
struct Add {
  using Bad = T;
  static T apply(T x, T y) { return x + y; }
  static T wrapped(Bad& bad, T x, T y) {
    using U = std::make_unsigned_t<T>;
    const T r = bits_to<T>(static_cast<U>(x) + static_cast<U>(y));
    bad |= (x ^ r) & (y ^ r);  // the sign differs from that of both
    return r;
  }
  static T exact(T x, T y) { return add(x, y); }
};

template <class T>
struct Subtract {
  using Bad = T;
  static T apply(T x, T y) { return x - y; }
  static T wrapped(Bad& bad, T x, T y) {
    using U = std::make_unsigned_t<T>;
    const T r = bits_to<T>(static_cast<U>(x) - static_cast<U>(y));
    bad |= (x ^ y) & (x ^ r);
    return r;
  }
  static T exact(T x, T y) { return subtract(x, y); }
};

template <class T>
struct Multiply {
  using Bad = int64_t;
  static T apply(T x, T y) { return x * y; }
  static T wrapped(Bad& bad, T x, T y) {
    if constexpr (sizeof(T) == 4) {
      const int64_t r = int64_t{x} * y;
      bad |= -int64_t{r != static_cast<T>(r)};
      return static_cast<T>(r);
    } else {
      T r;
      bad |= -int64_t{__builtin_mul_overflow(x, y, &r)};
      return r;
    }
  }
  static T exact(T x, T y) { return multiply(x, y); }
};

template <class T>
struct Divide {
  static auto apply(T x, T y) {
    if constexpr (std::is_integral_v<T>) {
      return loops::to_double(x) / loops::to_double(y);
    } else {
      return x / y;
    }
  }
};

template <class T>
struct Negate {
  using Bad = T;
  static T apply(T x) { return -x; }
  static T wrapped(Bad& bad, T x) {
    const T r = bits_to<T>(-static_cast<std::make_unsigned_t<T>>(x));
    bad |= x & r;  // only the smallest integer and its negation are both negative
    return r;
  }
  static T exact(T x) { return negate(x); }
};

template <class T>
struct Abs {
  using Bad = T;
  static T apply(T x) { return std::fabs(x); }
  static T wrapped(Bad& bad, T x) {
    using U = std::make_unsigned_t<T>;
    const T sign = x >> (sizeof(T) * 8 - 1);
    const T r = bits_to<T>((static_cast<U>(x) ^ static_cast<U>(sign)) - static_cast<U>(sign));
    bad |= r;
    return r;
  }
  static T exact(T x) { return abs(x); }
};

// A divisor of 0, or of -1, whose one quotient may not fit, is replaced so that nothing traps.
template <class T>
struct FloorDiv {
  using Bad = T;
  static T wrapped(Bad& bad, T x, T y) {
    bad |= static_cast<T>(-T{y == 0 || (y == -1 && x == std::numeric_limits<T>::min())});
    const T by = y == 0 || y == -1 ? T{1} : y;
    const T quotient = x / by;
    const T below = static_cast<T>((x % by != 0) & ((x < 0) != (by < 0)));
    return y == -1 ? bits_to<T>(-static_cast<std::make_unsigned_t<T>>(x))
                   : static_cast<T>(quotient - below);
  }
  static T exact(T x, T y) { return floor_div(x, y); }
};

template <class T>
struct Modulo {
  using Bad = T;
  static T wrapped(Bad& bad, T x, T y) {
    bad |= static_cast<T>(-T{y == 0});
    const T by = y == 0 || y == -1 ? T{1} : y;
    const T rest = static_cast<T>(x % by);
    return (rest != 0) & ((rest < 0) != (by < 0)) ? static_cast<T>(rest + by) : rest;
  }
  static T exact(T x, T y) { return modulo(x, y); }
};

template <class T>
struct Sign {
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>((x > 0) - (x < 0));
    } else {
      return x != x ? x : static_cast<T>(static_cast<T>(x > 0) - static_cast<T>(x < 0));
    }
  }
};

// NaN sorts last, and of equal ones the first is taken.
template <class T>
struct Least {
  static T apply(T x, T y) { return (x <= y) | (y != y) ? x : y; }
};
template <class T>
struct Greatest {
  static T apply(T x, T y) { return (x >= y) | (x != x) ? x : y; }
};

struct IsNan {
  template <class T>
  static bool apply(T x) {
    return x != x;
  }
};
struct IsInf {
  template <class T>
  static bool apply(T x) {
    return std::fabs(x) == static_cast<T>(HUGE_VAL);
  }
};
struct IsFinite {
  template <class T>
  static bool apply(T x) {
    return std::fabs(x) < static_cast<T>(HUGE_VAL);
  }
};

constexpr std::string_view kAdd = "The sum; integers that overflow are an error.";
constexpr std::string_view kSubtract = "The difference; integers that overflow are an error.";
constexpr std::string_view kMultiply = "The product; integers that overflow are an error.";
constexpr std::string_view kDivide = "The quotient, of integers as a double.";
constexpr std::string_view kFloorDiv = "Python's //: the quotient rounded down.";
constexpr std::string_view kModulo = "Python's %: the rest, with the sign of the divisor.";
constexpr std::string_view kLeast = "The smaller of two; NaN is larger than any number.";
constexpr std::string_view kGreatest = "The larger of two; NaN is larger than any number.";

template <class T>
void add_integer(RowFunctionTable& table) {
  table.add(kAdd, checked_map<Add<T>, T, T, T>("add"));
  table.add(kSubtract, checked_map<Subtract<T>, T, T, T>("subtract"));
  table.add(kMultiply, checked_map<Multiply<T>, T, T, T>("multiply"));
  table.add(kDivide, map<Divide<T>, double, T, T>("divide"));
  table.add(kFloorDiv, checked_map<FloorDiv<T>, T, T, T>("floor_div"));
  table.add(kModulo, checked_map<Modulo<T>, T, T, T>("modulo"));
  table.add("The number with the other sign.", checked_map<Negate<T>, T, T>("negate"));
  table.add("The number without its sign.", checked_map<Abs<T>, T, T>("abs"));
}

template <class T>
T floor_div_as(T x, T y) {
  return static_cast<T>(floor_div(static_cast<double>(x), static_cast<double>(y)));
}
template <class T>
T modulo_as(T x, T y) {
  return static_cast<T>(modulo(static_cast<double>(x), static_cast<double>(y)));
}

template <class T>
void add_floating(RowFunctionTable& table) {
  table.add(kAdd, map<Add<T>, T, T, T>("add"));
  table.add(kSubtract, map<Subtract<T>, T, T, T>("subtract"));
  table.add(kMultiply, map<Multiply<T>, T, T, T>("multiply"));
  table.add(kDivide, map<Divide<T>, T, T, T>("divide"));
  table.add<&floor_div_as<T>>("floor_div", kFloorDiv);
  table.add<&modulo_as<T>>("modulo", kModulo);
  table.add("", map<Negate<T>, T, T>("negate"));
  table.add("", map<Abs<T>, T, T>("abs"));
  table.add("True for NaN.", map<IsNan, bool, T>("is_nan"));
  table.add("True for an infinity.", map<IsInf, bool, T>("is_inf"));
  table.add("True but for NaN and the infinities.", map<IsFinite, bool, T>("is_finite"));
}

template <class T>
void add_bounds(RowFunctionTable& table) {
  table.add(kLeast, map<Least<loops::raw_t<T>>, T, T, T>("least"));
  table.add(kGreatest, map<Greatest<loops::raw_t<T>>, T, T, T>("greatest"));
}

// Times count microseconds, so their sums are those of integers, with errors that say so.
struct AddTimes : Add<int64_t> {};
struct SubtractTimes : Subtract<int64_t> {};

Duration duration_times(Duration x, double y) {
  const double us = std::nearbyint(static_cast<double>(x.count()) * y);
  const auto whole = try_cast<int64_t>(us);
  if (!whole) detail::cast_failed(detail::text_of(us), "duration");
  return Duration(*whole);
}

void add_times(RowFunctionTable& table) {
  table.add(kAdd, checked_map<AddTimes, Time, Time, Duration>("add"));
  table.add(kAdd, checked_map<AddTimes, Time, Duration, Time>("add"));
  table.add(kAdd, checked_map<AddTimes, Duration, Duration, Duration>("add"));
  table.add(kSubtract, checked_map<SubtractTimes, Time, Time, Duration>("subtract"));
  table.add(kSubtract, checked_map<SubtractTimes, Duration, Time, Time>("subtract"));
  table.add(kSubtract, checked_map<SubtractTimes, Duration, Duration, Duration>("subtract"));
  table.add(kMultiply, checked_map<Multiply<int64_t>, Duration, Duration, int64_t>("multiply"));
  table.add(kMultiply, checked_map<Multiply<int64_t>, Duration, int64_t, Duration>("multiply"));
  table.add<&duration_times>("multiply", kMultiply);
  table.add(kDivide, map<Divide<int64_t>, double, Duration, Duration>("divide"));
  table.add(kFloorDiv, checked_map<FloorDiv<int64_t>, int64_t, Duration, Duration>("floor_div"));
  table.add(kModulo, checked_map<Modulo<int64_t>, Duration, Duration, Duration>("modulo"));
  table.add("", checked_map<Negate<int64_t>, Duration, Duration>("negate"));
  table.add("", checked_map<Abs<int64_t>, Duration, Duration>("abs"));
}

std::string_view least_text(std::string_view x, std::string_view y) { return least(x, y); }
std::string_view greatest_text(std::string_view x, std::string_view y) { return greatest(x, y); }
std::string concat(std::string_view x, std::string_view y) {
  std::string r;
  r.reserve(x.size() + y.size());
  r.append(x).append(y);
  return r;
}

}  // namespace

void register_arithmetic(RowFunctionTable& table) {
  add_floating<double>(table);
  add_floating<float>(table);
  add_integer<int64_t>(table);
  add_integer<int32_t>(table);
  add_times(table);
  add_bounds<double>(table);
  add_bounds<float>(table);
  add_bounds<int64_t>(table);
  add_bounds<int32_t>(table);
  add_bounds<Time>(table);
  add_bounds<Duration>(table);
  table.add<&least_text>("least", kLeast);
  table.add<&greatest_text>("greatest", kGreatest);
  table.add<&concat>("add", kAdd);
  constexpr std::string_view kSign = "-1, 0 or 1; NaN stays NaN.";
  table.add(kSign, map<Sign<double>, double, double>("sign"));
  table.add(kSign, map<Sign<float>, float, float>("sign"));
  table.add(kSign, map<Sign<int64_t>, int64_t, int64_t>("sign"));
  table.add(kSign, map<Sign<int32_t>, int32_t, int32_t>("sign"));
}

}  // namespace weft
