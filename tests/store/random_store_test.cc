// WEFT_SEED=<seed> runs the store of that seed alone.
#include "random_store.h"

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace weft {
namespace {

TEST(RandomStoreTest, OnlineIsHistoryAsOfNow) {
  if (const auto seed = seed_asked_for()) {
    random_store::run_random_stores(*seed, 1);
  } else {
    random_store::run_random_stores(1, 12);
  }
}

}  // namespace
}  // namespace weft
