#include "store/combined_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "ops/table_test_values.h"
#include "weft/delta_table.h"
#include "weft/point_in_time.h"

namespace weft {
namespace {

using testing::ElementsAre;

ColumnData at(const std::vector<int64_t>& hours) {
  std::vector<Time> out;
  for (const int64_t hour : hours) out.emplace_back(std::chrono::hours(hour));
  return ColumnData::of(out);
}

// What a join over a store's tables must not read is passed over through all that stands between.
TEST(CombinedTablesTest, JoinsPassOverFilesBelowConvertedAndStackedTables) {
  const ScratchFolder folder;
  DeltaTable delta = DeltaTable::create(
      folder.path() + "/t",
      {.schema = {{"id", int32_type()}, {"hour", timestamp_type()}, {"x", int64_type()}},
       .cluster_by = {"id", "hour"}});
  for (int32_t id = 0; id < 3; ++id) {
    delta.append({{"id", ColumnData::of<int32_t>({id, id})},
                  {"hour", at({1, 2})},
                  {"x", ColumnData::of<int64_t>({10 * id + 1, 10 * id + 2})}});
  }
  const auto stats = std::make_shared<ReadStats>();
  const auto widen = [](const ColumnData& c) { return c.as(int64_type()); };
  const Table renamed = converted(delta.read({.stats = stats}),
                                  {{"driver", "id", int64_type(), widen},
                                   {"when", "hour", timestamp_type(), nullptr},
                                   {"x", "x", int64_type(), nullptr}},
                                  "drivers");
  const Table before = {{"driver", ColumnData::of<int64_t>({1})}, {"when", at({5})}};
  const Table all = stacked({before, renamed}).select({"driver", "when", "x"});
  const Spine spine = {{{"driver", ColumnData::of<int64_t>({1, 1, 2})}, {"t", at({3, 6, 9})}}, "t"};
  const PointInTimeView view = {
      .name = "v", .table = all, .keys = {"driver"}, .event_time = "when", .features = {"x"}};
  EXPECT_THAT(table_test::texts(point_in_time_join(spine, {view}).load(), "x"),
              ElementsAre("12", "null", "22"));
  EXPECT_EQ(stats->files, 2);
  EXPECT_EQ(stats->files_skipped, 1);
}

}  // namespace
}  // namespace weft
