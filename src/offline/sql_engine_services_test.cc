// SQL over tables with a real DuckDB.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <thread>

#include "base/scratch_folder.h"
#include "data/text_form.h"
#include "offline/installed_duckdb.h"
#include "weft/sql_engine.h"
#include "weft/table_ops.h"
#include "weft/write.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string& library() {
  static const std::string path = installed_duckdb();
  return path;
}

SqlEngine engine() { return SqlEngine({.library = library(), .threads = 2}); }

template <class T>
ColumnData column(std::initializer_list<T> values) {
  return ColumnData::of(std::vector<T>(values));
}

Time at(std::string_view text) { return *parse_time(text); }

// The error's code and text.
template <class F>
std::pair<ErrorCode, std::string> error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.code(), error.message()};
  }
  return {ErrorCode::kInternal, "nothing was thrown"};
}

Table trips() {
  return Table({{"id", column<int64_t>({1, 2, 3})},
                {"km", column<std::optional<double>>({1.5, {}, 4.0})},
                {"who", column<std::string>({"Ann", "Bob", "Ann"})}});
}

// ---- tables -------------------------------------------------------------------------------------

TEST(SqlEngineTest, TablesAreJoinedAndCounted) {
  SqlEngine sql = engine();
  sql.add_table("trips", trips());
  sql.add_table("people", Table({{"who", column<std::string>({"Ann", "Bob"})},
                                 {"age", column<int32_t>({30, 40})}}));
  const Table rows = sql.query(
      "SELECT who, age, count(*) AS n, sum(km) AS km FROM trips JOIN people USING (who) "
      "GROUP BY ALL ORDER BY who");
  EXPECT_TRUE(rows.equals(Table({{"who", column<std::string>({"Ann", "Bob"})},
                                 {"age", column<int32_t>({30, 40})},
                                 {"n", column<int64_t>({2, 1})},
                                 {"km", column<std::optional<double>>({5.5, {}})}})))
      << rows.to_string();
  EXPECT_EQ(sql.query("SELECT count(*) AS n FROM trips").column("n").at(0).get<int64_t>(), 3);
  EXPECT_EQ(sql.query("SELECT a.id FROM TRIPS a, trips b").num_rows(), 9);
  EXPECT_THAT(sql.tables_of("WITH x AS (SELECT 1) SELECT * FROM x, trips, \"No one\" WHERE "
                            "1 IN (SELECT id FROM deep)"),
              ElementsAre("No one", "deep", "trips", "x"));
}

TEST(SqlEngineTest, AllTypesComeBackAsTheyWere) {
  const Table table(
      {{"b", column<std::optional<bool>>({true, {}, false})},
       {"i", column<std::optional<int32_t>>({-7, {}, 2147483647})},
       {"l", column<std::optional<int64_t>>({int64_t{1} << 62, {}, -1})},
       {"f", column<std::optional<float>>({0.1F, {}, -2.0F})},
       {"d", column<std::optional<double>>({0.1, {}, std::nan("")})},
       {"s", column<std::optional<std::string>>({"", {}, "a 'quoted' text that is long \xC3\xA4"})},
       {"t", column<std::optional<Time>>(
                 {at("2020-01-01T05:00:00.123456Z"), {}, at("1969-12-31T23:59:59Z")})},
       {"u", column<std::optional<Duration>>({Duration(90'000'001), {}, Duration(-5)})},
       {"ls", column<std::optional<std::vector<std::string>>>(
                  {std::vector<std::string>{"x", "a text of more than twelve bytes"},
                   {},
                   std::vector<std::string>{}})},
       {"ll", column<std::optional<std::vector<std::vector<int64_t>>>>(
                  {std::vector<std::vector<int64_t>>{{1, 2}, {}, {3}},
                   {},
                   std::vector<std::vector<int64_t>>{}})}});
  SqlEngine sql = engine();
  sql.add_table("t", table);
  EXPECT_TRUE(sql.query("SELECT * FROM t").equals(table)) << sql.query("FROM t").to_string();
  const Table reversed = sql.query("SELECT ll, s, b FROM t");
  EXPECT_TRUE(reversed.equals(table.select({"ll", "s", "b"}))) << reversed.to_string();

  const Table nested = sql.query(
      "SELECT {'a': l, 'b': {'c': s, 'd': ls, 'e': u}} AS r, [u, u] AS us FROM t WHERE i = -7");
  SqlEngine again = engine();
  again.add_table("n", nested);
  EXPECT_TRUE(again.query("FROM n").equals(nested)) << again.query("FROM n").to_string();
  EXPECT_EQ(again.query("SELECT r.b.d[2] AS x FROM n").column("x").at(0).get<std::string>(),
            "a text of more than twelve bytes");
}

TEST(SqlEngineTest, TypesOfSqlBecomeWeftsOwn) {
  const Table row = engine().query(
      "SELECT 0.5 AS dec, 1::TINYINT AS tiny, 250::UTINYINT AS utiny, 4000000000::UINTEGER AS "
      "uint, "
      "sum(x) AS total, DATE '2020-01-02' AS day, TIMESTAMP '2020-01-02 03:04:05.5' AS local, "
      "TIMESTAMPTZ '2020-01-02 03:04:05+02' AS zoned, TIME '01:00:00' AS clock, "
      "INTERVAL '1 day 2 hours' AS span, 'a'::BLOB AS blob, 'x'::ENUM('x', 'y') AS enum, "
      "date_trunc('day', TIMESTAMPTZ '2020-01-02 23:30:00Z') AS midnight, "
      "NULL AS nothing, {'a': [1, 2]}::JSON AS json, [1, 2]::INTEGER[2] AS arr "
      "FROM range(4) r(x)");
  EXPECT_EQ(to_string(row.schema()),
            "dec: double, tiny: int32, utiny: int32, uint: int64, total: int64, day: timestamp, "
            "local: timestamp, zoned: timestamp, clock: duration, span: duration, blob: string, "
            "enum: string, midnight: timestamp, nothing: int32, json: string, arr: list<int32>");
  EXPECT_EQ(row.column("total").at(0).get<int64_t>(), 6);
  EXPECT_EQ(row.column("zoned").at(0).get<Time>(), at("2020-01-02T01:04:05Z"));
  EXPECT_EQ(row.column("midnight").at(0).get<Time>(), at("2020-01-02"));
  EXPECT_EQ(row.column("span").at(0).get<Duration>(), Duration(26h));

  const auto month = error_of([] { engine().query("SELECT INTERVAL '1 month' AS m"); });
  EXPECT_EQ(month.first, ErrorCode::kBadData);
  EXPECT_THAT(month.second, HasSubstr("column \"m\": an interval of 1 months"));
  const auto large =
      error_of([] { engine().query("SELECT 9223372036854775807::HUGEINT * 2 AS big"); });
  EXPECT_EQ(large.first, ErrorCode::kBadData);
  EXPECT_THAT(large.second, HasSubstr("18446744073709551614 does not fit int64"));
  const auto map = error_of([] { engine().query("SELECT MAP {'a': 1} AS m"); });
  EXPECT_EQ(map.first, ErrorCode::kUnsupported);
  EXPECT_THAT(error_of([] { engine().query("SELECT 1 AS a, 2 AS a"); }).second,
              HasSubstr("two columns named \"a\""));
}

// ---- files --------------------------------------------------------------------------------------

TEST(SqlEngineTest, DeltaTablesAreReadByVersionWithGrowthPartitionsAndDeletes) {
  const ScratchFolder folder;
  const std::string path = folder / "t";
  DeltaTable table = DeltaTable::create(path, {.schema = {{"id", int64_type()},
                                                          {"city", string_type()},
                                                          {"at", timestamp_type()},
                                                          {"took", duration_type()}},
                                               .partition_by = {"city"},
                                               .partition_by_day = {{"day", "at"}}});
  const auto rows = [](int64_t first, std::vector<std::optional<std::string>> cities) {
    std::vector<int64_t> ids;
    std::vector<Time> times;
    std::vector<Duration> took;
    for (size_t i = 0; i < cities.size(); ++i) {
      ids.push_back(first + static_cast<int64_t>(i));
      times.push_back(at("2020-01-01T22:00:00.000001Z") + std::chrono::hours(i));
      took.emplace_back(ids.back());
    }
    return Table({{"id", ColumnData::of(ids)},
                  {"city", ColumnData::of(cities)},
                  {"at", ColumnData::of(times)},
                  {"took", ColumnData::of(took)}});
  };
  table.append(rows(0, {"it's", std::nullopt, "a/b=c %20\"", "it's"}));
  table.append(rows(10, {"it's", "x"}).with_column("late", column<int32_t>({5, 6})),
               {.grow_schema = true});
  table.remove_rows({{"id", Compare::kEqual, Value::of(int64_t{10})}});
  table.add_columns({{"empty", list_type(string_type())}});

  for (int64_t version = 0; version <= table.version(); ++version) {
    SCOPED_TRACE(version);
    SqlEngine sql = engine();
    sql.add_delta("t", path, {.version = version});
    const Table expected = sort_by(table.read({.version = version}).load(), {{"id", ascending}});
    const Table found = sql.query("SELECT * FROM t ORDER BY id");
    EXPECT_TRUE(found.equals(expected)) << found.to_string() << expected.to_string();
  }
  SqlEngine sql = engine();
  sql.add_delta("t", path);
  const Table some =
      sql.query("SELECT id, late FROM t WHERE city = $city AND day = DATE '2020-01-01' ORDER BY id",
                Values{{"city", Value::of("it's")}});
  EXPECT_TRUE(some.equals(
      Table({{"id", column<int64_t>({0})}, {"late", column<std::optional<int32_t>>({{}})}})))
      << some.to_string();
  EXPECT_EQ(sql.query("SELECT max(took) AS s FROM t WHERE city IS NULL")
                .column("s")
                .at(0)
                .get<Duration>(),
            Duration(1));
}

TEST(SqlEngineTest, PartitionsOfAllTypesAreValuesOfTheirTypes) {
  const ScratchFolder folder;
  const Table rows({{"id", column<int64_t>({1, 2, 3})},
                    {"b", column<std::optional<bool>>({true, false, {}})},
                    {"i", column<std::optional<int32_t>>({-5, {}, 7})},
                    {"f", column<std::optional<float>>({0.1F, -2.5F, {}})},
                    {"d", column<std::optional<double>>({0.1, {}, 1e-300})},
                    {"t", column<std::optional<Time>>(
                              {at("1969-12-31T23:59:59.999999Z"), at("2020-03-29T02:30:00Z"), {}})},
                    {"s", column<std::optional<std::string>>({"O'Brien; --", {}, "\xC3\xA4/\\"})}});
  DeltaTable table = DeltaTable::create(
      folder / "t", {.schema = rows.schema(), .partition_by = {"b", "i", "f", "d", "t", "s"}});
  table.append(rows);
  SqlEngine sql = engine();
  sql.add_delta("t", folder / "t");
  const Table found = sql.query("SELECT * FROM t ORDER BY id");
  EXPECT_TRUE(found.equals(rows)) << found.to_string();
  EXPECT_EQ(sql.query("SELECT id FROM t WHERE d = $1 AND t < $2",
                      {Value::of(0.1), Value::of(at("1970-01-01"))})
                .num_rows(),
            1);
}

TEST(SqlEngineTest, ADeltaTableOfManyPartitionsIsReadToo) {
  const ScratchFolder folder;
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 300; ++i) ids.push_back(i % 100);
  const Table rows({{"id", ColumnData::of(ids)}, {"p", ColumnData::of(ids)}});
  DeltaTable table =
      DeltaTable::create(folder / "t", {.schema = rows.schema(), .partition_by = {"p"}});
  table.append(rows);
  SqlEngine sql = engine();
  sql.add_delta("t", folder / "t");
  EXPECT_EQ(sql.query("SELECT count(*) AS n FROM t WHERE p < 10 AND p = id")
                .column("n")
                .at(0)
                .get<int64_t>(),
            30);
}

TEST(SqlEngineTest, FilesAreWhatTheyAreElsewhere) {
  const ScratchFolder folder;
  folder.with("a.csv", "id,x,name\n1, 2.5,NA\n2,nan,\"NA\"\n");
  folder.with("b.jsonl", "{\"id\": 1, \"tags\": [\"a\", \"b\"]}\n{\"id\": 2, \"tags\": []}\n");
  write_parquet(trips(), folder / "parts/city=it's/day=2020-01-02/1.parquet");
  write_parquet(trips(), folder / "parts/city=__HIVE_DEFAULT_PARTITION__/day=2020-01-03/1.parquet");
  write_parquet(trips(), folder / "odd [1]*.parquet");
  for (const std::string name : {"a.csv", "b.jsonl", "parts", "odd [1]*.parquet"}) {
    SCOPED_TRACE(name);
    const std::string path = folder / name;
    if (name.starts_with("odd")) continue;
    SqlEngine sql = engine();
    sql.add_files("t", path);
    EXPECT_TRUE(sql.query("SELECT * FROM t").equals(read_table(path).load()))
        << sql.query("FROM t").to_string();
  }
  SqlEngine sql = engine();
  sql.add_files("odd", Paths({folder / "odd [1]*.parquet"}));
  sql.add_files("csv", folder / "a.csv", {.types = {{"id", double_type()}}});
  EXPECT_EQ(sql.query("SELECT count(*) AS n FROM odd").column("n").at(0).get<int64_t>(), 3);
  EXPECT_EQ(sql.query("SELECT id FROM csv").schema()[0].type, double_type());
  // What is wrong with a file is said as always.
  folder.with(
      "bad.csv", "id\n" + [] {
        std::string text;
        for (int i = 0; i < 300'000; ++i) text += "12345\n";
        return text + "1.5\n";
      }());
  sql.add_files("bad", folder / "bad.csv");
  const auto bad = error_of([&] { sql.query("SELECT sum(id) AS s FROM bad"); });
  EXPECT_EQ(bad.first, ErrorCode::kBadData);
  EXPECT_THAT(bad.second, HasSubstr("bad.csv:300002"));
}

// ---- parameters and names -----------------------------------------------------------------------

TEST(SqlEngineTest, ParametersAreBoundByNumberAndName) {
  SqlEngine sql = engine();
  sql.add_table("t", trips());
  const std::string evil = "'; DROP VIEW t; --";
  EXPECT_EQ(sql.query("SELECT $1 AS x, $2 + 1 AS y", {Value::of(evil), Value::of(int64_t{2})})
                .column("x")
                .at(0)
                .get<std::string>(),
            evil);
  EXPECT_EQ(
      sql.query("SELECT id FROM t WHERE who = $who", Values{{"who", Value::of(evil)}}).num_rows(),
      0);
  const std::vector<int64_t> ids = {1, 3};
  EXPECT_EQ(
      sql.query("SELECT id FROM t WHERE list_contains($ids, id)", Values{{"ids", Value::of(ids)}})
          .num_rows(),
      2);
  const Table all =
      sql.query("SELECT $b AS b, $i AS i, $d AS d, $t AS t, $u AS u, $n AS n, $l AS l",
                Values{{"b", Value::of(true)},
                       {"i", Value::of(int32_t{-3})},
                       {"d", Value::of(0.1)},
                       {"t", Value::of(at("2020-01-01T00:00:00.000001Z"))},
                       {"u", Value::of(Duration(7))},
                       {"n", Value::null(string_type())},
                       {"l", Value::of(std::vector<std::string>{"a", "b"})}});
  EXPECT_EQ(all.column("t").at(0).get<Time>(), at("2020-01-01T00:00:00.000001Z"));
  EXPECT_EQ(all.column("u").at(0).get<Duration>(), Duration(7));
  EXPECT_TRUE(all.column("n").is_null(0));
  EXPECT_EQ(all.column("l").type(), list_type(string_type()));

  EXPECT_THAT(error_of([&] { sql.query("SELECT $1 + $2 AS x", {Value::of(1.0)}); }).second,
              HasSubstr("takes 2 values"));
  EXPECT_THAT(
      error_of([&] { sql.query("SELECT $least AS x", Values{{"leas", Value::of(1.0)}}); }).second,
      HasSubstr("no value was given for $least; did you mean 'leas'?"));
  EXPECT_THAT(error_of([&] { sql.query("SELECT 1 AS x", Values{{"a", Value::of(1.0)}}); }).second,
              HasSubstr("which the query does not have"));
}

TEST(SqlEngineTest, NamesOfAnyTextArePartsOfNoStatement) {
  SqlEngine sql = engine();
  const std::vector<std::string> names = {"a\"b", "x; DROP VIEW y", "select", "it's", "a.b", "ä ö"};
  for (const std::string& name : names) {
    sql.add_table(name, Table({{name, column<int64_t>({7})}, {"\");--", column<int64_t>({8})}}));
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
    quoted += "\"";
    const Table rows = sql.query("SELECT * FROM " + quoted + " WHERE " + quoted + " = 7");
    EXPECT_EQ(rows.names(), (std::vector<std::string>{name, "\");--"})) << name;
  }
  EXPECT_EQ(error_of([&] { sql.add_table("SELECT", trips()); }).first, ErrorCode::kAlreadyExists);
  EXPECT_EQ(error_of([&] { sql.add_table("", trips()); }).first, ErrorCode::kInvalidArgument);
  const std::string nul("a\0b", 3);
  EXPECT_EQ(error_of([&] { sql.add_table(nul, trips()); }).first, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { sql.query("SELECT 1 AS " + nul); }).first, ErrorCode::kInvalidArgument);
}

// ---- what a query may do ------------------------------------------------------------------------

TEST(SqlEngineTest, AQuerySeesItsTablesAndNothingElse) {
  const ScratchFolder folder;
  const std::string secret = folder.with("secret.csv", "a\n1\n");
  const std::string other = folder / "other.parquet";
  write_parquet(trips(), other);
  const std::string own = folder / "own.parquet";
  write_parquet(trips(), own);
  SqlEngine sql = engine();
  sql.add_files("own", own);
  const std::string before = read_file(own, 1 << 20);
  const std::vector<std::string> queries = {
      "SELECT * FROM read_csv('" + secret + "'), own",
      "SELECT * FROM read_text('" + secret + "'), own",
      "SELECT * FROM '" + other + "', own",
      "SELECT * FROM read_parquet(['" + own + "', '" + other + "'])",
      "SELECT * FROM enable_logging(storage = 'file', storage_path = '" + folder.path() + "/log')",
      "SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
      "WITH x AS (SELECT * FROM query('FROM own')) SELECT 1 AS a FROM x",
      "CALL enable_logging()",
      "SELECT 1 AS a WHERE EXISTS (FROM JSON_execute_serialized_sql('x'))",
      "SELECT * FROM own o, LATERAL (SELECT * FROM weft_rows_1()) w",
      "SELECT * FROM glob('" + folder.path() + "/*')",
      "COPY (SELECT 1 AS x FROM own) TO '" + folder.path() + "/new.csv'",
      "COPY (SELECT 1 AS x FROM own) TO '" + own + "'",
      "ATTACH '" + folder.path() + "/db'",
      "INSTALL httpfs",
      "LOAD httpfs",
      "SET threads = 1",
      "SET enable_external_access = true",
      "RESET allowed_paths",
      "CREATE TABLE x AS SELECT 1 AS a",
      "EXPLAIN ANALYZE COPY (SELECT 1) TO '" + own + "'",
      "SELECT 1 AS a; SELECT 2 AS a",
  };
  for (const std::string& query : queries) {
    const auto [code, message] = error_of([&] { sql.query(query); });
    EXPECT_EQ(code, ErrorCode::kInvalidArgument) << query << "\n" << message;
  }
  EXPECT_EQ(read_file(own, 1 << 20), before);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/new.csv"));
  EXPECT_EQ(sql.query("SELECT count(*) AS n FROM own").column("n").at(0).get<int64_t>(), 3);
}

TEST(SqlEngineTest, WrongSqlIsSaidWithItsPlace) {
  SqlEngine sql = engine();
  sql.add_table("trips", trips());
  const auto syntax = error_of([&] { sql.query("SELECT *\nFRM trips"); });
  EXPECT_EQ(syntax.first, ErrorCode::kInvalidArgument);
  EXPECT_THAT(syntax.second, HasSubstr("syntax error at or near \"trips\""));
  EXPECT_THAT(syntax.second, HasSubstr("LINE 2"));
  const auto unknown = error_of([&] { sql.query("SELECT kms FROM trips"); });
  EXPECT_EQ(unknown.first, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.second, HasSubstr("\"km\""));
  EXPECT_THAT(unknown.second, HasSubstr("LINE 1: SELECT kms FROM trips"));
  const auto table = error_of([&] { sql.query("SELECT 1 AS x FROM trip"); });
  EXPECT_EQ(table.first, ErrorCode::kInvalidArgument);
  EXPECT_THAT(table.second, HasSubstr("did you mean 'trips'?"));
  EXPECT_EQ(error_of([&] { sql.query("SELECT who::INT AS x FROM trips"); }).first,
            ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { sql.query(""); }).first, ErrorCode::kInvalidArgument);
}

// ---- streams ------------------------------------------------------------------------------------

int64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  in >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST(SqlEngineTest, MillionsOfRowsPassThroughBoundedMemory) {
  SqlEngine sql({.library = library(), .memory_limit = 256 << 20, .threads = 2});
  const int64_t n = 4'000'000;
  const Table rows =
      sql.query("SELECT i, 'a text of more than twelve bytes ' || i AS s FROM range($n) r(i)",
                Values{{"n", Value::of(n)}}, {.stream = true});
  const int64_t before = resident_bytes();
  int64_t found = 0;
  int64_t sum = 0;
  int64_t most = 0;
  const auto reader = rows.read(rows.names());
  while (const auto block = reader->next()) {
    found += block->num_rows();
    sum += block->column("i").at(0).get<int64_t>() % 7;
    most = std::max(most, resident_bytes() - before);
  }
  EXPECT_EQ(found, n);
  EXPECT_LT(most, 300 << 20) << "the rows take 200 MB";
  // The rows of a table that Weft reads pass through, too; a second reading runs it again.
  SqlEngine second = engine();
  second.add_table("t", rows);
  EXPECT_EQ(second.query("SELECT sum(i) AS s FROM t").column("s").at(0).get<int64_t>(),
            n * (n - 1) / 2);
}

TEST(SqlEngineTest, AResultThatIsDroppedEndsItsQuery) {
  SqlEngine sql = engine();
  const std::string endless =
      "SELECT a.i * b.i AS x FROM range(10000000) a(i), range(10000000) b(i)";
  {
    const Table never_read = sql.query(endless, {}, {.stream = true});
    EXPECT_EQ(to_string(never_read.schema()), "x: int64");
  }
  const Table rows = sql.query(endless, {}, {.stream = true, .batch_rows = 1000});
  const auto reader = rows.read(rows.names());
  EXPECT_GE(reader->next()->num_rows(), 1000);
}

TEST(SqlEngineTest, ALimitOfMemoryIsKept) {
  const ScratchFolder folder;
  SqlEngine sql({.library = library(),
                 .memory_limit = 50 << 20,
                 .threads = 1,
                 .temporary_folder = folder.path()});
  // Sorted on disk, in the folder, which is empty in the end.
  int64_t rows = 0;
  {
    const Table sorted = sql.query(
        "SELECT i, hash(i)::VARCHAR || repeat('x', 20) AS s FROM range(1500000) r(i) ORDER BY s",
        {}, {.stream = true});
    {
      const auto reader = sorted.read(sorted.names());
      while (const auto block = reader->next()) rows += block->num_rows();
    }
  }
  EXPECT_EQ(rows, 1'500'000);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  const auto [code, message] =
      error_of([&] { sql.query("SELECT list(i) AS l FROM range(20000000) r(i)"); });
  EXPECT_EQ(code, ErrorCode::kResourceLimit) << message;
}

TEST(SqlEngineTest, ThreadsAskAtOnce) {
  SqlEngine sql = engine();
  const ScratchFolder folder;
  write_parquet(trips(), folder / "t.parquet");
  sql.add_files("files", folder / "t.parquet");
  sql.add_table("trips", trips());
  std::vector<std::thread> threads;
  std::atomic<int64_t> rows = 0;
  for (int64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&sql, &rows, i] {
      for (int64_t k = 0; k < 5; ++k) {
        rows += sql.query("SELECT t.id FROM trips t JOIN files f USING (id) WHERE id > $1",
                          {Value::of(i)})
                    .num_rows();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(rows, 5 * (3 + 2 + 1 + 0));
}

TEST(SqlEngineTest, AnotherLibraryIsRefusedOnceOneIsLoaded) {
  engine();
  EXPECT_EQ(error_of([] { SqlEngine({.library = "/elsewhere/libduckdb.so"}); }).first,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft
