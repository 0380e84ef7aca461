#include <gtest/gtest.h>

#include <functional>

#include "base/file.h"
#include "base/scratch_folder.h"
#include "offline/delta_log.h"
#include "weft/delta_table.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

// Call number `fail_at` fails and, like the calls of a process that has been killed, all behind it.
class DyingFiles : public FileOps {
 public:
  explicit DyingFiles(int64_t fail_at, bool once, bool no_unnamed)
      : fail_at_(fail_at), once_(once), no_unnamed_(no_unnamed) {}

  int64_t calls() const { return calls_; }

  int open_unnamed(const std::string& folder, int& fd) override {
    if (no_unnamed_) return EOPNOTSUPP;
    return fails() ? EIO : FileOps::open_unnamed(folder, fd);
  }
  int create(const std::string& path, int& fd) override {
    return fails() ? EIO : FileOps::create(path, fd);
  }
  int write(int fd, const char* data, size_t n, size_t& written) override {
    if (!fails()) return FileOps::write(fd, data, n, written);
    FileOps::write(fd, data, n / 2, written);
    return ENOSPC;
  }
  int sync(int fd) override { return fails() ? EIO : FileOps::sync(fd); }
  int close(int fd) override {
    const int status = FileOps::close(fd);  // a killed process closes, too
    return fails() ? EIO : status;
  }
  int link(int fd, const std::string& path) override {
    return fails() ? EIO : FileOps::link(fd, path);
  }
  int rename(const std::string& from, const std::string& to) override {
    return fails() ? EIO : FileOps::rename(from, to);
  }
  int rename_new(const std::string& from, const std::string& to) override {
    return fails() ? EIO : FileOps::rename_new(from, to);
  }
  int make_folder(const std::string& path) override {
    return fails() ? EIO : FileOps::make_folder(path);
  }
  int remove(const std::string& path) override { return fails() ? EIO : FileOps::remove(path); }
  int sync_folder(const std::string& path) override {
    return fails() ? EIO : FileOps::sync_folder(path);
  }

 private:
  bool fails() {
    const int64_t call = calls_++;
    return once_ ? call == fail_at_ : call >= fail_at_;
  }

  int64_t fail_at_;
  bool once_;
  bool no_unnamed_;
  int64_t calls_ = 0;
};

Table rows_of(std::vector<int64_t> keys) {
  std::vector<std::string> parts;
  for (const int64_t key : keys) parts.emplace_back(key % 2 == 0 ? "even" : "odd");
  return Table({{"k", ColumnData::of(keys)}, {"p", ColumnData::of(parts)}});
}

Table keys_in(const DeltaTable& table) {
  return sort_by(table.read({.columns = {"k"}}).load(), {{"k", ascending}});
}

struct Operation {
  const char* name;
  std::function<void(DeltaTable&)> run;
};

const Operation kOperations[] = {
    {"append", [](DeltaTable& t) { t.append(rows_of({7, 8, 9})); }},
    {"overwrite", [](DeltaTable& t) { t.overwrite(rows_of({7})); }},
    {"upsert", [](DeltaTable& t) { t.overwrite(rows_of({1, 7}), {.keys = {"k"}}); }},
    {"remove",
     [](DeltaTable& t) { t.remove_rows({{"k", Compare::kLess, Value::of(int64_t{3})}}); }},
    {"compact", [](DeltaTable& t) { t.compact({.all = true}); }},
    {"properties", [](DeltaTable& t) { t.set_properties({{"a", "b"}}); }},
};

// A table of version 2, so that the third commit brings a checkpoint.
void make_table(const std::string& path) {
  DeltaTable table =
      DeltaTable::create(path, {.schema = rows_of({1}).schema(), .partition_by = {"p"}});
  table.append(rows_of({1, 2, 3}));
  table.append(rows_of({4, 5}));
}

void check_after(const std::string& path, const Table& before, const Table& after,
                 int64_t version_before, bool failed) {
  const DeltaTable table = DeltaTable::open(path);
  const bool committed = table.version() > version_before;
  ASSERT_TRUE(committed || failed);
  ASSERT_LE(table.version(), version_before + 1);
  ASSERT_TRUE(keys_in(table).equals(committed ? after : before)) << keys_in(table).to_string();
  ASSERT_EQ(table.read({.version = version_before}).num_rows(), before.num_rows());
  // It goes on, and a vacuum takes what was left behind: only files of the log's commits stay.
  ManualClock later(Clock::system().now() + std::chrono::hours(1));
  DeltaTable cleaner = DeltaTable::open(path, {.clock = &later});
  cleaner.vacuum({.retention = std::chrono::minutes(30)});
  cleaner.append(rows_of({100}));
  ASSERT_EQ(keys_in(cleaner).num_rows(), (committed ? after : before).num_rows() + 1);
  const auto left = cleaner.vacuum({.retention = Duration(0), .dry_run = true}).files;
  ASSERT_EQ(left.size(), 0u) << left[0];
}

// Does one call fail or all from then on, and has the file system files without a name?
struct Mode {
  const char* name;
  bool once;
  bool no_unnamed;
};
const Mode kModes[] = {
    {"once", true, false}, {"for_good", false, false}, {"with_names", false, true}};

class DeltaFaultTest : public testing::TestWithParam<std::tuple<Operation, Mode>> {};

TEST_P(DeltaFaultTest, TheTableIsAsBeforeOrAsAfter) {
  const auto& [operation, mode] = GetParam();
  const ScratchFolder folder;
  make_table(folder.path() + "/whole");
  Table before;
  Table after;
  {
    DeltaTable whole = DeltaTable::open(folder.path() + "/whole");
    before = keys_in(whole);
    operation.run(whole);
    after = keys_in(whole);
  }
  make_table(folder.path() + "/made");
  bool failed = true;
  int64_t fail_at = 0;
  for (; failed; ++fail_at) {
    ASSERT_LT(fail_at, 1000);
    const std::string path = folder.path() + "/" + std::to_string(fail_at);
    std::filesystem::copy(folder.path() + "/made", path, std::filesystem::copy_options::recursive);
    DyingFiles files(fail_at, mode.once, mode.no_unnamed);
    DeltaTable table = DeltaTable::open(path, {.checkpoint_every = 3, .files = &files});
    bool threw = false;
    try {
      operation.run(table);
    } catch (const Error& error) {
      threw = true;
      ASSERT_EQ(error_code_name(error.code()), "io") << error.message();
    }
    failed = files.calls() > fail_at;
    ASSERT_NO_FATAL_FAILURE(check_after(path, before, after, 2, threw)) << "call " << fail_at;
    std::filesystem::remove_all(path);
  }
  EXPECT_GT(fail_at, 5);
}

INSTANTIATE_TEST_SUITE_P(
    All, DeltaFaultTest,
    testing::Combine(testing::ValuesIn(kOperations), testing::ValuesIn(kModes)), [](const auto& c) {
      return std::string(std::get<0>(c.param).name) + "_" + std::get<1>(c.param).name;
    });

TEST(DeltaCreationTest, ATableThatCouldNotBeMadeCanBeMadeAgain) {
  bool failed = true;
  for (int64_t fail_at = 0; failed; ++fail_at) {
    const ScratchFolder folder;
    const std::string path = folder.path() + "/a/t";
    DyingFiles files(fail_at, false, false);
    try {
      DeltaTable::create(path, {.schema = rows_of({1}).schema()}, {.files = &files});
    } catch (const Error& error) {
      ASSERT_EQ(error_code_name(error.code()), "io") << error.message();
    }
    failed = files.calls() > fail_at;
    if (!DeltaTable::exists(path)) DeltaTable::create(path, {.schema = rows_of({1}).schema()});
    ASSERT_EQ(DeltaTable::open(path).version(), 0);
  }
}

}  // namespace
}  // namespace weft
