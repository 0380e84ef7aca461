#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "offline/delta_fuzz.h"

namespace weft {
namespace {

// Other seeds every time, for WEFT_LONG_SECONDS; a failure names the seed that failed.
TEST(DeltaFuzzTest, LongAgreesWithRowsInMemory) {
  const char* given = std::getenv("WEFT_LONG_SECONDS");
  const std::chrono::seconds length(given ? std::atoi(given) : 60);
  uint64_t seed = std::random_device{}() * uint64_t{1'000'000};
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
  const auto end = std::chrono::steady_clock::now() + length;
  do {
    delta_test::run_random_tables(seed++, 1, 60);
  } while (!HasFatalFailure() && std::chrono::steady_clock::now() < end);
}

}  // namespace
}  // namespace weft
