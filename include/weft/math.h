/// Elementary functions and rounding, on one double.
///
/// exp, log, sin and so on come from SLEEF's deterministic FMA family: g++ vectorizes a loop over
/// them (at -O3, whatever the -m flags), and one value alone or two, four, eight at once give the
/// same bits on every CPU. Within 1 ulp. Arguments outside a function's domain give NaN or an
/// infinity as in C, never an error; a NaN in is a NaN out (but hypot of an infinity, pow(1, NaN)
/// and pow(NaN, 0), as in C). They need AVX2 and FMA where the CPU is an x86 (check_cpu). Nulls
/// never get here: a null makes a null.
///
/// Names. `weft::log(x)` is always this one. Where there is only `using namespace weft;`, a bare
/// `log(x)` of a number does not compile: C's ::log has the same parameters and neither is better,
/// so no body gets libm by accident. `using weft::log;`, or WEFT_USING_MATH for all such names,
/// within a namespace of your own makes the bare name mean Weft's. (Not in the global namespace:
/// there the two would be one function twice.)
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include "weft/arithmetic.h"

// g++ finds the forms for 2, 4 and 8 lanes by their names in the x86-64 vector function ABI. Clang
// has no such attribute and calls the function for each value: the same bits, slower.
#ifndef WEFT_SIMD
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WEFT_SIMD __attribute__((simd("notinbranch"), const))
#else
#define WEFT_SIMD __attribute__((const))
#endif
#endif

// clang-format off
/// Every elementary function as call(its name, the bound on its error in SLEEF's words).
#define WEFT_UNARY_MATH(call)                                                           \
  call(exp, u10) call(exp2, u10) call(expm1, u10) call(log, u10) call(log2, u10)        \
  call(log10, u10) call(log1p, u10) call(cbrt, u10) call(sin, u10) call(cos, u10)       \
  call(tan, u10) call(asin, u10) call(acos, u10) call(atan, u10) call(sinh, u10)        \
  call(cosh, u10) call(tanh, u10) call(sinpi, u05) call(cospi, u05)
#define WEFT_BINARY_MATH(call) call(pow, u10) call(atan2, u10) call(hypot, u05)
// clang-format on

extern "C" {
#define WEFT_DECLARE(name, bound) WEFT_SIMD double weft_##name(double x) noexcept;
WEFT_UNARY_MATH(WEFT_DECLARE)
WEFT_DECLARE(sqrt, exact)
#undef WEFT_DECLARE
#define WEFT_DECLARE(name, bound) WEFT_SIMD double weft_##name(double x, double y) noexcept;
WEFT_BINARY_MATH(WEFT_DECLARE)
#undef WEFT_DECLARE
}

namespace weft {

/// Throws Error(kUnsupported) if the elementary functions cannot run here: an x86 CPU from before
/// 2013, without AVX2 and FMA. Programs call it at their start; where nobody did, the first call of
/// such a function ends the program with the same message.
void check_cpu();

// ---- elementary ------------------------------------------------------------------------------

namespace detail {
// `condition ? a : b` by masks. Of a conditional around a call g++ makes two branches with a call
// each, and the loop is not vectorized.
inline double pick(bool condition, double a, double b) {
  const uint64_t mask = -static_cast<uint64_t>(condition);
  return std::bit_cast<double>((std::bit_cast<uint64_t>(a) & mask) |
                               (std::bit_cast<uint64_t>(b) & ~mask));
}
}  // namespace detail

inline double exp(double x) { return weft_exp(x); }
inline double exp2(double x) { return weft_exp2(x); }    ///< 2 to the x
inline double expm1(double x) { return weft_expm1(x); }  ///< exp(x) - 1 with all digits near 0
inline double log(double x) { return weft_log(x); }      ///< natural
inline double log2(double x) { return weft_log2(x); }
inline double log10(double x) { return weft_log10(x); }
/// log(1 + x) with all digits near 0.
inline double log1p(double x) {
  // SLEEF's is infinite from 1e307 on: divide by 2^512 there. (Adding -0.0 keeps a zero's sign.)
  const bool huge = x > 0x1p1000;
  return weft_log1p(x * detail::pick(huge, 0x1p-512, 1.0)) +
         detail::pick(huge, 354.891356446692, -0.0);
}
inline double sqrt(double x) { return weft_sqrt(x); }  ///< rounded correctly; needs no FMA
inline double cbrt(double x) { return weft_cbrt(x); }
inline double pow(double x, double y) { return weft_pow(x, y); }
inline double sin(double x) { return weft_sin(x); }  ///< of radians, however many
inline double cos(double x) { return weft_cos(x); }
inline double tan(double x) { return weft_tan(x); }
inline double asin(double x) { return weft_asin(x); }
inline double acos(double x) { return weft_acos(x); }
inline double atan(double x) { return weft_atan(x); }
inline double atan2(double y, double x) { return weft_atan2(y, x); }
inline double sinh(double x) { return weft_sinh(x); }  ///< infinite beyond |x| = 709.78
inline double cosh(double x) { return weft_cosh(x); }  ///< likewise; C's are beyond 710.47
inline double tanh(double x) { return weft_tanh(x); }
inline double hypot(double x, double y) { return weft_hypot(x, y); }
/// 1 / (1 + exp(-x)), with all digits at both ends.
inline double sigmoid(double x) {
  const double e = weft_exp(-std::fabs(x));
  return (x < 0 ? e : 1.0) / (1.0 + e);
}

// ---- rounding --------------------------------------------------------------------------------

namespace detail {

// Adding 2^52 to |x| below it rounds half to even; from there on a double has no fraction, and 0 is
// added. So written, without libm's calls and without choosing between results that may trap, a
// loop over the functions below is vectorized on every CPU.
inline double nearest(double x) {
  const double magic = std::fabs(x) < 4503599627370496.0 ? 4503599627370496.0 : 0.0;
  return std::copysign((std::fabs(x) + magic) - magic, x);
}

}  // namespace detail

/// The integer below, above, towards 0 and nearest (half to even: 2.5 is 2, as in Python; C's round
/// goes away from 0), as a double. NaN and infinities stay, and so does the sign of zero.
inline double floor(double x) {
  const double r = detail::nearest(x);
  return std::copysign(r + (r > x ? -1.0 : 0.0), x);
}
inline double ceil(double x) {
  const double r = detail::nearest(x);
  return std::copysign(r + (r < x ? 1.0 : 0.0), x);
}
inline double trunc(double x) {
  const double a = std::fabs(x);
  const double r = detail::nearest(a);
  return std::copysign(r + (r > a ? -1.0 : 0.0), x);
}
inline double round(double x) { return detail::nearest(x); }
/// To so many decimal digits as NumPy does it: x * 10^digits half to even, and back; so
/// round(2.675, 2) is 2.68 or 2.67 as the product falls. Negative digits: tens, hundreds, ... What
/// scaling would carry beyond double stays as it is.
double round(double x, int64_t digits);
/// Negative digits: exactly, half to even, to tens, hundreds, ...; otherwise x itself.
/// Throws Error(kBadData) if the result does not fit.
int64_t round(int64_t x, int64_t digits);

// ---- encodings -------------------------------------------------------------------------------

namespace detail {
// Twice the part of a turn that is left over: within [-1, 1], exact once x / period is.
inline double half_turns(double x, double period) {
  const double turns = x / period;
  return 2.0 * (turns - round(turns));
}
}  // namespace detail

/// sin and cos of 2 pi x / period: a place on a circle, so that hour 23 of 24 lies next to hour 0.
/// Exactly 0, 1 and -1 at the quarters. NaN if the period is 0.
inline double cyclic_sin(double x, double period) {
  return weft_sinpi(detail::half_turns(x, period));
}
inline double cyclic_cos(double x, double period) {
  return weft_cospi(detail::half_turns(x, period));
}

/// How many of the edges are <= x: 0 below the first, edges.size() from the last on and for NaN, as
/// numpy.digitize counts. [n] edges that ascend. Cost: O(n).
/// Throws Error(kInvalidArgument) if they do not.
int64_t bucketize(double x, std::span<const double> edges);

}  // namespace weft

/// Within a namespace of your own: the bare names that C has too mean Weft's.
#define WEFT_USING_MATH                                                                     \
  using ::weft::exp, ::weft::exp2, ::weft::expm1, ::weft::log, ::weft::log2, ::weft::log10, \
      ::weft::log1p, ::weft::sqrt, ::weft::cbrt, ::weft::pow, ::weft::sin, ::weft::cos,     \
      ::weft::tan, ::weft::asin, ::weft::acos, ::weft::atan, ::weft::atan2, ::weft::sinh,   \
      ::weft::cosh, ::weft::tanh, ::weft::hypot, ::weft::abs, ::weft::floor, ::weft::ceil,  \
      ::weft::trunc, ::weft::round
