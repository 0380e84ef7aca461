#include "ops/exact_blocks.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "weft/clones.h"

// S. M. Rump, T. Ogita, S. Oishi, "Accurate floating-point summation" (2008), ExtractVector: adding
// and subtracting a large sigma rounds each value to a multiple of ulp(sigma). The rounded parts of
// 2^11 values add up without error in a double, and the rests are exact. T. J. Dekker, "A
// floating-point technique for extending the available precision" (1971) for products, because the
// baseline processor has no fma.
//
// All loops run over kLanes independent lanes: the compiler may not reassociate a sum, but it may
// do lanes side by side. Each operation rounds alike in every width, so clones give the same bits.

namespace weft {
namespace {

constexpr int64_t kLanes = 64;
static_assert(kExactBlock % kLanes == 0);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double sum_of(const double* lanes) {
  double sum = 0;
  for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
  return sum;
}

struct Range {
  double largest;   // magnitude; NaN if a value is infinite or NaN
  double smallest;  // magnitude but zero; infinity if all are zero
};

// Requires n % kLanes == 0, as all below.
WEFT_CLONES Range range_of(const double* x, int64_t n) {
  double max[kLanes] = {}, min[kLanes], bad[kLanes] = {};
  std::fill_n(min, kLanes, kInfinity);
  for (int64_t i = 0; i < n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) {
      const double a = std::fabs(x[i + l]);
      const double b = a == 0 ? kInfinity : a;
      max[l] = a > max[l] ? a : max[l];
      min[l] = b < min[l] ? b : min[l];
      bad[l] += a - a;
    }
  }
  return {*std::max_element(max, max + kLanes) + sum_of(bad), *std::min_element(min, min + kLanes)};
}

// |x| <= 2^e is split into a multiple of ulp(sigma) and a rest of at most 2^(e - kBitsPerLevel).
constexpr int kBitsPerLevel = 43;
double sigma_of(int e) { return std::ldexp(1.5, e + 10); }

// Adds the sum of the next level to `out`; the rests go to `rest`, which may be x. True if all of
// them are zero.
WEFT_CLONES bool extract_level(const double* x, int64_t n, int exponent, double* rest,
                               SplitSum& out) {
  const double sigma = sigma_of(exponent);
  double sum[kLanes] = {}, left[kLanes] = {};
  for (int64_t i = 0; i < n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) {
      const double part = (x[i + l] + sigma) - sigma;
      const double r = x[i + l] - part;
      sum[l] += part;
      left[l] += std::fabs(r);
      rest[i + l] = r;
    }
  }
  out.parts[out.count++] = sum_of(sum);
  return sum_of(left) == 0;
}

// The first two levels, enough for most blocks: no rests are kept.
WEFT_CLONES bool extract_two_levels(const double* x, int64_t n, int exponent, SplitSum& out) {
  const double sigma0 = sigma_of(exponent);
  const double sigma1 = sigma_of(exponent - kBitsPerLevel);
  double sum0[kLanes] = {}, sum1[kLanes] = {}, left[kLanes] = {};
  for (int64_t i = 0; i < n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) {
      const double part0 = (x[i + l] + sigma0) - sigma0;
      const double r0 = x[i + l] - part0;
      const double part1 = (r0 + sigma1) - sigma1;
      sum0[l] += part0;
      sum1[l] += part1;
      left[l] += std::fabs(r0 - part1);
    }
  }
  out.parts[0] = sum_of(sum0);
  out.parts[1] = sum_of(sum1);
  out.count = 2;
  return sum_of(left) == 0;
}

WEFT_CLONES void multiply(const double* x, const double* y, int64_t n, double* __restrict high,
                          double* __restrict low) {
  constexpr double kSplitter = 0x1p27 + 1;
  for (int64_t i = 0; i < n; ++i) {
    const double product = x[i] * y[i];
    const double xc = kSplitter * x[i], yc = kSplitter * y[i];
    const double xh = xc - (xc - x[i]), yh = yc - (yc - y[i]);
    const double xl = x[i] - xh, yl = y[i] - yh;
    high[i] = product;
    low[i] = ((xh * yh - product) + xh * yl + xl * yh) + xl * yl;
  }
}

// The block itself if it is whole lanes, else a copy filled up with zeros.
const double* whole_lanes(const double* x, int64_t& n, double* padded) {
  if (n % kLanes == 0) return x;
  std::copy_n(x, n, padded);
  const int64_t whole = (n + kLanes - 1) / kLanes * kLanes;
  std::fill(padded + n, padded + whole, 0.0);
  n = whole;
  return padded;
}

}  // namespace

bool split_sum(const double* x, int64_t n, SplitSum& out) {
  double buffer[kExactBlock];
  x = whole_lanes(x, n, buffer);
  const double max = range_of(x, n).largest;
  if (!(max < 0x1p1000)) return false;
  out.count = 0;
  if (max == 0) return true;
  int exponent;
  std::frexp(max, &exponent);
  if (extract_two_levels(x, n, exponent, out)) return true;

  out.count = 0;
  for (; out.count < static_cast<int>(std::size(out.parts)); exponent -= kBitsPerLevel) {
    if (extract_level(x, n, exponent, buffer, out)) return true;
    x = buffer;
  }
  return false;
}

bool split_products(const double* x, const double* y, int64_t n, double* high, double* low) {
  // Splitting multiplies by 2^27, and the last bit of a product weighs 2^-105 of it.
  const auto safe = [n](const double* v) {
    double buffer[kExactBlock];
    int64_t whole = n;
    const double* lanes = whole_lanes(v, whole, buffer);
    const Range range = range_of(lanes, whole);
    return range.largest < 0x1p480 && range.smallest > 0x1p-480;
  };
  if (!safe(x) || (x != y && !safe(y))) return false;
  multiply(x, y, n, high, low);
  return true;
}

}  // namespace weft
