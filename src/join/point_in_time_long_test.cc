#include <chrono>
#include <cstdlib>

#include "base/test_seed.h"
#include "join/point_in_time_fuzz.h"

namespace weft {
namespace {

// For WEFT_LONG_SECONDS; a failure names the seed that failed.
TEST(PointInTimeFuzzTest, LongAgreesWithAScanOfAllRows) {
  uint64_t seed = first_seed();
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
  const auto end = std::chrono::steady_clock::now() + long_test_time(60s);
  do {
    join_test::run_random_joins(seed++, 1);
  } while (!HasFatalFailure() && std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace weft
