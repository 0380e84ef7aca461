// WEFT_SEED=<seed> runs the store of that seed alone.
#include "random_store.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weft {
namespace {

TEST(RandomStoreTest, OnlineIsHistoryAsOfNow) {
  const char* given = std::getenv("WEFT_SEED");
  if (given) {
    random_store::run_random_stores(std::strtoull(given, nullptr, 10), 1);
  } else {
    random_store::run_random_stores(1, 12);
  }
}

}  // namespace
}  // namespace weft
