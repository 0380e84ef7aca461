#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/scratch_folder.h"
#include "io/csv_text.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

std::string schema_of(const std::string& text, const CsvOptions& options = {}) {
  const ScratchFolder folder;
  return to_string(read_csv(folder.with("a.csv", text), options).schema());
}

std::string read(const std::string& text, const CsvOptions& options = {}) {
  const ScratchFolder folder;
  return read_csv(folder.with("a.csv", text), options).to_string();
}

TEST(CsvTest, InfersTypes) {
  EXPECT_EQ(schema_of("a,b,c,d,e,f\n1,true,2013-01-01,1.5,x,\n"),
            "a: int64, b: bool, c: timestamp, d: double, e: string, f: string");
  EXPECT_EQ(schema_of("a,b\n0,NaN\n1,1\n"), "a: int64, b: double");
  EXPECT_EQ(schema_of("a\n2013-01-01T05:00:00Z\n"), "a: timestamp");
  EXPECT_EQ(schema_of("a\n2013-01-01 05:00:00.123456789+01:00\n"), "a: timestamp");
  EXPECT_EQ(schema_of("a\nNA\n1\n"), "a: int64");
  // Twenty digits are a name, not a measure: a double would change them.
  EXPECT_EQ(schema_of("a\n1\n99999999999999999999\n"), "a: string");
  EXPECT_EQ(schema_of("a\n1.0\n99999999999999999999\n"), "a: double");
}

TEST(CsvTest, NullsAndQuotes) {
  EXPECT_EQ(read("a,b\nNA,NA\n\"NA\",1\n\"\",\"\"\n,\n"),
            "a        b\n"
            "null  null\n"
            "NA       1\n"
            "      null\n"
            "null  null\n");
  EXPECT_EQ(read("a\nNaN\n1\n"), "  a\nnan\n1.0\n");
  EXPECT_EQ(read("a\n-\n1\n", {.nulls = {"-"}}), "   a\nnull\n   1\n");
}

TEST(CsvTest, Dialects) {
  EXPECT_EQ(read("a;b\n1;'x;y'\n", {.delimiter = ';', .quote = '\''}), "a  b\n1  x;y\n");
  EXPECT_EQ(read("a\tb\n1\t\"x\n", {.delimiter = '\t', .quote = '\0'}), "a  b\n1  \"x\n");
  EXPECT_EQ(read("1,2\n3,4\n", {.header = false}),
            "column_1  column_2\n       1         2\n"
            "       3         4\n");
  EXPECT_EQ(read("1,2\n", {.header = false, .names = {"a", "b"}}), "a  b\n1  2\n");
  EXPECT_EQ(read("title\n\na,b\n1,2\n", {.skip_rows = 2}), "a  b\n1  2\n");
  EXPECT_EQ(read("# x,y,z\na,b\n# \"1\n1,2\n", {.comment = '#'}), "a  b\n1  2\n");
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a,b\r\n1,2\r\n"),
            "a  b\n1  2\n");
  EXPECT_EQ(read("a,b\r1,2\r3,4"), "a  b\n1  2\n3  4\n");
  EXPECT_EQ(read(",a\n0,1\n"), "column_1  a\n       0  1\n");
  EXPECT_EQ(read("a,b\n1,\"x\"\"y\"z\n"), "a  b\n1  x\"yz\n");
  EXPECT_EQ(read("a,b\n 1 , x\n"), "a  b\n1   x\n");
}

TEST(CsvTest, Times) {
  EXPECT_EQ(read("a\n2013-01-01\n2013-01-01T05:00\n", {.types = {{"a", timestamp_type()}}}),
            "a\n2013-01-01T00:00:00Z\n2013-01-01T05:00:00Z\n");
  EXPECT_EQ(read("a\n2013-01-01 05:00:00+02:00\n"), "a\n2013-01-01T03:00:00Z\n");
  // With a zone and without one in the same block.
  EXPECT_EQ(read("a\n2013-01-01\n2013-01-01T05:00:00Z\n", {.types = {{"a", timestamp_type()}}}),
            "a\n2013-01-01T00:00:00Z\n2013-01-01T05:00:00Z\n");
  EXPECT_EQ(read("a\n31.12.2013\n", {.time_formats = {"%d.%m.%Y"}}), "a\n2013-12-31T00:00:00Z\n");
  EXPECT_EQ(read("a\n1h30m\n90\n", {.types = {{"a", duration_type()}}}), "a\n1h30m\n0.00009s\n");
}

TEST(CsvTest, BadCellsToNull) {
  const CsvOptions options{.types = {{"a", int64_type()}, {"b", double_type()}},
                           .bad_rows = BadRows::kNull};
  EXPECT_EQ(read("a,b\n1,x\ny,2\n3\n4,5,6\n", options),
            "   a     b\n   1  null\nnull   2.0\n   3  null\n   4   5.0\n");
}

TEST(CsvTest, QuarantineKeepsTheReason) {
  const ScratchFolder folder;
  const auto quarantine = std::make_shared<Quarantine>();
  const Table table = read_csv(folder.with("a.csv", "a,b\n1,x\ny,2\n3\n\"4\n\",5,6\n7,8\n"),
                               {.types = {{"a", int64_type()}, {"b", int64_type()}},
                                .bad_rows = BadRows::kQuarantine,
                                .quarantine = quarantine});
  EXPECT_EQ(table.load().to_string(), "a  b\n7  8\n");
  const Table bad = quarantine->table();
  ASSERT_EQ(bad.num_rows(), 4);
  EXPECT_EQ(bad.drop(std::vector<std::string>{"file"}).to_string(),
            "line  column  expected                  found    row\n"
            "   2  b       int64                     \"x\"      1,x\n"
            "   3  a       int64                     \"y\"      y,2\n"
            "   4  null    2 cells as in the header  1 cells  3\n"
            "   5  null    2 cells as in the header  3 cells  \"4\n\",5,6\n");
  quarantine->write(folder / "bad.csv");
  EXPECT_TRUE(read_csv(folder / "bad.csv").equals(bad));
}

// Which rows are bad does not depend on the columns that are read, or columns would not line up.
TEST(CsvTest, QuarantineIsTheSameForEveryColumn) {
  const ScratchFolder folder;
  const Table table = read_csv(folder.with("a.csv", "a,b\n1,x\n2,2\n"),
                               {.types = {{"b", int64_type()}},
                                .bad_rows = BadRows::kQuarantine,
                                .quarantine = std::make_shared<Quarantine>()});
  EXPECT_EQ(table.column("a").size(), 1);
  EXPECT_EQ(table.column("b").size(), 1);
}

TEST(CsvTest, FiltersAndColumns) {
  EXPECT_EQ(read("a,b,c\n1,x,5\n2,y,6\n3,,7\n",
                 {.columns = {"c", "a"}, .filter = {{"b", Compare::kNotEqual, Value::of("x")}}}),
            "c  a\n6  2\n");
  EXPECT_EQ(read("a,b\n1,x\n2,\n", {.filter = {{"b", Compare::kIsNull}}}), "a  b\n2  null\n");
  EXPECT_EQ(read("a\n1\n2\n3\n",
                 {.filter = {{"a", Compare::kIn, Value::of(std::vector<int64_t>{1, 3})}}}),
            "a\n1\n3\n");
}

TEST(CsvTest, SeveralFilesKeepTheTypesOfTheFirst) {
  const ScratchFolder folder;
  const Table table =
      read_csv({folder.with("1.csv", "a,b\n1.5,x\n"), folder.with("2.csv", "b,a\n7,2\n")});
  EXPECT_EQ(table.to_string(), "  a  b\n1.5  x\n2.0  7\n");
  const Table filled =
      read_csv({folder / "1.csv", folder.with("3.csv", "a,c\n1,2\n")}, {.fill_missing = true});
  EXPECT_EQ(filled.to_string(), "  a  b        c\n1.5  x     null\n1.0  null     2\n");
}

// The fast way and the exact way agree: a bad cell at the end of a block sends all of it through
// the exact parser.
TEST(CsvTest, ExactAndFastAgree) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    std::mt19937_64 random(seed);
    std::string text = "i,d,s,t,b\n";
    for (int row = 0; row < 3000; ++row) {
      const auto n = static_cast<int64_t>(random());
      text += random() % 9 == 0 ? "" : std::to_string(n);
      text += ',';
      text += random() % 9 == 0 ? "NaN" : std::to_string(double(n) / 1e9);
      text += random() % 2 ? ",\"q\"\"x\n\"" : random() % 2 ? ", plain" : ",\"\"";
      text +=
          ",20" + std::to_string(10 + random() % 80) + "-01-0" + std::to_string(1 + random() % 9);
      text += random() % 2 ? ",true" : ",0";
      text += random() % 2 ? "\n" : "\r\n";
    }
    const ScratchFolder folder;
    const Schema types = {{"i", int64_type()},
                          {"d", double_type()},
                          {"s", string_type()},
                          {"t", timestamp_type()},
                          {"b", bool_type()}};
    const Table fast = read_csv(folder.with("fast.csv", text), {.types = types}).load();
    const Table exact = read_csv(folder.with("exact.csv", text + "x,1,x,2013-01-01,1\n"),
                                 {.types = types, .bad_rows = BadRows::kNull})
                            .load();
    EXPECT_TRUE(exact.slice(0, fast.num_rows()).equals(fast)) << "seed " << seed;
  }
}

TEST(CsvTextTest, CompleteRows) {
  const CsvDialect dialect{.comment = '#'};
  const auto complete = [&](std::string_view text) { return complete_rows(text, dialect); };
  EXPECT_EQ(complete("a,b\nc,d"), 4u);
  EXPECT_EQ(complete("a,\"b\nc\",d\ne"), 10u);
  EXPECT_EQ(complete("a,\"b\nc"), 0u);
  EXPECT_EQ(complete("a,\"b\"\"\nc\"\n"), 10u);
  EXPECT_EQ(complete("5\" pipe\n7\" pipe\n"), 16u);
  EXPECT_EQ(complete("# it's \"open\na\n"), 15u);
  EXPECT_EQ(complete("a\r\nb\r"), 3u);
  EXPECT_EQ(complete("a\rb\r"), 2u);
}

TEST(CsvTest, RowsLongerThanABlock) {
  const ScratchFolder folder;
  const std::string longest(3 << 20, 'x');
  const Table table = read_csv(folder.with("a.csv", "a,b\n\"" + longest + "\n\",1\ny,2\n"));
  EXPECT_EQ(table.num_rows(), 2);
  EXPECT_EQ(table.column("a").at(0).get<std::string>().size(), longest.size() + 1);
}

TEST(CsvTest, WriterQuotesWhatWouldReadDifferently) {
  const ScratchFolder folder;
  using Text = std::optional<std::string>;
  const Table table({{"a,b", ColumnData::of<Text>({"x", "", "NA", std::nullopt, "#c", "a\"b"})}});
  write_csv(table, folder / "a.csv");
  EXPECT_EQ(read_file(folder / "a.csv"), "\"a,b\"\nx\n\"\"\n\"NA\"\n\n\"#c\"\n\"a\"\"b\"\n");
}

}  // namespace
}  // namespace weft
