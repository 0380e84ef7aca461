/// Whole numbers times a power of two, of any size, for evaluating formulas of exact sums without
/// cancellation: n * Sxx - Sx * Sx keeps every bit until it is rounded once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/int128.h"

namespace weft {

/// A double without limits of exponent: mantissa * 2^exponent. The mantissa is 0 or in [1, 2) but
/// for its sign.
struct Scaled {
  double mantissa = 0;
  int64_t exponent = 0;

  double to_double() const;  ///< overflows to infinity, underflows gradually
  /// The square root, correctly rounded to 53 bits. Requires mantissa >= 0.
  Scaled square_root() const;
  friend Scaled operator*(Scaled a, Scaled b);
  friend Scaled operator/(Scaled a, Scaled b);  ///< requires b not 0
};

/// The nearest Scaled of a finite double.
Scaled scaled(double x);

/// sign * digits * 2^(32 * exponent32), exact. Immutable.
class ExactNumber {
 public:
  ExactNumber() = default;  ///< zero
  explicit ExactNumber(int64_t value);
  /// `digits` of 32 bits, the least first; leading and trailing zeros are allowed.
  ExactNumber(bool negative, std::span<const uint32_t> digits, int exponent32);

  bool is_zero() const { return digits_.empty(); }
  bool negative() const { return negative_; }

  friend ExactNumber operator*(const ExactNumber& a, const ExactNumber& b);
  friend ExactNumber operator+(const ExactNumber& a, const ExactNumber& b) {
    return sum(a, b, false);
  }
  friend ExactNumber operator-(const ExactNumber& a, const ExactNumber& b) {
    return sum(a, b, true);
  }
  friend bool operator==(const ExactNumber& a, const ExactNumber& b) = default;

  /// Rounded once, half to even; subnormal results too. Overflow gives infinity, zero +0.
  double to_double() const;
  /// Rounded once to 53 bits, half to even.
  Scaled to_scaled() const;
  /// this / divisor. Below a divisor of 2^64 rounded once, half to even; above it within 0.501 ulp.
  Scaled divided_by(uint128_t divisor) const;

 private:
  static ExactNumber sum(const ExactNumber& a, const ExactNumber& b, bool subtract);
  // The highest 128 bits as a number with its top bit set, times 2^exponent; `sticky`: bits below
  // were lost.
  uint128_t top_bits(int64_t* exponent, bool* sticky) const;

  bool negative_ = false;
  int32_t exponent32_ = 0;
  std::vector<uint32_t> digits_;  // no zero at either end: equal numbers are equal members
};

}  // namespace weft
