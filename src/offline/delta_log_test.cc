#include "offline/delta_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/scratch_folder.h"
#include "data/text_form.h"
#include "offline/delta_statistics.h"
#include "weft/delta_table.h"

namespace weft::delta {
namespace {

using testing::HasSubstr;

TEST(DeltaLogTest, PathsAreDecoded) {
  struct Case {
    const char* uri;
    const char* path;
  };
  const Case cases[] = {{"a/b.parquet", "a/b.parquet"},
                        {"s=x%2520y/p%20q", "s=x%20y/p q"},
                        {"100%/50%2", "100%/50%2"},
                        {"file:///data/a%20b", "/data/a b"},
                        {"file:/data/a", "/data/a"},
                        {"/data/a", "/data/a"},
                        {"t=2020-01-01T00:00:00/x", "t=2020-01-01T00:00:00/x"}};
  for (const Case& c : cases) EXPECT_EQ(decoded_path(c.uri), c.path) << c.uri;
  EXPECT_THROW(decoded_path("s3://bucket/key"), Error);
  const std::string odd = "day=1 2%/ä\"#?=&+.parquet";
  EXPECT_EQ(decoded_path(encoded_path(odd)), odd);
}

TEST(DeltaLogTest, BoundsOfTextsHold) {
  EXPECT_EQ(first_characters("äöü", 2), "äö");
  EXPECT_EQ(upper_bound_of("abc", 3), "abc");
  EXPECT_EQ(upper_bound_of("abcd", 3), "abd");
  EXPECT_EQ(upper_bound_of("ab\x7f!", 3), "ab\xc2\x80");
  EXPECT_EQ(upper_bound_of("a\xed\x9f\xbf!", 2), "a\xee\x80\x80");  // past the surrogates
  EXPECT_EQ(upper_bound_of("a\xf4\x8f\xbf\xbf!", 2), "b");          // no character is larger
  EXPECT_EQ(upper_bound_of("\xf4\x8f\xbf\xbf!", 1), std::nullopt);
  for (const std::string text : {"zzzzz", "aé\u7fff\U0001f600x"}) {
    for (size_t n = 1; n < 6; ++n) EXPECT_GE(upper_bound_of(text, n).value(), text);
  }
}

TEST(DeltaLogTest, IntervalsAreRead) {
  EXPECT_EQ(parse_interval("interval 7 days"), std::chrono::hours(168));
  EXPECT_EQ(parse_interval("interval 1 week"), std::chrono::hours(168));
  EXPECT_EQ(parse_interval("2 hours"), std::chrono::hours(2));
  EXPECT_EQ(parse_interval("interval -1 days"), std::nullopt);
  EXPECT_EQ(parse_interval("soon"), std::nullopt);
}

TEST(DeltaLogTest, StatisticsBoundWhatIsStored) {
  const ScratchFolder folder;
  using Doubles = std::vector<std::optional<double>>;
  const auto time = [](const char* text) { return *parse_time(text); };
  const std::string large(40, 'x');
  const Table rows({{"d", ColumnData::of(Doubles{1.5, std::nullopt})},
                    {"nan", ColumnData::of(Doubles{1.5, std::nan("")})},
                    {"inf", ColumnData::of(Doubles{1.5, 1.0 / 0.0})},
                    {"t", ColumnData::of<Time>({time("1969-12-31 23:59:59.9995"),
                                                time("2020-01-01 00:00:00.0001")})},
                    {"s", ColumnData::of<std::string>({large, ""})},
                    {"bad", ColumnData::of<std::string>({"\xff", "a"})},
                    {"l", ColumnData::of(std::vector<std::vector<int64_t>>{{1}, {}})},
                    {"i", ColumnData::of<int64_t>({INT64_MIN, INT64_MAX})}});
  DeltaTable table = DeltaTable::create(folder / "t", {.schema = rows.schema()});
  table.append(rows);
  const auto actions = Log(folder / "t").commit_actions(1);
  const auto stats = nlohmann::json::parse(actions.adds.at(0)->stats);
  EXPECT_EQ(stats["numRecords"], 2);
  const std::string low(32, 'x');
  const nlohmann::json min = {
      {"d", 1.5}, {"t", "1969-12-31T23:59:59.999Z"}, {"s", ""}, {"i", INT64_MIN}};
  const nlohmann::json max = {{"d", 1.5},
                              {"t", "2020-01-01T00:00:00.001Z"},
                              {"s", std::string(31, 'x') + "y"},
                              {"i", INT64_MAX}};
  EXPECT_EQ(stats["minValues"], min);
  EXPECT_EQ(stats["maxValues"], max);
  EXPECT_EQ(stats["nullCount"]["d"], 1);
  EXPECT_EQ(stats["nullCount"]["l"], 0);
  // Each value is found by a filter on it.
  for (const char* name : {"d", "inf", "t", "s", "bad", "i"}) {
    const ColumnData column = rows.column(name);
    for (int64_t i = 0; i < 2; ++i) {
      if (column.is_null(i)) continue;
      const Filter filter = {{name, Compare::kEqual, column.at(i)}};
      EXPECT_EQ(table.read({.filter = filter}).load().num_rows(), 1) << name;
    }
  }
}

// A log written by hand, as another engine might.
struct Foreign {
  const char* name;
  const char* protocol;
  const char* configuration;
  const char* says;  // "": it is read
};

TEST(DeltaLogTest, WhatIsNotKnownIsNamed) {
  const Foreign tables[] = {
      {"plain", R"({"minReaderVersion":1,"minWriterVersion":2})", "{}", ""},
      {"no mapping", R"({"minReaderVersion":2,"minWriterVersion":5})", "{}", ""},
      {"times without zone",
       R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz"]})",
       "{}", ""},
      {"mapping", R"({"minReaderVersion":2,"minWriterVersion":5})",
       R"({"delta.columnMapping.mode":"name"})", "columnMapping"},
      {"vectors",
       R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]})",
       "{}", "deletionVectors"},
      {"future", R"({"minReaderVersion":4,"minWriterVersion":8})", "{}", "version 4"},
  };
  const std::string schema =
      R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}},)"
      R"({"name":"m","type":{"type":"map","keyType":"string","valueType":"long","valueContainsNull":true},)"
      R"("nullable":true,"metadata":{}}]})";
  for (const Foreign& table : tables) {
    SCOPED_TRACE(table.name);
    const ScratchFolder folder;
    const nlohmann::json metadata = {{"id", "x"},
                                     {"format", {{"provider", "parquet"}}},
                                     {"schemaString", schema},
                                     {"partitionColumns", nlohmann::json::array()},
                                     {"configuration", nlohmann::json::parse(table.configuration)}};
    folder.with("t/_delta_log/00000000000000000000.json",
                std::string("{\"protocol\":") + table.protocol + "}\n" +
                    nlohmann::json{{"metaData", metadata}}.dump() + "\n{\"other\":{}}\n");
    try {
      const DeltaTable opened = DeltaTable::open(folder.path() + "/t");
      EXPECT_STREQ(table.says, "");
      EXPECT_EQ(to_string(opened.schema()), "a: int64");
      EXPECT_EQ(opened.read({.columns = {"a"}}).load().num_rows(), 0);
      EXPECT_THROW(opened.read(), Error);  // a map
    } catch (const Error& error) {
      EXPECT_EQ(error_code_name(error.code()), "unsupported");
      EXPECT_STRNE(table.says, "");
      EXPECT_THAT(error.message(), HasSubstr(table.says));
    }
  }
}

TEST(DeltaLogTest, ADamagedLogIsToldOf) {
  struct Damage {
    const char* name;
    const char* text;
  };
  const Damage damages[] = {{"half a line", "{\"add\":{\"path\":\"x"},
                            {"no path", "{\"add\":{}}"},
                            {"other types", "{\"add\":{\"path\":1}}"},
                            {"no schema", "{\"commitInfo\":{}}"},
                            {"bad schema",
                             "{\"metaData\":{\"id\":\"x\",\"format\":{\"provider\":\"parquet\"},"
                             "\"schemaString\":\"{\"}}"},
                            {"list", "[1]"}};
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.name);
    const ScratchFolder folder;
    folder.with("t/_delta_log/00000000000000000000.json", damage.text);
    try {
      DeltaTable::open(folder.path() + "/t");
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error_code_name(error.code()), "bad_data") << error.message();
    }
  }
}

TEST(DeltaLogTest, AGapInTheLogIsToldOf) {
  const ScratchFolder folder;
  const Table rows({{"a", ColumnData::of<int64_t>({1})}});
  DeltaTable table = DeltaTable::create(folder / "t", {.schema = rows.schema()});
  for (int i = 0; i < 12; ++i) table.append(rows);
  const Log log(folder / "t");
  std::filesystem::remove(log.commit_path(3));
  EXPECT_EQ(DeltaTable::open(folder / "t").num_rows(), 12);  // from the checkpoint
  EXPECT_THROW(table.read({.version = 5}), Error);
  std::filesystem::remove(log.commit_path(11));
  EXPECT_THROW(DeltaTable::open(folder / "t"), Error);
}

TEST(DeltaLogTest, CheckpointsInPartsAreRead) {
  const ScratchFolder folder;
  const Table rows(
      {{"a", ColumnData::of<int64_t>({1})}, {"p", ColumnData::of<std::string>({"x y"})}});
  DeltaTable table = DeltaTable::create(
      folder / "t", {.schema = rows.schema(), .partition_by = {"p"}}, {.checkpoint_every = 0});
  for (int64_t i = 0; i < 4; ++i) table.append(rows, {.commit = {.transaction = {{"job", i}}}});
  table.overwrite(rows);
  const Log log(folder / "t");
  Actions all = log.load().actions(0);
  Actions first;
  first.protocol = all.protocol;
  first.removes = all.removes;
  Actions second = all;
  second.protocol.reset();
  second.removes.clear();
  const std::string name = log.commit_path(5).substr(0, log.commit_path(5).size() - 5);
  write_checkpoint_file(name + ".checkpoint.0000000001.0000000002.parquet", first,
                        FileOps::local());
  EXPECT_EQ(log.list().checkpoints.size(), 0u);  // a part is missing
  write_checkpoint_file(name + ".checkpoint.0000000002.0000000002.parquet", second,
                        FileOps::local());
  for (int64_t i = 0; i < 5; ++i) std::filesystem::remove(log.commit_path(i));
  const DeltaTable opened = DeltaTable::open(folder / "t");
  EXPECT_EQ(opened.version(), 5);
  EXPECT_TRUE(opened.read().load().equals(rows));
  EXPECT_EQ(opened.transaction("job"), 3);
  EXPECT_EQ(log.load().removed.size(), 4u);
  EXPECT_EQ(log.load().metadata.schema, all.metadata->schema);
}

}  // namespace
}  // namespace weft::delta
