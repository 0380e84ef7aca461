// Trips of drivers: features computed here, declared as a view, beside statistics computed
// elsewhere.
//
// The saver of trips_stats_3h and the source that reads it share one input: the file's path.
#include <weft/feature_store.h>
#include <weft/io.h>
#include <weft/table_ops.h>
#include <weft/weft.h>

namespace trips {
using namespace weft;

// ---- features -----------------------------------------------------------------------------------

/// One row a trip; distances in metres, times in UTC.
FEATURE(Table, trips_raw, (std::string trips_raw_path),
        extract_columns(column<Time>("event_timestamp"), column<int64_t>("driver_id"),
                        column<double>("trip_dist"))) {
  return read_parquet(trips_raw_path);
}

/// Monday is 0.
FEATURE(int64_t, day_of_week, (Time event_timestamp)) { return weft::day_of_week(event_timestamp); }

/// 1 on Saturday and Sunday, else 0.
FEATURE(int64_t, is_weekend, (int64_t day_of_week), check(warn(values_in({0, 1})))) {
  return day_of_week >= 5 ? 1 : 0;
}

/// How far the trip went among all trips of the three hours up to it: 1 is the farthest.
FEATURE(Column<double>, percentile_dist_rolling_3h,
        (Column<double> trip_dist, Column<Time> event_timestamp)) {
  return window_rank(trip_dist, last(3h).closed(Closed::kRight), true).on(event_timestamp).by();
}

/// What the view reads, and what `save` writes to trips_stats_3h_path.
FEATURE(Table, trips_stats_3h,
        (const Table& trips_raw, Series<int64_t> day_of_week, Series<int64_t> is_weekend,
         Series<double> percentile_dist_rolling_3h)) {
  return trips_raw.select({"event_timestamp", "driver_id"})
      .with_column("day_of_week", day_of_week.column())
      .with_column("is_weekend", is_weekend.column())
      .with_column("percentile_dist_rolling_3h", percentile_dist_rolling_3h.column());
}

// ---- the store ----------------------------------------------------------------------------------

FEATURE(Entity, driver, ()) {
  return {.keys = {{"driver_id", int64_type()}}, .description = "Who drove.", .owner = "fleet"};
}

FEATURE(Source, trips_stats_3h_source, (std::string trips_stats_3h_path)) {
  return {.name = "trips_stats_3h",
          .path = trips_stats_3h_path,
          .time = "event_timestamp",
          .columns = {{"driver_id", int64_type()},
                      {"day_of_week", int64_type()},
                      {"is_weekend", int64_type()},
                      {"percentile_dist_rolling_3h", double_type()}},
          .owner = "fleet"};
}

FEATURE(FeatureView, trips_stats_3h_view, (Entity driver, Source trips_stats_3h_source)) {
  return {.name = "trips_stats_3h",
          .entities = {driver},
          .source = trips_stats_3h_source,
          .features = {"day_of_week", "is_weekend", "percentile_dist_rolling_3h"},
          .ttl = 24h * 365};
}

FEATURE(Source, driver_hourly_stats_source, (std::string driver_stats_path)) {
  return {.name = "driver_hourly_stats",
          .path = driver_stats_path,
          .time = "event_timestamp",
          .known = "created",
          .columns = {{"driver_id", int64_type()},
                      {"conv_rate", float_type()},
                      {"acc_rate", float_type()},
                      {"avg_daily_trips", int64_type()}}};
}

FEATURE(FeatureView, driver_hourly_stats, (Entity driver, Source driver_hourly_stats_source)) {
  return {.entities = {driver},
          .source = driver_hourly_stats_source,
          .features = {"conv_rate", "acc_rate", "avg_daily_trips"},
          .ttl = 24h,
          .tags = {{"team", {"driver_performance"}}}};
}

FEATURE(FeatureService, driver_activity_v1,
        (FeatureView driver_hourly_stats, FeatureView trips_stats_3h_view)) {
  return {.views = {driver_hourly_stats, trips_stats_3h_view}};
}

}  // namespace trips
