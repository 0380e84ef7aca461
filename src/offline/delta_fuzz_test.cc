#include "offline/delta_fuzz.h"

#include <cstdlib>

namespace weft {
namespace {

TEST(DeltaFuzzTest, AgreesWithRowsInMemory) {
  const char* given = std::getenv("WEFT_SEED");
  if (given) return delta_test::run_random_tables(std::strtoull(given, nullptr, 10), 1, 40);
  delta_test::run_random_tables(1, 6, 30);
}

}  // namespace
}  // namespace weft
