/// HyperLogLog: how many different hashes were seen, about, in a few kilobytes.
#pragma once

#include <cstdint>
#include <vector>

namespace weft {

/// 2^precision registers of a byte, held as a sorted list while few are used. What is estimated is
/// a function of the set of hashes only. After P. Flajolet et al. (2007) with 64-bit hashes; the
/// estimate is O. Ertl's, "New cardinality estimation algorithms for HyperLogLog sketches" (2017),
/// which needs no corrections for small or large sets. May be moved byte by byte.
class HyperLogLog {
 public:
  /// `precision` in [4, 18] has to be the same in all calls.
  void add(uint64_t hash, int precision);
  void merge(const HyperLogLog& other, int precision);
  double estimate(int precision) const;

 private:
  void raise(uint32_t index, uint8_t rank, int precision);

  std::vector<uint32_t> sparse_;    // index << 8 | rank, sorted; while registers_ is empty
  std::vector<uint8_t> registers_;  // [2^precision]
};

}  // namespace weft
