/// The features of the training table: those a request computes too.
#pragma once

#include <string>
#include <vector>

namespace flights {

inline const std::vector<std::string> kFeatures = {"hour_of_day",
                                                   "weekday",
                                                   "month_of_year",
                                                   "is_weekend",
                                                   "is_morning",
                                                   "is_evening",
                                                   "hour_angle_sin",
                                                   "hour_angle_cos",
                                                   "is_holiday_season",
                                                   "route",
                                                   "log_distance",
                                                   "is_long_haul",
                                                   "distance_normalized",
                                                   "is_ewr",
                                                   "is_jfk",
                                                   "is_lga",
                                                   "temperature",
                                                   "dew_point",
                                                   "wind_speed",
                                                   "precipitation",
                                                   "visibility",
                                                   "dew_spread",
                                                   "is_freezing",
                                                   "is_bad_weather",
                                                   "built",
                                                   "seats",
                                                   "aircraft_age",
                                                   "is_small_aircraft",
                                                   "carrier_mean_delay",
                                                   "dest_mean_delay",
                                                   "carrier_against_dest",
                                                   "origin_delay_3h",
                                                   "aircraft_last_delay",
                                                   "delay_pressure"};

}  // namespace flights
