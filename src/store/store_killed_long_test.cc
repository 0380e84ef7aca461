// kill -9 during pushes, materialize and apply, for WEFT_LONG_SECONDS (20): what was acknowledged
// is in history and online, and nothing half done is seen.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "base/scratch_folder.h"
#include "base/test_processes.h"
#include "base/test_seed.h"
#include "weft/delta_table.h"
#include "weft/module.h"
#include "weft/store.h"
#include "weft/weft.h"

#undef WEFT_MODULE
#define WEFT_MODULE "store_killed_test"
namespace store_killed_test {
using namespace weft;

FEATURE(Entity, sensor, ()) { return {.keys = {{"sensor_id", int64_type()}}}; }
FEATURE(Source, readings, ()) {
  return {.kind = Source::Kind::kPush,
          .time = "at",
          .columns = {{"sensor_id", int64_type()}, {"a", int64_type()}, {"b", int64_type()}}};
}
FEATURE(int64_t, difference, (int64_t a, int64_t b)) { return a - b; }
FEATURE(FeatureView, reading, (Entity sensor, Source readings)) {
  return {.entities = {sensor}, .source = readings, .features = {"a", "b", "difference"}};
}
}  // namespace store_killed_test

namespace weft {
namespace {

constexpr int64_t kSensors = 20;

FeatureStore open_store(const std::string& folder) {
  return FeatureStore(Driver({compiled_module("store_killed_test")}),
                      {.directory = folder, .project = "sensors"});
}

// Every sensor's reading of one round; a and b are alike, so that half a row would show.
Table readings_of(int64_t round) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < kSensors; ++i) ids.push_back(i);
  const std::vector<int64_t> values(kSensors, round);
  return {{"sensor_id", ColumnData::of(ids)},
          {"at", ColumnData::of(std::vector<Time>(kSensors, Time(std::chrono::seconds(round))))},
          {"a", ColumnData::of(values)},
          {"b", ColumnData::of(values)}};
}

TEST(StoreChild, DISABLED_PushesAndTellsForEver) {
  FeatureStore store = open_store(child_task());
  store.apply();
  int64_t round = 1;
  if (const auto last = store.runs(1'000'000); !last.empty()) {
    round = last.front().id + 1;  // grows, and was never used
  }
  for (;; ++round) {
    store.push("readings", readings_of(round));
    std::printf("round %ld\n", static_cast<long>(round));
    std::fflush(stdout);
    if (round % 5 == 0) store.materialize();
  }
}

// All sensors are of one round online, and of whole rounds in history.
void check_store(const std::string& folder, int64_t told) {
  FeatureStore store = open_store(folder);
  if (store.version() == 0) {
    ASSERT_EQ(told, -1);
    return;
  }
  const Table ids = readings_of(0).select({"sensor_id"});
  const Table online = store.get_online_features({.features = {"reading:*"}}, ids);
  const ColumnData a = online.column("a");
  for (int64_t i = 0; i < kSensors; ++i) {
    ASSERT_TRUE(a.at(i).equals(online.column("b").at(i)));
    ASSERT_TRUE(a.at(i).equals(a.at(0))) << "a push is half there: " << online.to_string(20);
    if (!a.is_null(i)) {
      ASSERT_EQ(online.column("difference").at(i).get<int64_t>(), 0);
    }
  }
  if (told >= 0) {
    ASSERT_FALSE(a.is_null(0)) << "round " << told << " was acknowledged";
    ASSERT_GE(a.at(0).get<int64_t>(), told);
  }
  const std::string table = folder + "/tables/readings";
  if (!DeltaTable::exists(table)) {
    ASSERT_EQ(told, -1);
    return;
  }
  const int64_t rows = DeltaTable::open(table).num_rows().value_or(-1);
  ASSERT_EQ(rows % kSensors, 0) << "a push is half in history";
  const Table latest =
      store.get_historical_features({.features = {"reading:a"}}, {.rows = ids, .at = Time::max()});
  if (told >= 0) {
    ASSERT_GE(latest.column("a").at(0).get<int64_t>(), told);
  }
  // History is written first: online is never ahead of it.
  if (!a.is_null(0)) {
    ASSERT_GE(latest.column("a").at(0).get<int64_t>(), a.at(0).get<int64_t>());
  }
}

TEST(StoreKilledTest, NothingAcknowledgedIsLost) {
  const auto end = std::chrono::steady_clock::now() + long_test_time(20s);
  const ScratchFolder scratch;
  const std::string folder = scratch.path() + "/store";
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  int64_t kills = 0;
  int64_t told = -1;
  while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure()) {
    ChildProcess child("StoreChild.DISABLED_PushesAndTellsForEver", folder);
    const auto lines = random() % 12;
    for (uint64_t i = 0; i < lines;) {
      const std::string line = child.line();
      if (line.starts_with("round ")) told = std::stol(line.substr(6)), ++i;
    }
    ::usleep(static_cast<useconds_t>(random() % 60'000));
    child.kill();
    check_store(folder, told);
    ++kills;
  }
  std::printf("%ld kills, last round told %ld\n", static_cast<long>(kills),
              static_cast<long>(told));
}

}  // namespace
}  // namespace weft
