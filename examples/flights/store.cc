// The store of the flights: what was known of an airport, an aircraft and a carrier at any time.
//
// A flight's delay is known when it has left, not when it should have: the event time of these
// views is when flights really left.
#include <weft/feature_store.h>
#include <weft/weft.h>

namespace flights {
using namespace weft;

/// When the flight left; of a cancelled one null.
FEATURE(Time, departed, (Time scheduled, double dep_delay)) {
  return scheduled + std::chrono::minutes(static_cast<int64_t>(dep_delay));
}

// ---- what departures tell -----------------------------------------------------------------------

/// Mean delay of the airport's departures of the last three hours, this one included, in minutes.
FEATURE(Column<double>, airport_delay_3h,
        (Column<double> dep_delay, Column<Time> departed, Column<std::string> origin)) {
  return mean(dep_delay).over(last(3h).closed(Closed::kRight)).on(departed).by(origin);
}
FEATURE(Column<int64_t>, airport_departures_1h,
        (Column<double> dep_delay, Column<Time> departed, Column<std::string> origin)) {
  return count(dep_delay).over(last(1h).closed(Closed::kRight)).on(departed).by(origin);
}
/// How late this aircraft left the last time.
FEATURE(double, last_delay, (double dep_delay)) { return dep_delay; }
FEATURE(Column<double>, carrier_delay_7d,
        (Column<double> dep_delay, Column<Time> departed, Column<std::string> carrier)) {
  return mean(dep_delay).over(last(24h * 7).closed(Closed::kRight)).on(departed).by(carrier);
}

// ---- definitions --------------------------------------------------------------------------------

FEATURE(Entity, airport, ()) { return {.keys = {{"origin", string_type()}}}; }
FEATURE(Entity, aircraft, ()) { return {.keys = {{"tailnum", string_type()}}}; }
FEATURE(Entity, airline, ()) { return {.keys = {{"carrier", string_type()}}}; }

FEATURE(Source, departures, ()) {
  return {.kind = Source::Kind::kTable, .path = "flights", .time = "departed", .owner = "ops"};
}
FEATURE(Source, observations, ()) {
  return {.kind = Source::Kind::kTable,
          .path = "weather",
          .time = "time_hour",
          .columns = {{"temperature", double_type()},
                      {"dew_point", double_type()},
                      {"wind_speed", double_type()},
                      {"precipitation", double_type()},
                      {"visibility", double_type()}},
          .renamed = {{"temp", "temperature"},
                      {"dewp", "dew_point"},
                      {"precip", "precipitation"},
                      {"visib", "visibility"}},
          .owner = "weather"};
}

FEATURE(FeatureView, airport_delays, (Entity airport, Source departures)) {
  return {.entities = {airport},
          .source = departures,
          .features = {"airport_delay_3h", "airport_departures_1h"},
          .ttl = 6h};
}
FEATURE(FeatureView, aircraft_delays, (Entity aircraft, Source departures)) {
  return {.entities = {aircraft}, .source = departures, .features = {"last_delay"}, .ttl = 48h};
}
FEATURE(FeatureView, airline_delays, (Entity airline, Source departures)) {
  return {.entities = {airline}, .source = departures, .features = {"carrier_delay_7d"}};
}
FEATURE(FeatureView, airport_weather, (Entity airport, Source observations)) {
  return {.entities = {airport},
          .source = observations,
          .features = {"temperature", "dew_point", "wind_speed", "precipitation", "visibility"},
          .ttl = 2h};
}

FEATURE(FeatureService, delay_v1,
        (FeatureView airport_delays, FeatureView aircraft_delays, FeatureView airline_delays,
         FeatureView airport_weather)) {
  return {.views = {airport_delays, aircraft_delays, airline_delays, airport_weather},
          .on_demand = {"hour_of_day", "weekday", "is_weekend", "hour_angle_sin", "hour_angle_cos",
                        "is_holiday_season", "route", "log_distance", "is_long_haul", "dew_spread",
                        "is_freezing", "is_bad_weather", "aircraft_age"},
          .description = "Will the flight leave more than a quarter of an hour late?",
          .owner = "ops"};
}

}  // namespace flights
