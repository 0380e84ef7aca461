#include "ops/frequency_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace weft {
namespace {

template <class T, class Make>
void compare_with_map(uint64_t seed, Make make) {
  using Key = decltype(make(0));
  std::mt19937_64 random(seed);
  FrequencyTable<T> table;
  std::map<Key, int64_t> oracle;
  for (int step = 0; step < 20000; ++step) {
    const Key key = make(static_cast<int64_t>(random() % 700));
    // Grows at first, then shrinks.
    if (oracle[key] == 0 ? step < 12000 : random() % 10 < (step < 12000 ? 6u : 2u)) {
      const auto times = static_cast<int64_t>(1 + random() % 3);
      ASSERT_EQ(table.add(key, times), oracle[key] += times);
    } else if (oracle[key] > 0) {
      ASSERT_EQ(table.add(key, -1), oracle[key] -= 1);
    }
    if (oracle[key] == 0) oracle.erase(key);
    ASSERT_EQ(table.size(), std::ssize(oracle));
  }
  std::map<Key, int64_t> found;
  table.for_each([&](auto key, int64_t count) { found[Key(key)] += count; });
  ASSERT_EQ(found, oracle);
}

TEST(FrequencyTableTest, AgreesWithAMap) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compare_with_map<int64_t>(seed, [](int64_t x) { return static_cast<uint64_t>(x); });
    compare_with_map<std::string_view>(seed, [](int64_t x) { return std::to_string(x); });
  }
}

TEST(FrequencyTableTest, HashesAreThoseOfEveryVersion) {
  // Stored sketches depend on these.
  EXPECT_EQ(hash_key(uint64_t{0}), 0xe220a8397b1dcdaf);
  EXPECT_EQ(hash_key(std::string_view("")), 0x2d06800538d394c2);
}

}  // namespace
}  // namespace weft
