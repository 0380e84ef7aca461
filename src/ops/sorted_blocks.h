/// A multiset kept sorted in blocks of some hundred values: insertion, removal and access by rank
/// for windows of up to millions of rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "weft/error.h"

namespace weft {

/// `Before` is a strict order in which equal values are interchangeable. Cost for n values:
/// O(log n) and the move of up to kBlockMax values to insert or erase, O(n / kBlockMax) for a rank.
/// May be moved byte by byte.
template <class T, class Before>
class SortedBlocks {
 public:
  int64_t size() const { return size_; }

  void insert(const T& value) {
    ++size_;
    if (blocks_.empty()) blocks_.emplace_back();
    auto block = block_of(value);
    if (block == blocks_.end()) --block;
    block->insert(std::upper_bound(block->begin(), block->end(), value, Before()), value);
    if (block->size() < kBlockMax) return;
    std::vector<T> upper(block->begin() + kBlockMax / 2, block->end());
    block->resize(kBlockMax / 2);
    blocks_.insert(block + 1, std::move(upper));
  }

  /// Removes one value equal to `value`, which has to be there.
  void erase(const T& value) {
    const auto block = block_of(value);
    WEFT_CHECK(block != blocks_.end() && "retract() of a row that was never added");
    const auto at = std::lower_bound(block->begin(), block->end(), value, Before());
    WEFT_CHECK(!Before()(value, *at) && "retract() of a row that was never added");
    block->erase(at);
    if (block->empty()) blocks_.erase(block);
    --size_;
  }

  /// The value at `rank` in [0, size()), the smallest at 0.
  const T& operator[](int64_t rank) const {
    size_t b = 0;
    for (; rank >= std::ssize(blocks_[b]); ++b) rank -= std::ssize(blocks_[b]);
    return blocks_[b][static_cast<size_t>(rank)];
  }

 private:
  static constexpr size_t kBlockMax = 512;

  // The first block whose last value is not before `value`.
  auto block_of(const T& value) {
    return std::partition_point(blocks_.begin(), blocks_.end(), [&](const std::vector<T>& block) {
      return !block.empty() && Before()(block.back(), value);
    });
  }

  std::vector<std::vector<T>> blocks_;  // none is empty but the only one while inserting
  int64_t size_ = 0;
};

}  // namespace weft
