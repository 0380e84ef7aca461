// Tables that we write are read by DuckDB, Polars and delta-rs, and theirs by us.
#include <gtest/gtest.h>

#include <cmath>

#include "base/scratch_folder.h"
#include "base/test_programs.h"
#include "data/text_form.h"
#include "offline/delta_log.h"
#include "weft/delta_table.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

std::string output_of(const std::string& command) {
  const ProgramOutput output = run_program(command);
  EXPECT_EQ(output.status, 0) << command << "\n" << output.text;
  return output.text;
}

// The other engines' interpreter, with its packages installed by whoever comes first. Programs that
// it starts are not of ours: the sanitizers' settings are none of their business.
std::string peers(const std::string& arguments) {
  static const std::string python = output_of(service_scripts() + "python.sh delta");
  return output_of(python + " " + service_scripts() + "delta_peers.py " + arguments + " 2>&1");
}

Time at(int64_t hours) {
  return *parse_time("2020-01-01 00:00:00.123456") + std::chrono::hours(hours);
}

template <class T, class F>
ColumnData some(int64_t first, int64_t n, F&& make) {
  std::vector<std::optional<T>> values;
  for (int64_t i = first; i < first + n; ++i) {
    values.emplace_back(T(make(i)));
    if (i % 4 == 3) values.back().reset();
  }
  return ColumnData::of(values);
}

Table rows_of(int64_t first, int64_t n) {
  std::vector<int64_t> ids;
  std::vector<Time> times;
  for (int64_t i = first; i < first + n; ++i) {
    ids.push_back(i);
    times.push_back(at(i - 5));
  }
  const std::string text = "a/b c=%20ä'\"";
  return Table(
      {{"id", ColumnData::of(ids)},
       {"time", ColumnData::of(times)},
       {"b", some<bool>(first, n, [](int64_t i) { return i % 2 == 0; })},
       {"i", some<int32_t>(first, n, [](int64_t i) { return static_cast<int32_t>(-i); })},
       {"f", some<float>(first, n, [](int64_t i) { return static_cast<float>(i) / 8; })},
       {"d", some<double>(first, n,
                          [](int64_t i) {
                            return i % 3 == 0 ? std::nan("") : 0.1 * static_cast<double>(i);
                          })},
       {"s", some<std::string>(first, n, [&](int64_t i) { return text + std::to_string(i % 3); })},
       {"long_text",
        some<std::string>(first, n,
                          [](int64_t i) { return std::string(40, 'x') + std::to_string(i); })},
       {"t", some<Time>(first, n, [](int64_t i) { return at(-i * 10'000); })},
       {"u", some<Duration>(first, n, [](int64_t i) { return Duration(i); })},
       {"l", some<std::vector<int64_t>>(first, n, [](int64_t i) {
          return std::vector<int64_t>(static_cast<size_t>(i % 3), i);
        })}});
}

struct Case {
  const char* name;
  std::vector<std::string> partition_by;
  bool by_day;
  Compression compression;
};

class DeltaInteropTest : public testing::TestWithParam<Case> {};

TEST_P(DeltaInteropTest, OurTablesAreReadByOthers) {
  const Case& c = GetParam();
  const ScratchFolder folder;
  const std::string path = folder / "t";
  DeltaCreate create{.schema = rows_of(0, 1).schema()};
  create.partition_by = c.partition_by;
  if (c.by_day) create.partition_by_day = {"day", "time"};
  create.cluster_by = {"i", "time"};
  create.description = "of all types";
  DeltaTable table = DeltaTable::create(path, create, {.compression = c.compression});
  const auto check = [&] {
    write_parquet(table.read(), folder / "expected.parquet");
    EXPECT_NE(peers("read " + path + " " + (folder / "expected.parquet")), "");
  };
  for (int64_t i = 0; i < 3; ++i) table.append(rows_of(i * 20, 20));
  check();
  table.remove_rows({{"id", Compare::kLess, Value::of(int64_t{7})}});
  table.append(
      rows_of(60, 20).with_column("late", some<int32_t>(60, 20, [](int64_t) { return 1; })),
      {.grow_schema = true});
  table.overwrite(rows_of(30, 3), {.keys = {"id"}, .fill_missing = true});
  for (int64_t i = 0; i < 5; ++i) table.append(rows_of(100 + i, 1), {.fill_missing = true});
  EXPECT_GT(table.version(), 10);  // from a checkpoint
  check();
  table.compact();
  table.vacuum({.retention = Duration(0)});
  for (int64_t version = 0; version <= 9; ++version) {
    std::filesystem::remove(delta::Log(path).commit_path(version));
  }
  check();
}

INSTANTIATE_TEST_SUITE_P(
    All, DeltaInteropTest,
    testing::Values(Case{"plain", {}, false, Compression::kZstd},
                    Case{"lz4", {}, false, Compression::kLz4},
                    Case{"snappy_by_day", {}, true, Compression::kSnappy},
                    Case{"by_values", {"s", "b", "i"}, false, Compression::kZstd},
                    Case{"by_time", {"time"}, false, Compression::kNone}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(DeltaPeersTest, TablesOfDeltaRsAreRead) {
  const ScratchFolder folder;
  peers("make " + folder.path());
  for (const std::string name : {"plain", "spaced", "partitioned", "many", "checkpointed"}) {
    SCOPED_TRACE(name);
    const std::string path = folder.path() + "/" + name;
    const Table expected = sort_by(read_parquet(path + ".parquet").load(), {{"id", ascending}});
    const Table found = sort_by(read_delta(path).load(), {{"id", ascending}});
    EXPECT_GT(found.num_rows(), 0);
    EXPECT_EQ(to_string(found.schema()), to_string(expected.schema()));
    EXPECT_TRUE(found.select(expected.names()).equals(expected))
        << found.to_string(100) << expected.to_string(100);
    if (name == "spaced") {  // a name that we would not give
      DeltaTable table = DeltaTable::open(path);
      table.append(Table({{"id", ColumnData::of<int64_t>({-1})}}), {.fill_missing = true});
      table.remove_rows({{"id", Compare::kEqual, Value::of(int64_t{-1})}});
    }
    // What their statistics rule out is not needed.
    for (const int64_t id : {0, 9, 13, 25, 139}) {
      for (const auto& [column, type] : expected.schema()) {
        if (type->element || !type->fields.empty() || type == bool_type()) continue;
        const Table row =
            semi_join(expected, Table({{"id", ColumnData::of<int64_t>({id})}}), {"id"});
        if (row.num_rows() == 0 || row.column(column).is_null(0)) continue;
        const Filter filter = {{column, Compare::kEqual, row.column(column).at(0)},
                               {"id", Compare::kEqual, Value::of(id)}};
        const bool nan = column == "d" && id % 3 == 0;
        EXPECT_EQ(read_delta(path, {.filter = filter}).load().num_rows(), nan ? 0 : 1) << column;
      }
    }
  }
}

TEST(DeltaPeersTest, OneTableIsWrittenInTurns) {
  const ScratchFolder folder;
  const std::string path = folder / "t";
  DeltaTable table = DeltaTable::create(path, {.schema = {{"id", int64_type()}}});
  table.append(Table({{"id", ColumnData::of<int64_t>({1, 2})}}));
  EXPECT_EQ(peers("append " + path), "DELETE");
  ASSERT_TRUE(table.refresh());
  EXPECT_EQ(table.version(), 3);
  table.append(Table({{"id", ColumnData::of<int64_t>({3})}}));
  table.remove_rows({{"id", Compare::kEqual, Value::of(int64_t{1000})}});
  table.compact();
  const Table rows = sort_by(table.read().load(), {{"id", ascending}});
  EXPECT_TRUE(rows.column("id").equals(ColumnData::of<int64_t>({2, 3})));
  write_parquet(rows, folder / "expected.parquet");
  peers("read " + path + " " + (folder / "expected.parquet"));
}

}  // namespace
}  // namespace weft
