// SQL over a store: sources as they are declared, views as they are computed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "offline/installed_duckdb.h"
#include "weft/module.h"
#include "weft/sql.h"
#include "weft/store.h"
#include "weft/weft.h"
#include "weft/write.h"

#undef WEFT_MODULE
#define WEFT_MODULE "store_sql_test"
namespace store_sql_test {
using namespace weft;

FEATURE(Entity, driver, ()) { return {.keys = {{"driver_id", int64_type()}}}; }
/// Text, with other names than ours and times as seconds.
FEATURE(Source, trips, (std::string folder)) {
  return {.path = folder + "/trips.csv",
          .time = "at",
          .time_unit = "s",
          .columns = {{"driver_id", int64_type()}, {"km", double_type()}, {"hours", double_type()}},
          .renamed = {{"Driver No", "driver_id"}}};
}
FEATURE(double, speed, (double km, double hours)) { return km / hours; }
FEATURE(FeatureView, trip_stats, (Entity driver, Source trips)) {
  return {.entities = {driver}, .source = trips, .features = {"speed", "km"}};
}
/// Parquet that DuckDB can read, and what was pushed on top.
FEATURE(Source, past_positions, (std::string folder)) {
  return {.path = folder + "/positions.parquet", .time = "at", .renamed = {{"X", "x"}}};
}
FEATURE(Source, positions, ()) {
  return {.kind = Source::Kind::kPush,
          .time = "at",
          .columns = {{"driver_id", int64_type()}, {"x", double_type()}},
          .history = "past_positions"};
}
FEATURE(FeatureView, position, (Entity driver, Source positions)) {
  return {.entities = {driver}, .source = positions, .features = {"x"}};
}
/// A database's rows, under the name of a view.
FEATURE(Source, position_names, (std::string folder)) {
  return {.kind = Source::Kind::kQuery,
          .path = "sqlite:///" + folder + "/shop.db",
          .query = "SELECT driver_id, name FROM drivers"};
}
FEATURE(Source, broken, (std::string folder)) { return {.path = folder + "/none.parquet"}; }
}  // namespace store_sql_test

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Time hour(int64_t hours) { return Time(std::chrono::hours(hours)); }

class StoreSqlTest : public testing::Test {
 protected:
  StoreSqlTest() : store_(Driver({compiled_module("store_sql_test")}), options()) {
    folder_.with("trips.csv", "Driver No,at,km,hours\n1,3600,10,2\n1,7200,NA,2\n2,7200,30,3\n");
    write_parquet({{"driver_id", ColumnData::of<int64_t>({1, 2})},
                   {"at", ColumnData::of<Time>({hour(1), hour(2)})},
                   {"X", ColumnData::of<float>({1.5F, 2.5F})}},
                  folder_ / "positions.parquet");
    const SqlConnection shop = open_sqlite(folder_ / "shop.db");
    execute_sql(shop, "CREATE TABLE drivers(driver_id INTEGER, name TEXT)");
    execute_sql(shop, "INSERT INTO drivers VALUES (1, 'Ann'), (2, 'Bob')");
    store_.apply();
    store_.push("positions", {{"driver_id", ColumnData::of<int64_t>({2})},
                              {"at", ColumnData::of<Time>({hour(5)})},
                              {"x", ColumnData::of<double>({9})}});
  }

  StoreOptions options() const {
    StoreOptions options;
    options.directory = folder_.path() + "/store";
    options.project = "rides";
    options.inputs = {{"folder", Value::of(folder_.path())}};
    return options;
  }
  Table sql(const std::string& query, const SqlParameters& parameters = {}) const {
    static const std::string library = installed_duckdb();
    SqlEngine engine({.library = library, .threads = 2});
    return store_.sql(engine, query, parameters);
  }

  ScratchFolder folder_;
  FeatureStore store_;
};

TEST_F(StoreSqlTest, SourcesAreAsTheyAreDeclared) {
  const Table trips = sql("SELECT * FROM trips ORDER BY driver_id, \"at\"");
  EXPECT_TRUE(trips.equals({{"driver_id", ColumnData::of<int64_t>({1, 1, 2})},
                            {"at", ColumnData::of<Time>({hour(1), hour(2), hour(2)})},
                            {"km", ColumnData::of<std::optional<double>>({10, {}, 30})},
                            {"hours", ColumnData::of<double>({2, 2, 3})}}))
      << trips.to_string();
  const Table positions = sql("SELECT driver_id, \"at\", x FROM positions ORDER BY \"at\"");
  EXPECT_TRUE(positions.equals({{"driver_id", ColumnData::of<int64_t>({1, 2, 2})},
                                {"at", ColumnData::of<Time>({hour(1), hour(2), hour(5)})},
                                {"x", ColumnData::of<double>({1.5, 2.5, 9})}}))
      << positions.to_string();
  EXPECT_EQ(sql("FROM past_positions").num_rows(), 2);
}

TEST_F(StoreSqlTest, ViewsAreComputedAndJoined) {
  const Table stats = sql("SELECT * FROM view_trip_stats ORDER BY driver_id, \"at\"");
  EXPECT_TRUE(stats.equals({{"driver_id", ColumnData::of<int64_t>({1, 1, 2})},
                            {"at", ColumnData::of<Time>({hour(1), hour(2), hour(2)})},
                            {"speed", ColumnData::of<std::optional<double>>({5, {}, 10})},
                            {"km", ColumnData::of<std::optional<double>>({10, {}, 30})}}))
      << stats.to_string();
  const Table joined =
      sql("SELECT n.name, max(s.speed) AS speed, max(p.x) AS x FROM trip_stats s "
          "JOIN position p USING (driver_id) JOIN position_names n USING (driver_id) "
          "WHERE p.x > $least GROUP BY ALL ORDER BY name",
          Values{{"least", Value::of(2.0)}});
  EXPECT_TRUE(joined.equals({{"name", ColumnData::of<std::string>({"Bob"})},
                             {"speed", ColumnData::of<double>({10})},
                             {"x", ColumnData::of<double>({9})}}))
      << joined.to_string();
  EXPECT_THAT(sql("FROM view_position").names(), ElementsAre("driver_id", "at", "x"));
}

TEST_F(StoreSqlTest, OnlyWhatIsNamedIsOpened) {
  EXPECT_EQ(sql("SELECT 1 AS one").num_rows(), 1);
  try {
    sql("SELECT * FROM broken");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.message(), HasSubstr("none.parquet"));
  }
  try {
    sql("SELECT * FROM trip_stat");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("Table with name trip_stat does not exist"));
    EXPECT_THAT(error.message(), HasSubstr("; did you mean 'trip_stats'?"));
  }
}

}  // namespace
}  // namespace weft
