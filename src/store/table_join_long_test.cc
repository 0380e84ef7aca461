#include <chrono>
#include <cstdio>

#include "base/test_seed.h"
#include "store/table_join_fuzz.h"

namespace weft {
namespace {

// For WEFT_LONG_SECONDS; a failure names the seed that failed.
TEST(TableJoinFuzzTest, LongAgreesWithAScanOfAllRows) {
  uint64_t seed = first_seed();
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
  const auto end = std::chrono::steady_clock::now() + long_test_time(60s);
  do {
    table_join_test::run_random_histories(seed++, 1);
  } while (!HasFatalFailure() && std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace weft
