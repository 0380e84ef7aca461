// Against a PostgreSQL server that the test starts for itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cmath>
#include <limits>

#include "base/postgres_server.h"
#include "weft/formats.h"
#include "weft/sql.h"

namespace weft {
namespace {

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

class PostgresTest : public testing::Test {
 protected:
  static PostgresServer& server() {
    static PostgresServer server;
    return server;
  }
  void SetUp() override {
    if (!server().installed()) {
      const char* ci = std::getenv("CI");
      if (ci && std::string(ci) == "true") FAIL() << "PostgreSQL is not installed";
      GTEST_SKIP() << "PostgreSQL is not installed";
    }
    ASSERT_FALSE(server().url().empty()) << "PostgreSQL did not start";
    db_.emplace(open_sql(server().url()));
    execute_sql(*db_, "drop schema public cascade");
    execute_sql(*db_, "create schema public");
  }
  std::string read(const std::string& query, const SqlReadOptions& options = {}) {
    return read_sql(*db_, query, {}, options).to_string();
  }
  std::optional<SqlConnection> db_;
};

Table every_type() {
  const double inf = std::numeric_limits<double>::infinity();
  using Texts = std::vector<std::string>;
  return Table(
      {{"b", ColumnData::of<std::optional<bool>>({true, false, std::nullopt})},
       {"i", ColumnData::of<std::optional<int32_t>>({1, -2'147'483'648, std::nullopt})},
       {"l", ColumnData::of<std::optional<int64_t>>({1, -9'223'372'036'854'775'807, std::nullopt})},
       {"f", ColumnData::of<std::optional<float>>({0.1f, -1e38f, std::nullopt})},
       {"d", ColumnData::of<std::optional<double>>({0.1, std::nan(""), std::nullopt})},
       {"e", ColumnData::of<std::optional<double>>({5e-324, -inf, std::nullopt})},
       {"s", ColumnData::of<std::optional<std::string>>({"\\N\t\"é\"\n\r\\", "", std::nullopt})},
       {"t", ColumnData::of<std::optional<Time>>(
                 {Time(Duration(1'700'000'000'123'456)), Time(Duration(-1)), std::nullopt})},
       {"u", ColumnData::of<std::optional<Duration>>(
                 {Duration(200'000'000'001), Duration(-1), std::nullopt})},
       {"ld", ColumnData::of<std::optional<std::vector<double>>>(
                  {std::vector<double>{1, -inf}, std::vector<double>{}, std::nullopt})},
       {"ls", ColumnData::of<std::optional<Texts>>(
                  {Texts{"a,\"b\"\\", "", "NULL"}, Texts{}, std::nullopt})},
       {"lt", ColumnData::of<std::vector<Time>>({{Time(Duration(5))}, {}, {}})}});
}

TEST_F(PostgresTest, EveryTypeComesBack) {
  EXPECT_EQ(write_sql(every_type(), *db_, "odd \"name\""), 3);
  const Table back = read_sql(*db_, "select * from \"odd \"\"name\"\"\"");
  EXPECT_EQ(back.schema(), every_type().schema());
  for (const auto& name : back.names()) {
    EXPECT_TRUE(back.column(name).equals(every_type().column(name))) << name << back.to_string();
  }
}

TEST_F(PostgresTest, TypesOfTheServer) {
  EXPECT_EQ(read("select 1::smallint as a, 2::numeric(9,2) as b, '2013-02-03'::date as c, "
                 "'2013-02-03 04:05:06.7'::timestamp as d, interval '-1 day 02:00:00.5' as e, "
                 "'04:05:06'::time as f, 'x'::char(3) as g, '{\"k\": 1}'::jsonb as h, "
                 "array['a', 'b c'] as i, 'NaN'::numeric as j"),
            "a    b  c                     d                       e             f       g    h"
            "         i               j\n"
            "1  2.0  2013-02-03T00:00:00Z  2013-02-03T04:05:06.7Z  -21h59m59.5s  4h5m6s  x    "
            "{\"k\": 1}  [\"a\", \"b c\"]  nan\n");
}

TEST_F(PostgresTest, ParametersAreBoundNotPasted) {
  write_sql(every_type(), *db_, "t");
  const auto count = [&](const std::string& where, const SqlParameters& parameters) {
    return read_sql(*db_, "select count(*) as n from t where " + where, parameters)
        .column("n")
        .at(0)
        .get<int64_t>();
  };
  EXPECT_EQ(count("s = $1", {Value::of("\\N\t\"é\"\n\r\\")}), 1);
  EXPECT_EQ(
      count("s = :s or i = :i", Values{{"s", Value::of("'; drop table t")}, {"i", Value::of(1)}}),
      1);
  EXPECT_EQ(count("t = $1", {Value::of(Time(Duration(-1)))}), 1);
  EXPECT_EQ(count("u = $1", {Value::of(Duration(-1))}), 1);
  EXPECT_EQ(count("l = any($1)", {Value::of(std::vector<int64_t>{1, 2})}), 1);
  EXPECT_EQ(count("$1::int is null", {Value::null(int32_type())}), 3);
}

TEST_F(PostgresTest, StreamsAndCanBeGivenUp) {
  const Table table = read_sql(*db_, "select i, i::text as s from generate_series(1, $1) as i",
                               {Value::of(int64_t{200'000})}, {.stream = true, .batch_rows = 1000});
  EXPECT_EQ(to_string(table.schema()), "i: int64, s: string");
  {
    const auto reader = table.read(std::vector<std::string>{"s"});
    EXPECT_EQ(reader->next()->num_rows(), 1000);
    EXPECT_THAT(error_of([&] { execute_sql(*db_, "select 1"); }).what(),
                HasSubstr("still streams the rows of another query"));
  }
  EXPECT_EQ(table.load().num_rows(), 200'000);
}

TEST_F(PostgresTest, WriteModesAndTransactions) {
  const Table one({{"a", ColumnData::of<int64_t>({1})}});
  EXPECT_EQ(error_of([&] { write_sql(one, *db_, "t", {.mode = SqlWriteMode::kAppend}); }).code(),
            ErrorCode::kNotFound);
  write_sql(one, *db_, "t");
  EXPECT_EQ(error_of([&] { write_sql(one, *db_, "t"); }).code(), ErrorCode::kAlreadyExists);
  write_sql(one, *db_, "t", {.mode = SqlWriteMode::kAppend});
  EXPECT_EQ(read("select count(*) as n from t"), "n\n2\n");
  write_sql(one, *db_, "t", {.mode = SqlWriteMode::kReplace, .schema = "public"});
  EXPECT_EQ(read("select count(*) as n from t"), "n\n1\n");

  execute_sql(*db_, "alter table t add check (a < 100)");
  const Table bad({{"a", ColumnData::of<int64_t>({2, 300})}});
  EXPECT_EQ(error_of([&] { write_sql(bad, *db_, "t", {.mode = SqlWriteMode::kAppend}); }).code(),
            ErrorCode::kBadData);
  EXPECT_EQ(read("select count(*) as n from t"), "n\n1\n");
  const Table nul({{"s", ColumnData::of<std::string>({std::string("a\0b", 3)})}});
  EXPECT_THAT(error_of([&] { write_sql(nul, *db_, "u"); }).what(), HasSubstr("NUL"));
  EXPECT_EQ(read("select count(*) as n from t"), "n\n1\n");
}

TEST_F(PostgresTest, ABorrowedConnectionKeepsItsTransaction) {
  PGconn* raw = PQconnectdb(server().url().c_str());
  const auto db = wrap_postgres(raw);
  PQclear(PQexec(raw, "begin"));
  const Table one({{"a", ColumnData::of<int64_t>({1})}});
  write_sql(one, db, "t");
  EXPECT_EQ(error_of([&] { write_sql(one, db, "t"); }).code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_sql(db, "select * from t").num_rows(), 1);
  PQclear(PQexec(raw, "rollback"));
  EXPECT_EQ(error_of([&] { read_sql(db, "select * from t"); }).code(), ErrorCode::kNotFound);
  PQclear(PQexec(raw, "set datestyle = 'German'"));
  EXPECT_THAT(error_of([&] { read_sql(db, "select 1 as a"); }).what(),
              HasSubstr("DateStyle must be ISO"));
  PQfinish(raw);
}

TEST_F(PostgresTest, ClearErrors) {
  EXPECT_THAT(error_of([&] { read("selct 1"); }).what(), HasSubstr("syntax error"));
  EXPECT_EQ(error_of([&] { read("select * from nowhere"); }).code(), ErrorCode::kNotFound);
  EXPECT_THAT(error_of([&] { read("select 1 as a, 2 as a"); }).what(),
              HasSubstr("two columns named \"a\""));
  EXPECT_THAT(error_of([&] { read("create table t (a int)"); }).what(),
              HasSubstr("use execute_sql"));
  EXPECT_THAT(
      error_of([&] { read("select 1 / (2 - i) as x from generate_series(1, 3) as i"); }).what(),
      HasSubstr("division by zero"));
  EXPECT_THAT(error_of([&] { read("select interval '1 month' as a"); }).what(),
              HasSubstr("row 1, column \"a\": expected duration, found \"1 mon\""));
  EXPECT_THAT(error_of([&] { read("select 'infinity'::timestamp as a"); }).what(),
              HasSubstr("expected timestamp, found \"infinity\""));
  EXPECT_EQ(read("select 1 as a"), "a\n1\n");  // the connection lives on
}

TEST_F(PostgresTest, PasswordsAreNeverShown) {
  std::string url = server().url();
  url.replace(url.find("secret"), 6, "wr0ngs3cret");
  const Error error = error_of([&] { open_sql(url); });
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.what(), HasSubstr("password authentication failed for user \"test\""));
  EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(db_->describe(), HasSubstr("PostgreSQL test@127.0.0.1:"));
  EXPECT_THAT(db_->describe(), Not(HasSubstr("secret")));
}

TEST_F(PostgresTest, LoaderAndSaver) {
  const Value url = Value::of(server().url());
  const Table one({{"a", ColumnData::of<int64_t>({1, 2})}});
  EXPECT_EQ(saver("sql")(Value::of(one), {{"url", url}, {"table", Value::of("t")}})
                .at("rows")
                .get<int64_t>(),
            2);
  EXPECT_TRUE(loader("sql")({{"url", url}, {"query", Value::of("select * from t order by a")}})
                  .get<Table>()
                  .equals(one));
}

}  // namespace
}  // namespace weft
