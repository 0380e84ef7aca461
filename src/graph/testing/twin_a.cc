// One of two modules that define the same names differently.
#include "weft/feature.h"

namespace twins {
using namespace weft;

constexpr double kRate = 1.0;

/// Twin a.
FEATURE(double, twin, (double x, int times = 1)) { return x * kRate * times; }
FEATURE(double, operator_like, (double twin)) { return twin; }

}  // namespace twins
