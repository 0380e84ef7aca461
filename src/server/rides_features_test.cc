// What the tests of this folder serve: the module "server_test".
#include <stdexcept>

#include "server/slow_table.h"
#include "weft/store.h"
#include "weft/weft.h"

#undef WEFT_MODULE
#define WEFT_MODULE "server_test"
namespace server_test {
using namespace weft;

FEATURE(Entity, driver, ()) { return {.keys = {{"driver_id", int64_type()}}}; }
FEATURE(Entity, city, ()) { return {.keys = {{"city", string_type()}}}; }
FEATURE(Source, positions, ()) {
  return {.kind = Source::Kind::kPush,
          .time = "at",
          .columns = {{"driver_id", int64_type()},
                      {"x", double_type()},
                      {"trips", int32_type()},
                      {"name", string_type()},
                      {"seen", timestamp_type()},
                      {"path", list_type(double_type())}}};
}
FEATURE(double, x_doubled, (double x), check(fail(in_range(-1000, 1000)))) { return 2 * x; }
FEATURE(FeatureView, position, (Entity driver, Source positions)) {
  return {.entities = {driver},
          .source = positions,
          .features = {"x", "x_doubled", "trips", "name", "seen", "path"},
          .ttl = 36h};
}
FEATURE(Source, weather, ()) {
  return {.kind = Source::Kind::kPush,
          .time = "at",
          .columns = {{"city", string_type()}, {"celsius", double_type()}}};
}
FEATURE(FeatureView, city_weather, (Entity city, Source weather)) {
  return {.entities = {city}, .source = weather, .features = {"celsius"}};
}
/// Time left, by where the driver is.
FEATURE(double, eta, (double distance, double x, double factor = 2.0)) {
  if (distance < 0) throw std::runtime_error("a negative distance");
  return distance / x * factor;
}
FEATURE(FeatureService, eta_v1, (FeatureView position)) {
  return {.views = {{position.name, {"x"}}}, .on_demand = {"eta"}};
}
FEATURE(FeatureService, pair, (FeatureView position)) {
  return {.views = {{position.name, {"x"}, "mine"},
                    {position.name, {"x"}, "theirs", {{"driver_id", "other_id"}}}}};
}

FEATURE(Table, slow_rows, ()) {
  if (weft::slow_table().hold) {
    weft::slow_table().entered.release();
    weft::slow_table().may_go.acquire();
  }
  return Table{{"driver_id", ColumnData::of<int64_t>({1})},
               {"at", ColumnData::of<Time>({Time(1h)})},
               {"pace", ColumnData::of<double>({0.5})}};
}
FEATURE(Source, slow_source, ()) {
  return {.kind = Source::Kind::kTable,
          .path = "slow_rows",
          .time = "at",
          .columns = {{"driver_id", int64_type()}, {"pace", double_type()}}};
}
FEATURE(FeatureView, slow, (Entity driver, Source slow_source)) {
  return {.entities = {driver}, .source = slow_source, .features = {"pace"}};
}
}  // namespace server_test
