// A writer that is killed at any moment leaves a table that holds whole commits and nothing else.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "base/scratch_folder.h"
#include "base/test_seed.h"
#include "weft/delta_table.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

constexpr int64_t kRows = 100;
constexpr char kTableKey[] = "WEFT_KILLED_TABLE";

// The rows of write number n: all of them, or none.
Table rows_of(int64_t n) {
  std::vector<int64_t> writes(kRows, n);
  std::vector<int64_t> numbers(kRows);
  for (int64_t i = 0; i < kRows; ++i) numbers[static_cast<size_t>(i)] = i;
  return Table({{"write", ColumnData::of(writes)},
                {"part", ColumnData::of(std::vector<int64_t>(kRows, n % 3))},
                {"i", ColumnData::of(numbers)}});
}

// What the process that is killed does: write n comes, write n - 20 goes, and now and then the
// table is put in order.
void write_for_ever(const std::string& path) {
  DeltaTable table = DeltaTable::open(path, {.checkpoint_every = 3});
  for (int64_t n = table.transaction("writer").value_or(-1) + 1;; ++n) {
    table.append(rows_of(n), {.commit = {.transaction = {{"writer", n}}}});
    const Filter old = {{"write", Compare::kLessEqual, Value::of(n - 20)}};
    if (n % 2 == 0) table.remove_rows(old);
    if (n % 5 == 0) table.compact();
    if (n % 7 == 0) table.vacuum({.retention = std::chrono::seconds(5)});
  }
}

void check(const std::string& path) {
  const DeltaTable table = DeltaTable::open(path);
  const int64_t last = table.transaction("writer").value_or(-1);
  const Table rows = sort_by(table.read().load(), {{"write", ascending}, {"i", ascending}});
  ASSERT_EQ(rows.num_rows() % kRows, 0);
  const int64_t writes = rows.num_rows() / kRows;
  ASSERT_LE(writes, last + 1);
  ASSERT_GE(writes, std::min<int64_t>(last + 1, 20));
  const ColumnData write = rows.column("write");
  const ColumnData number = rows.column("i");
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    ASSERT_EQ(write.at(row).get<int64_t>(), last + 1 - writes + row / kRows);
    ASSERT_EQ(number.at(row).get<int64_t>(), row % kRows);
  }
}

// A process of its own: Arrow's threads do not survive a fork.
pid_t start_writer(const std::string& path) {
  ::setenv(kTableKey, path.c_str(), 1);
  std::string program = "/proc/self/exe";
  std::string filter = "--gtest_filter=DeltaKillTest.WholeCommitsSurvive";
  char* arguments[] = {program.data(), filter.data(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ), 0);
  ::unsetenv(kTableKey);
  return child;
}

TEST(DeltaKillTest, WholeCommitsSurvive) {
  if (const char* path = std::getenv(kTableKey)) return write_for_ever(path);
  const ScratchFolder folder;
  const std::string path = folder / "t";
  DeltaTable::create(path, {.schema = rows_of(0).schema(), .partition_by = {"part"}});
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto end = std::chrono::steady_clock::now() + long_test_time(60s);
  int kills = 0;
  do {
    const pid_t child = start_writer(path);
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 1500));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
    ASSERT_NO_FATAL_FAILURE(check(path)) << "after kill " << kills;
    ++kills;
  } while (std::chrono::steady_clock::now() < end);
  const DeltaTable table = DeltaTable::open(path);
  std::printf("%d kills, version %lld\n", kills, static_cast<long long>(table.version()));
  EXPECT_GT(table.version(), 0);
}

}  // namespace
}  // namespace weft
