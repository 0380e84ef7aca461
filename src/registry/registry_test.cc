// Definitions from modules and files into the registry: what is planned, applied and refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "registry/change.h"
#include "weft/module.h"
#include "weft/weft.h"

#undef WEFT_MODULE
#define WEFT_MODULE "registry_test"
namespace registry_test {
using namespace weft;

FEATURE(Entity, driver, ()) { return {.keys = {{"driver_id", int64_type()}}, .owner = "fleet"}; }
FEATURE(Source, trips, (std::string trips_path = "trips.parquet")) {
  return {.path = trips_path, .time = "event_timestamp", .known = "created"};
}
FEATURE(double, speed, (double km, double hours)) { return km / hours; }
FEATURE(FeatureView, trip_stats, (Entity driver, Source trips)) {
  return {.entities = {driver}, .source = trips, .features = {"speed", "km"}, .ttl = 36h};
}
FEATURE(FeatureService, eta, (FeatureView trip_stats)) {
  return {.views = {trip_stats}, .owner = "routing"};
}

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kUser[] = "ann";

Driver driver_of_module(Values config = {}) {
  return Driver({compiled_module("registry_test")}, std::move(config));
}

Collected collect(const std::string& yaml = "") {
  const DefinitionFile file = {"defs.yaml", yaml};
  return collect_definitions(driver_of_module(), {}, {&file, 1});
}

Error error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  return Error(ErrorCode::kInternal, "no error");
}

class RegistryTest : public testing::Test {
 protected:
  RegistryPlan plan(const std::string& yaml = "") {
    return plan_changes(*registry_, "rides", registered_set(collect(yaml)));
  }
  RegistryPlan plan(const RegisteredSet& wanted) {
    return plan_changes(*registry_, "rides", wanted);
  }
  RegistryVersion apply(const RegistryPlan& p, const std::string& user = kUser) {
    return registry_->apply(p.project, p.wanted, p.base, user, "why", clock_);
  }

  ScratchFolder folder_;
  std::string path_ = folder_.path() + "/registry.db";
  std::unique_ptr<Registry> registry_ = open_sqlite_registry(path_);
  ManualClock clock_{Time(Duration(1'700'000'000'000'000))};
};

TEST_F(RegistryTest, DefinitionsAreCalledLikeTheirNodes) {
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

TEST_F(RegistryTest, FilesAndModulesMakeOneSet) {
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

TEST_F(RegistryTest, EveryMistakeIsToldWithItsPlace) {
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

TEST_F(RegistryTest, FilesAreReadStrictly) {
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

TEST_F(RegistryTest, AppliesOnceAndTellsNothingToDoAfterwards) {
  const RegistryPlan first = plan();
  EXPECT_EQ(first.base, 0);
  EXPECT_THAT(plan_as_text(first), HasSubstr("4 to create, 0 to change, 0 to remove"));
  const RegistryVersion version = apply(first);
  EXPECT_EQ(version.number, 1);
  EXPECT_THAT(version.changes, ElementsAre("+ entity driver", "+ source trips", "+ view trip_stats",
                                           "+ service eta"));
  EXPECT_TRUE(plan().empty());
  EXPECT_EQ(apply(plan()).number, 1);  // nothing changed: no version
  registry_.reset();
  registry_ = open_sqlite_registry(path_);
  EXPECT_TRUE(plan().empty());
  EXPECT_EQ(registry_->history("rides").size(), 1u);
  EXPECT_EQ(registry_->history("rides")[0].user, kUser);
  EXPECT_EQ(registry_->standing("other"), 0);
}

TEST_F(RegistryTest, ChangesAreToldByFeatureAndConsumer) {
  apply(plan());
  RegisteredSet changed = registry_->read("rides");
  Registered& view = changed.at({DefinitionKind::kView, "trip_stats"});
  FeatureView spec = view_from_json("trip_stats", view.spec);
  spec.ttl = 24h;
  view.spec = to_json(spec);
  view.features.at("speed").fingerprint = "other";
  view.features["extra"] = {"new", "double"};
  const RegistryPlan p = plan(changed);
  ASSERT_EQ(p.changes.size(), 1u);
  EXPECT_THAT(p.changes[0].details,
              ElementsAre("ttl: 1d12h -> 1d", "feature speed: its code changed",
                          "feature extra (double): added"));
  EXPECT_THAT(p.changes[0].invalid_features, ElementsAre("speed"));
  EXPECT_THAT(p.changes[0].consumers, ElementsAre("service eta (routing)"));
  p.check(false);
  EXPECT_EQ(apply(p).number, 2);
  EXPECT_EQ(registry_->read("rides", 1).at({DefinitionKind::kView, "trip_stats"}).features.size(),
            2u);
  EXPECT_EQ(registry_->read("rides").at({DefinitionKind::kView, "trip_stats"}).features.size(), 3u);
  EXPECT_THAT(plan_as_markdown(p), HasSubstr("| `view trip_stats` | changed |"));
  EXPECT_EQ(error_of([&] { registry_->read("rides", 9); }).code(), ErrorCode::kNotFound);
}

TEST_F(RegistryTest, WhatLosesValuesHasToBeAllowed) {
  apply(plan());
  RegisteredSet less = registry_->read("rides");
  less.erase({DefinitionKind::kView, "trip_stats"});
  less.erase({DefinitionKind::kService, "eta"});
  const RegistryPlan p = plan(less);
  const Error e = error_of([&] { p.check(false); });
  EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(e.what(), HasSubstr("view trip_stats removed: its history and its online values"));
  p.check(true);

  RegisteredSet retyped = registry_->read("rides");
  auto& features = retyped.at({DefinitionKind::kView, "trip_stats"}).features;
  features.at("speed").type = "string";
  const Error refused = error_of([&] { plan(retyped).check(true); });
  EXPECT_EQ(refused.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.what(), HasSubstr("feature speed was double and is now string"));
}

TEST_F(RegistryTest, OfTwoWhoApplyOneIsTold) {
  const RegistryPlan mine = plan();
  const RegistryPlan theirs = plan("entities: {shop: {keys: {shop_id: string}}}");
  const auto other = open_sqlite_registry(path_);
  other->apply(theirs.project, theirs.wanted, theirs.base, "ben", "", clock_);
  const Error e = error_of([&] { apply(mine); });
  EXPECT_EQ(e.code(), ErrorCode::kConflict);
  EXPECT_THAT(e.what(), HasSubstr("ben applied version 1"));
  EXPECT_EQ(registry_->read("rides").size(), 5u);
}

TEST_F(RegistryTest, DamagedFilesAreTold) {
  registry_.reset();
  write_file(path_, "this is no database, but long enough to be looked at as one");
  const Error e = error_of([&] { open_sqlite_registry(path_); });
  EXPECT_EQ(e.code(), ErrorCode::kBadData);
  EXPECT_THAT(e.what(), HasSubstr("the registry " + path_));
}

}  // namespace
}  // namespace registry_test
