// The trips' features beside what pandas gives for them.
#include <gtest/gtest.h>
#include <weft/io.h>
#include <weft/module.h>
#include <weft/weft.h>

#include <map>

namespace weft {
namespace {

// By time and driver: within the file no two trips share both but those that share their time.
using TripKey = std::pair<std::string, std::string>;

std::map<TripKey, Value> percentiles(const Table& rows, const std::string& column) {
  std::map<TripKey, Value> found;
  const ColumnData times = rows.column("event_timestamp");
  const ColumnData drivers = rows.column("driver_id");
  const ColumnData values = rows.column(column);
  for (int64_t i = 0; i < rows.num_rows(); ++i) {
    found[{times.at(i).to_string(), drivers.at(i).to_string()}] = values.at(i);
  }
  return found;
}

TEST(TripsTest, PercentilesAreThoseOfPandas) {
  const std::string folder = "examples/trips/";
  const Driver driver({compiled_module("trips")});
  const Values inputs = {{"trips_raw_path", Value::of(folder + "trips_raw.parquet")}};
  const Table ours =
      driver.execute({"event_timestamp", "driver_id", "percentile_dist_rolling_3h"}, inputs)
          .table();
  const auto found = percentiles(ours, "percentile_dist_rolling_3h");
  const auto expected = percentiles(read_csv(folder + "percentiles_pandas.csv"), "percentile");
  ASSERT_EQ(expected.size(), 2986u);
  for (const auto& [trip, percentile] : expected) {
    ASSERT_TRUE(found.contains(trip)) << trip.first;
    EXPECT_EQ(found.at(trip).get<double>(), percentile.get<double>()) << trip.first;
  }
}

TEST(TripsTest, WeekendsAreFlagged) {
  const Driver driver({compiled_module("trips")});
  const Result result = driver.execute(
      {"day_of_week", "is_weekend"},
      {{"trips_raw_path", Value::of(std::string("examples/trips/trips_raw.parquet"))}});
  const Series<int64_t> days(result.column("day_of_week"));
  const Series<int64_t> weekend(result.column("is_weekend"));
  for (int64_t i = 0; i < days.size(); ++i) EXPECT_EQ(weekend[i], *days[i] >= 5 ? 1 : 0);
  ASSERT_EQ(result.checks().size(), 1u);
  EXPECT_TRUE(result.checks()[0].passed);
}

}  // namespace
}  // namespace weft
