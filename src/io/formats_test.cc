#include "weft/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "io/option_reader.h"
#include "weft/read.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

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

Table table() {
  return Table({{"id", ColumnData::of<int64_t>({1, 2, 3})},
                {"name", ColumnData::of<std::string>({"a", "b", "c"})}});
}

TEST(FormatsTest, WhatASaverWritesItsLoaderReads) {
  const ScratchFolder folder;
  for (const std::string format : {"csv", "parquet", "ipc", "json"}) {
    const Values options = {{"path", Value::of(folder / ("t." + format))}};
    const Values saved = saver(format)(Value::of(table()), options);
    EXPECT_EQ(saved.at("rows").get<int64_t>(), 3) << format;
    EXPECT_GT(saved.at("bytes").get<int64_t>(), 0) << format;
    EXPECT_GE(saved.at("seconds").get<double>(), 0) << format;
    EXPECT_EQ(saved.at("path").get<std::string>(), folder / ("t." + format));
    EXPECT_TRUE(loader(format)(options).get<Table>().equals(table())) << format;
  }
  const Value url = Value::of("sqlite:///" + (folder / "t.db"));
  saver("sql")(Value::of(table()), {{"url", url}, {"table", Value::of("t")}});
  EXPECT_TRUE(loader("sql")({{"url", url},
                             {"query", Value::of("select * from t where id < $1")},
                             {"parameters", Value::of(std::vector<int64_t>{3})}})
                  .get<Table>()
                  .equals(table().slice(0, 2)));
}

TEST(FormatsTest, OptionsAsText) {
  const ScratchFolder folder;
  const std::string path = folder.with("a.csv", "id;name;x\n1;a;7\n2;b;oops\n3;c;9\n");
  const Value loaded = loader("csv")(
      {{"path", Value::of(path)},
       {"delimiter", Value::of(";")},
       {"columns", Value::of(std::vector<std::string>{"x", "id"})},
       {"types", Value::of("x: double")},
       {"filter", Value::of(std::vector<std::string>{"id >= 2", "name in [\"b\", \"c\"]"})},
       {"bad_rows", Value::of("null")}});
  EXPECT_EQ(loaded.get<Table>().to_string(), "   x  id\nnull   2\n 9.0   3\n");
  loader("csv")({{"path", Value::of(path)},
                 {"delimiter", Value::of(";")},
                 {"types", Value::of(Values{{"x", Value::of("int64")}})},
                 {"bad_rows", Value::of("quarantine")},
                 {"quarantine_path", Value::of(folder / "bad.csv")}});
  EXPECT_EQ(read_csv(folder / "bad.csv").column("line").at(0).get<int64_t>(), 3);
}

TEST(FormatsTest, ClearErrors) {
  const ScratchFolder folder;
  const Value path = Value::of(folder.with("a.csv", "a\n1\n"));
  const auto csv = [&](const Values& options) { return error_of([&] { loader("csv")(options); }); };
  EXPECT_THAT(csv({{"path", path}, {"delimeter", Value::of(";")}}).what(),
              HasSubstr("the csv loader has no option \"delimeter\"; did you mean 'delimiter'?"));
  EXPECT_THAT(csv({}).what(), HasSubstr("option path: it is needed"));
  EXPECT_THAT(csv({{"path", path}, {"header", Value::of("no")}}).what(),
              HasSubstr("option header: expected bool"));
  EXPECT_THAT(csv({{"path", path}, {"delimiter", Value::of(";;")}}).what(),
              HasSubstr("expected one character"));
  EXPECT_THAT(csv({{"path", path}, {"types", Value::of("a: integer")}}).what(),
              HasSubstr("there is no type \"integer\""));
  EXPECT_THAT(csv({{"path", path}, {"bad_rows", Value::of("nul")}}).what(),
              HasSubstr("did you mean 'null'?"));
  EXPECT_THAT(csv({{"path", path}, {"filter", Value::of("a")}}).what(),
              HasSubstr("a filter is written as"));
  const Error unknown = error_of([&] { loader("parket"); });
  EXPECT_EQ(unknown.code(), ErrorCode::kNotFound);
  EXPECT_THAT(unknown.what(), HasSubstr("did you mean 'parquet'?"));
  EXPECT_THAT(error_of([&] { saver("csv")(Value::of(1.0), {{"path", path}}); }).what(),
              HasSubstr("writes tables, found double"));
}

TEST(FormatsTest, AProgramAddsItsOwn) {
  register_loader("three", [](const Values&) { return Value::of(int64_t{3}); });
  EXPECT_EQ(loader("three")({}).get<int64_t>(), 3);
  EXPECT_EQ(
      error_of([&] { register_loader("three", [](const Values&) { return Value(); }); }).code(),
      ErrorCode::kAlreadyExists);
  EXPECT_THAT(loader_names(), IsSupersetOf({"csv", "sql", "three"}));
  EXPECT_THAT(saver_names(), IsSupersetOf({"csv", "table"}));
}

TEST(FormatsTest, Conditions) {
  const auto op = [](const std::string& text) { return parse_condition(text).op; };
  EXPECT_EQ(op("a>=1"), Compare::kGreaterEqual);
  EXPECT_EQ(op("a > 1"), Compare::kGreater);
  EXPECT_EQ(op("a == \"x <= y\""), Compare::kEqual);
  EXPECT_EQ(op("a != 1"), Compare::kNotEqual);
  EXPECT_EQ(op("a is null"), Compare::kIsNull);
  EXPECT_EQ(op("a is not null"), Compare::kIsNotNull);
  EXPECT_EQ(parse_condition("day < 2013-01-01").value.get<std::string>(), "2013-01-01");
  EXPECT_EQ(parse_condition("my column = 2.5").value.get<double>(), 2.5);
}

}  // namespace
}  // namespace weft
