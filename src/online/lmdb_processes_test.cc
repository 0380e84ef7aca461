// Several processes at one LMDB store: one writes, the others read.
#include "base/scratch_folder.h"
#include "base/test_processes.h"
#include "online/lmdb_pairs.h"

namespace weft {
namespace {

constexpr int64_t kRounds = 300;
constexpr LmdbOptions kSmall = {.map_bytes = 1
                                             << 16};  // grows in one process, and so in the others

TEST(LmdbChild, DISABLED_ReadsUntilTheLastRound) {
  const auto store = open_lmdb_store(child_task(), kSmall);
  const auto view = store->find("pairs");
  ASSERT_TRUE(view);
  PairReader reader(*store, *view);
  int64_t last = -1;
  while (last < kRounds) {
    const int64_t round = reader.round();
    ASSERT_GE(round, last);
    last = round;
  }
}

TEST(LmdbChild, DISABLED_Writes) {
  const auto store = open_lmdb_store(child_task(), kSmall);
  const OnlineViewId view = store->define(pairs_view());
  for (int64_t round = 0; round <= kRounds; ++round) {
    write_pairs(*store, view, round);
    // So that the map must grow while the others read.
    const Table large =
        trip(round, round, 1)
            .with_column("city", ColumnData::of<std::string>({std::string(10'000, 'x')}));
    store->write(store->define(trips()), large, {.event_time = "at"});
  }
}

TEST(LmdbProcessesTest, OthersReadWholeStatesWhileOneWrites) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/online";
  const auto store = open_lmdb_store(path, kSmall);
  const OnlineViewId view = store->define(pairs_view());
  ChildProcess first("LmdbChild.DISABLED_ReadsUntilTheLastRound", path);
  ChildProcess second("LmdbChild.DISABLED_ReadsUntilTheLastRound", path);
  ChildProcess writer("LmdbChild.DISABLED_Writes", path);
  PairReader reader(*store, view);
  int64_t last = -1;
  while (last < kRounds && !testing::Test::HasFailure()) {
    const int64_t round = reader.round();
    ASSERT_GE(round, last);
    last = round;
  }
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
}

}  // namespace
}  // namespace weft
