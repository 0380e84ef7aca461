/// Sums of doubles and of their products without any rounding, so that order, merging and
/// retraction cannot show in any bit of what is computed from them.
#pragma once

#include <cstdint>
#include <span>

#include "ops/exact_number.h"

namespace weft {

/// A number as its bits: magnitude * 2^exponent.
struct BinaryNumber {
  uint64_t magnitude = 0;
  int exponent = 0;
  bool negative = false;

  explicit BinaryNumber(double finite);
  explicit BinaryNumber(int64_t value);
};

/// A superaccumulator after R. M. Neal, "Fast exact summation using small and large
/// superaccumulators" (2015): digits of 32 bits held in 64, so that carries are propagated once in
/// hundreds of additions. Of all digits a product of four doubles may touch, only a window that
/// covers the values seen is held: six within the object, more on the heap, so one of millions of
/// groups costs 72 bytes as long as its values span some 120 bits.
///
/// Infinities and NaN are counted apart and can be taken away again. Products are exact whatever
/// their exponents: they neither overflow nor underflow, only result() may.
///
/// May be moved in memory byte by byte (memcpy, the old place forgotten). Not thread-safe.
class ExactSum {
 public:
  ExactSum() = default;
  ExactSum(const ExactSum& other);
  ExactSum& operator=(const ExactSum& other);
  ~ExactSum() { delete[] heap_; }

  void add(double x);
  void subtract(double x);
  /// The same as add() of each, at about half a nanosecond a value where the values of each
  /// thousand span less than 70 powers of two.
  void add_block(const double* x, int64_t n);
  /// Adds x[i] * y[i], exactly; x and y may be the same. An infinity or NaN among them counts as
  /// what x[i] * y[i] gives.
  void add_products(const double* x, const double* y, int64_t n);
  /// Adds or subtracts the product of one to four numbers.
  void add_product(std::span<const BinaryNumber> factors, bool subtract = false);
  void add_product(double x, double y, bool subtract = false);
  void merge(const ExactSum& other);

  /// The sum rounded once, half to even. NaN was added, or infinities of both signs: NaN. One sign
  /// of infinity: that infinity. A finite sum beyond the largest double: infinity. Zero is +0, even
  /// if only -0 was added, because retraction could not tell.
  double result() const;
  /// No infinity or NaN is held.
  bool is_finite() const { return !has_specials_; }
  /// The finite part of the sum, exactly.
  ExactNumber exact() const;

 private:
  static constexpr int kInlineDigits = 6;
  // The digits of a product of four doubles lie in [0, kDigitsMax); digit i weighs
  // 2^(32 * i - kBias).
  static constexpr int kBias = 4352;
  static constexpr int kDigitsMax = 280;
  // Before the digits on the heap: how many +inf, -inf and NaN.
  static constexpr int kSpecials = 3;
  // One addition changes a digit by less than 2^53; a digit starts below 2^49 after propagate().
  static constexpr int kAddsMax = 512;

  int64_t* digits() { return heap_ ? heap_ + kSpecials : inline_; }
  const int64_t* digits() const { return heap_ ? heap_ + kSpecials : inline_; }
  void add_bits(uint64_t magnitude, int position, bool negative);
  void add_words(const uint64_t* words, int count, int position, bool negative);
  void add_special(double x, int64_t times);
  // Makes the window cover the digits [first, last], counts one addition.
  int64_t* window(int first, int last) {
    if (first < low_ || last >= low_ + size_) widen(first, last);
    if (++adds_ >= kAddsMax) propagate();
    return digits() + (first - low_);
  }
  void widen(int first, int last);
  void reallocate(int low, int size);
  void propagate();
  // Absolute value as digits of 32 bits, the least first, trimmed; how many there are.
  int magnitude_digits(uint32_t* out, int* first, bool* negative) const;

  int64_t* heap_ = nullptr;
  int64_t inline_[kInlineDigits] = {};
  int16_t low_ = 0;   // index of the first digit held
  int16_t size_ = 0;  // digits held; 0 until something is added
  int16_t adds_ = 0;  // additions since carries were propagated
  bool has_specials_ = false;
};

}  // namespace weft
