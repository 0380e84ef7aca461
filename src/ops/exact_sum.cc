#include "ops/exact_sum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/int128.h"
#include "ops/exact_blocks.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr uint64_t kDigitMask = 0xffffffff;
constexpr int kSmallestExponent = -1074;

}  // namespace

BinaryNumber::BinaryNumber(double finite) {
  const auto bits = std::bit_cast<uint64_t>(finite);
  const auto field = static_cast<int>(bits >> 52 & 0x7ff);
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  magnitude = field ? fraction | uint64_t{1} << 52 : fraction;
  exponent = kSmallestExponent + std::max(field, 1) - 1;
  negative = bits >> 63 != 0;
}

BinaryNumber::BinaryNumber(int64_t value)
    : magnitude(value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value)),
      negative(value < 0) {}

ExactSum::ExactSum(const ExactSum& other)
    : low_(other.low_), size_(other.size_), adds_(other.adds_), has_specials_(other.has_specials_) {
  if (other.heap_) {
    heap_ = new int64_t[static_cast<size_t>(kSpecials + size_)];
    std::copy_n(other.heap_, kSpecials + size_, heap_);
  } else {
    std::copy_n(other.inline_, kInlineDigits, inline_);
  }
}

ExactSum& ExactSum::operator=(const ExactSum& other) {
  if (this == &other) return *this;
  delete[] std::exchange(heap_, nullptr);
  return *new (this) ExactSum(other);
}

void ExactSum::widen(int first, int last) {
  if (size_ == 0 && !heap_ && last - first + 1 <= kInlineDigits) {
    // Later values are as likely larger as smaller, and a sum grows upwards.
    const int spare = kInlineDigits - (last - first + 1);
    low_ = static_cast<int16_t>(std::max(0, first - spare / 2));
    size_ = kInlineDigits;
    return;
  }
  const int low =
      size_ ? std::min<int>(low_, first < low_ ? std::max(0, first - 2) : first) : first;
  const int end = std::max(size_ ? low_ + size_ : 0, last + 3);
  reallocate(low, end - low);
}

void ExactSum::reallocate(int low, int size) {
  WEFT_DCHECK(low >= 0 && size >= size_ && low + size <= kDigitsMax);
  auto* grown = new int64_t[static_cast<size_t>(kSpecials + size)]();
  if (heap_) std::copy_n(heap_, kSpecials, grown);
  if (size_) std::copy_n(digits(), size_, grown + kSpecials + (low_ - low));
  delete[] heap_;
  heap_ = grown;
  low_ = static_cast<int16_t>(low);
  size_ = static_cast<int16_t>(size);
}

void ExactSum::propagate() {
  adds_ = 0;
  int64_t* d = digits();
  for (int i = 0; i + 1 < size_; ++i) {
    d[i + 1] += d[i] >> 32;
    d[i] &= static_cast<int64_t>(kDigitMask);
  }
  // The top digit keeps its sign and may grow to 2^48 before the window does.
  const int64_t top = d[size_ - 1];
  if (top >= int64_t{1} << 48 || top <= -(int64_t{1} << 48)) {
    reallocate(low_, size_ + 2);
    d = digits();
    d[size_ - 2] = top >> 32;
    d[size_ - 3] = top & static_cast<int64_t>(kDigitMask);
  }
}

inline void ExactSum::add_bits(uint64_t magnitude, int position, bool negative) {
  const int shift = position & 31;
  const int first = position >> 5;
  int64_t* d = window(first, first + 1);
  // Of 53 bits, the upper digit gets at most 52.
  const auto low = static_cast<int64_t>(magnitude << shift & kDigitMask);
  const auto high = static_cast<int64_t>(magnitude >> (32 - shift));
  const int64_t sign = -static_cast<int64_t>(negative);
  d[0] += (low ^ sign) - sign;
  d[1] += (high ^ sign) - sign;
}

void ExactSum::add_words(const uint64_t* words, int count, int position, bool negative) {
  const int shift = position & 31;
  const int first = position >> 5;
  int64_t* d = window(first, first + 2 * count);
  const int64_t sign = -static_cast<int64_t>(negative);
  uint64_t carry = 0;  // the bits that the shift moved up
  for (int i = 0; i < 2 * count; ++i) {
    const uint64_t half = words[i / 2] >> (32 * (i & 1)) & kDigitMask;
    const uint64_t digit = half << shift | carry;
    carry = digit >> 32;
    d[i] += (static_cast<int64_t>(digit & kDigitMask) ^ sign) - sign;
  }
  d[2 * count] += (static_cast<int64_t>(carry) ^ sign) - sign;
}

void ExactSum::add_special(double x, int64_t times) {
  if (!heap_) reallocate(low_, size_);
  heap_[std::isnan(x) ? 2 : x < 0 ? 1 : 0] += times;
  has_specials_ = heap_[0] != 0 || heap_[1] != 0 || heap_[2] != 0;
}

void ExactSum::add(double x) {
  if (!std::isfinite(x)) return add_special(x, 1);
  const BinaryNumber b(x);
  add_bits(b.magnitude, b.exponent + kBias, b.negative);
}

void ExactSum::subtract(double x) {
  if (!std::isfinite(x)) return add_special(x, -1);
  const BinaryNumber b(x);
  add_bits(b.magnitude, b.exponent + kBias, !b.negative);
}

void ExactSum::add_product(std::span<const BinaryNumber> factors, bool subtract) {
  WEFT_DCHECK(factors.size() >= 1 && factors.size() <= 4);
  std::array<uint64_t, 4> words = {factors[0].magnitude};
  int exponent = factors[0].exponent;
  bool negative = factors[0].negative != subtract;
  for (size_t f = 1; f < factors.size(); ++f) {
    uint128_t carry = 0;
    for (size_t i = 0; i <= f; ++i) {
      carry += uint128_t{words[i]} * factors[f].magnitude;
      words[i] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    exponent += factors[f].exponent;
    negative = negative != factors[f].negative;
  }
  int count = static_cast<int>(factors.size());
  while (count > 0 && words[static_cast<size_t>(count - 1)] == 0) --count;
  if (count > 0) add_words(words.data(), count, exponent + kBias, negative);
}

void ExactSum::add_product(double x, double y, bool subtract) {
  if (!std::isfinite(x) || !std::isfinite(y)) return add_special(x * y, subtract ? -1 : 1);
  const BinaryNumber a(x), b(y);
  const uint128_t product = uint128_t{a.magnitude} * b.magnitude;
  if (product == 0) return;
  // At most 106 bits: 4 digits and what the shift moves up, unrolled.
  const int position = a.exponent + b.exponent + kBias;
  const int shift = position & 31;
  const auto low = static_cast<uint64_t>(product), high = static_cast<uint64_t>(product >> 64);
  const uint64_t bottom = low << shift;
  const auto middle = static_cast<uint64_t>(product << shift >> 64);
  const uint64_t top = high >> 32 >> (32 - shift);
  const int64_t sign = -static_cast<int64_t>((a.negative != b.negative) != subtract);
  const auto with_sign = [sign](uint64_t digit) {
    return (static_cast<int64_t>(digit) ^ sign) - sign;
  };
  int64_t* d = window(position >> 5, (position >> 5) + 4);
  d[0] += with_sign(bottom & kDigitMask);
  d[1] += with_sign(bottom >> 32);
  d[2] += with_sign(middle & kDigitMask);
  d[3] += with_sign(middle >> 32);
  d[4] += with_sign(top);
}

void ExactSum::add_block(const double* x, int64_t n) {
  constexpr int64_t kWorthIt = 16;  // below, one by one is as fast
  for (int64_t at = 0; at < n; at += kExactBlock) {
    const int64_t m = std::min(kExactBlock, n - at);
    SplitSum split;
    if (m >= kWorthIt && split_sum(x + at, m, split)) {
      for (int i = 0; i < split.count; ++i) add(split.parts[i]);
    } else {
      for (int64_t i = at; i < at + m; ++i) add(x[i]);
    }
  }
}

void ExactSum::add_products(const double* x, const double* y, int64_t n) {
  alignas(64) double high[kExactBlock];
  alignas(64) double low[kExactBlock];
  for (int64_t at = 0; at < n; at += kExactBlock) {
    const int64_t m = std::min(kExactBlock, n - at);
    if (split_products(x + at, y + at, m, high, low)) {
      add_block(high, m);
      add_block(low, m);
    } else {
      for (int64_t i = at; i < at + m; ++i) add_product(x[i], y[i]);
    }
  }
}

void ExactSum::merge(const ExactSum& other) {
  if (other.has_specials_) {
    if (!heap_) reallocate(low_, size_);
    for (int i = 0; i < kSpecials; ++i) heap_[i] += other.heap_[i];
    has_specials_ = heap_[0] != 0 || heap_[1] != 0 || heap_[2] != 0;
  }
  const int64_t* from = other.digits();
  int first = 0, end = other.size_;
  while (first < end && from[first] == 0) ++first;
  while (first < end && from[end - 1] == 0) --end;
  if (first == end) return;
  // Digits of the other side reach 2^62, so each is split in two.
  int64_t* to = window(other.low_ + first, other.low_ + end);
  for (int i = first; i < end; ++i, ++to) {
    to[0] += from[i] & static_cast<int64_t>(kDigitMask);
    to[1] += from[i] >> 32;
  }
}

int ExactSum::magnitude_digits(uint32_t* out, int* first, bool* negative) const {
  const int64_t* d = digits();
  int64_t carry = 0;
  int n = 0;
  for (; n < size_; ++n) {
    carry += d[n];
    out[n] = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  *negative = carry < 0;
  for (int i = 0; i < 2; ++i, carry >>= 32) out[n++] = static_cast<uint32_t>(carry);
  if (*negative) {
    uint64_t more = 1;
    for (int i = 0; i < n; ++i, more >>= 32) {
      more += static_cast<uint32_t>(~out[i]);
      out[i] = static_cast<uint32_t>(more);
    }
  }
  *first = low_;
  return n;
}

ExactNumber ExactSum::exact() const {
  uint32_t out[kDigitsMax + 2];
  int first;
  bool negative;
  const int n = magnitude_digits(out, &first, &negative);
  return {negative, {out, static_cast<size_t>(n)}, first - kBias / 32};
}

double ExactSum::result() const {
  if (has_specials_) {
    if (heap_[2] != 0 || (heap_[0] != 0 && heap_[1] != 0)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    return heap_[0] != 0 ? HUGE_VAL : -HUGE_VAL;
  }
  return exact().to_double();
}

}  // namespace weft
