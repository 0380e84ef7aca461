// What Python itself means by / // % ** round int and math's functions, where Weft's own
// functions of that name mean something else: errors for what has no result, exact comparison of
// integers with floats, libm's last bit.
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "ops/block_loops.h"
#include "ops/python_error.h"
#include "ops/row_function_table.h"
#include "weft/arithmetic.h"
#include "weft/math.h"

namespace weft {
namespace {

using loops::checked_map;
using loops::map;

[[noreturn]] void zero_division(const char* what) { throw PythonError("ZeroDivisionError", what); }
[[noreturn]] void domain_error() { throw PythonError("ValueError", "math domain error"); }
[[noreturn]] void range_error() { throw PythonError("OverflowError", "math range error"); }
[[noreturn]] void beyond_int64(const char* function) {
  throw PythonError("OverflowError", std::string("integer overflow: the result of ") + function +
                                         " is beyond 64 bits, which Python's integers are not");
}

// ---- / // % **: they raise where the divisor is 0 --------------------------------------------

struct DivideFloats {
  using Bad = int64_t;
  static double wrapped(Bad& bad, double x, double y) {
    bad |= -int64_t{y == 0};
    return x / y;
  }
  static double exact(double x, double y) {
    if (y == 0) zero_division("float division by zero");
    return x / y;
  }
};

// The quotient of integers rounded once, however large they are.
double quotient(int64_t x, int64_t y) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (x >= -kExact && x <= kExact && y >= -kExact && y <= kExact) {
    return static_cast<double>(x) / static_cast<double>(y);
  }
  const bool negative = (x < 0) != (y < 0);
  auto a = static_cast<uint64_t>(x), b = static_cast<uint64_t>(y);
  if (x < 0) a = 0 - a;
  if (y < 0) b = 0 - b;
  if (a == 0) return negative ? -0.0 : 0.0;
  // 64 bits of the quotient and whether a rest is left: the lowest bit stands for it.
  const int shift = 63 + std::countl_zero(a) - std::countl_zero(b);  // not below 0
  __extension__ using Wide = unsigned __int128;
  Wide top = a;
  top <<= shift;
  const auto bits = static_cast<uint64_t>(top / b) | uint64_t{top % b != 0};
  const double magnitude = std::ldexp(static_cast<double>(bits), -shift);
  return negative ? -magnitude : magnitude;
}
double divide_integers(int64_t x, int64_t y) {
  if (y == 0) zero_division("division by zero");
  return quotient(x, y);
}

double floor_div_floats(double x, double y) {
  if (y == 0) zero_division("float floor division by zero");
  return floor_div(x, y);
}
double modulo_floats(double x, double y) {
  if (y == 0) zero_division("float modulo");
  return modulo(x, y);
}
int64_t floor_div_integers(int64_t x, int64_t y) {
  if (y == 0) zero_division("integer division or modulo by zero");
  return floor_div(x, y);
}
int64_t modulo_integers(int64_t x, int64_t y) {
  if (y == 0) zero_division("integer division or modulo by zero");
  return modulo(x, y);
}

bool is_odd(double x) { return std::fmod(std::fabs(x), 2.0) == 1.0; }

double power(double x, double y) {
  if (y == 0) return 1.0;
  if (std::isnan(x)) return x;
  if (std::isnan(y)) return x == 1.0 ? 1.0 : y;
  if (std::isinf(y) || std::isinf(x)) return std::pow(x, y);
  if (x == 0 && y < 0) zero_division("0.0 cannot be raised to a negative power");
  if (x < 0 && y != std::floor(y)) {
    throw PythonError("TypeError", "a negative number to a fractional power is complex");
  }
  const double result = std::pow(std::fabs(x), y);
  if (std::isinf(result)) {
    throw PythonError("OverflowError", "(34, 'Numerical result out of range')");
  }
  return std::signbit(x) && is_odd(y) ? -result : result;
}
int64_t power_integers(int64_t x, int64_t y) {
  if (y < 0) throw PythonError("ValueError", "an integer to a negative power is a float");
  int64_t result = 1;
  for (int64_t base = x;;) {
    if ((y & 1) && __builtin_mul_overflow(result, base, &result)) beyond_int64("**");
    y >>= 1;
    if (y == 0) return result;
    if (__builtin_mul_overflow(base, base, &base)) {
      // 0, 1 and -1 never get here.
      beyond_int64("**");
    }
  }
}

// ---- comparisons of an integer with a float: exact -------------------------------------------

// -1, 0, 1; 2 where the float is NaN.
int compared(int64_t x, double y) {
  if (std::isnan(y)) return 2;
  if (y >= 9223372036854775808.0) return -1;
  if (y < -9223372036854775808.0) return 1;
  const double whole = std::trunc(y);
  const auto integer = static_cast<int64_t>(whole);
  if (x != integer) return x < integer ? -1 : 1;
  return y > whole ? -1 : y < whole ? 1 : 0;
}
struct IsEqual {
  static bool apply(int64_t x, double y) { return compared(x, y) == 0; }
};
struct IsNotEqual {
  static bool apply(int64_t x, double y) { return compared(x, y) != 0; }
};
struct IsLess {
  static bool apply(int64_t x, double y) { return compared(x, y) == -1; }
};
struct IsLessEqual {
  static bool apply(int64_t x, double y) {
    const int c = compared(x, y);
    return c == -1 || c == 0;
  }
};
struct IsGreater {
  static bool apply(int64_t x, double y) { return compared(x, y) == 1; }
};
struct IsGreaterEqual {
  static bool apply(int64_t x, double y) {
    const int c = compared(x, y);
    return c == 0 || c == 1;
  }
};

// ---- int(), round() and the roundings of math -------------------------------------------------

int64_t whole(double x, double rounded, const char* function) {
  if (std::isnan(x)) throw PythonError("ValueError", "cannot convert float NaN to integer");
  if (std::isinf(x)) {
    throw PythonError("OverflowError", "cannot convert float infinity to integer");
  }
  if (!(rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0)) {
    beyond_int64(function);
  }
  return static_cast<int64_t>(rounded);
}
int64_t truncated(double x) { return whole(x, std::trunc(x), "int"); }
int64_t floored(double x) { return whole(x, std::floor(x), "floor"); }
int64_t ceiled(double x) { return whole(x, std::ceil(x), "ceil"); }
int64_t rounded(double x) { return whole(x, round(x), "round"); }

// The decimal digits of the exact value, half to even, read back: what repr's algorithm does.
double rounded_to(double x, int64_t digits) {
  if (!std::isfinite(x)) return x;
  constexpr int64_t kDigitsMax = 323;  // more change nothing
  if (digits > kDigitsMax) return x;
  if (digits < 0) throw PythonError("ValueError", "round to a negative number of digits");
  std::array<char, 800> text{};
  std::snprintf(text.data(), text.size(), "%.*f", static_cast<int>(digits), x);
  return std::strtod(text.data(), nullptr);
}

// ---- math -------------------------------------------------------------------------------------

// NaN of anything else is outside of the domain; so is an infinity of a finite value, unless the
// function grows beyond double.
template <double (*F)(double), bool kOverflows>
double math_of(double x) {
  const double result = F(x);
  if (std::isnan(result) && !std::isnan(x)) domain_error();
  if (std::isinf(result) && std::isfinite(x)) {
    if (kOverflows) range_error();
    domain_error();
  }
  return result;
}

double math_fmod(double x, double y) {
  if (std::isinf(y) && std::isfinite(x)) return x;
  const double result = std::fmod(x, y);
  if (std::isnan(result) && !std::isnan(x) && !std::isnan(y)) domain_error();
  return result;
}
double math_pow(double x, double y) {
  const double result = std::pow(x, y);
  if (std::isfinite(x) && std::isfinite(y)) {
    if (std::isnan(result)) domain_error();
    if (std::isinf(result)) {
      if (x == 0) domain_error();
      range_error();
    }
  }
  return result;
}
double math_atan2(double y, double x) { return std::atan2(y, x); }
double copy_sign(double x, double y) { return std::copysign(x, y); }

constexpr std::string_view kCompare = "Python's comparison of an integer with a float: exact.";

template <auto F>
void add_math(RowFunctionTable& table, const std::string& name) {
  table.add<F>("python_" + name, "Python's math." + name + ": an error outside of its domain.");
}

}  // namespace

void register_python(RowFunctionTable& table) {
  constexpr std::string_view kDivide = "Python's /: a zero divisor is an error.";
  table.add(kDivide, checked_map<DivideFloats, double, double, double>("python_divide"));
  table.add<&divide_integers>("python_divide", kDivide);
  constexpr std::string_view kFloorDiv = "Python's //: a zero divisor is an error.";
  table.add<&floor_div_floats>("python_floor_div", kFloorDiv);
  table.add<&floor_div_integers>("python_floor_div", kFloorDiv);
  constexpr std::string_view kModulo = "Python's %: a zero divisor is an error.";
  table.add<&modulo_floats>("python_modulo", kModulo);
  table.add<&modulo_integers>("python_modulo", kModulo);
  constexpr std::string_view kPower = "Python's **: what is complex or too large is an error.";
  table.add<&power>("python_power", kPower);
  table.add<&power_integers>("python_power", kPower);

  table.add(kCompare, map<IsEqual, bool, int64_t, double>("python_equal"));
  table.add(kCompare, map<IsNotEqual, bool, int64_t, double>("python_not_equal"));
  table.add(kCompare, map<IsLess, bool, int64_t, double>("python_less"));
  table.add(kCompare, map<IsLessEqual, bool, int64_t, double>("python_less_equal"));
  table.add(kCompare, map<IsGreater, bool, int64_t, double>("python_greater"));
  table.add(kCompare, map<IsGreaterEqual, bool, int64_t, double>("python_greater_equal"));

  table.add<&truncated>("python_int", "Python's int() of a float: cut towards 0.");
  table.add<&floored>("python_floor", "Python's math.floor: an integer.");
  table.add<&ceiled>("python_ceil", "Python's math.ceil: an integer.");
  constexpr std::string_view kRound = "Python's round(): half to even, digits of the exact value.";
  table.add<&rounded>("python_round", kRound);
  table.add<&rounded_to>("python_round", kRound);

  add_math<&math_of<&std::sqrt, false>>(table, "sqrt");
  add_math<&math_of<&std::cbrt, false>>(table, "cbrt");
  add_math<&math_of<&std::exp, true>>(table, "exp");
  add_math<&math_of<&std::exp2, true>>(table, "exp2");
  add_math<&math_of<&std::expm1, true>>(table, "expm1");
  add_math<&math_of<&std::log, false>>(table, "log");
  add_math<&math_of<&std::log2, false>>(table, "log2");
  add_math<&math_of<&std::log10, false>>(table, "log10");
  add_math<&math_of<&std::log1p, false>>(table, "log1p");
  add_math<&math_of<&std::sin, false>>(table, "sin");
  add_math<&math_of<&std::cos, false>>(table, "cos");
  add_math<&math_of<&std::tan, false>>(table, "tan");
  add_math<&math_of<&std::asin, false>>(table, "asin");
  add_math<&math_of<&std::acos, false>>(table, "acos");
  add_math<&math_of<&std::atan, false>>(table, "atan");
  add_math<&math_of<&std::sinh, true>>(table, "sinh");
  add_math<&math_of<&std::cosh, true>>(table, "cosh");
  add_math<&math_of<&std::tanh, false>>(table, "tanh");
  add_math<&math_fmod>(table, "fmod");
  add_math<&math_pow>(table, "pow");
  add_math<&math_atan2>(table, "atan2");
  add_math<&copy_sign>(table, "copysign");
  register_python_text(table);
}

}  // namespace weft
