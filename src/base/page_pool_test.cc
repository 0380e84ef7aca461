#include "base/page_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace weft {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(PagePoolTest, KeepsWhatIsGivenBackAndGivesItAgain) {
  auto& pool = PagePool::instance();
  pool.trim();
  char* p = pool.take(5 * kMiB);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0U);
  std::memset(p, 1, 5 * kMiB);
  EXPECT_EQ(pool.kept_bytes(), 0U);
  pool.give_back(p, 5 * kMiB);
  EXPECT_GE(pool.kept_bytes(), 5 * kMiB);
  EXPECT_EQ(pool.take(5 * kMiB), p);
  EXPECT_EQ(pool.kept_bytes(), 0U);
  pool.give_back(p, 5 * kMiB);
  pool.trim();
  EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(PagePoolTest, SizesThatRoundAlikeShareMemory) {
  auto& pool = PagePool::instance();
  pool.trim();
  char* p = pool.take(4 * kMiB + 1);
  pool.give_back(p, 4 * kMiB + 1);
  EXPECT_EQ(pool.take(6 * kMiB), p);
  std::memset(p, 2, 6 * kMiB);
  pool.give_back(p, 6 * kMiB);
  pool.trim();
}

TEST(PagePoolTest, KeepsNoMoreThanItsLimit) {
  auto& pool = PagePool::instance();
  pool.trim();
  std::vector<char*> taken;
  for (int i = 0; i < 20; ++i) taken.push_back(pool.take(64 * kMiB));  // never touched
  for (char* p : taken) pool.give_back(p, 64 * kMiB);
  EXPECT_LE(pool.kept_bytes(), 1024 * kMiB);
  EXPECT_GE(pool.kept_bytes(), 512 * kMiB);
  pool.trim();
}

TEST(PagePoolTest, ThreadsNeverShareABuffer) {
  auto& pool = PagePool::instance();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      std::mt19937_64 random(static_cast<uint64_t>(t));
      for (int i = 0; i < 50; ++i) {
        const size_t bytes = PagePool::kBytesMin + random() % (4 * kMiB);
        char* p = pool.take(bytes);
        p[0] = p[bytes - 1] = static_cast<char>(t);
        std::this_thread::yield();
        EXPECT_EQ(p[0], static_cast<char>(t));
        EXPECT_EQ(p[bytes - 1], static_cast<char>(t));
        pool.give_back(p, bytes);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  pool.trim();
}

}  // namespace
}  // namespace weft
