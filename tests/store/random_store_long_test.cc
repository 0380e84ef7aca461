#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "random_store.h"

namespace weft {
namespace {

// Other seeds every time, for WEFT_LONG_SECONDS; a failure names the seed that failed.
TEST(RandomStoreTest, LongOnlineIsHistoryAsOfNow) {
  const char* given = std::getenv("WEFT_LONG_SECONDS");
  const std::chrono::seconds length(given ? std::atoi(given) : 60);
  uint64_t seed = std::random_device{}() * uint64_t{1'000'000};
  const auto end = std::chrono::steady_clock::now() + length;
  do {
    random_store::run_random_stores(seed++, 1);
  } while (!HasFatalFailure() && std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace weft
