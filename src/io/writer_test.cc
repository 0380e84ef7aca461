#include "io/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/faulty_files.h"
#include "base/scratch_folder.h"
#include "weft/read.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Table rows(int64_t n, int64_t from = 0) {
  std::vector<int64_t> ids;
  std::vector<std::string> names;
  for (int64_t i = 0; i < n; ++i) {
    ids.push_back(from + i);
    names.push_back("name " + std::to_string((from + i) * 7919 % 10'007));
  }
  return Table({{"id", ColumnData::of(ids)}, {"name", ColumnData::of(names)}});
}

struct Format {
  const char* extension;
  MakeEncoder encoder;
};
std::vector<Format> formats() {
  return {{".parquet", parquet_encoder({})},
          {".csv", csv_encoder({})},
          {".arrow", ipc_encoder({})},
          {".jsonl", json_encoder({})}};
}

template <class F>
Error error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::kInternal, "");
}

TEST(WriterTest, NothingIsVisibleBeforeCommit) {
  for (const auto& [extension, encoder] : formats()) {
    const ScratchFolder folder;
    const std::string path = folder / (std::string("t") + extension);
    {
      const auto writer = make_writer(path, rows(1).schema(), {.extension = extension}, encoder);
      writer->write(rows(10'000));
      EXPECT_EQ(folder.count(), 0);
    }
    EXPECT_EQ(folder.count(), 0);
    const auto writer = make_writer(path, rows(1).schema(), {.extension = extension}, encoder);
    writer->write(rows(10));
    writer->write(rows(5, 10));
    EXPECT_EQ(writer->commit().rows, 15);
    EXPECT_TRUE(read_table(path).equals(rows(15)));
    EXPECT_EQ(error_of([&] { writer->write(rows(1)); }).code(), ErrorCode::kInvalidArgument);
  }
}

// The disk becomes full after every possible number of bytes (in steps), and at the sync.
TEST(WriterTest, AFullDiskLeavesTheFormerFile) {
  for (const auto& [extension, encoder] : formats()) {
    for (const bool no_unnamed : {false, true}) {
      const ScratchFolder folder;
      const std::string path = folder / (std::string("t") + extension);
      write_table(rows(3), path);
      for (int64_t bytes = 0; bytes < 60'000; bytes = bytes * 9 + 1) {
        FaultyFiles ops;
        ops.no_unnamed = no_unnamed;
        ops.bytes_left = bytes;
        const Error error = error_of([&] {
          const auto writer =
              make_writer(path, rows(1).schema(), {.extension = extension, .ops = &ops}, encoder);
          for (int i = 0; i < 10; ++i) writer->write(rows(10'000, i * 10'000));
          writer->commit();
        });
        EXPECT_EQ(error.code(), ErrorCode::kIo) << extension << " " << bytes;
        EXPECT_THAT(error.what(), HasSubstr("No space left"));
        EXPECT_EQ(folder.count(), 1);
        EXPECT_EQ(read_table(path).num_rows(), 3);
      }
    }
  }
}

TEST(WriterTest, ARealFullDisk) {
  const ScratchFolder folder;
  const std::string disk = folder.path() + "/disk";
  std::filesystem::create_directory(disk);
  const bool mounted = ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") == 0;
  // Where no disk may be mounted, a limit on the size of files stands for the end of it.
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  if (!mounted) {
    const struct rlimit limited = {256 << 10, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  }
  write_parquet(rows(10), disk + "/t.parquet");
  const Error error = error_of([&] { write_parquet(rows(500'000), disk + "/t.parquet"); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr(mounted ? "No space left" : "File too large"));
  EXPECT_EQ(read_parquet(disk + "/t.parquet").num_rows(), 10);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(disk), {}), 1);
  if (mounted) ::umount(disk.c_str());
}

// As kill -9 or a power cut does it: the process is gone between two writes.
TEST(WriterTest, AKilledWriterLeavesTheFormerFile) {
  for (const auto& [extension, encoder] : formats()) {
    const ScratchFolder folder;
    const std::string path = folder / (std::string("t") + extension);
    write_table(rows(3), path);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto writer = make_writer(path, rows(1).schema(), {.extension = extension}, encoder);
      for (int i = 0; i < 5; ++i) writer->write(rows(10'000, i * 10'000));
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(folder.count(), 1) << extension;
    EXPECT_EQ(read_table(path).num_rows(), 3) << extension;
  }
}

TEST(WriterTest, IfExistsFail) {
  const ScratchFolder folder;
  const std::string path = folder / "t.csv";
  write_csv(rows(1), path, {.if_exists = IfExists::kFail});
  EXPECT_EQ(error_of([&] { write_csv(rows(2), path, {.if_exists = IfExists::kFail}); }).code(),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_csv(path).num_rows(), 1);
}

TEST(WriterTest, OtherColumnsAreRefused) {
  const ScratchFolder folder;
  const auto writer = open_writer(
      folder / "t.csv", {{"id", double_type()}, {"name", string_type()}}, CsvWriteOptions{});
  EXPECT_THAT(error_of([&] { writer->write(rows(1).select({"id"})); }).what(),
              HasSubstr("lack column \"name\""));
  const auto second = open_writer(folder / "t.csv", {{"name", string_type()}}, CsvWriteOptions{});
  EXPECT_EQ(error_of([&] { second->write(rows(1)); }).code(), ErrorCode::kTypeMismatch);
  const auto third = open_writer(folder / "t.csv", {{"name", string_type()}, {"id", double_type()}},
                                 CsvWriteOptions{});
  third->write(rows(2));  // matched by name, widened
  third->commit();
  EXPECT_EQ(read_file(folder / "t.csv"), "name,id\nname 0,0.0\nname 7919,1.0\n");
}

TEST(WriterTest, OptionsThatMakeNoSense) {
  const ScratchFolder folder;
  const std::string path = folder / "t";
  EXPECT_EQ(error_of([&] { write_parquet(rows(1), path, {.row_group_rows = 0}); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { write_csv(rows(1), path, {.delimiter = '"'}); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { write_ipc(rows(1), path, {.compression = Compression::kGzip}); }).code(),
            ErrorCode::kUnsupported);
  EXPECT_THAT(error_of([&] { write_csv(rows(1), path, {.partition_by = {"nmae"}}); }).what(),
              HasSubstr("did you mean 'name'?"));
  EXPECT_THAT(error_of([&] { write_csv(Table(), path); }).what(), HasSubstr("no columns"));
}

Table trips() {
  using Text = std::optional<std::string>;
  return Table({{"city", ColumnData::of<Text>({"NYC", "Sao/Paulo", std::nullopt, "NYC", "a=b%"})},
                {"year", ColumnData::of<int64_t>({2013, 2014, 2013, 2014, 2013})},
                {"day", ColumnData::of<Time>({Time(Duration(0)), Time(Duration(0)), Time(24h),
                                              Time(24h), Time(48h)})},
                {"x", ColumnData::of<double>({1, 2, 3, 4, 5})}});
}

TEST(PartitionTest, FoldersComeBackAsTypedColumns) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/t";
  const WriteResult result =
      write_parquet(trips(), path, {.partition_by = {"year", "city", "day"}});
  EXPECT_EQ(result.files.size(), 5u);
  EXPECT_EQ(result.files[0], path + "/year=2013/city=NYC/day=1970-01-01/part-0.parquet");
  const Table back = read_parquet(path);
  EXPECT_EQ(to_string(back.schema()), "x: double, year: int64, city: string, day: timestamp");
  EXPECT_EQ(back.to_string(),
            "  x  year  city       day\n"
            "1.0  2013  NYC        1970-01-01T00:00:00Z\n"
            "3.0  2013  null       1970-01-02T00:00:00Z\n"
            "5.0  2013  a=b%       1970-01-03T00:00:00Z\n"
            "4.0  2014  NYC        1970-01-02T00:00:00Z\n"
            "2.0  2014  Sao/Paulo  1970-01-01T00:00:00Z\n");
  EXPECT_TRUE(read_table(path).equals(back));
}

TEST(PartitionTest, FiltersSkipFiles) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/t";
  write_csv(trips(), path, {.partition_by = {"year", "city"}});
  const auto stats = std::make_shared<ReadStats>();
  const Table table =
      read_csv(path, {.columns = {"x", "city"},
                      .filter = {{"year", Compare::kEqual, Value::of(int64_t{2014})}},
                      .stats = stats});
  EXPECT_EQ(table.load().to_string(), "  x  city\n4.0  NYC\n2.0  Sao/Paulo\n");
  EXPECT_EQ(stats->files, 2);
  EXPECT_EQ(stats->files_skipped, 3);
  EXPECT_EQ(read_csv(path, {.columns = {"year"}}).num_rows(), 5);
}

TEST(PartitionTest, ManyPartitionsAndGlobs) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/t";
  std::vector<int64_t> keys;
  for (int64_t i = 0; i < 1200; ++i) keys.push_back(i % 300);
  const Table table({{"k", ColumnData::of(keys)}, {"v", ColumnData::of(keys)}});
  const auto writer = open_writer(path, table.schema(), ParquetWriteOptions{.partition_by = {"k"}});
  for (int64_t i = 0; i < 1200; i += 100) writer->write(table.slice(i, 100));
  EXPECT_GE(writer->commit().files.size(), 300u);
  const Table back = read_parquet(path);
  EXPECT_EQ(back.num_rows(), 1200);
  EXPECT_TRUE(back.column("k").equals(back.column("v")));
  EXPECT_EQ(read_parquet(path + "/*/part-0.parquet").schema(), back.schema());
}

TEST(PartitionTest, ReplacesOnlyWhatIsATable) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/t";
  write_csv(trips(), path, {.partition_by = {"year"}});
  write_csv(trips().slice(0, 1), path, {.partition_by = {"year"}});
  EXPECT_EQ(read_csv(path).num_rows(), 1);
  EXPECT_EQ(error_of([&] {
              write_csv(trips(), path, {.partition_by = {"year"}, .if_exists = IfExists::kFail});
            }).code(),
            ErrorCode::kAlreadyExists);
  folder.with("t/letter.txt", "dear diary");
  EXPECT_THAT(error_of([&] { write_csv(trips(), path, {.partition_by = {"year"}}); }).what(),
              HasSubstr("letter.txt is no part of a partitioned table"));
  EXPECT_EQ(folder.count(), 4);
}

TEST(PartitionTest, AFullDiskLeavesTheFormerFolder) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/t";
  write_parquet(trips(), path, {.partition_by = {"year"}});
  const int64_t before = folder.count();
  FaultyFiles ops;
  ops.bytes_left = 3000;
  const Error error = error_of([&] {
    const auto writer = make_writer(
        path, trips().schema(), {.extension = ".parquet", .partition_by = {"city"}, .ops = &ops},
        parquet_encoder({}));
    writer->write(trips());
    writer->commit();
  });
  EXPECT_THAT(error.what(), HasSubstr("No space left"));
  EXPECT_EQ(folder.count(), before);
  EXPECT_EQ(read_parquet(path).num_rows(), 5);
}

TEST(PathsTest, FilesInPathOrder) {
  const ScratchFolder folder;
  for (const char* name : {"b.csv", "a.csv", "c/a.csv", "_temporary.csv", ".x.csv"}) {
    folder.with(name, "a\n" + std::string(name) + "\n");
  }
  EXPECT_EQ(read_csv(folder.path()).to_string(), "a\na.csv\nb.csv\nc/a.csv\n");
  EXPECT_EQ(read_csv(folder.path() + "/**/*.csv").to_string(), "a\na.csv\nb.csv\nc/a.csv\n");
  EXPECT_EQ(read_csv({folder / "b.csv", folder / "a.csv"}).to_string(), "a\nb.csv\na.csv\n");
}

}  // namespace
}  // namespace weft
