// A later version of a part of survey.cc, to compare with it.
#include <weft/read.h>
#include <weft/weft.h>

#include <cmath>

namespace survey {
using namespace weft;

/// Whether the client said so.
FEATURE(bool, is_male, (std::string_view gender), tag("owner", "growth"), tag("pii", "yes")) {
  return gender == "male";
}

/// What a visit brings.
FEATURE(double, spend_rate, (double spend, int64_t visits, double scale = 1.0)) {
  return scale * spend / static_cast<double>(visits);
}
FEATURE(double, tax__eu, (double spend_rate), when("region", "eu")) { return spend_rate * 0.2; }
FEATURE(double, tax__us, (double spend_rate), when("region", "us")) { return spend_rate * 0.1; }

FEATURE(float, weighted, (double spend, double weight), tag("owner", "risk")) {
  return static_cast<float>(spend * weight);
}
FEATURE(double, spend_twice, (double spend), tag("owner", "risk")) { return 2 * spend; }

}  // namespace survey
