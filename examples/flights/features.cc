// Every flight out of New York in 2013: will it leave more than a quarter of an hour late?
//
// What is known before departure: the calendar, the route, the weather at that moment, the
// aircraft, and how late flights were before. Times are UTC; hours and days are New York's.
#include <weft/io.h>
#include <weft/table_ops.h>
#include <weft/weft.h>

namespace flights {
using namespace weft;

constexpr std::string_view kZone = "America/New_York";

// ---- sources
// --------------------------------------------------------------------------------------

/// 336,776 flights; delays in minutes, distance in miles. A cancelled flight has no delay.
FEATURE(Table, flights, (std::string flights_path),
        extract_columns(column<Time>("time_hour"), column<int64_t>("minute"),
                        column<std::string>("carrier"), column<std::string>("tailnum"),
                        column<std::string>("origin"), column<std::string>("dest"),
                        column<double>("distance"), column<double>("dep_delay")),
        check(fail(row_count_in_range(300'000, 400'000)))) {
  return read_csv(flights_path,
                  {.types = {{"dep_delay", double_type()}, {"distance", double_type()}}});
}

/// The weather at each airport, by the hour: temperature in Fahrenheit, wind in miles an hour.
FEATURE(Table, weather, (std::string weather_path), tag("source", "ASOS")) {
  return distinct(read_csv(weather_path, {.types = {{"wind_gust", double_type()},
                                                    {"precip", double_type()},
                                                    {"visib", double_type()},
                                                    {"wind_dir", double_type()}}}),
                  {"origin", "time_hour"});
}

/// The aircraft, by tail number.
FEATURE(Table, planes, (std::string planes_path), tag("source", "FAA")) {
  return read_csv(planes_path, {.types = {{"year", int64_type()}, {"seats", int64_type()}}});
}

// ---- calendar
// -------------------------------------------------------------------------------------

/// When the flight should leave.
FEATURE(Time, scheduled, (Time time_hour, int64_t minute)) {
  return time_hour + std::chrono::minutes(minute);
}
FEATURE(int64_t, hour_of_day, (Time scheduled)) { return hour(scheduled, kZone); }
FEATURE(int64_t, weekday, (Time scheduled)) { return day_of_week(scheduled, kZone); }
FEATURE(int64_t, month_of_year, (Time scheduled)) { return month(scheduled, kZone); }
FEATURE(bool, is_weekend, (int64_t weekday)) { return weekday >= 5; }
FEATURE(bool, is_morning, (int64_t hour_of_day)) { return hour_of_day < 10; }
FEATURE(bool, is_evening, (int64_t hour_of_day)) { return hour_of_day >= 17; }
FEATURE(double, hour_angle_sin, (int64_t hour_of_day)) {
  return weft::sin(static_cast<double>(hour_of_day) * 0.26179938779914943655);
}
FEATURE(double, hour_angle_cos, (int64_t hour_of_day)) {
  return weft::cos(static_cast<double>(hour_of_day) * 0.26179938779914943655);
}
/// The weeks around Christmas.
FEATURE(bool, is_holiday_season, (Time scheduled)) {
  const int64_t day = day_of_year(scheduled, kZone);
  return day >= 355 || day <= 4;
}

// ---- route
// ----------------------------------------------------------------------------------------

FEATURE(std::string, route, (std::string_view origin, std::string_view dest)) {
  return std::string(origin) + "-" + std::string(dest);
}
FEATURE(double, log_distance, (double distance)) { return weft::log(distance); }
FEATURE(bool, is_long_haul, (double distance)) { return distance > 2000; }
FEATURE(Scalar<double>, distance_mean, (Column<double> distance)) { return mean(distance); }
FEATURE(Scalar<double>, distance_stddev, (Column<double> distance)) { return stddev(distance); }
FEATURE(double, distance_normalized,
        (double distance, double distance_mean, double distance_stddev), check(in_range(-4, 5))) {
  return (distance - distance_mean) / distance_stddev;
}
FEATURE(bool, is_origin, (std::string_view origin, std::string_view airport),
        parameterize(variant("is_ewr", {{"airport", value(std::string("EWR"))}}),
                     variant("is_jfk", {{"airport", value(std::string("JFK"))}}),
                     variant("is_lga", {{"airport", value(std::string("LGA"))}}))) {
  return origin == airport;
}

// ---- weather as of departure
// ------------------------------------------------------------------------

/// The newest observation at the airport, at most two hours old.
#define WEATHER(name, field)                                                                       \
  FEATURE(Column<double>, name,                                                                    \
          (Scalar<Table> weather, Column<std::string> origin, Column<Time> scheduled)) {           \
    return lookup<double>(weather, field, {{"origin", origin}}).as_of(scheduled, "time_hour", 2h); \
  }
WEATHER(temperature, "temp")
WEATHER(dew_point, "dewp")
WEATHER(wind_speed, "wind_speed")
WEATHER(precipitation, "precip")
WEATHER(visibility, "visib")
#undef WEATHER

FEATURE(double, dew_spread, (double temperature, double dew_point)) {
  return temperature - dew_point;
}
FEATURE(bool, is_freezing, (double temperature)) { return temperature <= 32; }
/// Rain or snow, fog or strong wind.
FEATURE(bool, is_bad_weather, (double precipitation, double visibility, double wind_speed)) {
  return precipitation > 0.05 || visibility < 3 || wind_speed > 25;
}

// ---- the aircraft
// -----------------------------------------------------------------------------------

FEATURE(Column<int64_t>, built, (Scalar<Table> planes, Column<std::string> tailnum)) {
  return lookup<int64_t>(planes, "year", {{"tailnum", tailnum}});
}
FEATURE(Column<int64_t>, seats, (Scalar<Table> planes, Column<std::string> tailnum)) {
  return lookup<int64_t>(planes, "seats", {{"tailnum", tailnum}});
}
FEATURE(int64_t, aircraft_age, (int64_t built, Time scheduled), check(in_range(0, 60))) {
  return year(scheduled, kZone) - built;
}
FEATURE(bool, is_small_aircraft, (int64_t seats)) { return seats < 60; }

// ---- how late flights were
// --------------------------------------------------------------------------

/// Mean delay of each carrier, and of each destination, over the year.
FEATURE(Table, carrier_delays, (const Table& flights)) {
  return group_by(flights, {"carrier"}).aggregate({{"mean_delay", "mean", "dep_delay"}});
}
FEATURE(Table, dest_delays, (const Table& flights)) {
  return group_by(flights, {"dest"}).aggregate({{"mean_delay", "mean", "dep_delay"}});
}
FEATURE(Column<double>, carrier_mean_delay,
        (Scalar<Table> carrier_delays, Column<std::string> carrier)) {
  return lookup<double>(carrier_delays, "mean_delay", {{"carrier", carrier}});
}
FEATURE(Column<double>, dest_mean_delay, (Scalar<Table> dest_delays, Column<std::string> dest)) {
  return lookup<double>(dest_delays, "mean_delay", {{"dest", dest}});
}
FEATURE(double, carrier_against_dest, (double carrier_mean_delay, double dest_mean_delay)) {
  return carrier_mean_delay - dest_mean_delay;
}

/// Mean delay of the flights that should have left the same airport in the three hours before.
FEATURE(Column<double>, origin_delay_3h,
        (Column<double> dep_delay, Column<Time> scheduled, Column<std::string> origin)) {
  return mean(dep_delay).over(last(3h)).on(scheduled).by(origin);
}
/// How late the aircraft's flight before this one left.
FEATURE(Column<double>, aircraft_last_delay,
        (Column<double> dep_delay, Column<Time> scheduled, Column<std::string> tailnum)) {
  return last(dep_delay).over(all_before()).on(scheduled).by(tailnum);
}
FEATURE(double, delay_pressure,
        (std::optional<double> origin_delay_3h, std::optional<double> aircraft_last_delay)) {
  return origin_delay_3h.value_or(0) + aircraft_last_delay.value_or(0);
}

// ---- the label
// ---------------------------------------------------------------------------------------

/// Left more than fifteen minutes late.
FEATURE(bool, is_late, (double dep_delay)) { return dep_delay > 15; }

}  // namespace flights
