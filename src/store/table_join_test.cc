// Point-in-time joins over tables of history: what they answer, and what they do not read for it.
#include <gmock/gmock.h>

#include "base/test_seed.h"
#include "ops/table_test_values.h"
#include "store/table_join_fuzz.h"
#include "weft/read.h"

namespace weft {
namespace {

using testing::ElementsAre;

ColumnData times(const std::vector<int64_t>& hours) {
  std::vector<Time> out;
  for (const int64_t hour : hours) out.emplace_back(std::chrono::hours(hour));
  return ColumnData::of(out);
}

// Users 0 to 9 a file, 10 to 19 the next, ...: each has a row an hour, 24 of them, in row groups of
// 24; `value` is 100 * user + hour.
class TableJoinTest : public testing::Test {
 protected:
  TableJoinTest()
      : table_(DeltaTable::create(folder_.path() + "/t",
                                  {.schema = {{"user", int64_type()},
                                              {"at", timestamp_type()},
                                              {"value", int64_type()},
                                              {"other", string_type()}},
                                   .cluster_by = {"user", "at"}},
                                  {.row_group_rows = 24})) {
    for (int64_t file = 0; file < 4; ++file) append(10 * file, 10, 0);
  }

  void append(int64_t first_user, int64_t users, int64_t first_hour) {
    std::vector<int64_t> user, hour, value;
    std::vector<std::string> other;
    // Not in the order in which they are stored.
    for (int64_t h = first_hour + 23; h >= first_hour; --h) {
      for (int64_t u = first_user; u < first_user + users; ++u) {
        user.push_back(u);
        hour.push_back(h);
        value.push_back(100 * u + h);
        other.push_back(std::string(100, 'x') + std::to_string(random_()));
      }
    }
    table_.append({{"user", ColumnData::of(user)},
                   {"at", times(hour)},
                   {"value", ColumnData::of(value)},
                   {"other", ColumnData::of(other)}});
  }

  std::vector<std::string> values(const std::vector<int64_t>& users,
                                  const std::vector<int64_t>& hours,
                                  std::optional<Duration> ttl = {},
                                  const std::string& feature = "value") {
    stats_ = std::make_shared<ReadStats>();
    const Spine spine = {{{"user", ColumnData::of(users)}, {"t", times(hours)}}, "t"};
    const PointInTimeView view = {.name = "v",
                                  .table = table_.read({.stats = stats_}),
                                  .keys = {"user"},
                                  .event_time = "at",
                                  .ttl = ttl,
                                  .features = {feature}};
    return table_test::texts(point_in_time_join(spine, {view}, {.threads = 2}).load(), feature);
  }

  ScratchFolder folder_;
  DeltaTable table_;
  std::mt19937_64 random_;
  std::shared_ptr<ReadStats> stats_;
};

TEST_F(TableJoinTest, ReadsTheRowGroupsOfTheSpinesKeysOnly) {
  EXPECT_THAT(values({17, 17, 12}, {5, 90, 0}), ElementsAre("1705", "1723", "1200"));
  EXPECT_EQ(stats_->files, 1);
  EXPECT_EQ(stats_->files_skipped, 3);
  EXPECT_EQ(stats_->row_groups, 2);
  EXPECT_EQ(stats_->row_groups_skipped, 8);
}

TEST_F(TableJoinTest, PassesOverKeysBetweenThoseOfTheSpine) {
  EXPECT_THAT(values({0, 39}, {1, 2}), ElementsAre("1", "3902"));
  EXPECT_EQ(stats_->files, 2);
  EXPECT_EQ(stats_->row_groups, 2);
  EXPECT_THAT(values({-1, 40}, {1, 2}), ElementsAre("null", "null"));
  EXPECT_EQ(stats_->files, 0);
}

TEST_F(TableJoinTest, PassesOverFilesOfOtherTimes) {
  append(0, 40, 1000);
  EXPECT_THAT(values({5}, {1001}, std::chrono::hours(24)), ElementsAre("1501"));
  EXPECT_EQ(stats_->files, 1);  // those of the first day are older than the ttl
  EXPECT_THAT(values({5}, {999}), ElementsAre("523"));
  EXPECT_EQ(stats_->files, 1);  // the last one is later
  EXPECT_THAT(values({5}, {1001}), ElementsAre("1501"));
  EXPECT_EQ(stats_->files, 2);
}

TEST_F(TableJoinTest, ReadsTheColumnsThatAreAskedForOnly) {
  values({17}, {5});
  const int64_t bytes = stats_->bytes;
  values({17}, {5}, {}, "other");
  EXPECT_GT(stats_->bytes, bytes + 150);  // 24 random numbers of 64 bits
}

TEST_F(TableJoinTest, FilesThatOverlapAndCompactionChangeNothing) {
  append(5, 10, 12);
  const std::vector<int64_t> users = {5, 9, 10, 14, 15};
  const std::vector<int64_t> hours = {20, 30, 40, 11, 99};
  const auto before = values(users, hours);
  EXPECT_THAT(before, ElementsAre("520", "930", "1035", "1411", "1523"));
  table_.compact();
  EXPECT_EQ(table_.num_files(), 1);
  EXPECT_EQ(values(users, hours), before);
}

TEST(TableJoinFuzzTest, AgreesWithAScanOfAllRows) {
  if (const auto seed = seed_asked_for()) return table_join_test::run_random_histories(*seed, 1);
  table_join_test::run_random_histories(1, 25);
}

}  // namespace
}  // namespace weft
