#include "io/spill.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/scratch_folder.h"

namespace weft {
namespace {

Table rows() {
  return {{"x", ColumnData::of<std::optional<double>>({1.5, {}, 3})},
          {"name", ColumnData::of<std::optional<std::string>>({"a", "", {}})},
          {"list", ColumnData::of<std::vector<int64_t>>({{1, 2}, {}, {3}})}};
}

TEST(SpillTest, ComesBackAsItWasAndLeavesNoFile) {
  const ScratchFolder folder;
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  const Table back = spill(rows());
  EXPECT_TRUE(back.equals(rows()));
  EXPECT_TRUE(spill(Table({{"x", ColumnData()}})).equals(Table({{"x", ColumnData()}})));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  ::setenv("TMPDIR", (folder.path() + "/nowhere").c_str(), 1);
  try {
    spill(rows());
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kIo);
    EXPECT_NE(std::string(e.what()).find("spilling columns to disk"), std::string::npos);
  }
  ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace weft
