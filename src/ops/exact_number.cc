#include "ops/exact_number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "weft/error.h"

namespace weft {
namespace {

using Wide = uint128_t;

int leading_zeros(Wide x) {
  const auto high = static_cast<uint64_t>(x >> 64);
  return high ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<uint64_t>(x));
}

// The top `bits` of x, whose top bit is set, rounded half to even; `sticky`: more follows x.
// The result may be 2^bits.
uint64_t round_top(Wide x, int bits, bool sticky) {
  if (bits < 0) return 0;  // less than half of the last place
  const int drop = 128 - bits;
  const Wide kept = drop == 128 ? 0 : x >> drop;
  const Wide rest = drop == 128 ? x : x & ((Wide{1} << drop) - 1);
  const Wide half = Wide{1} << (drop - 1);
  const bool up = rest > half || (rest == half && (sticky || (kept & 1)));
  return static_cast<uint64_t>(kept) + (up ? 1 : 0);
}

Scaled normalized(double x, int64_t exponent) {
  if (x == 0) return {};
  int e = 0;
  const double m = std::frexp(x, &e);  // in [0.5, 1)
  return {m * 2, exponent + e - 1};
}

// x * 2^-127, x having its top bit set, rounded to 53 bits.
Scaled round_to_scaled(bool negative, Wide x, int64_t exponent, bool sticky) {
  const auto kept = static_cast<double>(round_top(x, 53, sticky));
  return normalized(negative ? -kept : kept, exponent + 128 - 53);
}

}  // namespace

double Scaled::to_double() const {
  return std::ldexp(mantissa, static_cast<int>(std::clamp<int64_t>(exponent, -5000, 5000)));
}

Scaled Scaled::square_root() const {
  if (mantissa == 0) return {};
  const int64_t odd = exponent & 1;
  return {std::sqrt(odd ? mantissa * 2 : mantissa), (exponent - odd) / 2};
}

Scaled operator*(Scaled a, Scaled b) {
  return normalized(a.mantissa * b.mantissa, a.exponent + b.exponent);
}

Scaled operator/(Scaled a, Scaled b) {
  return normalized(a.mantissa / b.mantissa, a.exponent - b.exponent);
}

Scaled scaled(double x) { return normalized(x, 0); }

ExactNumber::ExactNumber(int64_t value) {
  const uint64_t magnitude = value < 0 ? -static_cast<uint64_t>(value) : value;
  const uint32_t digits[] = {static_cast<uint32_t>(magnitude),
                             static_cast<uint32_t>(magnitude >> 32)};
  *this = ExactNumber(value < 0, digits, 0);
}

ExactNumber::ExactNumber(bool negative, std::span<const uint32_t> digits, int exponent32) {
  while (!digits.empty() && digits.back() == 0) digits = digits.first(digits.size() - 1);
  while (!digits.empty() && digits.front() == 0) {
    digits = digits.subspan(1);
    ++exponent32;
  }
  if (digits.empty()) return;
  negative_ = negative;
  exponent32_ = exponent32;
  digits_ = Digits(digits);
}

ExactNumber operator*(const ExactNumber& a, const ExactNumber& b) {
  if (a.is_zero() || b.is_zero()) return {};
  const std::span<const uint32_t> x = a.digits_.view(), y = b.digits_.view();
  Digits product(x.size() + y.size());
  uint32_t* digits = product.data();
  for (size_t i = 0; i < x.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < y.size(); ++j) {
      carry += uint64_t{x[i]} * y[j] + digits[i + j];
      digits[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    digits[i + y.size()] = static_cast<uint32_t>(carry);
  }
  return {a.negative_ != b.negative_, product.view(), a.exponent32_ + b.exponent32_};
}

ExactNumber ExactNumber::sum(const ExactNumber& a, const ExactNumber& b, bool subtract) {
  if (b.is_zero()) return a;
  if (a.is_zero()) return {b.negative_ != subtract, b.digits_.view(), b.exponent32_};
  const auto end = [](const ExactNumber& x) {
    return x.exponent32_ + static_cast<int>(x.digits_.size());
  };
  const int low = std::min(a.exponent32_, b.exponent32_);
  const int high = std::max(end(a), end(b)) + 1;
  Digits digits(static_cast<size_t>(high - low));
  const auto digit = [&](const ExactNumber& x, size_t i) -> int64_t {
    const int at = low + static_cast<int>(i) - x.exponent32_;
    return at < 0 || at >= static_cast<int>(x.digits_.size()) ? 0
                                                              : x.digits_[static_cast<size_t>(at)];
  };
  // |a| + |b|, or |a| - |b| in two's complement, whose sign is known from the last carry.
  const bool opposite = (b.negative_ != subtract) != a.negative_;
  int64_t carry = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    carry += digit(a, i) + (opposite ? -digit(b, i) : digit(b, i));
    digits[i] = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  const bool flipped = carry < 0;
  if (flipped) {
    uint64_t more = 1;
    for (size_t i = 0; i < digits.size(); ++i, more >>= 32) {
      more += static_cast<uint32_t>(~digits[i]);
      digits[i] = static_cast<uint32_t>(more);
    }
  }
  return {a.negative_ != flipped, digits.view(), low};
}

uint128_t ExactNumber::top_bits(int64_t* exponent, bool* sticky) const {
  WEFT_DCHECK(!is_zero());
  const size_t n = digits_.size();
  Wide x = 0;
  for (size_t i = 0; i < 4; ++i) x = x << 32 | (i < n ? digits_[n - 1 - i] : 0);
  const int shift = leading_zeros(x);  // below 32: the first digit is not zero
  x <<= shift;
  uint32_t fifth = n > 4 ? digits_[n - 5] : 0;
  if (shift) {
    x |= fifth >> (32 - shift);
    fifth <<= shift;
  }
  *sticky = fifth != 0 || n > 5;  // the lowest digit is not zero
  *exponent = 32 * (exponent32_ + static_cast<int64_t>(n) - 4) - shift;
  return x;
}

double ExactNumber::to_double() const {
  if (is_zero()) return 0;
  int64_t exponent;
  bool sticky;
  const Wide x = top_bits(&exponent, &sticky);
  // The top bit weighs 2^(exponent + 127); bits below 2^-1074 have no place.
  const int64_t bits = std::clamp<int64_t>(exponent + 128 + 1074, -1, 53);
  const auto kept = static_cast<double>(round_top(x, static_cast<int>(bits), sticky));
  if (exponent > 2000) return negative_ ? -HUGE_VAL : HUGE_VAL;
  const double magnitude = std::ldexp(kept, static_cast<int>(exponent + 128 - bits));
  return negative_ && magnitude != 0 ? -magnitude : magnitude;
}

Scaled ExactNumber::to_scaled() const {
  if (is_zero()) return {};
  int64_t exponent;
  bool sticky;
  const Wide x = top_bits(&exponent, &sticky);
  return round_to_scaled(negative_, x, exponent, sticky);
}

Scaled ExactNumber::divided_by(uint128_t divisor) const {
  WEFT_DCHECK(divisor > 0);
  if (is_zero()) return {};
  int64_t exponent;
  bool sticky;
  Wide x = top_bits(&exponent, &sticky);
  const int shift = leading_zeros(divisor);
  const Wide d = divisor << shift;
  const auto high = static_cast<uint64_t>(d >> 64);  // all of it below 2^64: the rest is zero
  exponent -= 64 - shift;
  // x < 2^128 and high >= 2^63: the quotient has 64 or 65 bits.
  Wide q = x / high;
  sticky = sticky || q * high != x;
  const int zeros = leading_zeros(q);
  return round_to_scaled(negative_, q << zeros, exponent - zeros, sticky);
}

}  // namespace weft
