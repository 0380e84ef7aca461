#include <chrono>
#include <cstdio>

#include "base/test_seed.h"
#include "offline/delta_fuzz.h"

namespace weft {
namespace {

// For WEFT_LONG_SECONDS; a failure names the seed that failed.
TEST(DeltaFuzzTest, LongAgreesWithRowsInMemory) {
  uint64_t seed = first_seed();
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
  const auto end = std::chrono::steady_clock::now() + long_test_time(60s);
  do {
    delta_test::run_random_tables(seed++, 1, 60);
  } while (!HasFatalFailure() && std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace weft
