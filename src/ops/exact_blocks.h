/// Error-free transformations of blocks of doubles: a block's sum as a few doubles, a block's
/// products as pairs. The inner loops of ExactSum.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr int64_t kExactBlock = 2048;  ///< values of one call, at most

/// Doubles whose exact sum is a block's.
struct SplitSum {
  double parts[12];
  int count = 0;
};

/// False, and `out` is not to be used: the block has to be added value by value, because it holds
/// an infinity or NaN, numbers of 2^1000 or more, or too wide a range of magnitudes. Requires 0 < n
/// <= kExactBlock.
bool split_sum(const double* x, int64_t n, SplitSum& out);

/// Sets high[i] + low[i] == x[i] * y[i] exactly. False, and neither is to be used: one of them
/// might overflow or underflow. Requires 0 < n <= kExactBlock; high and low overlap nothing.
bool split_products(const double* x, const double* y, int64_t n, double* high, double* low);

}  // namespace weft
