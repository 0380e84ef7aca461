#include <arrow/memory_pool.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/scratch_folder.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft {
namespace {

// n sorted, key random, text long: 10 row groups of 1000 rows.
Table sorted_table(int64_t rows) {
  std::vector<int64_t> n;
  std::vector<double> x;
  std::vector<std::string> text;
  std::mt19937_64 random(1);
  for (int64_t i = 0; i < rows; ++i) {
    n.push_back(i);
    x.push_back(i % 7 == 0 ? std::nan("") : static_cast<double>(i) / 2);
    text.push_back("some text " + std::to_string(random()));
  }
  return Table(
      {{"n", ColumnData::of(n)}, {"x", ColumnData::of(x)}, {"text", ColumnData::of(text)}});
}

class ParquetTest : public testing::Test {
 protected:
  ParquetTest() { write_parquet(sorted_table(10'000), path_, {.row_group_rows = 1000}); }
  Table read(std::vector<std::string> columns, Filter filter) {
    stats_ = std::make_shared<ReadStats>();
    return read_parquet(
               path_, {.columns = std::move(columns), .filter = std::move(filter), .stats = stats_})
        .load();
  }
  ScratchFolder folder_;
  std::string path_ = folder_ / "a.parquet";
  std::shared_ptr<ReadStats> stats_;
};

TEST_F(ParquetTest, ReadsOnlyTheColumnsAskedFor) {
  read({}, {});
  const int64_t all = stats_->bytes;
  EXPECT_EQ(stats_->row_groups, 10);
  EXPECT_EQ(read({"n"}, {}).num_columns(), 1);
  EXPECT_LT(stats_->bytes, all / 2);  // the numbers, and the footer once more
}

TEST_F(ParquetTest, SkipsRowGroupsByStatistics) {
  struct Case {
    Condition condition;
    int64_t rows;
    int64_t groups;
  };
  const auto i64 = [](int64_t v) { return Value::of(v); };
  const std::vector<Case> cases = {
      {{"n", Compare::kEqual, i64(4321)}, 1, 1},
      {{"n", Compare::kLess, i64(1000)}, 1000, 1},
      {{"n", Compare::kLessEqual, i64(1000)}, 1001, 2},
      {{"n", Compare::kGreater, i64(8999)}, 1000, 1},
      {{"n", Compare::kGreaterEqual, i64(8999)}, 1001, 2},
      {{"n", Compare::kNotEqual, i64(5)}, 9999, 10},
      {{"n", Compare::kIn, Value::of(std::vector<int64_t>{10, 9990, 20'000})}, 2, 2},
      {{"n", Compare::kIsNull}, 0, 0},
      {{"n", Compare::kIsNotNull}, 10'000, 10},
      {{"n", Compare::kEqual, i64(20'000)}, 0, 0},
      {{"x", Compare::kGreater, Value::of(4990.0)}, 16, 1},  // NaN meets no order
      {{"x", Compare::kNotEqual, Value::of(1.0)}, 9999, 10},
      {{"text", Compare::kLess, Value::of("a")}, 0, 0},
  };
  const Table all = sorted_table(10'000);
  for (const auto& [condition, rows, groups] : cases) {
    SCOPED_TRACE(condition.column + " " + std::to_string(static_cast<int>(condition.op)));
    EXPECT_EQ(read({}, {condition}).num_rows(), rows);
    EXPECT_EQ(stats_->row_groups, groups);
    EXPECT_EQ(stats_->row_groups + stats_->row_groups_skipped, 10);
  }
}

TEST_F(ParquetTest, FilterColumnsNeedNotBeShown) {
  const Table table = read({"x"}, {{"n", Compare::kGreaterEqual, Value::of(int64_t{2500})},
                                   {"n", Compare::kLess, Value::of(int64_t{2502})}});
  EXPECT_EQ(table.to_string(), "     x\n1250.0\n1250.5\n");
  EXPECT_EQ(stats_->row_groups, 1);
}

TEST_F(ParquetTest, RowsAreKnownWithoutReading) {
  const Table table = read_parquet(path_);
  EXPECT_EQ(table.num_rows(), 10'000);
  EXPECT_EQ(table.source()->describe(), "Parquet " + path_);
}

TEST_F(ParquetTest, ColumnsInAnyOrder) {
  const Table table = read_parquet(path_, {.columns = {"text", "n"}});
  EXPECT_TRUE(table.equals(sorted_table(10'000).select({"text", "n"})));
}

TEST_F(ParquetTest, AReaderThatIsGivenUpIsNoTrouble) {
  for (int i = 0; i < 20; ++i) {
    const auto reader = read_parquet(path_).read(std::vector<std::string>{"n", "text"});
    EXPECT_TRUE(reader->next());
  }
}

// 40 row groups of 1.2 MB each: a stream holds only a few of them.
TEST(ParquetMemoryTest, StreamsInBoundedMemory) {
  const ScratchFolder folder;
  const std::string path = folder / "a.parquet";
  {
    std::vector<int64_t> n(50'000);
    std::mt19937_64 random(1);
    for (auto& v : n) v = static_cast<int64_t>(random());
    const auto column = ColumnData::of(n);
    const Table part({{"a", column}, {"b", column}, {"c", column}});
    const auto writer =
        open_writer(path, part.schema(), ParquetWriteOptions{.row_group_rows = 50'000});
    for (int i = 0; i < 40; ++i) writer->write(part);
    EXPECT_EQ(writer->commit().rows, 2'000'000);
  }
  const int64_t before = arrow::default_memory_pool()->bytes_allocated();
  const auto reader = read_parquet(path).read(std::vector<std::string>{"a", "b", "c"});
  int64_t most = 0;
  int64_t rows = 0;
  while (const auto batch = reader->next()) {
    rows += batch->num_rows();
    most = std::max(most, arrow::default_memory_pool()->bytes_allocated() - before);
  }
  EXPECT_EQ(rows, 2'000'000);
  EXPECT_LT(most, 12 << 20);  // of 48 MB
}

}  // namespace
}  // namespace weft
