// What sub-DAGs of every_modifier.cc are copies of.
#include "weft/feature.h"

namespace inner_module {
using namespace weft;

FEATURE(double, area, (double width, double height)) { return width * height; }
FEATURE(double, height, (double width, std::string_view unit), when("unit", "m")) {
  return unit.empty() ? 0 : width;
}
}  // namespace inner_module
