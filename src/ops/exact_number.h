/// Whole numbers times a power of two, of any size, for evaluating formulas of exact sums without
/// cancellation: n * Sxx - Sx * Sx keeps every bit until it is rounded once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

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

/// A fixed number of digits of 32 bits; those of usual numbers lie within the object.
class Digits {
 public:
  explicit Digits(size_t size = 0) : size_(size) {
    if (size > kInline) heap_ = std::make_unique<uint32_t[]>(size);
    std::fill_n(data(), size, 0);
  }
  explicit Digits(std::span<const uint32_t> digits) : size_(digits.size()) {
    if (size_ > kInline) heap_ = std::make_unique<uint32_t[]>(size_);
    std::copy(digits.begin(), digits.end(), data());
  }
  Digits(const Digits& other) : Digits(other.view()) {}
  Digits& operator=(const Digits& other) { return *this = Digits(other); }
  Digits(Digits&& other) noexcept { *this = std::move(other); }
  Digits& operator=(Digits&& other) noexcept {
    size_ = other.size_;
    heap_ = std::move(other.heap_);
    if (!heap_) std::copy_n(other.inline_, size_, inline_);
    other.size_ = 0;
    return *this;
  }

  size_t size() const { return size_; }
  std::span<const uint32_t> view() const { return {heap_ ? heap_.get() : inline_, size_}; }
  uint32_t* data() { return heap_ ? heap_.get() : inline_; }
  uint32_t& operator[](size_t i) { return data()[i]; }
  uint32_t operator[](size_t i) const { return view()[i]; }

 private:
  static constexpr size_t kInline = 24;
  size_t size_ = 0;
  std::unique_ptr<uint32_t[]> heap_;
  uint32_t inline_[kInline];  // the first size_ are set, unless heap_ is
};

/// sign * digits * 2^(32 * exponent32), exact. Immutable.
class ExactNumber {
 public:
  ExactNumber() = default;  ///< zero
  explicit ExactNumber(int64_t value);
  /// `digits` of 32 bits, the least first; leading and trailing zeros are allowed.
  ExactNumber(bool negative, std::span<const uint32_t> digits, int exponent32);

  bool is_zero() const { return digits_.size() == 0; }
  bool negative() const { return negative_; }

  friend ExactNumber operator*(const ExactNumber& a, const ExactNumber& b);
  friend ExactNumber operator+(const ExactNumber& a, const ExactNumber& b) {
    return sum(a, b, false);
  }
  friend ExactNumber operator-(const ExactNumber& a, const ExactNumber& b) {
    return sum(a, b, true);
  }
  friend bool operator==(const ExactNumber& a, const ExactNumber& b) {
    return a.negative_ == b.negative_ && a.exponent32_ == b.exponent32_ &&
           std::ranges::equal(a.digits_.view(), b.digits_.view());
  }

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
  Digits digits_;  // no zero at either end: equal numbers are equal members
};

}  // namespace weft
