// Definitions that do not fit together, for `weft validate`.
#include <weft/weft.h>

namespace broken {
using namespace weft;

FEATURE(double, price, (double x)) { return x; }
FEATURE(int64_t, letters, (std::string_view price)) { return static_cast<int64_t>(price.size()); }
FEATURE(Time, later, (Time price)) { return price + 1h; }

}  // namespace broken
