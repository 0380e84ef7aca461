#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/file.h"
#include "base/scratch_folder.h"
#include "offline/delta_log.h"
#include "weft/delta_table.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

using testing::HasSubstr;

// Somebody else's commit comes just before ours is named.
class Interrupted : public FileOps {
 public:
  std::function<void()> meanwhile;

  int link(int fd, const std::string& path) override {
    if (path.ends_with(".json") && meanwhile) std::exchange(meanwhile, nullptr)();
    return FileOps::link(fd, path);
  }
};

Table rows_of(std::vector<int64_t> keys) {
  std::vector<std::string> parts;
  for (const int64_t key : keys) parts.emplace_back(key < 10 ? "low" : "high");
  return Table({{"k", ColumnData::of(keys)}, {"p", ColumnData::of(parts)}});
}

Filter key_is(int64_t k) { return {{"k", Compare::kEqual, Value::of(k)}}; }

using Write = std::function<void(DeltaTable&)>;

struct Case {
  const char* name;
  Write theirs;
  Write ours;
  const char* says;            // "": no conflict
  std::vector<int64_t> after;  // keys, if there is none
};

const Write kAppend5 = [](DeltaTable& t) { t.append(rows_of({5})); };
const Write kAppend50 = [](DeltaTable& t) { t.append(rows_of({50})); };
const Write kRemove1 = [](DeltaTable& t) { t.remove_rows(key_is(1)); };
const Write kRemove20 = [](DeltaTable& t) { t.remove_rows(key_is(20)); };
const Write kRemoveKeys = [](DeltaTable& t) {
  t.remove_rows(Table({{"k", ColumnData::of<int64_t>({1, 5})}}));
};
const Write kCompact = [](DeltaTable& t) { t.compact({.all = true}); };
const Write kOverwrite = [](DeltaTable& t) { t.overwrite(rows_of({3})); };
const Write kOverwriteLow = [](DeltaTable& t) { t.overwrite(rows_of({3}), {.partitions = true}); };
const Write kProperty = [](DeltaTable& t) { t.set_properties({{"a", "b"}}); };
const Write kColumn = [](DeltaTable& t) { t.add_columns({{"x", double_type()}}); };
const Write kUpsert5 = [](DeltaTable& t) { t.overwrite(rows_of({5}), {.keys = {"k"}}); };

// The table has the keys 1, 2 (low) and 20 (high) before.
const Case kCases[] = {
    {"appends", kAppend5, kAppend50, "", {1, 2, 5, 20, 50}},
    {"append behind a removal", kRemove1, kAppend5, "", {2, 5, 20}},
    {"append behind an overwrite", kOverwrite, kAppend5, "", {3, 5}},
    {"append behind a compaction", kCompact, kAppend5, "", {1, 2, 5, 20}},
    {"append behind properties", kProperty, kAppend5, "", {1, 2, 5, 20}},
    {"append behind a new column", kColumn, kAppend5, "", {1, 2, 5, 20}},
    {"removals in other files", kRemove1, kRemove20, "", {2}},
    {"removal behind rows it does not mean", kAppend50, kRemove1, "", {2, 20, 50}},
    {"compaction behind an append", kAppend5, kCompact, "", {1, 2, 5, 20}},
    {"partition behind rows of another", kAppend50, kOverwriteLow, "", {3, 20, 50}},
    {"properties behind an append", kAppend5, kProperty, "", {1, 2, 5, 20}},
    {"removals in one file", kRemove1, kRemove1, "removed the file", {}},
    {"removal of rows that came",
     kAppend5,
     [](DeltaTable& t) { t.remove_rows({{"k", Compare::kLess, Value::of(int64_t{9})}}); },
     "added the file",
     {}},
    {"removal of keys that came", kAppend5, kRemoveKeys, "added the file", {}},
    {"two of one key", kUpsert5, kUpsert5, "added the file", {}},
    {"overwrite of what came", kAppend5, kOverwrite, "added the file", {}},
    {"partition of what came", kAppend5, kOverwriteLow, "added the file", {}},
    {"removal behind a compaction", kCompact, kRemove1, "removed the file", {}},
    {"compaction behind a removal", kRemove1, kCompact, "removed the file", {}},
    {"removal behind a new column", kColumn, kRemove1, "changed the schema", {}},
    {"two new columns", kColumn, kColumn, "changed the schema", {}},
    {"two properties", kProperty, kProperty, "changed the schema or the properties", {}},
};

class DeltaConflictTest : public testing::TestWithParam<Case> {};

TEST_P(DeltaConflictTest, IsFoundWhereThereIsOne) {
  const Case& c = GetParam();
  const ScratchFolder folder;
  const Table before = rows_of({1, 2, 20});
  {
    DeltaTable made =
        DeltaTable::create(folder / "t", {.schema = before.schema(), .partition_by = {"p"}});
    made.append(before);
  }
  Interrupted files;
  DeltaTable ours = DeltaTable::open(folder / "t", {.files = &files});
  files.meanwhile = [&] {
    DeltaTable theirs = DeltaTable::open(folder / "t");
    c.theirs(theirs);
  };
  try {
    c.ours(ours);
    EXPECT_STREQ(c.says, "");
    EXPECT_EQ(ours.version(), 3);
    const Table rows = sort_by(ours.read({.columns = {"k"}}).load(), {{"k", ascending}});
    EXPECT_TRUE(rows.column("k").equals(ColumnData::of(c.after))) << rows.to_string();
    EXPECT_TRUE(DeltaTable::open(folder / "t").read().load().equals(ours.read().load()));
  } catch (const Error& error) {
    EXPECT_EQ(error_code_name(error.code()), "conflict") << error.message();
    EXPECT_STRNE(c.says, "") << error.message();
    EXPECT_THAT(error.message(), HasSubstr(c.says));
    EXPECT_THAT(error.message(), HasSubstr("version 2 ("));
    // Nothing is left of it, and it may be repeated.
    EXPECT_EQ(ours.version(), 1);
    ASSERT_TRUE(ours.refresh());
    EXPECT_EQ(ours.version(), 2);
    ManualClock later(Clock::system().now() + std::chrono::hours(1));
    DeltaTable cleaner = DeltaTable::open(folder / "t", {.clock = &later});
    const auto removes = delta::Log(folder / "t").commit_actions(2).removes;
    for (const auto& file : cleaner.vacuum({.retention = Duration(0), .dry_run = true}).files) {
      EXPECT_EQ(std::ranges::count(removes, file, &delta::RemoveFile::path), 1) << file;
    }
    if (std::string_view(c.name) == "two new columns") return;
    EXPECT_NO_THROW(c.ours(ours));
  }
}

INSTANTIATE_TEST_SUITE_P(All, DeltaConflictTest, testing::ValuesIn(kCases), [](const auto& c) {
  std::string name = c.param.name;
  std::ranges::replace(name, ' ', '_');
  return name;
});

TEST(DeltaThreadsTest, EveryAppendIsThereOnce) {
  const ScratchFolder folder;
  DeltaTable::create(folder / "t", {.schema = rows_of({1}).schema()});
  std::vector<std::thread> writers;
  for (int64_t writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      DeltaTable table = DeltaTable::open(folder / "t");
      for (int64_t i = 0; i < 10; ++i) table.append(rows_of({writer * 100 + i}));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const DeltaTable table = DeltaTable::open(folder / "t");
  EXPECT_EQ(table.version(), 40);
  std::vector<int64_t> expected;
  for (int64_t i = 0; i < 40; ++i) expected.push_back(i / 10 * 100 + i % 10);
  const Table rows = sort_by(table.read().load(), {{"k", ascending}});
  EXPECT_TRUE(rows.column("k").equals(ColumnData::of(expected)));
}

}  // namespace
}  // namespace weft
