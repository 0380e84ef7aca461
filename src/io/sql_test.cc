#include "weft/sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>

#include "base/scratch_folder.h"
#include "io/sql_driver.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

Table every_type() {
  return Table(
      {{"b", ColumnData::of<std::optional<bool>>({true, false, std::nullopt})},
       {"l", ColumnData::of<std::optional<int64_t>>({1, -9'223'372'036'854'775'807, std::nullopt})},
       {"d", ColumnData::of<std::optional<double>>({0.1, -1e300, std::nullopt})},
       {"s",
        ColumnData::of<std::optional<std::string>>({"it's; drop table t; --", "", std::nullopt})},
       {"t", ColumnData::of<std::optional<Time>>(
                 {Time(Duration(1'700'000'000'123'456)), Time(Duration(-1)), std::nullopt})},
       {"u", ColumnData::of<std::optional<Duration>>({Duration(90), Duration(-1), std::nullopt})}});
}

TEST(SqliteTest, EveryTypeComesBack) {
  const ScratchFolder folder;
  const auto db = open_sql("sqlite:///" + (folder / "a.db"));
  EXPECT_EQ(write_sql(every_type(), db, "odd \"name\""), 3);
  const Table back = read_sql(db, "select * from \"odd \"\"name\"\"\"");
  EXPECT_TRUE(back.equals(every_type())) << back.to_string();
  const Table lists({{"a", ColumnData::of<std::vector<double>>({{1, 2.5}, {}})}});
  write_sql(lists, db, "lists");
  EXPECT_TRUE(read_sql(db, "select * from lists", {}, {.types = {{"a", list_type(double_type())}}})
                  .equals(lists));
}

TEST(SqliteTest, ParametersAreBoundNotPasted) {
  const auto db = open_sqlite(":memory:");
  write_sql(every_type(), db, "t");
  EXPECT_EQ(read_sql(db, "select l from t where s = $1", {Value::of("it's; drop table t; --")})
                .to_string(),
            "l\n1\n");
  EXPECT_EQ(
      read_sql(db, "select $2 as a, $1 as b", {Value::of(int64_t{1}), Value::of("x")}).to_string(),
      "a  b\nx  1\n");
  EXPECT_EQ(read_sql(db, "select :n + :n as a, ':n' as b -- :no\n", Values{{"n", Value::of(2.5)}})
                .to_string(),
            "  a  b\n5.0  :n\n");
  EXPECT_EQ(read_sql(db, "select $1 is null as a", {Value::null(int64_type())}).to_string(),
            "a\n1\n");
  EXPECT_THAT(
      error_of([&] { read_sql(db, "select :nmae", Values{{"name", Value::of(1.0)}}); }).what(),
      HasSubstr("did you mean 'name'?"));
  EXPECT_THAT(error_of([&] { read_sql(db, "select 1", Values{{"name", Value::of(1.0)}}); }).what(),
              HasSubstr("a value was given for :name"));
  EXPECT_THAT(error_of([&] { read_sql(db, "select $1, $2", {Value::of(1.0)}); }).what(),
              HasSubstr("2 placeholders, and 1 values"));
}

TEST(SqliteTest, TypesComeFromDeclarationsThenFromValues) {
  const auto db = open_sqlite(":memory:");
  execute_sql(db, "create table t (a varchar(9), b bigint, c numeric(5,2), d date, e boolean, f)");
  execute_sql(db,
              "insert into t values ('x', 1, 2, '2013-01-01', 1, 7), "
              "('y', null, 2.5, 1700000000, 0, 7.5)");
  EXPECT_EQ(read_sql(db, "select *, b + 1 as g, 'k' as h, null as i from t").to_string(),
            "a     b    c  d                     e        f     g  h  i\n"
            "x     1  2.0  2013-01-01T00:00:00Z  true   7.0     2  k  null\n"
            "y  null  2.5  2023-11-14T22:13:20Z  false  7.5  null  k  null\n");
  const Error error = error_of([&] {
    execute_sql(db, "insert into t (b) values ('many')");
    read_sql(db, "select b from t");
  });
  EXPECT_EQ(error.code(), ErrorCode::kBadData);
  EXPECT_THAT(error.what(), HasSubstr("row 3, column \"b\": expected int64, found text \"many\""));
  EXPECT_EQ(read_sql(db, "select cast(b as text) as b from t where b = 'many'").to_string(),
            "b\nmany\n");
}

TEST(SqliteTest, StreamsInBatches) {
  const auto db = open_sqlite(":memory:");
  const Table table = read_sql(db,
                               "with recursive n(i) as (select 1 union all select i + 1 from n "
                               "where i < $1) select * from n",
                               {Value::of(int64_t{100'000})}, {.stream = true, .batch_rows = 1000});
  const auto reader = table.read(std::vector<std::string>{"i"});
  int64_t batches = 0;
  int64_t rows = 0;
  while (const auto batch = reader->next()) {
    ++batches;
    rows += batch->num_rows();
  }
  EXPECT_EQ(batches, 100);
  EXPECT_EQ(rows, 100'000);
  EXPECT_EQ(table.source()->describe(), "SQLite :memory:");
  EXPECT_EQ(table.load().num_rows(), 100'000);
}

TEST(SqliteTest, WriteModes) {
  const auto db = open_sqlite(":memory:");
  const Table one({{"a", ColumnData::of<int64_t>({1})}});
  EXPECT_EQ(error_of([&] { write_sql(one, db, "t", {.mode = SqlWriteMode::kAppend}); }).code(),
            ErrorCode::kNotFound);
  write_sql(one, db, "t");
  EXPECT_EQ(error_of([&] { write_sql(one, db, "t"); }).code(), ErrorCode::kAlreadyExists);
  write_sql(one, db, "t", {.mode = SqlWriteMode::kAppend});
  EXPECT_EQ(read_sql(db, "select * from t").num_rows(), 2);
  write_sql(one, db, "t", {.mode = SqlWriteMode::kReplace});
  EXPECT_EQ(read_sql(db, "select * from t").num_rows(), 1);
  const Table other({{"aa", ColumnData::of<int64_t>({1})}});
  EXPECT_THAT(error_of([&] { write_sql(other, db, "t", {.mode = SqlWriteMode::kAppend}); }).what(),
              HasSubstr("has no column \"aa\""));
}

TEST(SqliteTest, AFailedWriteChangesNothing) {
  const auto db = open_sqlite(":memory:");
  execute_sql(db, "create table t (a integer check (a < 100))");
  const Table bad({{"a", ColumnData::of<int64_t>({1, 2, 300})}});
  const Error error = error_of([&] { write_sql(bad, db, "t", {.mode = SqlWriteMode::kAppend}); });
  EXPECT_THAT(error.what(), HasSubstr("writing row 3"));
  EXPECT_EQ(read_sql(db, "select count(*) as n from t").column("n").at(0).get<int64_t>(), 0);
}

TEST(SqliteTest, ABorrowedConnectionKeepsItsTransaction) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &raw), SQLITE_OK);
  {
    const auto db = wrap_sqlite(raw);
    ASSERT_EQ(sqlite3_exec(raw, "begin", nullptr, nullptr, nullptr), SQLITE_OK);
    write_sql(every_type(), db, "t");
    EXPECT_EQ(error_of([&] { write_sql(every_type(), db, "t"); }).code(),
              ErrorCode::kAlreadyExists);
    EXPECT_EQ(read_sql(db, "select * from t").num_rows(), 3);
    ASSERT_EQ(sqlite3_exec(raw, "rollback", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(error_of([&] { read_sql(db, "select * from t"); }).code(),
              ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(sqlite3_close(raw), SQLITE_OK);
}

TEST(SqliteTest, ClearErrors) {
  const ScratchFolder folder;
  EXPECT_EQ(error_of([&] { open_sqlite(folder / "no.db", {.create = false}); }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { open_sqlite(folder.path() + "/no/a.db"); }).code(), ErrorCode::kIo);
  EXPECT_EQ(error_of([&] { open_sqlite(folder.with("x.db", std::string(2000, 'x'))); }).code(),
            ErrorCode::kBadData);
  const auto db = open_sqlite(":memory:");
  EXPECT_THAT(error_of([&] { read_sql(db, "selct 1"); }).what(), HasSubstr("syntax error"));
  EXPECT_THAT(error_of([&] { read_sql(db, "select 1 as a, 2 as a"); }).what(),
              HasSubstr("two columns named \"a\""));
  EXPECT_THAT(error_of([&] { read_sql(db, "create table t (a)"); }).what(),
              HasSubstr("use execute_sql"));
  EXPECT_THAT(error_of([&] { execute_sql(db, "select 1; select 2"); }).what(),
              HasSubstr("expected one SQL statement"));
  EXPECT_THAT(
      error_of([&] { read_sql(db, "select 1 as a", {}, {.types = {{"b", int64_type()}}}); }).what(),
      HasSubstr("no column \"b\""));
}

TEST(SqlTest, PasswordsAreNeverShown) {
  for (const char* text : {"postgresql://u:s3cret@127.0.0.1:1/x",
                           "host=127.0.0.1 port=1 password=s3cret", "password=s3cret oops",
                           "postgresql://u:s3cret@[bad/x", "mysql://u:s3cret@h/x", "u:s3cret"}) {
    const Error error = error_of([&] {
      std::string_view(text).find("://") != std::string_view::npos ? open_sql(text)
                                                                   : open_postgres(text);
    });
    EXPECT_THAT(error.what(), Not(HasSubstr("s3cret"))) << text;
  }
}

TEST(SqlTest, NamesBecomeNumbers) {
  const SqlParameters parameters(Values{{"a", Value::of(1.0)}, {"b", Value::of(2.0)}});
  const BoundSql bound = bind_names(
      "select :b, :a, :b, x::int, ':a', \":a\", E'\\':a', $$:a$$, $q$:a$q$ /* :a */ -- :a",
      parameters);
  EXPECT_EQ(bound.text,
            "select $1, $2, $1, x::int, ':a', \":a\", E'\\':a', $$:a$$, $q$:a$q$ /* :a */ -- :a");
  ASSERT_EQ(bound.values.size(), 2u);
  EXPECT_EQ(bound.values[0].get<double>(), 2.0);
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace weft
