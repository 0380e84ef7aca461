#include "ops/sorted_blocks.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace weft {
namespace {

TEST(SortedBlocksTest, AgreesWithAMultiset) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    SortedBlocks<int, std::less<>> blocks;
    std::multiset<int> oracle;
    const uint64_t values = seed % 2 ? 50 : 1'000'000;  // runs of equals across blocks, and none
    for (int step = 0; step < 8000; ++step) {
      // Grows at first, then shrinks to nothing.
      if (oracle.empty() || random() % 10 < (step < 5000 ? 8u : 1u)) {
        const int value = static_cast<int>(random() % values);
        blocks.insert(value);
        oracle.insert(value);
      } else {
        const auto rank = static_cast<int64_t>(random() % oracle.size());
        const int value = blocks[rank];
        blocks.erase(value);
        oracle.erase(oracle.find(value));
      }
      ASSERT_EQ(blocks.size(), std::ssize(oracle));
      if (step % 500 == 0) {
        int64_t rank = 0;
        for (const int value : oracle) ASSERT_EQ(blocks[rank++], value);
      }
    }
  }
}

}  // namespace
}  // namespace weft
