#include <arrow/chunked_array.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "base/scratch_folder.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft {

struct Stop {
  std::string name;
  std::optional<int64_t> minutes;
};
template <>
inline constexpr bool is_record<Stop> = true;

namespace {

template <class T>
using Maybe = std::optional<T>;
constexpr auto kNone = std::nullopt;

Time at(int64_t us) { return Time(Duration(us)); }

// Every type, nulls, and the values that are easy to lose.
Table every_type() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const int64_t max = std::numeric_limits<int64_t>::max();
  using Texts = std::vector<std::string>;
  using Doubles = std::vector<double>;
  return Table({
      {"b", ColumnData::of<Maybe<bool>>({true, false, kNone, true, false})},
      {"i", ColumnData::of<Maybe<int32_t>>({1, -2'147'483'648, kNone, 0, 2'147'483'647})},
      {"l", ColumnData::of<Maybe<int64_t>>({max, -max - 1, kNone, 0, 7})},
      {"f", ColumnData::of<Maybe<float>>({0.1f, 1e-40f, kNone, 3.0f, -1e38f})},
      {"d", ColumnData::of<Maybe<double>>({0.1, nan, kNone, -0.0, inf})},
      {"e", ColumnData::of<Maybe<double>>({5e-324, 1e300, kNone, 3, -inf})},
      {"s", ColumnData::of<Maybe<std::string>>({"", "a \"b\",\n\r\n;", kNone, "NA", " é漢 "})},
      {"t", ColumnData::of<Maybe<Time>>(
                {at(0), at(-1), kNone, at(1'700'000'000'123'456), at(86'400'000'000)})},
      {"u", ColumnData::of<Maybe<Duration>>({Duration(0), Duration(-1), kNone,
                                             Duration(90'061'000'001), Duration(3'600'000'000)})},
      {"ls", ColumnData::of<Maybe<Texts>>(
                 {Texts{"a", ""}, Texts{}, kNone, Texts{"\"q\"\n", "null"}, Texts{"é"}})},
      {"ld", ColumnData::of<Maybe<Doubles>>(
                 {Doubles{1, nan}, Doubles{}, kNone, Doubles{-0.0, inf}, Doubles{0.1}})},
      {"lt", ColumnData::of<std::vector<Time>>({{at(1)}, {}, {at(-5), at(7)}, {}, {at(0)}})},
      {"r", ColumnData::of<Maybe<Stop>>(
                {Stop{"JFK", 5}, Stop{"", kNone}, kNone, Stop{"a\"b", -1}, Stop{"x", 0}})},
  });
}

Schema types_of(const Table& table) { return table.schema(); }

class RoundTripTest : public testing::TestWithParam<const char*> {};

TEST_P(RoundTripTest, EveryTypeComesBack) {
  const ScratchFolder folder;
  const Table table = every_type();
  const std::string path = folder / (std::string("t") + GetParam());
  const WriteResult result = write_table(table, path);
  EXPECT_EQ(result.rows, 5);
  EXPECT_EQ(result.bytes, static_cast<int64_t>(std::filesystem::file_size(path)));
  const bool text = std::string(GetParam()).find(".csv") == 0 ||
                    std::string(GetParam()).find(".tsv") == 0 ||
                    std::string(GetParam()).find(".json") == 0;
  const Table back = read_table(path, {.types = text ? types_of(table) : Schema{}});
  for (const auto& [name, type] : table.schema()) {
    SCOPED_TRACE(name);
    if (name == "r") {
      // A struct from a file has no C++ type; its fields are the same.
      EXPECT_TRUE(back.column(name).arrow()->Equals(*table.column(name).arrow()));
      continue;
    }
    EXPECT_EQ(back.column(name).type(), type);
    EXPECT_TRUE(back.column(name).equals(table.column(name)))
        << "expected\n"
        << table.select({name}).to_string() << "found\n"
        << back.select({name}).to_string();
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTripTest,
                         testing::Values(".parquet", ".csv", ".tsv", ".csv.gz", ".csv.zst",
                                         ".arrow", ".feather", ".jsonl", ".jsonl.gz"),
                         [](const auto& param) {
                           std::string name = param.param + 1;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

TEST(RoundTripTest, InferredTypesAreTheWrittenOnes) {
  const ScratchFolder folder;
  const Table table({{"l", ColumnData::of<int64_t>({1, 2})},
                     {"d", ColumnData::of<double>({3, 4})},
                     {"b", ColumnData::of<bool>({true, false})},
                     {"t", ColumnData::of<Time>({at(0), at(1)})},
                     {"s", ColumnData::of<std::string>({"x", "y"})}});
  for (const char* name : {"t.csv", "t.jsonl"}) {
    write_table(table, folder / name);
    EXPECT_TRUE(read_table(folder / name).equals(table)) << name;
  }
}

TEST(RoundTripTest, NoRows) {
  const ScratchFolder folder;
  const Table table = every_type().slice(0, 0).drop(std::vector<std::string>{"r"});
  for (const char* name : {"t.parquet", "t.csv", "t.arrow"}) {
    write_table(table, folder / name);
    const bool text = std::string(name) == "t.csv";
    const Table back = read_table(folder / name, {.types = text ? types_of(table) : Schema{}});
    EXPECT_EQ(back.num_rows(), 0) << name;
    EXPECT_EQ(back.schema(), table.schema()) << name;
  }
}

TEST(RoundTripTest, OneColumnOfNulls) {
  const ScratchFolder folder;
  const Table table({{"a", ColumnData::of<Maybe<int64_t>>({kNone, 1, kNone})}});
  write_csv(table, folder / "t.csv");
  EXPECT_TRUE(read_csv(folder / "t.csv").equals(table));
}

// Random text of the characters that matter to CSV and JSON, over several blocks.
TEST(RoundTripTest, RandomText) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    std::mt19937_64 random(seed);
    const std::string alphabet = "ab,;\"\n\r\t '\\#{}[]:N";
    std::vector<Maybe<std::string>> texts;
    std::vector<int64_t> numbers;
    for (int64_t i = 0; i < 60'000; ++i) {
      std::string text(random() % 40, ' ');
      for (char& c : text) c = alphabet[random() % alphabet.size()];
      texts.push_back(random() % 20 == 0 ? Maybe<std::string>() : text);
      numbers.push_back(static_cast<int64_t>(random()));
    }
    const Table table({{"s", ColumnData::of(texts)}, {"n", ColumnData::of(numbers)}});
    const ScratchFolder folder;
    for (const char* name : {"t.csv", "t.jsonl", "t.parquet"}) {
      write_table(table, folder / name);
      EXPECT_TRUE(read_table(folder / name).equals(table)) << name << ", seed " << seed;
    }
  }
}

TEST(RoundTripTest, ALazyTableIsStreamedIntoAWriter) {
  const ScratchFolder folder;
  std::vector<int64_t> numbers(300'000);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i * i % 1000);
  const Table table({{"n", ColumnData::of(numbers)}});
  write_parquet(table, folder / "a.parquet", {.row_group_rows = 10'000});
  write_csv(read_parquet(folder / "a.parquet"), folder / "b.csv");
  write_ipc(read_csv(folder / "b.csv"), folder / "c.arrow");
  EXPECT_TRUE(read_ipc(folder / "c.arrow").equals(table));
}

}  // namespace
}  // namespace weft
