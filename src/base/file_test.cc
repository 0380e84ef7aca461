#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "base/faulty_files.h"
#include "base/scratch_folder.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST(AtomicFileTest, AppearsWithCommitOnly) {
  const ScratchFolder folder;
  const std::string path = folder / "a.txt";
  AtomicFile file(path, Overwrite::kReplace);
  file.write("hello");
  EXPECT_EQ(folder.count(), 0);
  file.commit();
  EXPECT_EQ(read_file(path), "hello");
  EXPECT_EQ(folder.count(), 1);
  EXPECT_EQ(file.size(), 5);
}

TEST(AtomicFileTest, DestroyedItLeavesTheFormerFile) {
  const ScratchFolder folder;
  const std::string path = folder.with("a.txt", "old");
  {
    AtomicFile(path, Overwrite::kReplace).write("new");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFileTest, FailKeepsAFileThatAppearsMeanwhile) {
  const ScratchFolder folder;
  for (const bool no_unnamed : {false, true}) {
    FaultyFiles ops;
    ops.no_unnamed = no_unnamed;
    const std::string path = folder / (no_unnamed ? "named" : "unnamed");
    AtomicFile file(path, Overwrite::kFail, ops);
    file.write("mine");
    write_file(path, "theirs");
    EXPECT_EQ(error_of([&] { file.commit(); }).code(), ErrorCode::kAlreadyExists);
    EXPECT_EQ(read_file(path), "theirs");
  }
  EXPECT_EQ(folder.count(), 2);
}

TEST(AtomicFileTest, KeepsModeAndFollowsLinks) {
  const ScratchFolder folder;
  const std::string path = folder.with("real.txt", "old");
  ::chmod(path.c_str(), 0640);
  std::filesystem::create_symlink(path, folder / "link.txt");
  write_file(folder / "link.txt", "new");
  EXPECT_EQ(read_file(path), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.txt"));
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0640u);
}

// Every fault, with and without unnamed files: the former file stays, and nothing else is there.
TEST(AtomicFileTest, FaultsLeaveTheFormerFileAndNoLitter) {
  struct Case {
    const char* name;
    void (*set)(FaultyFiles&);
    const char* message;
  };
  const Case cases[] = {
      {"disk full", [](FaultyFiles& f) { f.bytes_left = 10; }, "No space left"},
      {"sync", [](FaultyFiles& f) { f.sync_error = EIO; }, "Input/output error"},
      {"rename", [](FaultyFiles& f) { f.rename_error = EIO; }, "Input/output error"},
      {"disk full, named",
       [](FaultyFiles& f) {
         f.no_unnamed = true;
         f.bytes_left = 10;
       },
       "No space left"},
      {"sync, named",
       [](FaultyFiles& f) {
         f.no_unnamed = true;
         f.sync_error = EIO;
       },
       "Input/output error"},
      {"rename, named",
       [](FaultyFiles& f) {
         f.no_unnamed = true;
         f.rename_error = EACCES;
       },
       "Permission denied"},
      {"link", [](FaultyFiles& f) { f.link_error = EIO; }, "Input/output error"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const ScratchFolder folder;
    const std::string path = folder.with("a.txt", "old");
    FaultyFiles ops;
    test.set(ops);
    const Error error =
        error_of([&] { write_file(path, std::string(100, 'x'), Overwrite::kReplace, ops); });
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_THAT(error.what(), HasSubstr(test.message));
    EXPECT_THAT(error.what(), HasSubstr(path));
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(folder.count(), 1);
  }
}

TEST(AtomicFileTest, ShortAndInterruptedWritesGoOn) {
  const ScratchFolder folder;
  FaultyFiles ops;
  ops.write_bytes_max = 3;
  ops.interrupts = 2;
  write_file(folder / "a", "0123456789", Overwrite::kReplace, ops);
  EXPECT_EQ(read_file(folder / "a"), "0123456789");
}

TEST(AtomicFileTest, RealLimitOfTheSystem) {
  const ScratchFolder folder;
  const std::string path = folder.with("a", "old");
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limited = {1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  const Error error = error_of([&] { write_file(path, std::string(5000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(error.what(), HasSubstr("File too large"));
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFileTest, SaysWhatCannotBeWritten) {
  const ScratchFolder folder;
  const Error missing = error_of([&] { write_file(folder.path() + "/no/a.txt", "x"); });
  EXPECT_EQ(missing.code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.what(), HasSubstr("there is no folder"));
  EXPECT_THAT(error_of([&] { write_file(folder.path(), "x"); }).what(),
              HasSubstr("it is a folder"));
}

TEST(AtomicFolderTest, ReplacesAsAWhole) {
  for (const bool no_exchange : {false, true}) {
    const ScratchFolder folder;
    folder.with("t/old.txt", "old");
    FaultyFiles ops;
    ops.no_exchange = no_exchange;
    AtomicFolder made(folder.path() + "/t", Overwrite::kReplace, ops);
    write_file(made.staging() + "/new.txt", "new");
    EXPECT_EQ(read_file(folder.path() + "/t/old.txt"), "old");
    made.commit();
    EXPECT_EQ(read_file(folder.path() + "/t/new.txt"), "new");
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/t/old.txt"));
  }
}

TEST(AtomicFolderTest, DestroyedItLeavesNothing) {
  const ScratchFolder folder;
  folder.with("t/old.txt", "old");
  {
    AtomicFolder made(folder.path() + "/t", Overwrite::kReplace);
    write_file(made.staging() + "/new.txt", "new");
  }
  EXPECT_EQ(read_file(folder.path() + "/t/old.txt"), "old");
  EXPECT_EQ(folder.count(), 2);
  EXPECT_EQ(error_of([&] { AtomicFolder(folder.path() + "/t", Overwrite::kFail); }).code(),
            ErrorCode::kAlreadyExists);
}

TEST(AtomicFolderTest, AFailedSyncChangesNothing) {
  const ScratchFolder folder;
  folder.with("t/old.txt", "old");
  FaultyFiles ops;
  ops.sync_error = EIO;
  {
    AtomicFolder made(folder.path() + "/t", Overwrite::kReplace, ops);
    AtomicFile file(made.staging() + "/new.txt", Overwrite::kFail, ops, Durable::kLater);
    file.write("new");
    file.commit();
    EXPECT_EQ(error_of([&] { made.commit(); }).code(), ErrorCode::kIo);
  }
  EXPECT_EQ(read_file(folder.path() + "/t/old.txt"), "old");
  EXPECT_EQ(folder.count(), 2);
}

TEST(GlobTest, MatchesInPathOrder) {
  const ScratchFolder folder;
  for (const char* name : {"b.csv", "a.csv", ".hidden.csv", "x/c.csv", "x/y/d.csv", "x/e.txt"}) {
    folder.with(name, "");
  }
  const auto names = [&](const std::string& pattern) {
    std::vector<std::string> out;
    for (const auto& path : expand_glob(folder.path() + "/" + pattern)) {
      out.push_back(path.substr(folder.path().size() + 1));
    }
    return out;
  };
  EXPECT_THAT(names("*.csv"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(names("**/*.csv"), ElementsAre("a.csv", "b.csv", "x/c.csv", "x/y/d.csv"));
  EXPECT_THAT(names("[bc].csv"), ElementsAre("b.csv"));
  EXPECT_THAT(names("*/?.csv"), ElementsAre("x/c.csv"));
  EXPECT_THAT(names("**"), ElementsAre("a.csv", "b.csv", "x/c.csv", "x/e.txt", "x/y/d.csv"));
  EXPECT_THAT(names("no/*"), ElementsAre());
  EXPECT_THAT(list_folder(folder.path()), ElementsAre("a.csv", "b.csv", "x/"));
}

TEST(ReadFileTest, HasALimit) {
  const ScratchFolder folder;
  const std::string path = folder.with("a", "0123456789");
  EXPECT_EQ(error_of([&] { read_file(path, 5); }).code(), ErrorCode::kResourceLimit);
  EXPECT_EQ(error_of([&] { read_file(path + "b"); }).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft
