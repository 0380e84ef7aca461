// update_cases(): the file apart from what failing cases expect stays as it is, byte for byte.
#include <gmock/gmock.h>
#include <weft/module.h>
#include <weft/weft.h>

#include <filesystem>

#include "base/file.h"
#include "weft/testing.h"

namespace update_features {
using namespace weft;

FEATURE(double, twice, (double x)) { return 2 * x; }
FEATURE(std::string, label, (std::string_view text)) { return std::string(text); }
FEATURE(Time, later, (Time at)) { return at + 1h; }
FEATURE(std::vector<double>, pair, (double x)) { return {x, 2 * x}; }
FEATURE(double, ratio, (double x, double y)) { return x / y; }

}  // namespace update_features

namespace weft::testing {
namespace {

class UpdateTest : public ::testing::Test {
 protected:
  UpdateTest() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-update-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/cases.yaml";
  }
  ~UpdateTest() override { std::filesystem::remove_all(folder_); }

  // The cases after an update, which is told to have rewritten `count` of them.
  std::string updated(const std::string& cases, int count) {
    const std::string head = "# a comment\nmodule: update_test\ncases:\n";
    write_file(path_, head + cases);
    EXPECT_EQ(update_cases(path_, compiled_modules()), count);
    const std::string text = read_file(path_);
    EXPECT_EQ(text.substr(0, head.size()), head);
    return text.substr(head.size());
  }

  std::string folder_;
  std::string path_;
};

TEST_F(UpdateTest, FlowStyleKeepsItsSurroundings) {
  EXPECT_EQ(updated("  - {name: a, columns: {x: [1, null]}, expect: {twice: [3, 4]}}  # why\n", 1),
            "  - {name: a, columns: {x: [1, null]}, expect: {twice: [2.0, null]}}  # why\n");
}

TEST_F(UpdateTest, BlockStyleStaysBlockStyle) {
  EXPECT_EQ(updated("  - name: a\n    columns: {x: [1, 2]}\n    expect:\n      twice:\n"
                    "        - 1\n        # one more\n        - 2\n\n  # the next\n"
                    "  - name: b\n    scalars: {x: 4}\n    expect:\n      twice: 9 # nine\n",
                    2),
            "  - name: a\n    columns: {x: [1, 2]}\n    expect:\n      twice:\n"
            "        - 2.0\n        - 4.0\n\n  # the next\n"
            "  - name: b\n    scalars: {x: 4}\n    expect:\n      twice: 8.0 # nine\n");
}

TEST_F(UpdateTest, OnlyWhatDiffersIsRewritten) {
  EXPECT_EQ(updated("  - name: a\n    columns: {x: [1], y: [4]}\n"
                    "    expect: {ratio: [ 0.25 ], twice: [ 0 ]}\n"
                    "  - name: b\n    columns: {x: [1]}\n    expect: {twice: [ 2 ]}\n",
                    1),
            "  - name: a\n    columns: {x: [1], y: [4]}\n"
            "    expect: {ratio: [ 0.25 ], twice: [2.0]}\n"
            "  - name: b\n    columns: {x: [1]}\n    expect: {twice: [ 2 ]}\n");
}

TEST_F(UpdateTest, ValuesReadBackAsTheyAre) {
  EXPECT_EQ(updated("  - name: a\n    columns:\n"
                    "      text: ['it''s', \"12\", plain text, \"a: b\", \"true\", \"\"]\n"
                    "      at: [2013-01-01, null, 2013-01-02, null, null, null]\n"
                    "      x: [.nan, .inf, 0, 1, 2, 3]\n"
                    "      y: [1, 1, 0, 1, 1, 1]\n"
                    "    expect:\n      label: ['x', \"]\", c, d, e, f]\n      later: []\n"
                    "      ratio: []\n",
                    1),
            "  - name: a\n    columns:\n"
            "      text: ['it''s', \"12\", plain text, \"a: b\", \"true\", \"\"]\n"
            "      at: [2013-01-01, null, 2013-01-02, null, null, null]\n"
            "      x: [.nan, .inf, 0, 1, 2, 3]\n"
            "      y: [1, 1, 0, 1, 1, 1]\n"
            "    expect:\n      label: [\"it's\", \"12\", plain text, \"a: b\", \"true\", \"\"]\n"
            "      later: [2013-01-01T01:00:00Z, null, 2013-01-02T01:00:00Z, null, null, null]\n"
            "      ratio: [.nan, .inf, .nan, 1.0, 2.0, 3.0]\n");
}

TEST_F(UpdateTest, SingleListsAndNulls) {
  EXPECT_EQ(updated("  - name: a\n    scalars: {x: 3, text: now}\n"
                    "    expect:\n      pair: {value: [0, 0]}\n      label:\n      twice: null\n",
                    1),
            "  - name: a\n    scalars: {x: 3, text: now}\n"
            "    expect:\n      pair: {value: [3.0, 6.0]}\n      label: now\n      twice: 6.0\n");
}

TEST_F(UpdateTest, LongListsAreWrapped) {
  std::string xs = "0";
  for (int i = 1; i < 60; ++i) xs += ", " + std::to_string(i);
  const std::string text =
      updated("  - name: a\n    columns: {x: [" + xs + "]}\n    expect:\n      twice: []\n", 1);
  EXPECT_THAT(text, ::testing::HasSubstr("\n      twice: [0.0, 2.0,"));
  EXPECT_THAT(text, ::testing::HasSubstr("\n              "));
  EXPECT_EQ(update_cases(path_, compiled_modules()), 0);
}

TEST_F(UpdateTest, WhatCannotBeRewrittenIsLeftAlone) {
  const std::string fails =
      "  - name: a\n    columns: {x: [1]}\n    expect: {unknown: [1]}\n"
      "  - name: b\n    columns: {x: [1]}\n    outputs: [twice]\n    error: {code: bad_data}\n";
  EXPECT_EQ(updated(fails, 0), fails);
  const std::string lines =
      "module: update_test\ncases:\n  - name: a\n    scalars: {text: x}\n    expect:\n"
      "      label: over\n        lines\n";
  write_file(path_, lines);
  EXPECT_THROW(update_cases(path_, compiled_modules()), Error);
  EXPECT_EQ(read_file(path_), lines);
}

}  // namespace
}  // namespace weft::testing
