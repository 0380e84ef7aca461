// One of two modules that define the same names differently.
#include "weft/feature.h"

namespace twins {
using namespace weft;

constexpr double kRate = 2.0;

/// Twin b.
FEATURE(double, twin, (double x, int times = 2)) { return x * kRate * times; }
FEATURE(double, operator_like, (double twin)) { return twin; }

}  // namespace twins
