// What the tests of this folder serve: the module "flight_test".
#include "weft/store.h"
#include "weft/weft.h"

#undef WEFT_MODULE
#define WEFT_MODULE "flight_test"
namespace flight_test {
using namespace weft;

FEATURE(Entity, driver, ()) { return {.keys = {{"driver_id", int64_type()}}}; }
FEATURE(Source, positions, ()) {
  return {.kind = Source::Kind::kPush,
          .time = "at",
          .columns = {{"driver_id", int64_type()},
                      {"x", double_type()},
                      {"name", string_type()},
                      {"seen", timestamp_type()}}};
}
FEATURE(FeatureView, position, (Entity driver, Source positions)) {
  return {.entities = {driver}, .source = positions, .features = {"x", "name", "seen"}};
}
/// Time left, by where the driver is.
FEATURE(double, eta, (double distance, double x)) { return distance / x; }
FEATURE(FeatureService, eta_v1, (FeatureView position)) {
  return {.views = {{position.name, {"x"}}}, .on_demand = {"eta"}};
}
FEATURE(FeatureService, all_of_it, (FeatureView position)) { return {.views = {position}}; }
}  // namespace flight_test
