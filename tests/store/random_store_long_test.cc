#include <gtest/gtest.h>

#include <chrono>

#include "base/test_seed.h"
#include "random_store.h"

namespace weft {
namespace {

// For WEFT_LONG_SECONDS; a failure names the seed that failed.
TEST(RandomStoreTest, LongOnlineIsHistoryAsOfNow) {
  uint64_t seed = first_seed();
  const auto end = std::chrono::steady_clock::now() + long_test_time(std::chrono::minutes(1));
  do {
    random_store::run_random_stores(seed++, 1);
  } while (!HasFatalFailure() && std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace weft
