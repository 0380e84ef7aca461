/// What every registry must hold to, as tests, and the definitions they apply: included by the test
/// of each, which says how it is opened.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "registry/change.h"
#include "registry/lineage.h"
#include "registry/records.h"
#include "registry/unused.h"
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
FEATURE(double, delay, (double speed, double planned)) { return planned - speed; }
FEATURE(FeatureService, eta, (FeatureView trip_stats)) {
  return {.views = {trip_stats}, .owner = "routing"};
}

using testing::ElementsAre;
using testing::HasSubstr;

inline constexpr char kUser[] = "ann";

inline Driver driver_of_module(Values config = {}) {
  return Driver({compiled_module("registry_test")}, std::move(config));
}

inline Collected collect(const std::string& yaml = "") {
  const DefinitionFile file = {"defs.yaml", yaml};
  return collect_definitions(driver_of_module(), {}, {&file, 1});
}

inline Error error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  return Error(ErrorCode::kInternal, "no error");
}

/// Opens the registry of the test: an empty one, or once more the one of before.
using OpenRegistry = std::unique_ptr<Registry> (*)(bool again);

class RegistryContract : public testing::TestWithParam<OpenRegistry> {
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

  std::unique_ptr<Registry> registry_ = GetParam()(false);
  ManualClock clock_{Time(Duration(1'700'000'000'000'000))};
};

TEST_P(RegistryContract, AppliesOnceAndTellsNothingToDoAfterwards) {
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
  registry_ = GetParam()(true);
  EXPECT_TRUE(plan().empty());
  EXPECT_EQ(registry_->history("rides").size(), 1u);
  EXPECT_EQ(registry_->history("rides")[0].user, kUser);
  EXPECT_EQ(registry_->standing("other"), 0);
}

TEST_P(RegistryContract, ChangesAreToldByFeatureAndConsumer) {
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
  p.check({});
  EXPECT_EQ(apply(p).number, 2);
  EXPECT_EQ(registry_->read("rides", 1).at({DefinitionKind::kView, "trip_stats"}).features.size(),
            2u);
  EXPECT_EQ(registry_->read("rides").at({DefinitionKind::kView, "trip_stats"}).features.size(), 3u);
  EXPECT_THAT(plan_as_markdown(p), HasSubstr("| `view trip_stats` | changed |"));
  EXPECT_EQ(error_of([&] { registry_->read("rides", 9); }).code(), ErrorCode::kNotFound);
}

TEST_P(RegistryContract, WhatLosesValuesHasToBeAllowed) {
  apply(plan());
  RegisteredSet less = registry_->read("rides");
  less.erase({DefinitionKind::kView, "trip_stats"});
  less.erase({DefinitionKind::kService, "eta"});
  const RegistryPlan p = plan(less);
  const Error e = error_of([&] { p.check({}); });
  EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(e.what(), HasSubstr("view trip_stats removed: its history and its online values"));
  p.check({.destructive = true});

  RegisteredSet retyped = registry_->read("rides");
  auto& features = retyped.at({DefinitionKind::kView, "trip_stats"}).features;
  features.at("speed").type = "string";
  const Error refused = error_of([&] { plan(retyped).check({.destructive = true}); });
  EXPECT_EQ(refused.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.what(), HasSubstr("feature speed was double and is now string"));
}

TEST_P(RegistryContract, OfTwoWhoApplyOneIsTold) {
  const RegistryPlan mine = plan();
  const RegistryPlan theirs = plan("entities: {shop: {keys: {shop_id: string}}}");
  const auto other = GetParam()(true);
  other->apply(theirs.project, theirs.wanted, theirs.base, "ben", "", clock_);
  const Error e = error_of([&] { apply(mine); });
  EXPECT_EQ(e.code(), ErrorCode::kConflict);
  EXPECT_THAT(e.what(), HasSubstr("ben applied version 1"));
  EXPECT_EQ(registry_->read("rides").size(), 5u);
}

TEST_P(RegistryContract, DatasetsAndModelsAreRecorded) {
  apply(plan());
  SavedDataset june;
  june.name = "june";
  june.service = "eta";
  june.spine = "labels.parquet";
  june.path = "train's.parquet";
  june.rows = 7;
  june.time = clock_.now();
  june.registry_version = 1;
  june.fingerprints = fingerprints_of(registry_->read("rides"), "eta", {});
  record_dataset(*registry_, "rides", june);
  june.rows = 8;
  record_dataset(*registry_, "rides", june);
  const auto datasets = saved_datasets(*registry_, "rides");
  ASSERT_EQ(datasets.size(), 1u);
  EXPECT_EQ(to_json(datasets[0]), to_json(june));
  EXPECT_EQ(june.fingerprints.size(), 2u);

  Model model = {.name = "arrival", .service = "eta", .datasets = {"june"}, .owner = "maps"};
  EXPECT_EQ(record_model(*registry_, "rides", model).version, "1");
  EXPECT_EQ(record_model(*registry_, "rides", model).version, "2");
  model.version = "2";
  EXPECT_EQ(error_of([&] { record_model(*registry_, "rides", model); }).code(),
            ErrorCode::kAlreadyExists);
  model.datasets = {"jun"};
  EXPECT_THAT(error_of([&] { record_model(*registry_, "rides", model); }).what(),
              HasSubstr("no saved dataset is called \"jun\"; did you mean 'june'?"));
  registry_ = GetParam()(true);
  EXPECT_EQ(models(*registry_, "rides").at(1).registry_version, 1);
  EXPECT_EQ(models(*registry_, "other").size(), 0u);

  RegisteredSet changed = registry_->read("rides");
  changed.at({DefinitionKind::kView, "trip_stats"}).features.at("speed").fingerprint = "other";
  EXPECT_THAT(plan(changed).changes.at(0).consumers,
              ElementsAre("service eta (routing)", "dataset june", "model arrival@1 (maps)",
                          "model arrival@2 (maps)"));
  EXPECT_EQ(remove_model(*registry_, "rides", "arrival", "1"), 1);
  EXPECT_EQ(remove_model(*registry_, "rides", "arrival"), 1);
  EXPECT_TRUE(remove_dataset(*registry_, "rides", "june"));
  EXPECT_FALSE(remove_dataset(*registry_, "rides", "june"));
}

TEST_P(RegistryContract, ReadsAreNoted) {
  apply(plan());
  const DefinitionId eta = {DefinitionKind::kService, "eta"};
  const DefinitionId view = {DefinitionKind::kView, "trip_stats"};
  EXPECT_EQ(registry_->last_reads("rides").size(), 0u);
  registry_->note_reads("rides", std::vector{eta}, Time(5h));
  registry_->note_reads("rides", std::vector{eta, view}, Time(4h));
  const auto reads = registry_->last_reads("rides");
  EXPECT_EQ(reads.at(eta), Time(5h));
  EXPECT_EQ(reads.at(view), Time(4h));

  const RegisteredSet set = registry_->read("rides");
  EXPECT_EQ(unused_features(set, reads).size(), 0u);
  EXPECT_EQ(unused_features(set, reads, Time(5h)).size(), 0u);
  const auto unused = unused_features(set, reads, Time(6h));
  ASSERT_EQ(unused.size(), 2u);
  EXPECT_EQ(unused[0].feature, "km");
  EXPECT_THAT(unused[0].services, ElementsAre("eta"));
  EXPECT_EQ(unused[0].last_read, Time(5h));
  RegisteredSet alone = set;
  alone.erase(eta);
  EXPECT_EQ(unused_features(alone, {}).size(), 2u);
}

}  // namespace registry_test
