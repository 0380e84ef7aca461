#include "offline/delta_fuzz.h"

#include "base/test_seed.h"

namespace weft {
namespace {

TEST(DeltaFuzzTest, AgreesWithRowsInMemory) {
  if (const auto seed = seed_asked_for()) return delta_test::run_random_tables(*seed, 1, 40);
  delta_test::run_random_tables(1, 6, 30);
}

}  // namespace
}  // namespace weft
