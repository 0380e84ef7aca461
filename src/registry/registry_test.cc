// Definitions from modules and files, and the registry in SQLite.
#include "data/text_form.h"
#include "registry/registry_contract.h"

namespace registry_test {
namespace {

// Each test has a folder of its own.
std::string path_of_test(bool again) {
  static std::optional<ScratchFolder> folder;
  if (!again) folder.emplace();
  return folder->path() + "/registry.db";
}

INSTANTIATE_TEST_SUITE_P(Sqlite, RegistryContract, testing::Values<OpenRegistry>([](bool again) {
                           return open_sqlite_registry(path_of_test(again));
                         }));

TEST(DefinitionsTest, DefinitionsAreCalledLikeTheirNodes) {
  const Collected collected = collect();
  const StoreDefinitions& all = collected.definitions;
  ASSERT_EQ(all.views.size(), 1u);
  EXPECT_EQ(all.views[0].name, "trip_stats");
  EXPECT_EQ(all.views[0].entities[0].name, "driver");
  EXPECT_EQ(to_string(all.views[0].keys()), "driver_id: int64");
  EXPECT_EQ(to_json(all.views[0]),
            R"({"entities":["driver"],"source":"trips","features":["speed","km"],"ttl":"1d12h"})");
  EXPECT_EQ(all.services[0].views[0].view, "trip_stats");
  EXPECT_TRUE(collected.features.at("trip_stats").at("speed").computed);
  EXPECT_FALSE(collected.features.at("trip_stats").at("km").computed);
}

TEST(DefinitionsTest, FilesAndModulesMakeOneSet) {
  const Collected collected = collect(R"(
entities:
  shop: {keys: {shop_id: string}}
sources:
  sales: {path: sales/*.parquet, time: at, columns: {amount: double, at: timestamp}}
views:
  shop_sales: {entities: [shop, driver], source: sales, features: [amount], ttl: 7d}
services:
  both: {views: [trip_stats, {view: shop_sales, features: [amount], alias: sold, keys: {shop_id: shop}}]}
)");
  EXPECT_EQ(collected.definitions.views.size(), 2u);
  const FeatureView& view = collected.definitions.views[0];
  EXPECT_EQ(view.ttl, Duration(7 * 24h));
  EXPECT_EQ(to_string(view.keys()), "shop_id: string, driver_id: int64");
  EXPECT_EQ(collected.definitions.services[0].views[1].alias, "sold");
}

TEST(DefinitionsTest, EveryMistakeIsToldWithItsPlace) {
  const std::string found = error_of([] {
                              collect(R"(
entities:
  shop: {keys: {shop_id: double}}
sources:
  sales: {path: s.parquet, columns: {amount: double}}
views:
  a: {entities: [shpo], source: sales, features: [amout, amount]}
  b: {source: slaes, features: []}
services:
  s: {views: [{view: trip_stats, features: [sped]}, nope]}
)");
                            }).what();
  for (const char* expected :
       {"defs.yaml:3: entity shop: key \"shop_id\" is double, expected a whole number",
        "defs.yaml:7: view a: no entity is called \"shpo\"; did you mean 'shop'?",
        "defs.yaml:7: view a: source sales names no column of the event time",
        "view a: \"amout\" is neither a node of the graph nor a column of source sales; did you "
        "mean 'amount'?",
        "defs.yaml:8: view b: no source is called \"slaes\"; did you mean 'sales'?",
        "view b has no features",
        "service s: view trip_stats has no feature \"sped\"; did you mean 'speed'?",
        "service s: no view is called \"nope\""}) {
    EXPECT_THAT(found, HasSubstr(expected));
  }
}

TEST(DefinitionsTest, FilesAreReadStrictly) {
  const auto message = [](const std::string& yaml) {
    return std::string(error_of([&] { collect(yaml); }).what());
  };
  EXPECT_THAT(message("veiws: {}"), HasSubstr("did you mean 'views'?"));
  EXPECT_THAT(message("views:\n  a: {feature: [x]}"),
              HasSubstr("defs.yaml:2: views.a: no field is called \"feature\""));
  EXPECT_THAT(message("views:\n  a: {ttl: soon}"),
              HasSubstr("views.a.ttl: expected a duration such as 36h or 7d, found \"soon\""));
  EXPECT_THAT(message("entities: {a: {keys: {k: int46}}}"), HasSubstr("did you mean 'int64'?"));
  EXPECT_THAT(message("sources:\n  a: {}\n  a: {}"), HasSubstr("defined twice"));
  EXPECT_THAT(message("entities:\n  driver: {keys: {driver_id: string}}"),
              HasSubstr("entity driver is defined twice, and not alike"));
  EXPECT_THAT(message("a: [b"), HasSubstr("this is no YAML"));
}

constexpr char kDeprecated[] = R"(
views:
  short_trips:
    entities: [driver]
    source: trips
    features: [speed, km]
    deprecated_features: {km: {reason: use miles, until: 2025-06-30}}
  old_trips: {entities: [driver], source: trips, features: [hours], deprecated: use trip_stats}
services:
  all: {views: [old_trips, short_trips], owner: maps}
  fast: {views: [{view: short_trips, features: [speed]}], deprecated: {reason: of last year}}
)";

TEST(DeprecationTest, ServicesThatTakeItAreNamed) {
  const RegisteredSet set = registered_set(collect(kDeprecated));
  EXPECT_EQ(set.at({DefinitionKind::kView, "old_trips"}).spec,
            R"({"entities":["driver"],"source":"trips","features":["hours"],)"
            R"("deprecated":{"reason":"use trip_stats"}})");
  const auto uses = deprecated_uses(set, *parse_time("2025-06-30T23:59:59Z"));
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_EQ(to_string(uses[0]),
            "service all (maps) takes view old_trips, which is deprecated: use trip_stats");
  EXPECT_EQ(to_string(uses[1]),
            "service all (maps) takes feature km of view short_trips, which is deprecated: use "
            "miles; until 2025-06-30");
  EXPECT_FALSE(uses[1].is_over);
  EXPECT_TRUE(deprecated_uses(set, *parse_time("2025-07-01"))[1].is_over);
}

TEST(DeprecationTest, AfterTheLastDayItHasToBeAllowed) {
  const auto registry = open_sqlite_registry(":memory:");
  const ManualClock clock(*parse_time("2025-07-01"));
  const RegistryPlan plan =
      plan_changes(*registry, "rides", registered_set(collect(kDeprecated)), clock);
  const Error e = error_of([&] { plan.check({}); });
  EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(e.what(), HasSubstr("feature km of view short_trips, which is deprecated, and was "
                                  "to go: use miles; until 2025-06-30"));
  EXPECT_THAT(e.what(), testing::Not(HasSubstr("old_trips")));
  plan.check({.deprecated = true});
  EXPECT_THAT(plan_as_json(plan), HasSubstr("\"is_over\": true"));
  registry->apply("rides", plan.wanted, 0, kUser, "");
  std::string later = kDeprecated;
  later.replace(later.find("{km: "), 5, "{speed: ");
  EXPECT_THAT(
      plan_changes(*registry, "rides", registered_set(collect(later))).changes.at(0).details,
      ElementsAre("feature speed: deprecated: use miles; until 2025-06-30",
                  "feature km: no longer deprecated"));
  EXPECT_THAT(plan_as_markdown(plan), HasSubstr("- service all (maps) takes view old_trips"));
}

TEST(DeprecationTest, MistakesAreTold) {
  const std::string found = error_of([] {
                              collect(R"(
views:
  a: {entities: [driver], source: trips, features: [km], deprecated: {until: 2025-06-30}}
  b: {entities: [driver], source: trips, features: [km], deprecated: {reason: x, until: soon}}
  c: {entities: [driver], source: trips, features: [km], deprecated_features: {kn: x}}
)");
                            }).what();
  EXPECT_THAT(found, HasSubstr("view a is deprecated without a reason"));
  EXPECT_THAT(found, HasSubstr("view b is deprecated until \"soon\", expected a day such as"));
  EXPECT_THAT(found, HasSubstr("view c: deprecated_features names \"kn\", which is none of its "
                               "features; did you mean 'km'?"));
}

constexpr char kShared[] = R"(
sources:
  rides: {path: r.parquet, time: at, columns: {km: double, hours: double}}
views:
  ride_stats: {entities: [driver], source: rides, features: [speed, km], owner: maps}
services:
  pace: {views: [{view: ride_stats, features: [speed]}], on_demand: [delay], owner: routing}
)";

TEST(LineageTest, ReachesFromColumnsToModels) {
  const Driver driver = driver_of_module();
  StoreLineage lineage;
  lineage.add(registered_set(collect(kShared)), &driver.graph());
  const std::vector<SavedDataset> datasets = {{.name = "june", .service = "pace"}};
  const std::vector<Model> all = {
      {.name = "arrival", .version = "2", .service = "pace", .datasets = {"june"}}};
  lineage.add(datasets);
  lineage.add(all);
  const auto texts = [&](const std::vector<size_t>& nodes) {
    std::vector<std::string> out;
    for (const size_t i : nodes) out.push_back(to_string(lineage.nodes()[i]));
    return out;
  };
  EXPECT_THAT(texts(lineage.downstream(lineage.at("rides.hours").at(0))),
              ElementsAre("feature delay in pace", "feature speed in ride_stats",
                          "view feature ride_stats:speed", "service pace (routing)", "dataset june",
                          "model arrival@2"));
  EXPECT_THAT(
      texts(lineage.upstream(lineage.at("pace").at(0))),
      ElementsAre("entity driver (fleet)", "source rides", "column rides.hours", "column rides.km",
                  "input planned in pace", "feature delay in pace", "feature speed in ride_stats",
                  "view ride_stats (maps)", "view feature ride_stats:speed"));
  // A source that declares no columns has those that are asked of it.
  EXPECT_THAT(texts(lineage.upstream(lineage.at("trip_stats:speed").at(0))),
              testing::IsSupersetOf({"column trips.km", "column trips.hours", "source trips"}));
  EXPECT_EQ(lineage.at("arrival").size(), 1u);
  EXPECT_THAT(error_of([&] { lineage.at("rides.hour"); }).what(),
              HasSubstr("did you mean 'rides.hours'?"));
}

TEST(SqliteRegistryTest, DamagedFilesAreTold) {
  const std::string path = path_of_test(false);
  write_file(path, "this is no database, but long enough to be looked at as one");
  const Error e = error_of([&] { open_sqlite_registry(path); });
  EXPECT_EQ(e.code(), ErrorCode::kBadData);
  EXPECT_THAT(e.what(), HasSubstr("the registry " + path));
}

}  // namespace
}  // namespace registry_test
