#include "weft/delta_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/faulty_files.h"
#include "base/scratch_folder.h"
#include "data/text_form.h"
#include "offline/delta_log.h"
#include "weft/formats.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

using testing::HasSubstr;

Time at(const char* text) { return *parse_time(text); }

Table three_rows() {
  return Table(
      {{"user", ColumnData::of<int64_t>({2, 1, 3})},
       {"time", ColumnData::of<Time>({at("2020-01-02 10:00"), at("2020-01-01 23:59:59.999999"),
                                      at("2020-01-02 00:00")})},
       {"amount", ColumnData::of<std::optional<double>>({1.5, std::nullopt, -2.0})}});
}

DeltaCreate of_rows(const Table& rows) { return {.schema = rows.schema()}; }

Table sorted(const Table& table, const std::string& by = "user") {
  return sort_by(table.load(), {{by, ascending}});
}

template <class F>
std::string error_of(ErrorCode code, F&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error_code_name(error.code()), error_code_name(code)) << error.message();
    return error.message();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(DeltaTableTest, WhatIsAppendedIsRead) {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/deep/table/";
  DeltaTable table = DeltaTable::create(path, of_rows(three_rows()));
  EXPECT_EQ(table.version(), 0);
  EXPECT_EQ(table.read().num_rows(), 0);
  const DeltaCommit commit = table.append(three_rows(), {.commit = {.user_metadata = "first"}});
  EXPECT_EQ(commit.version, 1);
  EXPECT_EQ(commit.rows_added, 3);
  EXPECT_EQ(commit.files_added, 1);
  EXPECT_TRUE(table.read().load().equals(three_rows()));
  EXPECT_EQ(table.num_rows(), 3);
  const DeltaTable other = DeltaTable::open(path);
  EXPECT_TRUE(other.read().load().equals(three_rows()));
  const auto history = other.history();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].operation, "WRITE");
  EXPECT_EQ(history[0].user_metadata, "first");
  EXPECT_EQ(history[1].operation, "CREATE TABLE");
  EXPECT_THAT(history[0].engine, HasSubstr("Weft/"));
}

TEST(DeltaTableTest, AllTypesComeBack) {
  const ScratchFolder folder;
  using Times = std::vector<std::optional<Duration>>;
  const Table rows(
      {{"b", ColumnData::of<std::optional<bool>>({true, std::nullopt})},
       {"i", ColumnData::of<std::optional<int32_t>>({-1, std::nullopt})},
       {"l", ColumnData::of<std::optional<int64_t>>({int64_t{1} << 62, std::nullopt})},
       {"f", ColumnData::of<std::optional<float>>({0.1f, std::nullopt})},
       {"d", ColumnData::of<std::optional<double>>({std::nan(""), std::nullopt})},
       {"s", ColumnData::of<std::optional<std::string>>({"", std::nullopt})},
       {"t", ColumnData::of<std::optional<Time>>({at("1969-12-31 23:59:59.9999"), std::nullopt})},
       {"u", ColumnData::of(Times{Duration(-5), std::nullopt})},
       {"a", ColumnData::of(std::vector<std::vector<Duration>>{{Duration(7)}, {}})},
       {"n", ColumnData::of(std::vector<std::vector<int64_t>>{{1, 2}, {}})}});
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(rows));
  table.append(rows);
  EXPECT_EQ(to_string(table.schema()), to_string(rows.schema()));
  EXPECT_TRUE(DeltaTable::open(folder / "t").read().load().equals(rows));
  table.compact({.all = true});
  EXPECT_TRUE(table.read().load().equals(rows));
}

TEST(DeltaTableTest, OlderVersionsAreRead) {
  const ScratchFolder folder;
  ManualClock clock(at("2020-05-01 00:00"));
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(three_rows()), {.clock = &clock});
  for (int i = 0; i < 25; ++i) {
    clock.advance(std::chrono::hours(1));
    table.append(three_rows().slice(i % 3, 1));
  }
  const DeltaTable other = DeltaTable::open(folder / "t");
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/t/_delta_log/_last_checkpoint"));
  for (int64_t version = 0; version <= 25; ++version) {
    EXPECT_EQ(other.read({.version = version}).num_rows(), version);
  }
  EXPECT_EQ(other.read({.timestamp = at("2020-05-01 03:59:59")}).num_rows(), 3);
  EXPECT_EQ(other.read({.timestamp = at("2020-05-01 04:00")}).num_rows(), 4);
  EXPECT_EQ(other.read({.timestamp = at("2021-01-01")}).num_rows(), 25);
  error_of(ErrorCode::kNotFound, [&] { other.read({.timestamp = at("2019-01-01")}); });
  error_of(ErrorCode::kNotFound, [&] { other.read({.version = 26}); });
  error_of(ErrorCode::kInvalidArgument,
           [&] { other.read({.version = 1, .timestamp = at("2021-01-01")}); });
}

TEST(DeltaTableTest, PartitionsAndStatisticsSpareFiles) {
  const ScratchFolder folder;
  DeltaCreate create = of_rows(three_rows());
  create.partition_by_day = {"day", "time"};
  create.cluster_by = {"user", "time"};
  DeltaTable table = DeltaTable::create(folder / "t", create);
  table.append(three_rows());
  EXPECT_EQ(table.num_files(), 2);
  EXPECT_EQ(table.partition_columns(), std::vector<std::string>{"day"});
  const auto read = [&](Filter filter) {
    auto stats = std::make_shared<ReadStats>();
    const Table rows = table.read({.filter = std::move(filter), .stats = stats}).load();
    return std::pair(rows.num_rows(), stats->files_skipped.load());
  };
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_EQ(read({{"day", Compare::kEqual, Value::of(at("2020-01-01"))}}), Pair(1, 1));
  EXPECT_EQ(read({{"time", Compare::kGreaterEqual, Value::of(at("2020-01-02"))}}), Pair(2, 1));
  EXPECT_EQ(read({{"user", Compare::kEqual, Value::of(int64_t{1})}}), Pair(1, 1));
  EXPECT_EQ(read({{"user", Compare::kEqual, Value::of(int64_t{9})}}), Pair(0, 2));
  EXPECT_EQ(read({{"amount", Compare::kIsNull, {}}}), Pair(1, 1));
  // Only the partition's column is asked for.
  EXPECT_EQ(table.read({.columns = {"day"}}).load().num_rows(), 3);
  const Table day = table.read({.columns = {"user", "day"}}).load();
  EXPECT_EQ(day.schema()[1].type, timestamp_type());
  // The first two rows of a file are sorted by user.
  const Table second =
      table.read({.filter = {{"day", Compare::kEqual, Value::of(at("2020-01-02"))}}});
  EXPECT_EQ(second.load().column("user").at(0).get<int64_t>(), 2);
}

TEST(DeltaTableTest, PartitionValuesOfAllKinds) {
  const ScratchFolder folder;
  const Table rows(
      {{"x", ColumnData::of<int64_t>({1, 2, 3})},
       {"s", ColumnData::of<std::optional<std::string>>({"a b/c=%ä", std::nullopt, "x'\"#?"})},
       {"b", ColumnData::of<std::optional<bool>>({true, false, std::nullopt})},
       {"i", ColumnData::of<std::optional<int32_t>>({-5, std::nullopt, 0})},
       {"d", ColumnData::of<std::optional<double>>({1e300, -0.5, std::nullopt})},
       {"t", ColumnData::of<std::optional<Time>>(
                 {at("2020-01-01 00:00:00.000001"), std::nullopt, at("1900-01-01")})},
       {"u", ColumnData::of<std::optional<Duration>>({Duration(1), std::nullopt, Duration(-1)})}});
  DeltaCreate create = of_rows(rows);
  create.partition_by = {"s", "b", "i", "d", "t", "u"};
  DeltaTable table = DeltaTable::create(folder / "t", create);
  table.append(rows);
  EXPECT_EQ(table.num_files(), 3);
  EXPECT_TRUE(sorted(DeltaTable::open(folder / "t").read(), "x").equals(rows));
  const Table bad = rows.with_column("s", ColumnData::of<std::string>({"a", "", "b"}));
  EXPECT_THAT(error_of(ErrorCode::kBadData, [&] { table.append(bad); }), HasSubstr("empty"));
  const Table nan = rows.with_column("d", ColumnData::of<double>({1, std::nan(""), 2}));
  error_of(ErrorCode::kBadData, [&] { table.append(nan); });
  EXPECT_EQ(table.vacuum({.retention = Duration(0), .dry_run = true}).files.size(), 0u);
}

TEST(DeltaTableTest, SchemasGrowWhereTheyMay) {
  const ScratchFolder folder;
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(three_rows()));
  table.append(three_rows());
  const Table more =
      three_rows().with_column("place", ColumnData::of<std::string>({"a", "b", "c"}));
  EXPECT_THAT(error_of(ErrorCode::kTypeMismatch, [&] { table.append(more); }),
              HasSubstr("grow_schema"));
  table.append(more, {.grow_schema = true});
  EXPECT_EQ(table.read({.filter = {{"place", Compare::kIsNull, {}}}}).load().num_rows(), 3);
  EXPECT_EQ(table.read({.filter = {{"place", Compare::kEqual, Value::of("b")}}}).load().num_rows(),
            1);
  EXPECT_EQ(table.read({.version = 1}).num_columns(), 3);
  EXPECT_THAT(error_of(ErrorCode::kTypeMismatch, [&] { table.append(three_rows()); }),
              HasSubstr("fill_missing"));
  table.append(three_rows(), {.fill_missing = true});
  EXPECT_EQ(table.read().load().column("place").null_count(), 6);
  table.add_columns({{"score", float_type()}});
  EXPECT_EQ(table.read().load().column("score").null_count(), 9);
  error_of(ErrorCode::kAlreadyExists, [&] { table.add_columns({{"score", float_type()}}); });
  const Table wide = more.with_column("user", ColumnData::of<double>({1, 2, 3}));
  EXPECT_THAT(error_of(ErrorCode::kTypeMismatch,
                       [&] { table.append(wide, {.grow_schema = true, .fill_missing = true}); }),
              HasSubstr("no way to widen"));
  const Table narrow = three_rows().with_column("user", ColumnData::of<int32_t>({1, 2, 3}));
  table.append(narrow, {.fill_missing = true});
  EXPECT_EQ(table.num_rows(), 12);
}

TEST(DeltaTableTest, ATransactionIsCommittedOnce) {
  const ScratchFolder folder;
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(three_rows()));
  DeltaTable stale = DeltaTable::open(folder / "t");
  const DeltaAppend seventh{.commit = {.transaction = {{"job", 7}}}};
  EXPECT_FALSE(table.append(three_rows(), seventh).already_committed);
  EXPECT_TRUE(table.append(three_rows(), seventh).already_committed);
  EXPECT_TRUE(
      table.append(three_rows(), {.commit = {.transaction = {{"job", 6}}}}).already_committed);
  // It finds out only when it wants to commit, and takes its file back.
  EXPECT_TRUE(stale.append(three_rows(), seventh).already_committed);
  EXPECT_EQ(stale.version(), 1);
  EXPECT_EQ(stale.num_rows(), 3);
  EXPECT_EQ(stale.transaction("job"), 7);
  EXPECT_EQ(stale.transaction("other"), std::nullopt);
  EXPECT_FALSE(
      stale.append(three_rows(), {.commit = {.transaction = {{"other", 1}}}}).already_committed);
  ManualClock later(at("2099-01-01"));
  DeltaTable cleaner = DeltaTable::open(folder / "t", {.clock = &later});
  EXPECT_EQ(cleaner.vacuum({.dry_run = true}).files.size(), 0u);
}

TEST(DeltaTableTest, RowsAreOverwrittenAndRemoved) {
  const ScratchFolder folder;
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(three_rows()));
  table.append(three_rows());
  const Filter second = {{"user", Compare::kEqual, Value::of(int64_t{2})}};
  DeltaCommit commit = table.remove_rows(second);
  EXPECT_EQ(commit.rows_removed, 1);
  EXPECT_EQ(table.num_rows(), 2);
  // A row whose amount is null is not less than anything, and stays.
  EXPECT_EQ(table.remove_rows({{"amount", Compare::kLess, Value::of(0.0)}}).rows_removed, 1);
  EXPECT_EQ(table.num_rows(), 1);
  EXPECT_EQ(table.remove_rows(second).files_removed, 0);
  error_of(ErrorCode::kInvalidArgument, [&] { table.remove_rows(Filter()); });
  table.overwrite(three_rows());
  EXPECT_TRUE(table.read().load().equals(three_rows()));
  commit = table.overwrite(three_rows().slice(0, 1), {.filter = second});
  EXPECT_EQ(commit.rows_removed, 1);
  EXPECT_EQ(commit.rows_added, 1);
  EXPECT_TRUE(sorted(table.read()).equals(sorted(three_rows())));
  EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                       [&] { table.overwrite(three_rows(), {.filter = second}); }),
              HasSubstr("2 of the new rows"));
  const Table changed =
      three_rows().slice(0, 2).with_column("amount", ColumnData::of<double>({7, 8}));
  table.overwrite(changed, {.keys = {"user"}});
  EXPECT_TRUE(sorted(table.read({.columns = {"amount"}, .filter = {}}), "amount")
                  .column("amount")
                  .equals(ColumnData::of<double>({-2, 7, 8})));
  const Table keys({{"user", ColumnData::of<int64_t>({1, 99})}});
  EXPECT_EQ(table.remove_rows(keys).rows_removed, 1);
  EXPECT_EQ(table.num_rows(), 2);
  table.overwrite(three_rows().slice(0, 0));
  EXPECT_EQ(table.num_rows(), 0);
  EXPECT_EQ(table.read({.version = 1}).num_rows(), 3);
}

TEST(DeltaTableTest, PartitionsAreOverwritten) {
  const ScratchFolder folder;
  DeltaCreate create = of_rows(three_rows());
  create.partition_by_day = {"day", "time"};
  DeltaTable table = DeltaTable::create(folder / "t", create);
  table.append(three_rows());
  const DeltaCommit commit = table.overwrite(three_rows().slice(0, 1), {.partitions = true});
  EXPECT_EQ(commit.rows_removed, 2);
  EXPECT_EQ(table.num_rows(), 2);
  const Filter day = {{"day", Compare::kEqual, Value::of(at("2020-01-01"))}};
  EXPECT_EQ(table.remove_rows(day).rows_removed, 1);
  EXPECT_EQ(table.num_files(), 1);
}

TEST(DeltaTableTest, SmallFilesAreMerged) {
  const ScratchFolder folder;
  DeltaCreate create = of_rows(three_rows());
  create.cluster_by = {"user", "time"};
  DeltaTable table = DeltaTable::create(folder / "t", create);
  for (int64_t i = 0; i < 3; ++i) table.append(three_rows().slice(i, 1));
  EXPECT_EQ(table.num_files(), 3);
  const DeltaCommit commit = table.compact();
  EXPECT_EQ(commit.files_removed, 3);
  EXPECT_EQ(commit.files_added, 1);
  EXPECT_TRUE(table.read().load().equals(sorted(three_rows())));
  EXPECT_EQ(table.compact().files_removed, 0);
  const auto actions = delta::Log(folder / "t").commit_actions(table.version());
  EXPECT_FALSE(actions.adds.at(0)->data_change);
  EXPECT_FALSE(actions.removes.at(0).data_change);
}

TEST(DeltaTableTest, FilesAreAsLargeAsAskedFor) {
  const ScratchFolder folder;
  std::vector<int64_t> numbers(100'000);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i * 0x9e3779b9u);
  const Table rows({{"n", ColumnData::of(numbers)}});
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(rows), {.file_bytes = 50'000});
  table.append(rows);
  EXPECT_EQ(table.num_files(), 3);
  EXPECT_TRUE(table.read().load().equals(rows));
}

TEST(DeltaTableTest, AVacuumTakesWhatNobodyReads) {
  const ScratchFolder folder;
  ManualClock clock(Clock::system().now());
  DeltaTable table = DeltaTable::create(folder / "t", of_rows(three_rows()), {.clock = &clock});
  table.append(three_rows());
  clock.advance(std::chrono::hours(24));
  table.overwrite(three_rows());
  folder.with("t/part-lost.parquet", "half a file");
  folder.with("t/_mine/part-0.parquet", "not ours");
  folder.with("t/notes.txt", "not ours");
  const std::vector<std::string> none;
  EXPECT_EQ(table.vacuum().files, none);
  clock.advance(std::chrono::hours(24 * 6) + std::chrono::minutes(1));
  EXPECT_EQ(table.vacuum().files, std::vector<std::string>{"part-lost.parquet"});
  EXPECT_EQ(table.read({.version = 1}).load().num_rows(), 3);
  clock.advance(std::chrono::hours(24));
  EXPECT_EQ(table.vacuum({.dry_run = true}).files.size(), 1u);
  EXPECT_EQ(table.read({.version = 1}).load().num_rows(), 3);
  EXPECT_EQ(table.vacuum().files.size(), 1u);
  EXPECT_THAT(error_of(ErrorCode::kNotFound, [&] { table.read({.version = 1}).load(); }),
              HasSubstr("vacuumed"));
  EXPECT_TRUE(table.read().load().equals(three_rows()));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/t/_mine/part-0.parquet"));
}

TEST(DeltaTableTest, PropertiesAreSetAndTakenAway) {
  const ScratchFolder folder;
  DeltaCreate create = of_rows(three_rows());
  create.name = "amounts";
  create.description = "what was paid";
  create.properties = {{"owner", "me"}};
  DeltaTable table = DeltaTable::create(folder / "t", create);
  table.set_properties({{"owner", ""}, {"delta.appendOnly", "true"}});
  const DeltaTable other = DeltaTable::open(folder / "t");
  EXPECT_EQ(other.name(), "amounts");
  EXPECT_EQ(other.description(), "what was paid");
  EXPECT_EQ(other.properties().count("owner"), 0u);
  EXPECT_THAT(error_of(ErrorCode::kUnsupported, [&] { table.overwrite(three_rows()); }),
              HasSubstr("appendOnly"));
  table.append(three_rows());
}

struct BadTable {
  const char* name;
  DeltaCreate create;
  const char* says;
};

TEST(DeltaTableTest, TablesThatCannotBeAreRefused) {
  const Schema schema = {{"a", int64_type()}, {"t", timestamp_type()}};
  const BadTable bad[] = {
      {"space", {.schema = {{"a b", int64_type()}}}, "cannot be called"},
      {"case", {.schema = {{"a", int64_type()}, {"A", int64_type()}}}, "whatever its case"},
      {"no such partition", {.schema = schema, .partition_by = {"b"}}, "no column"},
      {"only partitions", {.schema = schema, .partition_by = {"a", "t"}}, "besides"},
      {"list partition",
       {.schema = {{"a", int64_type()}, {"l", list_type(int64_type())}}, .partition_by = {"l"}},
       "single value"},
      {"day of a number", {.schema = schema, .partition_by_day = {{"d", "a"}}}, "timestamp"},
      {"cluster", {.schema = schema, .cluster_by = {"x"}}, "no column"},
      {"empty", {}, "besides"},
  };
  const ScratchFolder folder;
  for (const BadTable& table : bad) {
    SCOPED_TRACE(table.name);
    EXPECT_THAT(error_of(ErrorCode::kInvalidArgument,
                         [&] { DeltaTable::create(folder / "t", table.create); }),
                HasSubstr(table.says));
    EXPECT_FALSE(DeltaTable::exists(folder / "t"));
  }
  DeltaTable::create(folder / "t", {.schema = schema});
  error_of(ErrorCode::kAlreadyExists,
           [&] { DeltaTable::create(folder / "t", {.schema = schema}); });
  error_of(ErrorCode::kNotFound, [&] { DeltaTable::open(folder / "nothing"); });
}

TEST(DeltaTableTest, KeepsWhatATableWas) {
  const ScratchFolder folder;
  const std::string path = folder / "payments";
  const Table first(
      {{"user", ColumnData::of<int64_t>({1, 2})},
       {"time", ColumnData::of<Time>({at("2020-01-01 10:00"), at("2020-01-02 09:00")})},
       {"amount", ColumnData::of<double>({5, 7})}});
  const Table corrected({{"user", ColumnData::of<int64_t>({2})},
                         {"time", ColumnData::of<Time>({at("2020-01-02 09:00")})},
                         {"amount", ColumnData::of<double>({8})}});
  DeltaTable table = DeltaTable::create(path, {.schema = first.schema(),
                                               .partition_by_day = {{"day", "time"}},
                                               .cluster_by = {"user", "time"}});
  table.append(first, {.commit = {.transaction = {{"nightly", 1}}}});
  table.overwrite(corrected, {.keys = {"user", "time"}});
  EXPECT_EQ(table.read({.columns = {"user", "amount"}}).load().to_string(),
            "user  amount\n   1     5.0\n   2     8.0\n");
  const Table before =
      table.read({.version = 1, .filter = {{"user", Compare::kEqual, Value::of(2)}}});
  EXPECT_EQ(before.load().column("amount").at(0).get<double>(), 7);
}

TEST(DeltaTableTest, IsAFormat) {
  const ScratchFolder folder;
  const std::string path = folder / "t";
  const Values save = {
      {"path", Value::of(path)}, {"mode", Value::of("create")}, {"cluster_by", Value::of("user")}};
  const Values saved = saver("delta")(Value::of(three_rows()), save);
  EXPECT_EQ(saved.at("rows").get<int64_t>(), 3);
  error_of(ErrorCode::kAlreadyExists, [&] { saver("delta")(Value::of(three_rows()), save); });
  saver("delta")(Value::of(three_rows()), {{"path", Value::of(path)}});
  saver("delta")(
      Value::of(three_rows()),
      {{"path", Value::of(path)}, {"mode", Value::of("overwrite")}, {"keys", Value::of("user")}});
  const Value read = loader("delta")({{"path", Value::of(path)},
                                      {"columns", Value::of("user")},
                                      {"filter", Value::of(std::vector<std::string>{"user < 3"})},
                                      {"version", Value::of(int64_t{2})}});
  EXPECT_EQ(read.get<Table>().load().num_rows(), 4);
  EXPECT_TRUE(read_table(path).load().equals(sorted(three_rows())));
  EXPECT_EQ(read_delta(path, {.version = 0}).num_rows(), 0);
}

}  // namespace
}  // namespace weft
