/// Random values of every row type, odd ones among them: nulls, NaN, infinities, -0.0, the ends of
/// integers, empty and broken texts.
#pragma once

#include <random>

#include "weft/weft.h"

namespace weft::fuzz {

/// A row value with a text, a list and a field that may be null.
struct Place {
  double x;
  int64_t n;
  std::optional<double> tip;
  std::string name;
};

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  /// 0 <= result < n; n > 0.
  size_t below(size_t n) { return static_cast<size_t>(engine_() % n); }
  bool chance(double p) { return static_cast<double>(engine_() >> 11) * 0x1p-53 < p; }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  /// Never null.
  Value value(Type type);
  std::string text();
  double real();
  int64_t integer();

 private:
  std::mt19937_64 engine_;
};

/// The row types that columns of inputs have.
const std::vector<Type>& row_types();

/// Equal in every bit, where any NaN equals any NaN. Objects are equal if their type is.
bool same_bits(const Value& a, const Value& b);

}  // namespace weft::fuzz

template <>
inline constexpr bool weft::is_record<weft::fuzz::Place> = true;
