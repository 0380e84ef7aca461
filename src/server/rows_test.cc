// Rows of requests as tables.
#include "server/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/test_seed.h"
#include "weft/error.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

const ColumnType kAsTheyAre = [](std::string_view, bool) -> Type { return nullptr; };

TakenRows taken(const std::string& json, const ColumnType& type = kAsTheyAre) {
  JsonTape tape;
  EXPECT_TRUE(tape.parse(json)) << tape.error();
  return tape.root().is_list() ? rows_of_objects(tape.root(), type)
                               : rows_of_columns(tape.root(), type);
}

TEST(RowsTest, TypesAreThoseOfTheValues) {
  const TakenRows rows = taken(
      R"({"i": [1, 2], "d": [1, 2.5], "s": ["a", null], "b": [true, null], "n": [null, null],
          "l": [[1], [2.5]], "e": [[], []]})");
  EXPECT_EQ(to_string(rows.rows.schema()),
            "i: int64, d: double, s: string, b: bool, l: list<double>, e: list<double>");
  EXPECT_TRUE(rows.rows.column("s").is_null(1));
}

TEST(RowsTest, TypesThatAreGivenWin) {
  const TakenRows rows = taken(R"([{"a": 1}, {"b": "2024-01-01"}, {}])",
                               [](std::string_view column, bool is_text) -> Type {
                                 EXPECT_EQ(is_text, column == "b");
                                 return column == "b" ? timestamp_type() : double_type();
                               });
  EXPECT_EQ(to_string(rows.rows.schema()), "a: double, b: timestamp");
  EXPECT_EQ(rows.rows.num_rows(), 3);
  EXPECT_EQ(rows.rows.column("b").null_count(), 2);
}

TEST(RowsTest, EveryBadValueIsTold) {
  const TakenRows rows = taken(R"([{"a": 1}, {"a": "x"}, {"a": [1]}])");
  EXPECT_EQ(rows.bad_count, 2);
  EXPECT_EQ(rows.rows.num_rows(), 0);
  EXPECT_EQ(rows.bad[1].row, 2);
  EXPECT_EQ(bad_values_text(rows),
            "2 values cannot be taken; row 1, column 'a': expected int64, found \"x\"; row 2, "
            "column 'a': expected int64, found a list");
  std::string many = "[";
  for (int i = 0; i < 500; ++i) many += i == 0 ? "{\"a\":1}" : ",{\"a\":true}";
  EXPECT_EQ(taken(many + "]").bad.size(), 100u);
}

TEST(RowsTest, WhatIsNoTable) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {R"({"a": [1], "b": [1, 2]})", "'a' has 1 values, 'b' has 2"},
      {R"({"a": 1})", "column 'a': expected a list, found 1"},
      {R"([1])", "row 0: expected an object, found 1"},
  };
  for (const auto& [json, message] : cases) {
    try {
      taken(json);
      ADD_FAILURE() << json;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

TEST(RowsTest, NamesThatDifferInEachRowAreRefused) {
  std::string json = "[";
  for (int i = 0; i < 5000; ++i) json += (i ? ",{\"k" : "{\"k") + std::to_string(i) + "\":1}";
  EXPECT_THROW(taken(json + "]"), Error);
}

TEST(RowsTest, ArrowStreamsComeBack) {
  const Table table = {{"a", ColumnData::of<int64_t>({1, 2})},
                       {"s", ColumnData::of<std::string>({"x", "y"})}};
  EXPECT_TRUE(rows_of_arrow(arrow_of_rows(table)).load().equals(table));
}

TEST(RowsTest, BrokenArrowStreamsAreRefused) {
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string good = arrow_of_rows(
      {{"a", ColumnData::of<int64_t>({1, 2})}, {"s", ColumnData::of<std::string>({"x", "y"})}});
  EXPECT_THROW(rows_of_arrow(""), Error);
  EXPECT_THROW(rows_of_arrow("hello"), Error);
  for (int i = 0; i < 500; ++i) {
    std::string bytes = good.substr(0, random() % 3 == 0 ? random() % good.size() : good.size());
    for (uint64_t n = random() % 4 + 1; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    try {
      rows_of_arrow(bytes).load();
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace weft
