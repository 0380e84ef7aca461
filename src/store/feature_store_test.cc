// A store from definitions to answers: history, latest values, pushes, contracts, changes of code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/scratch_folder.h"
#include "store/recompute_cost.h"
#include "store/view_rows.h"
#include "weft/delta_table.h"
#include "weft/module.h"
#include "weft/sql.h"
#include "weft/store.h"
#include "weft/weft.h"
#include "weft/write.h"

#undef WEFT_MODULE
#define WEFT_MODULE "store_test"
namespace store_test {
using namespace weft;

FEATURE(Entity, driver, ()) { return {.keys = {{"driver_id", int64_type()}}, .owner = "fleet"}; }
FEATURE(Source, trips, (std::string trips_path)) {
  return {.path = trips_path,
          .time = "at",
          .known = "created",
          .columns = {{"driver_id", int64_type()}, {"km", double_type()}, {"hours", double_type()}},
          .owner = "fleet"};
}
/// `unit` is of the config: another one is another feature.
FEATURE(double, speed, (double km, double hours, double unit = 1)) { return unit * km / hours; }
FEATURE(FeatureView, trip_stats, (Entity driver, Source trips)) {
  return {.entities = {driver}, .source = trips, .features = {"speed", "km"}, .ttl = 36h};
}
/// How long it will take, by the driver's last trip.
FEATURE(double, eta_hours, (double distance, double speed)) { return distance / speed; }
FEATURE(FeatureService, eta, (FeatureView trip_stats)) {
  return {.views = {{trip_stats.name, {"speed"}}}, .on_demand = {"eta_hours"}, .owner = "routing"};
}

/// Where drivers are: pushed.
FEATURE(Source, positions, ()) {
  return {.kind = Source::Kind::kPush,
          .time = "at",
          .columns = {{"driver_id", int64_type()}, {"x", double_type()}}};
}
FEATURE(double, x_doubled, (double x), check(fail(in_range(-100, 100)))) { return 2 * x; }
FEATURE(FeatureView, position, (Entity driver, Source positions)) {
  return {.entities = {driver}, .source = positions, .features = {"x_doubled", "x"}};
}
FEATURE(FeatureService, meeting, (FeatureView position)) {
  return {.views = {{position.name, {"x"}, "mine"},
                    {position.name, {"x"}, "theirs", {{"driver_id", "other_id"}}}}};
}

/// A table of the graph as a source.
FEATURE(Table, weather_table, ()) {
  return Table{{"hour", ColumnData::of<Time>({Time(0h), Time(1h)})},
               {"celsius", ColumnData::of<double>({1.5, 2.5})}};
}
FEATURE(Source, weather, ()) {
  return {.kind = Source::Kind::kTable, .path = "weather_table", .time = "hour"};
}
FEATURE(FeatureView, weather_now, (Source weather)) {
  return {.source = weather, .features = {"celsius"}};
}
}  // namespace store_test

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Error error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  return Error(ErrorCode::kInternal, "no error");
}

ColumnData hours(const std::vector<std::optional<int>>& values) {
  std::vector<std::optional<Time>> times;
  for (const auto& h : values) {
    times.push_back(h ? std::optional(Time(std::chrono::hours(*h))) : std::nullopt);
  }
  return ColumnData::of(times);
}

std::vector<std::string> texts(const Table& table, const std::string& column) {
  std::vector<std::string> out;
  const ColumnData data = table.column(column);
  for (int64_t i = 0; i < data.size(); ++i) out.push_back(data.at(i).to_string());
  return out;
}

Table trips_of(const std::vector<int64_t>& drivers, const std::vector<std::optional<int>>& at,
               const std::vector<std::optional<double>>& km) {
  const std::vector<double> two(drivers.size(), 2.0);
  return {{"driver_id", ColumnData::of(drivers)},
          {"at", hours(at)},
          {"created", hours(at)},
          {"km", ColumnData::of(km)},
          {"hours", ColumnData::of(two)}};
}

class FeatureStoreTest : public testing::Test {
 protected:
  FeatureStoreTest() {
    write_parquet(trips_of({1, 1, 2, 3, 3}, {1, 5, 2, 3, 4}, {10, 50, 20, 30, std::nullopt}),
                  trips_path_);
    clock_.set(Time(10h));
  }

  FeatureStore open(const std::string& yaml = "", Values config = {}) {
    StoreOptions options;
    options.directory = folder_.path() + "/store";
    options.project = "rides";
    options.clock = &clock_;
    options.inputs = {{"trips_path", Value::of(trips_path_)}};
    if (!yaml.empty()) options.definitions = {folder_.with("more.yaml", yaml)};
    return FeatureStore(Driver({compiled_module("store_test")}, std::move(config)),
                        std::move(options));
  }
  FeatureStore applied(const std::string& yaml = "") {
    FeatureStore store = open(yaml);
    store.apply();
    return store;
  }

  static Table drivers(const std::vector<int64_t>& ids) {
    return {{"driver_id", ColumnData::of(ids)}};
  }
  // "PRESENT 25.0" for each row of one feature.
  static std::vector<std::string> answers(const FeatureStore& store, const std::string& feature,
                                          const std::vector<int64_t>& ids) {
    FeatureReader reader(store.online_plan({.features = {feature}}));
    reader.begin(static_cast<int64_t>(ids.size()));
    for (size_t i = 0; i < ids.size(); ++i) reader.set_slot(static_cast<int64_t>(i), 0, &ids[i]);
    reader.run();
    std::vector<std::string> out;
    for (int64_t row = 0; row < reader.rows(); ++row) {
      out.push_back(std::string(feature_status_name(reader.status(row, 0))) + " " +
                    reader.value(row, 0).to_string());
    }
    return out;
  }

  ScratchFolder folder_;
  std::string trips_path_ = folder_ / "trips.parquet";
  ManualClock clock_;
};

TEST_F(FeatureStoreTest, NothingWasApplied) {
  const FeatureStore store = open();
  EXPECT_EQ(store.version(), 0);
  EXPECT_THAT(error_of([&] { store.online_plan({.service = "eta"}); }).what(),
              HasSubstr("nothing was applied to project \"rides\" yet"));
}

TEST_F(FeatureStoreTest, HistoryIsAsOfEachRow) {
  const FeatureStore store = applied();
  const Table spine = {{"driver_id", ColumnData::of<int64_t>({1, 1, 2, 3, 9})},
                       {"when", hours({1, 6, 1, 4, 5})},
                       {"distance", ColumnData::of<double>({100, 100, 100, 100, 100})}};
  const Table rows = store.get_historical_features({.service = "eta"}, {spine, "when"});
  EXPECT_EQ(to_string(rows.schema()),
            "driver_id: int64, when: timestamp, distance: double, speed: double, eta_hours: "
            "double");
  EXPECT_THAT(texts(rows, "speed"), ElementsAre("5.0", "25.0", "null", "null", "null"));
  EXPECT_THAT(texts(rows, "eta_hours"), ElementsAre("20.0", "4.0", "null", "null", "null"));
  const Table full = store.get_historical_features(
      {.features = {"trip_stats:km"}, .full_names = true}, {spine, "when"});
  EXPECT_TRUE(full.has("trip_stats__km"));
  const auto why = store.explain_historical_features({.service = "eta"}, {spine, "when"}, 2);
  EXPECT_THAT(why.at(0), HasSubstr("trip_stats"));
}

TEST_F(FeatureStoreTest, ASnapshotNeedsNoSpine) {
  const FeatureStore store = applied();
  const Table rows = store.get_historical_features({.features = {"trip_stats:km"}}, Time(3h));
  EXPECT_THAT(texts(rows, "driver_id"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(texts(rows, "km"), ElementsAre("10.0", "20.0", "30.0"));
}

TEST_F(FeatureStoreTest, LatestValuesAreThoseOfHistory) {
  FeatureStore store = applied();
  const auto runs = store.materialize({.views = {"trip_stats"}});
  EXPECT_EQ(runs.at(0).rows, 5);
  EXPECT_EQ(runs.at(0).written, 3);
  const Table ids =
      drivers({3, 1, 2, 9}).with_column("distance", ColumnData::of<double>({100, 100, 100, 100}));
  const Table online = store.get_online_features({.service = "eta"}, ids);
  const Table offline =
      store.get_historical_features({.service = "eta"}, {.rows = ids, .at = clock_.now()});
  EXPECT_TRUE(online.equals(offline)) << online.to_string() << offline.to_string();
  EXPECT_THAT(answers(store, "trip_stats:km", {1, 3, 9}),
              ElementsAre("PRESENT 50.0", "NULL_VALUE null", "NOT_FOUND null"));
}

TEST_F(FeatureStoreTest, RollbackPurgesWhatItRemoves) {
  FeatureStore store = applied();
  const std::string more =
      "views:\n  km_only: {entities: [driver], source: trips, features: [km]}\n";
  FeatureStore other = applied(more);
  other.materialize({.views = {"km_only"}});
  EXPECT_THAT(answers(other, "km_only:km", {2}), ElementsAre("PRESENT 20.0"));
  EXPECT_EQ(error_of([&] { store.rollback(1); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(store.rollback(1, {.allow_destructive = true}), ElementsAre("- view km_only"));
  EXPECT_EQ(store.version(), 3);
  EXPECT_TRUE(other.refresh());
  EXPECT_EQ(error_of([&] { answers(other, "km_only:km", {2}); }).code(), ErrorCode::kNotFound);
  other.rollback(2);
  EXPECT_THAT(answers(other, "km_only:km", {2}), ElementsAre("NOT_FOUND null"));
  FeatureStore changed = open("", {{"unit", Value::of(2.0)}});
  EXPECT_THAT(error_of([&] { changed.rollback(1, {.allow_destructive = true}); }).what(),
              HasSubstr("feature speed of view trip_stats"));
  EXPECT_EQ(changed.rollback(1, {.allow_destructive = true, .allow_other_code = true}).size(), 1u);
}

TEST_F(FeatureStoreTest, ReadsAreNotedOnceAWhile) {
  const FeatureStore store = applied();
  const auto registry = open_sqlite_registry(registry_path(folder_.path() + "/store"));
  const DefinitionId view = {DefinitionKind::kView, "trip_stats"};
  const auto noted = [&](const DefinitionId& id) { return registry->last_reads("rides").at(id); };
  FeatureReader reader(store.online_plan({.features = {"trip_stats:km"}}));
  EXPECT_EQ(noted(view), Time(10h));
  clock_.advance(59s);
  store.get_historical_features({.features = {"trip_stats:km"}}, Time(3h));
  EXPECT_EQ(noted(view), Time(10h));
  clock_.advance(1s);
  store.get_historical_features({.features = {"trip_stats:km"}}, Time(3h));
  EXPECT_EQ(noted(view), Time(10h) + 60s);
  const Table spine = {{"driver_id", ColumnData::of<int64_t>({1})},
                       {"when", hours({1})},
                       {"distance", ColumnData::of<double>({100})}};
  store.get_historical_features({.service = "eta"}, {spine, "when"});
  EXPECT_EQ(noted({DefinitionKind::kService, "eta"}), Time(10h) + 60s);
  // A plan that is held is noted by who reads with it.
  clock_.set(Time(13h));
  const int64_t id = 1;
  reader.begin(1);
  reader.set_slot(0, 0, &id);
  reader.run();
  reader.end();
  EXPECT_EQ(noted(view), Time(13h));
}

TEST_F(FeatureStoreTest, WhatWasReadIsToldUnderTheRootToo) {
  StoreOptions options;
  options.directory = folder_.path() + "/store";
  options.root = folder_.path();
  options.clock = &clock_;
  options.inputs = {{"trips_path", Value::of(std::string("trips.parquet"))}};
  FeatureStore store(Driver({compiled_module("store_test")}, {}), options);
  store.apply();
  const std::string before = store.materialize({.views = {"trip_stats"}}).at(0).inputs;
  write_parquet(trips_of({1}, {1}, {10}), trips_path_);
  EXPECT_NE(store.materialize({.views = {"trip_stats"}}).at(0).inputs, before);
}

TEST_F(FeatureStoreTest, APlanTellsWhatItCosts) {
  FeatureStore store = applied();
  store.materialize({.views = {"trip_stats"}});
  store.push("positions", Table{{"driver_id", ColumnData::of<int64_t>({1, 2})},
                                {"at", hours({1, 1})},
                                {"x", ColumnData::of<double>({1, 2})}});
  StoreOptions options;
  options.directory = folder_.path() + "/store";
  options.project = "rides";
  const Driver driver({compiled_module("store_test")}, {});
  const auto registry = open_registry("", options.directory, false);
  RegisteredSet wanted = registry->read("rides");
  for (const char* view : {"trip_stats", "position", "weather_now"}) {
    wanted.at({DefinitionKind::kView, view}).features.begin()->second.fingerprint = "other";
  }
  const auto cost_of = [&](const std::string& view, const RegisteredSet& set) {
    RegistryPlan plan = plan_changes(*registry, "rides", set);
    add_costs(plan, driver, options);
    const DefinitionId id = {DefinitionKind::kView, view};
    return *std::ranges::find(plan.changes, id, &DefinitionChange::id)->cost;
  };
  const RecomputeCost trips = cost_of("trip_stats", wanted);
  EXPECT_EQ(trips.rows, 5);
  EXPECT_EQ(trips.bytes, static_cast<int64_t>(std::filesystem::file_size(trips_path_)));
  EXPECT_EQ(trips.online_keys, 3);
  const RecomputeCost position = cost_of("position", wanted);
  EXPECT_EQ(position.rows, 2);
  EXPECT_GT(position.bytes.value_or(0), 0);
  EXPECT_EQ(position.online_keys, 2);
  EXPECT_FALSE(cost_of("weather_now", wanted).rows.has_value());
  wanted.erase({DefinitionKind::kView, "trip_stats"});
  EXPECT_EQ(cost_of("trip_stats", wanted).online_keys, 3);
  RegistryPlan plan = plan_changes(*registry, "rides", wanted);
  add_costs(plan, driver, options);
  EXPECT_THAT(plan_as_text(plan), HasSubstr("keys online that lose values: 3"));
  EXPECT_THAT(plan_as_text(plan), HasSubstr("to compute: 2 rows, "));
  EXPECT_THAT(plan_as_json(plan), HasSubstr("\"online_keys\": 3"));
}

TEST_F(FeatureStoreTest, TtlMeansTheSameOnline) {
  FeatureStore store = applied();
  store.materialize({.views = {"trip_stats"}});
  clock_.set(Time(41h));
  EXPECT_THAT(answers(store, "trip_stats:km", {1, 2}),
              ElementsAre("PRESENT 50.0", "OUTSIDE_MAX_AGE null"));
  const Table rows = store.get_historical_features({.features = {"trip_stats:km"}},
                                                   {.rows = drivers({1, 2}), .at = clock_.now()});
  EXPECT_THAT(texts(rows, "km"), ElementsAre("50.0", "null"));
}

TEST_F(FeatureStoreTest, TtlMayHoldInHistoryOnly) {
  applied().materialize({.views = {"trip_stats"}});
  clock_.set(Time(24h * 30));
  StoreOptions options;
  options.directory = folder_.path() + "/store";
  options.project = "rides";
  options.clock = &clock_;
  options.inputs = {{"trips_path", Value::of(trips_path_)}};
  options.online_ttl = false;
  const FeatureStore store(Driver({compiled_module("store_test")}), options);
  EXPECT_THAT(answers(store, "trip_stats:km", {1, 9}),
              ElementsAre("PRESENT 50.0", "NOT_FOUND null"));
  EXPECT_THAT(answers(open(), "trip_stats:km", {1}), ElementsAre("OUTSIDE_MAX_AGE null"));
  const Table rows = store.get_historical_features({.features = {"trip_stats:km"}},
                                                   {.rows = drivers({1}), .at = clock_.now()});
  EXPECT_THAT(texts(rows, "km"), ElementsAre("null"));
}

TEST_F(FeatureStoreTest, ARequestMustBringItsKeys) {
  FeatureStore store = applied();
  store.materialize();
  FeatureReader reader(store.online_plan({.service = "eta"}));
  reader.begin(1);
  EXPECT_THAT(error_of([&] { reader.run(); }).what(),
              HasSubstr("key driver_id is missing or null in row 0"));
  EXPECT_THAT(reader.plan().explain(), HasSubstr("speed: double, stored by view trip_stats, at "
                                                 "most 1d12h old"));
}

TEST_F(FeatureStoreTest, PushesAreSeenByHistoryAndRequests) {
  FeatureStore store = applied();
  const auto push = [&](int64_t id, int at, double x, PushTo to) {
    return store.push("positions",
                      {{"driver_id", ColumnData::of<int64_t>({id})},
                       {"at", hours({at})},
                       {"x", ColumnData::of<double>({x})}},
                      to);
  };
  EXPECT_EQ(push(1, 1, 1.5, PushTo::kBoth).online, 1);
  EXPECT_EQ(push(1, 3, 3.5, PushTo::kBoth).offline, 1);
  EXPECT_EQ(push(1, 2, 2.5, PushTo::kBoth).older, 1);  // late: history has it, online stays
  EXPECT_THAT(answers(store, "position:x_doubled", {1}), ElementsAre("PRESENT 7.0"));
  const Table spine = {{"driver_id", ColumnData::of<int64_t>({1, 1, 1})},
                       {"when", hours({1, 2, 3})}};
  const Table rows = store.get_historical_features({.features = {"position:x"}}, {spine, "when"});
  EXPECT_THAT(texts(rows, "x"), ElementsAre("1.5", "2.5", "3.5"));
  // All of them came in at hour 10.
  const Table known = store.get_historical_features({.features = {"position:x"}}, {spine, "when"},
                                                    {.as_of = AsOf::kKnown});
  EXPECT_THAT(texts(known, "x"), ElementsAre("null", "null", "null"));

  EXPECT_EQ(error_of([&] { push(1, 4, 1e6, PushTo::kBoth); }).code(), ErrorCode::kCheckFailed);
  EXPECT_THAT(answers(store, "position:x", {1}), ElementsAre("PRESENT 3.5"));
  EXPECT_EQ(read_delta(folder_.path() + "/store/tables/positions").num_rows(), 3);
  EXPECT_THAT(store.runs(1).at(0).error, HasSubstr("x_doubled"));
}

TEST_F(FeatureStoreTest, AHistoryHasWhatWasWrittenToIt) {
  FeatureStore store = applied(R"(
sources: {fresh: {kind: push, history: trips, time: at, columns: {driver_id: int64, km: double}}}
views: {fresh_stats: {entities: [driver], source: fresh, features: [km]}}
)");
  store.write_offline("trips", trips_of({1}, {7}, {70}));
  store.push("fresh", {{"driver_id", ColumnData::of<int64_t>({1})},
                       {"at", hours({8})},
                       {"km", ColumnData::of<double>({80})}});
  const Table spine = {{"driver_id", ColumnData::of<int64_t>({1, 1, 1})},
                       {"when", hours({6, 7, 8})}};
  const Table rows = store.get_historical_features(
      {.features = {"fresh_stats:km", "trip_stats:km"}, .full_names = true}, {spine, "when"});
  EXPECT_THAT(texts(rows, "fresh_stats__km"), ElementsAre("50.0", "70.0", "80.0"));
  EXPECT_THAT(texts(rows, "trip_stats__km"), ElementsAre("50.0", "70.0", "70.0"));
}

TEST_F(FeatureStoreTest, OneViewUnderTwoKeys) {
  FeatureStore store = applied();
  store.push("positions", {{"driver_id", ColumnData::of<int64_t>({1, 2})},
                           {"at", hours({1, 1})},
                           {"x", ColumnData::of<double>({1, 2})}});
  const Table rows = {{"driver_id", ColumnData::of<int64_t>({1})},
                      {"other_id", ColumnData::of<int64_t>({2})}};
  const FeatureRequest request = {.service = "meeting", .full_names = true};
  const Table online = store.get_online_features(request, rows);
  EXPECT_THAT(texts(online, "mine__x"), ElementsAre("1.0"));
  EXPECT_THAT(texts(online, "theirs__x"), ElementsAre("2.0"));
  EXPECT_TRUE(
      online.equals(store.get_historical_features(request, {.rows = rows, .at = clock_.now()})));
  EXPECT_THAT(error_of([&] { store.online_plan({.service = "meeting"}); }).what(),
              HasSubstr("two of the features asked for are called \"x\""));
}

TEST_F(FeatureStoreTest, ATableOfTheGraphAndAViewWithoutEntities) {
  FeatureStore store = applied();
  store.materialize({.views = {"weather_now"}});
  const Table rows = store.get_online_features({.features = {"weather_now:celsius"}}, drivers({1}));
  EXPECT_THAT(texts(rows, "celsius"), ElementsAre("2.5"));
}

TEST_F(FeatureStoreTest, LateRowsAreIncluded) {
  FeatureStore store = applied();
  const MaterializeOptions options = {.views = {"trip_stats"}};
  EXPECT_EQ(store.materialize_incremental(options).at(0).written, 3);
  clock_.advance(1h);
  // Nothing has changed: only rows since then are looked at.
  EXPECT_EQ(store.materialize_incremental(options).at(0).start, Time(10h));
  // A driver whose rows are older than the last run.
  write_parquet(trips_of({1, 4}, {1, 2}, {10, 40}), trips_path_);
  const StoreRun run = store.materialize_incremental(options).at(0);
  EXPECT_EQ(run.start, std::nullopt);
  EXPECT_EQ(run.written, 1);
  EXPECT_EQ(run.older, 1);
  EXPECT_THAT(answers(store, "trip_stats:km", {1, 4}), ElementsAre("PRESENT 50.0", "PRESENT 40.0"));
}

// Blocks are written after 262,144 rows: the first of three is, then the run is stopped.
TEST_F(FeatureStoreTest, AnInterruptedRunGoesOn) {
  constexpr int64_t kRows = 600'000;
  std::vector<int64_t> ids(kRows);
  std::vector<Time> times(kRows);
  for (int64_t i = 0; i < kRows; ++i) {
    ids[static_cast<size_t>(i)] = i;
    times[static_cast<size_t>(i)] = Time(i % 2 == 0 ? 1h : 11h);
  }
  const std::vector<double> ones(kRows, 1.0);
  write_parquet({{"driver_id", ColumnData::of(ids)},
                 {"at", ColumnData::of(times)},
                 {"created", ColumnData::of(times)},
                 {"km", ColumnData::of(ones)},
                 {"hours", ColumnData::of(ones)}},
                trips_path_);
  FeatureStore store = applied();
  MaterializeOptions options = {.views = {"trip_stats"}};
  options.progress = [](const std::string&, int64_t) {
    throw Error(ErrorCode::kCancelled, "stopped");
  };
  EXPECT_EQ(error_of([&] { store.materialize(options); }).code(), ErrorCode::kCancelled);
  const int64_t done = store.runs(1).at(0).rows;
  EXPECT_LT(done, kRows);
  EXPECT_GT(done, 0);
  options.progress = {};
  clock_.set(Time(12h));  // rows that the first run was not to see are written now
  const StoreRun run = store.materialize(options).at(0);
  EXPECT_EQ(run.rows, kRows);
  EXPECT_EQ(run.older, 0);
  EXPECT_EQ(run.written, kRows - (done + 1) / 2);
  EXPECT_THAT(answers(store, "trip_stats:km", {0, 1, kRows - 1}),
              ElementsAre("PRESENT 1.0", "PRESENT 1.0", "PRESENT 1.0"));
}

TEST_F(FeatureStoreTest, StaleSourcesAreTold) {
  FeatureStore store =
      applied("sources:\n  old: {path: " + trips_path_ +
              ", time: at, freshness: 2h, owner: fleet}\n"
              "views:\n  old_view: {entities: [driver], source: old, features: [km]}\n");
  const StoreRun run = store.materialize({.views = {"old_view"}}).at(0);
  EXPECT_THAT(run.warning, HasSubstr("source old (owner fleet) is stale: its newest row is of "
                                     "1970-01-01T05:00:00Z, 5h ago; it declares at most 2h"));
  EXPECT_EQ(store.runs(1).at(0).warning, run.warning);
}

TEST_F(FeatureStoreTest, AViewMayKeepNoHistory) {
  FeatureStore store = applied(
      "sources:\n  seen: {kind: push, time: at, columns: {driver_id: int64, y: double}}\n"
      "views:\n  seen_view: {entities: [driver], source: seen, features: [y], offline: false}\n");
  const WriteReport report = store.push("seen", {{"driver_id", ColumnData::of<int64_t>({1})},
                                                 {"at", hours({1})},
                                                 {"y", ColumnData::of<double>({1})}});
  EXPECT_EQ(report.offline, 0);
  EXPECT_EQ(report.online, 1);
  EXPECT_THAT(error_of([&] {
                store.get_historical_features({.features = {"seen_view:y"}}, Time(1h));
              }).what(),
              HasSubstr("view seen_view keeps no history"));
}

TEST_F(FeatureStoreTest, LateRowsOfAFileBelowTheRootAreIncluded) {
  StoreOptions options;
  options.directory = folder_.path() + "/store";
  options.clock = &clock_;
  options.root = folder_.path();
  options.definitions = {
      folder_.with("rooted.yaml",
                   "entities: {client: {keys: {driver_id: int64}}}\n"
                   "sources: {plain: {path: trips.parquet, time: at}}\n"
                   "views: {plain_trips: {entities: [client], source: plain, features: [km]}}\n")};
  FeatureStore store(Driver({}), options);
  store.apply();
  EXPECT_EQ(store.materialize_incremental().at(0).written, 3);
  write_parquet(trips_of({4}, {2}, {40}), trips_path_);
  clock_.advance(1h);
  EXPECT_EQ(store.materialize_incremental().at(0).written, 1);
}

TEST_F(FeatureStoreTest, RowsThatCameLateBeforeARangeAreIncluded) {
  FeatureStore store = applied();
  const MaterializeOptions options = {.views = {"trip_stats"}};
  store.materialize_incremental(options);
  write_parquet(trips_of({1, 4}, {1, 2}, {10, 40}), trips_path_);
  store.materialize({.views = {"trip_stats"}, .start = Time(8h), .end = Time(9h)});
  EXPECT_EQ(store.materialize_incremental(options).at(0).start, std::nullopt);
  EXPECT_THAT(answers(store, "trip_stats:km", {1, 4}), ElementsAre("PRESENT 50.0", "PRESENT 40.0"));
  // All that there is was read now, and ranges change nothing about that.
  store.materialize({.views = {"trip_stats"}, .start = Time(2h), .end = Time(3h)});
  EXPECT_EQ(store.materialize_incremental(options).at(0).start, Time(10h));
}

TEST_F(FeatureStoreTest, AViewThatComesBackIsMaterializedAnew) {
  const std::string view = "views: {extra: {entities: [driver], source: trips, features: [hours]}}";
  FeatureStore store = applied(view);
  const MaterializeOptions options = {.views = {"extra"}};
  EXPECT_EQ(store.materialize_incremental(options).at(0).written, 3);
  open().apply({.allow_destructive = true});
  store.apply();
  EXPECT_THAT(answers(store, "extra:hours", {1}), ElementsAre("NOT_FOUND null"));
  EXPECT_EQ(store.materialize_incremental(options).at(0).written, 3);
  EXPECT_THAT(answers(store, "extra:hours", {1}), ElementsAre("PRESENT 2.0"));
}

// What was read and not yet written when a run failed is not taken for done by the next one.
TEST_F(FeatureStoreTest, ARunThatFailedIsRepeated) {
  folder_.with("long/1.csv", "id,at,km\n1,1,5\n");
  const std::string damaged = folder_.with("long/2.csv", "id,at,km\n2,1,x\n");
  const auto changed = std::filesystem::last_write_time(damaged);
  const std::string path = folder_.path() + "/long/*.csv";
  FeatureStore store = applied(
      "entities: {client: {keys: {id: int64}}}\n"
      "sources: {long: {path: '" +
      path +
      "', time: at, time_unit: us, columns: {id: int64, km: double}}}\n"
      "views: {long_km: {entities: [client], source: long, features: [km]}}\n");
  const MaterializeOptions options = {.views = {"long_km"}, .end = Time(9h)};
  EXPECT_EQ(error_of([&] { store.materialize(options); }).code(), ErrorCode::kBadData);
  folder_.with("long/2.csv", "id,at,km\n2,1,6\n");
  std::filesystem::last_write_time(damaged, changed);
  EXPECT_EQ(store.materialize(options).at(0).written, 2);
}

TEST_F(FeatureStoreTest, ARangeIsMaterialized) {
  FeatureStore store = applied();
  store.materialize({.views = {"trip_stats"}, .start = Time(2h), .end = Time(4h)});
  EXPECT_THAT(answers(store, "trip_stats:km", {1, 2, 3}),
              ElementsAre("NOT_FOUND null", "PRESENT 20.0", "NULL_VALUE null"));
  EXPECT_EQ(error_of([&] { store.materialize({.start = Time(4h), .end = Time(2h)}); }).code(),
            ErrorCode::kInvalidArgument);
}

// More rows than are gathered at once, of few keys and of many, with times that come more than
// once: of equals the row that comes last counts.
TEST_F(FeatureStoreTest, OfManyRowsTheNewestOfEachKeyStays) {
  constexpr int64_t kRows = 550'000, kAsked = 1'000;
  FeatureStore store = applied(
      "views:\n  of_1000: {entities: [driver], source: trips, features: [km]}\n"
      "  of_300000: {entities: [driver], source: trips, features: [km]}\n");
  for (const int64_t keys : {1'000, 300'000}) {
    std::vector<int64_t> ids(kRows);
    std::vector<Time> at(kRows);
    std::vector<double> km(kRows), hours(kRows, 2.0);
    std::map<int64_t, size_t> newest;
    uint64_t random = 1;
    for (size_t i = 0; i < ids.size(); ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      ids[i] = static_cast<int64_t>((random >> 33) % static_cast<uint64_t>(keys));
      at[i] = Time(std::chrono::minutes((random >> 20) % 50));
      km[i] = static_cast<double>(i);
      const auto known = newest.try_emplace(ids[i], i).first;
      if (at[i] >= at[known->second]) known->second = i;
    }
    write_parquet({{"driver_id", ColumnData::of(ids)},
                   {"at", ColumnData::of(at)},
                   {"created", ColumnData::of(at)},
                   {"km", ColumnData::of(km)},
                   {"hours", ColumnData::of(hours)}},
                  trips_path_);
    const std::string view = "of_" + std::to_string(keys);
    const StoreRun run = store.materialize({.views = {view}}).at(0);
    EXPECT_EQ(run.rows, kRows);
    EXPECT_GE(run.written, static_cast<int64_t>(newest.size()));
    EXPECT_EQ(run.written + run.older, kRows);
    ids.resize(kAsked);
    const Table online = store.get_online_features({.features = {view + ":km"}}, drivers(ids));
    const std::vector<std::string> kept = texts(online, "km");
    for (int64_t row = 0; row < kAsked; ++row) {
      const size_t wanted = newest.at(ids[static_cast<size_t>(row)]);
      ASSERT_EQ(kept[static_cast<size_t>(row)], Value::of(km[wanted]).to_string()) << view;
    }
  }
}

TEST_F(FeatureStoreTest, CodeThatWasNotAppliedIsNotRun) {
  FeatureStore store = applied();
  store.materialize({.views = {"trip_stats"}});
  FeatureStore next = open("", {{"unit", Value::of(1000.0)}});
  const Error refused = error_of([&] { next.materialize({.views = {"trip_stats"}}); });
  EXPECT_EQ(refused.code(), ErrorCode::kConflict);
  EXPECT_THAT(refused.what(), HasSubstr("feature speed of view trip_stats is not the one"));

  next.apply({.recompute = false});
  // What the former code made no longer counts; what it did not make does.
  EXPECT_THAT(answers(next, "trip_stats:speed", {1}), ElementsAre("NOT_FOUND null"));
  EXPECT_THAT(answers(next, "trip_stats:km", {1}), ElementsAre("PRESENT 50.0"));
  next.materialize({.views = {"trip_stats"}});
  EXPECT_THAT(answers(next, "trip_stats:speed", {1}), ElementsAre("PRESENT 25000.0"));

  EXPECT_TRUE(store.refresh());
  EXPECT_EQ(store.version(), 2);
  EXPECT_FALSE(store.refresh());
}

TEST_F(FeatureStoreTest, ApplyBringsWhatChangedOnlineAgain) {
  FeatureStore store = applied();
  store.materialize({.views = {"trip_stats"}, .end = Time(4h)});
  store.materialize({.views = {"weather_now"}});
  FeatureStore next = open("", {{"unit", Value::of(1000.0)}});
  next.apply();
  // As far as it was online, and no other view.
  const StoreRun run = next.runs(1).at(0);
  EXPECT_EQ(run.view, "trip_stats");
  EXPECT_EQ(run.end, Time(4h));
  EXPECT_THAT(answers(next, "trip_stats:speed", {1}), ElementsAre("PRESENT 5000.0"));
  EXPECT_EQ(next.runs().size(), 3u);

  std::filesystem::remove(trips_path_);
  const Error failed = error_of([&] { store.apply(); });
  EXPECT_THAT(failed.what(), HasSubstr("applied as version 3; but view trip_stats could not be"));
  EXPECT_THAT(answers(store, "trip_stats:speed", {1}), ElementsAre("NOT_FOUND null"));
}

TEST_F(FeatureStoreTest, SourcesAreHeldToWhatTheyDeclare) {
  FeatureStore store = applied();
  const auto history = [&] {
    store.get_historical_features({.features = {"trip_stats:km"}}, Time(3h)).load();
  };
  write_parquet({{"driver_id", ColumnData::of<int64_t>({1})},
                 {"at", hours({1})},
                 {"created", hours({1})},
                 {"km", ColumnData::of<std::string>({"far"})},
                 {"hours", ColumnData::of<double>({1})}},
                trips_path_);
  const Error wrong_type = error_of(history);
  EXPECT_THAT(wrong_type.what(), HasSubstr("source trips (owner fleet): column \"km\" is string"));
  EXPECT_THAT(wrong_type.what(), HasSubstr("declared double"));
  EXPECT_THAT(wrong_type.what(), HasSubstr("view trip_stats: speed, km"));
  write_parquet({{"driver_id", ColumnData::of<int64_t>({1})}, {"at", hours({1})}}, trips_path_);
  EXPECT_THAT(error_of(history).what(), HasSubstr("has no column \"km\", which is declared"));
}

TEST_F(FeatureStoreTest, SourcesInFilesAndDatabases) {
  SqlConnection db = open_sqlite(folder_ / "shop.db");
  execute_sql(db, "CREATE TABLE visit(who INTEGER, seconds INTEGER, spend REAL)");
  execute_sql(db, "INSERT INTO visit VALUES (7, 3600, 1.5), (7, 7200, 2.5)");
  write_csv({{"client_id", ColumnData::of<int64_t>({7})},
             {"ms", ColumnData::of<int64_t>({5'400'000})},
             {"plan", ColumnData::of<std::string>({"gold"})}},
            folder_ / "plans.csv");
  FeatureStore store = applied(
      "entities:\n  client: {keys: {client_id: int64}}\n"
      "sources:\n"
      "  visits: {kind: query, path: 'sqlite:///" +
      (folder_ / "shop.db") +
      "', query: 'SELECT who, seconds, spend FROM visit', time: seconds, time_unit: s,\n"
      "           renamed: {who: client_id}}\n"
      "  plans: {path: " +
      (folder_ / "plans.csv") +
      ", time: ms, time_unit: ms}\n"
      "views:\n  visit: {entities: [client], source: visits, features: [spend]}\n"
      "  plan: {entities: [client], source: plans, features: [plan]}\n");
  const FeatureRequest request = {.features = {"visit:spend", "plan:plan"}};
  const Table rows = store.get_historical_features(
      request,
      {Table{{"client_id", ColumnData::of<int64_t>({7, 7})}, {"when", hours({1, 2})}}, "when"});
  EXPECT_THAT(texts(rows, "spend"), ElementsAre("1.5", "2.5"));
  EXPECT_THAT(texts(rows, "plan"), ElementsAre("null", "\"gold\""));
  store.materialize({.views = {"visit", "plan"}});
  EXPECT_THAT(answers(store, "plan:plan", {7}), ElementsAre("PRESENT \"gold\""));
}

TEST_F(FeatureStoreTest, AnEntityIsForgottenEverywhere) {
  FeatureStore store = applied();
  store.push("positions", {{"driver_id", ColumnData::of<int64_t>({1, 2})},
                           {"at", hours({1, 1})},
                           {"x", ColumnData::of<double>({1, 2})}});
  store.push("trips", trips_of({1, 1, 7}, {7, 8, 8}, {1, 2, 3}));
  store.materialize({.views = {"trip_stats"}});
  const ForgetReport report = store.forget("driver", drivers({1}));
  std::map<std::string, int64_t> removed;
  for (const auto& [where, rows] : report.removed) removed[where] = rows;
  EXPECT_EQ(removed, (std::map<std::string, int64_t>{{"latest values of view position", 1},
                                                     {"latest values of view trip_stats", 1},
                                                     {"history of source positions", 1},
                                                     {"history of source trips", 2}}));
  ASSERT_EQ(report.still_held.size(), 1u);
  EXPECT_THAT(report.still_held[0].where, HasSubstr("source trips ("));
  EXPECT_EQ(report.still_held[0].rows, 2);
  EXPECT_THAT(answers(store, "position:x", {1, 2}), ElementsAre("NOT_FOUND null", "PRESENT 2.0"));
  // No former version of the table has the row any more.
  EXPECT_THROW(read_delta(folder_.path() + "/store/tables/positions", {.version = 1}).load(),
               Error);
  EXPECT_EQ(store.runs(1).at(0).what, "forget");
  EXPECT_THAT(error_of([&] { store.forget("drivers", drivers({1})); }).what(),
              HasSubstr("did you mean 'driver'?"));
}

TEST_F(FeatureStoreTest, UnknownNamesAreToldWithTheNearest) {
  const FeatureStore store = applied();
  EXPECT_THAT(error_of([&] { store.online_plan({.service = "eto"}); }).what(),
              HasSubstr("did you mean 'eta'?"));
  EXPECT_THAT(error_of([&] { store.online_plan({.features = {"trip_stat:km"}}); }).what(),
              HasSubstr("did you mean 'trip_stats'?"));
  EXPECT_THAT(error_of([&] { store.online_plan({.features = {"trip_stats:kn"}}); }).what(),
              HasSubstr("did you mean 'km'?"));
  EXPECT_EQ(error_of([&] { store.online_plan({}); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft
