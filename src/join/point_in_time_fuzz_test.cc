#include "join/point_in_time_fuzz.h"

namespace weft {
namespace {

TEST(PointInTimeFuzzTest, AgreesWithAScanOfAllRows) { join_test::run_random_joins(1, 150); }

}  // namespace
}  // namespace weft
