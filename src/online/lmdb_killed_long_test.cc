// kill -9 during writes, for WEFT_LONG_SECONDS (20): nothing acknowledged is lost, nothing half
// done is seen, nothing is in the way of whoever comes next.
#include <chrono>
#include <cstdio>
#include <random>

#include "base/scratch_folder.h"
#include "base/test_processes.h"
#include "base/test_seed.h"
#include "online/lmdb_pairs.h"

namespace weft {
namespace {

TEST(LmdbChild, DISABLED_WritesAndTellsForEver) {
  const auto store = open_lmdb_store(child_task(), {.map_bytes = 1 << 16});
  const OnlineViewId view = store->define(pairs_view());
  for (int64_t round = PairReader(*store, view).round() + 1;; ++round) {
    write_pairs(*store, view, round);
    std::printf("round %ld\n", static_cast<long>(round));
    std::fflush(stdout);
    if (round % 7 == 0) store->define(trips());
    if (round % 7 == 3) store->purge("trips");
    if (round % 7 < 3) {
      const OnlineViewId other = store->define(trips());
      store->write(other, trip(round, round, 1), {.event_time = "at"});
    }
  }
}

TEST(LmdbKilledTest, NothingAcknowledgedIsLost) {
  const auto end = std::chrono::steady_clock::now() + long_test_time(20s);
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  int64_t kills = 0, rounds = 0;
  while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure()) {
    int64_t told = -1;
    {
      ChildProcess child("LmdbChild.DISABLED_WritesAndTellsForEver", path);
      const auto lines = random() % 200;
      for (uint64_t i = 0; i < lines;) {
        const std::string line = child.line();
        ASSERT_FALSE(line.empty() && told >= 0) << "the writer ended by itself";
        if (line.starts_with("round ")) told = std::stol(line.substr(6)), ++i;
      }
      usleep(random() % 3'000);
      child.kill();
    }
    const auto store = open_lmdb_store(path);
    const auto view = store->find("pairs");
    if (!view) {
      ASSERT_EQ(told, -1);
      continue;
    }
    const int64_t found = PairReader(*store, *view).round();
    EXPECT_GE(found, told);
    write_pairs(*store, *view, found + 1);  // its locks are free
    rounds = found + 1;
    ++kills;
  }
  RecordProperty("kills", std::to_string(kills));
  EXPECT_GT(kills, 1);
  EXPECT_GT(rounds, 100);
}

}  // namespace
}  // namespace weft
