#include <weft/weft.h>

namespace hello_ext {
using namespace weft;

/// Twice x.
FEATURE(double, doubled, (double x)) { return 2 * x; }

}  // namespace hello_ext
