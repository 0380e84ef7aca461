/// Rows of any number type as doubles, where that is exact.
#pragma once

#include "ops/aggregate_state.h"

namespace weft {

/// Integers up to this magnitude are exact as doubles.
inline constexpr int64_t kExactInteger = int64_t{1} << 53;

inline bool fits_double(int64_t x) { return x >= -kExactInteger && x <= kExactInteger; }

/// One row: a double, or an integer that no double equals.
struct NumberCell {
  double value = 0;
  int64_t integer = 0;  ///< if `wide`
  bool wide = false;
};

inline NumberCell number_at(Kind kind, const Slice& in, int64_t row) {
  switch (kind) {
    case Kind::kBool:
      return {in.at<bool>(row) ? 1.0 : 0.0};
    case Kind::kInt32:
      return {static_cast<double>(in.at<int32_t>(row))};
    case Kind::kFloat:
      return {static_cast<double>(in.at<float>(row))};
    case Kind::kDouble:
      return {in.at<double>(row)};
    default:
      break;
  }
  const auto x = in.at<int64_t>(row);
  if (fits_double(x)) return {static_cast<double>(x)};
  return {0, x, true};
}

/// Calls f(const double*, int64_t count) with the valid rows of a number or bool column as doubles,
/// in as many calls as it takes, and wide(int64_t) with the integers that are none.
template <class F, class G>
void for_each_double_run(Kind kind, const Slice& in, int64_t n, F f, G wide) {
  double buffer[kBlockRows];
  const auto convert = [&]<class T>(const T* x, int64_t count) {
    for (int64_t at = 0; at < count; at += kBlockRows) {
      const int64_t m = std::min(kBlockRows, count - at);
      for (int64_t i = 0; i < m; ++i) buffer[i] = static_cast<double>(x[at + i]);
      f(static_cast<const double*>(buffer), m);
    }
  };
  switch (kind) {
    case Kind::kBool:
      return for_each_run<bool>(in, n, convert);
    case Kind::kInt32:
      return for_each_run<int32_t>(in, n, convert);
    case Kind::kFloat:
      return for_each_run<float>(in, n, convert);
    case Kind::kDouble:
      return for_each_run<double>(in, n, f);
    default:
      break;
  }
  for_each_run<int64_t>(in, n, [&](const int64_t* x, int64_t count) {
    int64_t kept = 0;
    for (int64_t i = 0; i < count; ++i) {
      if (!fits_double(x[i])) {
        wide(x[i]);
        continue;
      }
      buffer[kept++] = static_cast<double>(x[i]);
      if (kept == kBlockRows) f(static_cast<const double*>(buffer), std::exchange(kept, 0));
    }
    if (kept > 0) f(static_cast<const double*>(buffer), kept);
  });
}

}  // namespace weft
