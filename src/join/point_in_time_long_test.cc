#include "join/point_in_time_fuzz.h"

namespace weft {
namespace {

// Other seeds every time; a failure names the one that failed.
TEST(PointInTimeFuzzTest, LongAgreesWithAScanOfAllRows) {
  const uint64_t seed = std::random_device{}() * uint64_t{1'000'000};
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(seed));
  join_test::run_random_joins(seed, 20'000);
}

}  // namespace
}  // namespace weft
