// What outsiders can get wrong, as a table: the file, the call, and what the message must say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>

#include "base/scratch_folder.h"
#include "weft/io.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

struct BadInput {
  std::string name;
  ErrorCode code;
  std::vector<std::string> message;                // parts it must have
  std::function<void(const ScratchFolder&)> call;  // must throw
};

Table numbers(int64_t rows) {
  std::vector<int64_t> ids;
  std::vector<std::string> names;
  for (int64_t i = 0; i < rows; ++i) {
    ids.push_back(i);
    names.push_back("name " + std::to_string(i));
  }
  return Table({{"id", ColumnData::of(ids)}, {"name", ColumnData::of(names)}});
}

// The file's bytes changed by `change`.
std::string damaged(const ScratchFolder& folder, const std::string& name,
                    const std::function<void(std::string&)>& change) {
  write_table(numbers(20'000), folder / name);
  std::string bytes = read_file(folder / name);
  change(bytes);
  return folder.with(name, bytes);
}

std::vector<BadInput> paths() {
  using F = const ScratchFolder&;
  return {
      {"missing file, near name",
       ErrorCode::kNotFound,
       {"there is no file", "flihgts.csv", "did you mean 'flights.csv'?"},
       [](F f) {
         f.with("flights.csv", "a\n1\n");
         read_csv(f / "flihgts.csv");
       }},
      {"missing folder",
       ErrorCode::kNotFound,
       {"there is no folder"},
       [](F f) { read_parquet(f.path() + "/no/x.parquet"); }},
      {"glob without a match",
       ErrorCode::kNotFound,
       {"no file matches", "*.parquet"},
       [](F f) { read_parquet(f.path() + "/*.parquet"); }},
      {"folder without files of the format",
       ErrorCode::kNotFound,
       {"holds no Parquet file"},
       [](F f) {
         f.with("d/x.csv", "a\n1\n");
         read_parquet(f.path() + "/d");
       }},
      {"folder in place of a file",
       ErrorCode::kNotFound,
       {"the folder", "d.csv holds no CSV file (.csv, .tsv, .txt)"},
       [](F f) {
         f.with("d.csv/x", "");
         read_csv({f.with("a.csv", "a\n1\n"), f.path() + "/d.csv"});
       }},
  };
}

std::vector<BadInput> damages() {
  using F = const ScratchFolder&;
  constexpr auto kBadData = ErrorCode::kBadData;
  return {
      {"zero bytes, Parquet",
       kBadData,
       {"is empty (0 bytes), expected a Parquet file"},
       [](F f) { read_parquet(f.with("a.parquet", "")); }},
      {"zero bytes, CSV",
       kBadData,
       {"is empty (0 bytes)"},
       [](F f) { read_csv(f.with("a.csv", "")); }},
      {"no header, only empty lines",
       kBadData,
       {"has no row; a header was expected"},
       [](F f) { read_csv(f.with("a.csv", "\n\n\n")); }},
      {"wrong magic, Parquet",
       kBadData,
       {"a.parquet is damaged or no Parquet file", "magic bytes"},
       [](F f) { read_parquet(f.with("a.parquet", std::string(1000, 'x'))); }},
      {"truncated Parquet",
       kBadData,
       {"a.parquet is damaged or no Parquet file"},
       [](F f) { read_parquet(damaged(f, "a.parquet", [](auto& b) { b.resize(b.size() / 2); })); }},
      {"damaged Parquet footer",
       kBadData,
       {"a.parquet is damaged or no Parquet file"},
       [](F f) {
         read_parquet(
             damaged(f, "a.parquet", [](auto& b) { b.replace(b.size() - 200, 100, 100, '\xff'); }));
       }},
      {"damaged Parquet page",
       kBadData,
       {"a.parquet is damaged or no Parquet file"},
       [](F f) {
         read_parquet(damaged(f, "a.parquet", [](auto& b) {
           b.replace(20, 2000, 2000, '\xff');
         })).load();
       }},
      {"wrong magic, IPC",
       kBadData,
       {"a.arrow is damaged or no Arrow IPC file"},
       [](F f) { read_ipc(f.with("a.arrow", std::string(1000, 'x'))); }},
      {"truncated IPC",
       kBadData,
       {"a.arrow is damaged or no Arrow IPC file"},
       [](F f) { read_ipc(damaged(f, "a.arrow", [](auto& b) { b.resize(b.size() / 2); })); }},
      {"truncated gzip",
       kBadData,
       {"a.csv.gz"},
       [](F f) {
         read_csv(damaged(f, "a.csv.gz", [](auto& b) { b.resize(b.size() / 2); })).load();
       }},
      {"no gzip at all",
       kBadData,
       {"a.csv.gz is damaged or no CSV file"},
       [](F f) { read_csv(f.with("a.csv.gz", "a,b\n1,2\n")); }},
  };
}

std::vector<BadInput> disagreements() {
  using F = const ScratchFolder&;
  constexpr auto kBadData = ErrorCode::kBadData;
  return {
      {"column that is not there",
       ErrorCode::kNotFound,
       {"has no column \"distanse\"", "did you mean 'distance'?"},
       [](F f) { read_csv(f.with("a.csv", "distance,x\n1,2\n"), {.columns = {"distanse"}}); }},
      {"declared column that is not there, wrong delimiter",
       ErrorCode::kNotFound,
       {"has no column \"b\"", "is the delimiter right?"},
       [](F f) { read_csv(f.with("a.csv", "a;b\n1;2\n"), {.types = {{"b", int64_type()}}}); }},
      {"column asked for twice",
       ErrorCode::kInvalidArgument,
       {"\"a\" is asked for twice"},
       [](F f) { read_csv(f.with("a.csv", "a,b\n1,2\n"), {.columns = {"a", "a"}}); }},
      {"two columns of one name",
       kBadData,
       {"columns 1 and 3 of the header are both named \"a\""},
       [](F f) { read_csv(f.with("a.csv", "a,b,a\n1,2,3\n")); }},
      {"unknown extension",
       ErrorCode::kInvalidArgument,
       {"the name of", "tells no format", ".parquet"},
       [](F f) { read_table(f.with("a.xlsx", "x")); }},
  };
}

std::vector<BadInput> meanwhile() {
  using F = const ScratchFolder&;
  return {
      {"pipe",
       ErrorCode::kUnsupported,
       {"/dev/null", "no regular file"},
       [](F) { read_csv("/dev/null"); }},
      {"files of different types",
       ErrorCode::kTypeMismatch,
       {"column \"a\" is int64 in", "1.csv", "string in", "2.csv"},
       [](F f) {
         f.with("1.csv", "a\n1\n");
         write_parquet(Table({{"a", ColumnData::of<int64_t>({1})}}), f / "1.csv.parquet");
         write_parquet(Table({{"a", ColumnData::of<std::string>({"x"})}}), f / "2.csv.parquet");
         read_parquet(f.path() + "/*.parquet");
       }},
      {"file that lacks a column",
       ErrorCode::kTypeMismatch,
       {"2.csv has no column \"b\"", "1.csv has", "fill_missing"},
       [](F f) { read_csv({f.with("1.csv", "a,b\n1,2\n"), f.with("2.csv", "a\n1\n")}); }},
      {"file that was changed meanwhile",
       ErrorCode::kIo,
       {"was changed after its schema was read"},
       [](F f) {
         const Table table = read_csv(f.with("a.csv", "a\n1\n"));
         f.with("a.csv", "a\n1\n2\n");
         table.load();
       }},
      {"filter value of another type",
       ErrorCode::kTypeMismatch,
       {"the filter on \"a\"", "expected int64"},
       [](F f) {
         read_csv(f.with("a.csv", "a\n1\n"), {.filter = {{"a", Compare::kEqual, Value::of("x")}}});
       }},
      {"filter on a column that is not there",
       ErrorCode::kNotFound,
       {"has no column \"b\", which the filter names"},
       [](F f) { read_csv(f.with("a.csv", "a\n1\n"), {.filter = {{"b", Compare::kIsNull}}}); }},
  };
}

auto csv(const std::string& text, const CsvOptions& options = {}) {
  return
      [text, options](const ScratchFolder& f) { read_csv(f.with("a.csv", text), options).load(); };
}
auto json(const std::string& text, const JsonOptions& options = {}) {
  return [text, options](const ScratchFolder& f) {
    read_json(f.with("a.jsonl", text), options).load();
  };
}
CsvOptions typed(Type type) { return {.types = {{"a", type}}}; }

std::vector<BadInput> cells() {
  constexpr auto kBadData = ErrorCode::kBadData;
  return {
      {"not a number",
       kBadData,
       {"a.csv:3: column \"a\": expected int64, found \"x\""},
       csv("a,b\n1,2\nx,2\n", typed(int64_type()))},
      {"a line counts though quoted cells have line ends",
       kBadData,
       {"a.csv:5: column \"a\": expected int64, found \"x\""},
       csv("b,a\n\"1\n2\n\",1\n2,x\n", typed(int64_type()))},
      {"a line counts though there are comments and empty lines",
       kBadData,
       {"a.csv:6: column \"a\": expected int64, found \"x\""},
       csv("# head\na,b\n\n# note\n1,2\nx,2\n", {.types = {{"a", int64_type()}}, .comment = '#'})},
      {"too large",
       kBadData,
       {"a.csv:2: column \"a\": expected int64 (the number is too large), found "
        "\"9223372036854775808\""},
       csv("a,b\n9223372036854775808,1\n", typed(int64_type()))},
      {"too large for int32",
       kBadData,
       {"expected int32 (the number is too large)"},
       csv("a,b\n3000000000,1\n", typed(int32_type()))},
      {"no bool",
       kBadData,
       {"a.csv:2: column \"a\": expected bool (true, ", "found \"yes\""},
       csv("a,b\nyes,1\n", typed(bool_type()))},
      {"no date",
       kBadData,
       {"a.csv:2: column \"a\": expected timestamp (ISO 8601", "found \"2013-02-30\""},
       csv("a,b\n2013-02-30,1\n", typed(timestamp_type()))},
      {"no duration",
       kBadData,
       {"expected duration (as 1h30m", "found \"soon\""},
       csv("a,b\nsoon,1\n", typed(duration_type()))},
      {"no list",
       kBadData,
       {"expected list<double> as JSON", "found \"[1, x]\""},
       csv("a,b\n\"[1, x]\",1\n", typed(list_type(double_type())))},
      {"null that is quoted in a number",
       kBadData,
       {"expected int64, found \"N/A\""},
       csv("a,b\nN/A,1\n", typed(int64_type()))},
  };
}

std::vector<BadInput> rows() {
  constexpr auto kBadData = ErrorCode::kBadData;
  std::string late = "a,b\n";
  for (int i = 0; i < 300'000; ++i) late += "1,2\n";
  return {
      {"too many cells",
       kBadData,
       {"a.csv:3: expected 2 cells as in the header, found 3: \"1,2,3\""},
       csv("a,b\n1,2\n1,2,3\n")},
      {"too few cells",
       kBadData,
       {"a.csv:2: expected 2 cells as in the header, found 1"},
       csv("a,b\n1\n")},
      {"unclosed quote",
       kBadData,
       {"a.csv:3: expected a closing quote"},
       csv("a,b\n1,2\n\"1,2\n3,4\n")},
      {"unclosed quote in the header",
       kBadData,
       {"a.csv:1: a quote is opened here and not closed"},
       csv("a,\"b\n1,2\n")},
      {"not UTF-8",
       kBadData,
       {"a.csv:3: column \"a\": expected text in UTF-8", "caf\\xE9"},
       csv("a,b\nx,1\ncaf\xE9,2\n")},
      {"UTF-16",
       kBadData,
       {"a.csv:1: expected text in UTF-8, found UTF-16"},
       csv(std::string("\xFF\xFE"
                       "a\0\n\0",
                       6))},
      {"contradicts the inferred type",
       kBadData,
       {"a.csv:300002: column \"a\": expected int64, the type of the rows before, found \"1.5\"; "
        "declare the column's type in `types`"},
       csv(late + "1.5,2\n")},
      {"contradicts the inferred type, bad cells to null",
       kBadData,
       {"a.csv:300002: column \"a\"", "declare the column's type"},
       csv(late + "1.5,2\n", {.bad_rows = BadRows::kNull})},
      {"quarantine without one",
       ErrorCode::kInvalidArgument,
       {"needs a `quarantine`"},
       csv("a\n1\n", {.bad_rows = BadRows::kQuarantine})},
      {"delimiter that is the quote",
       ErrorCode::kInvalidArgument,
       {"the delimiter must be neither"},
       csv("a\n1\n", {.delimiter = '"'})},
  };
}

std::vector<BadInput> json_rows() {
  constexpr auto kBadData = ErrorCode::kBadData;
  return {
      {"JSON, no object",
       kBadData,
       {"a.jsonl:2: expected a JSON object, found \"[1]\""},
       json("{\"a\":1}\n[1]\n")},
      {"JSON, cut off",
       kBadData,
       {"a.jsonl:2: expected a JSON object", "column"},
       json("{\"a\":1}\n{\"a\":\n")},
      {"JSON, another type",
       kBadData,
       {"a.jsonl:2: key \"a\": a text here and a number"},
       json("{\"a\":1}\n{\"a\":\"x\"}\n")},
      {"JSON, declared type",
       kBadData,
       {"a.jsonl:2: key \"a\": expected int64, found \"x\""},
       json("{\"a\":1}\n{\"a\":\"x\"}\n", {.types = {{"a", int64_type()}}})},
      {"JSON, too large",
       kBadData,
       {"key \"a\": expected int32, found -3000000000"},
       json("{\"a\":-3000000000}\n", {.types = {{"a", int32_type()}}})},
  };
}

void check(const std::vector<BadInput>& inputs) {
  for (const BadInput& input : inputs) {
    SCOPED_TRACE(input.name);
    const ScratchFolder folder;
    try {
      input.call(folder);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error_code_name(error.code()), error_code_name(input.code)) << error.what();
      for (const auto& part : input.message) EXPECT_THAT(error.what(), HasSubstr(part));
    }
  }
}

TEST(BadInputTest, Paths) { check(paths()); }
TEST(BadInputTest, Damages) { check(damages()); }
TEST(BadInputTest, Disagreements) { check(disagreements()); }
TEST(BadInputTest, Meanwhile) { check(meanwhile()); }
TEST(BadInputTest, Cells) { check(cells()); }
TEST(BadInputTest, Rows) { check(rows()); }
TEST(BadInputTest, JsonRows) { check(json_rows()); }

TEST(BadInputTest, NoPermission) {
  const ScratchFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  const std::string path = folder.with("a.csv", "a\n1\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  // Root may read everything: for this once it is somebody else.
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  try {
    read_csv(path);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_THAT(error.what(), HasSubstr("Permission denied"));
  }
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
}

// Any bytes changed anywhere: an Error or a table, never a crash.
TEST(BadInputTest, RandomDamageNeverCrashes) {
  for (const std::string name : {"a.parquet", "a.arrow", "a.csv.zst", "a.jsonl"}) {
    const ScratchFolder folder;
    write_table(numbers(500), folder / name);
    const std::string good = read_file(folder / name);
    uint64_t state = 12345;
    const auto random = [&] { return (state = state * 6364136223846793005ull + 1) >> 33; };
    for (int i = 0; i < 200; ++i) {
      std::string bytes = good;
      for (int j = 0; j < 3; ++j) bytes[random() % bytes.size()] = static_cast<char>(random());
      if (i % 4 == 0) bytes.resize(random() % bytes.size() + 1);
      try {
        read_table(folder.with(name, bytes)).load();
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace weft
