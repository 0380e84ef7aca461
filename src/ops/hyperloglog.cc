#include "ops/hyperloglog.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace weft {
namespace {

// The sums of Ertl's improved raw estimator, section 4.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

}  // namespace

void HyperLogLog::add(uint64_t hash, int precision) {
  const auto index = static_cast<uint32_t>(hash >> (64 - precision));
  // The place of the first one bit in the rest, 1 to 65 - precision.
  const int zeros = std::countl_zero(hash << precision | uint64_t{1} << (precision - 1));
  raise(index, static_cast<uint8_t>(zeros + 1), precision);
}

void HyperLogLog::raise(uint32_t index, uint8_t rank, int precision) {
  if (!registers_.empty()) {
    registers_[index] = std::max(registers_[index], rank);
    return;
  }
  const uint32_t entry = index << 8 | rank;
  const auto at = std::lower_bound(sparse_.begin(), sparse_.end(), index << 8);
  if (at != sparse_.end() && *at >> 8 == index) {
    *at = std::max(*at, entry);
    return;
  }
  sparse_.insert(at, entry);
  const size_t size = size_t{1} << precision;
  if (sparse_.size() * sizeof(uint32_t) * 2 < size) return;
  registers_.resize(size);
  for (const uint32_t e : sparse_) registers_[e >> 8] = static_cast<uint8_t>(e);
  sparse_ = {};
}

void HyperLogLog::merge(const HyperLogLog& other, int precision) {
  for (const uint32_t e : other.sparse_) raise(e >> 8, static_cast<uint8_t>(e), precision);
  for (size_t i = 0; i < other.registers_.size(); ++i) {
    if (other.registers_[i]) raise(static_cast<uint32_t>(i), other.registers_[i], precision);
  }
}

double HyperLogLog::estimate(int precision) const {
  const auto size = static_cast<double>(size_t{1} << precision);
  const int rank_max = 65 - precision;
  std::array<int64_t, 66> count = {};  // registers of each rank
  for (const uint32_t e : sparse_) ++count[e & 0xff];
  for (const uint8_t rank : registers_) ++count[rank];
  if (registers_.empty()) count[0] = (int64_t{1} << precision) - std::ssize(sparse_);

  const auto share = [&](int rank) {
    return static_cast<double>(count[static_cast<size_t>(rank)]) / size;
  };
  double z = size * tau(1 - share(rank_max));
  for (int rank = rank_max - 1; rank >= 1; --rank) {
    z = 0.5 * (z + static_cast<double>(count[static_cast<size_t>(rank)]));
  }
  z += size * sigma(share(0));
  constexpr double kAlpha = 0.7213475204444817;  // 1 / (2 ln 2)
  return kAlpha * size * size / z;
}

}  // namespace weft
