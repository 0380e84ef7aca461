// What needs no DuckDB: finding its library, and the text of relations.
#include "weft/sql_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "offline/duckdb_library.h"
#include "offline/sql_relation.h"
#include "offline/sql_session.h"
#include "weft/write.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::pair<ErrorCode, std::string> error_of_loading(const std::string& file) {
  try {
    duckdb::load_library(file);
  } catch (const Error& error) {
    return {error.code(), error.message()};
  }
  return {ErrorCode::kInternal, "nothing was thrown"};
}

TEST(DuckdbLibraryTest, WhatIsMissingIsSaidWithWhatToInstall) {
  try {
    SqlEngine({.library = "/nowhere/libduckdb.so"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.message(), HasSubstr("SQL over tables needs DuckDB 1.5 or newer"));
    EXPECT_THAT(error.message(), HasSubstr("WEFT_DUCKDB"));
    EXPECT_THAT(error.message(), HasSubstr("there is no /nowhere/libduckdb.so"));
  }
}

TEST(DuckdbLibraryTest, AnotherLibraryOrAFileOfTextIsRefused) {
  const ScratchFolder folder;
  const auto [code, message] = error_of_loading(folder.with("libduckdb.so", "no library"));
  EXPECT_EQ(code, ErrorCode::kUnsupported);
  const auto other = error_of_loading("libc.so.6");
  EXPECT_EQ(other.first, ErrorCode::kUnsupported);
  EXPECT_THAT(other.second, HasSubstr("libc.so.6 is no library of DuckDB"));
}

TEST(DuckdbLibraryTest, VersionsAreCompared) {
  for (const char* version : {"v1.5.0", "v1.5.5", "1.10.0", "v2.0.0", "v1.6.0-dev12"}) {
    EXPECT_TRUE(duckdb::is_new_enough(version)) << version;
  }
  for (const char* version : {"v1.4.9", "v0.10.2", "", "v1", "main"}) {
    EXPECT_FALSE(duckdb::is_new_enough(version)) << version;
  }
}

TEST(SqlRelationTest, TextsAndNamesAreQuoted) {
  EXPECT_EQ(sql_text("it's"), "'it''s'");
  EXPECT_EQ(sql_text("a\\\"b"), "'a\\\"b'");
  EXPECT_THROW(sql_text(std::string_view("a\0b", 3)), Error);
  EXPECT_EQ(lower_ascii("aBÄ"), "abÄ");
  SqlRelation relation{.select = "SELECT 1 AS \"a\"", .columns = {"a"}};
  relation = projected(std::move(relation), {{"\"a\" + 1", "x\"; --"}});
  EXPECT_EQ(relation.select, "SELECT \"a\" + 1 AS \"x\"\"; --\" FROM (SELECT 1 AS \"a\")");
  EXPECT_THAT(relation.columns, ElementsAre("x\"; --"));
}

TEST(SqlRelationTest, PathsOfFilesAreQuotedAndPatternsLeftToWeft) {
  const ScratchFolder folder;
  const Table rows({{"a", ColumnData::of<int64_t>({1})}});
  write_parquet(rows, folder / "it's.parquet");
  write_parquet(rows, folder / "a[1].parquet");
  const SqlRelation plain = relation_of_files(folder / "it's.parquet", {});
  EXPECT_THAT(plain.select, HasSubstr("/it''s.parquet'"));
  EXPECT_THAT(plain.files, ElementsAre(folder / "it's.parquet"));
  EXPECT_TRUE(plain.tables.empty());
  const SqlRelation pattern = relation_of_files(folder / "a[1].parquet", {});
  EXPECT_TRUE(pattern.files.empty());
  EXPECT_EQ(pattern.tables.size(), 1U);
}

TEST(SqlRelationTest, ColumnsThatDifferInCaseOnlyAreRefused) {
  const ColumnData one = ColumnData::of<int64_t>({1});
  EXPECT_THROW(relation_of_table(Table({{"a", one}, {"A", one}})), Error);
  EXPECT_THROW(relation_of_table(Table()), Error);
}

TEST(SqlSessionTest, MessagesOfDuckdbBecomeCodes) {
  EXPECT_EQ(sql_error("Parser Error: x").code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(sql_error("IO Error: x").code(), ErrorCode::kIo);
  EXPECT_EQ(sql_error("Out of Memory Error: x").code(), ErrorCode::kResourceLimit);
  EXPECT_EQ(sql_error("Conversion Error: x").code(), ErrorCode::kBadData);
  EXPECT_EQ(sql_error("Parser Error: x").message(), "SQL: Parser Error: x");
}

}  // namespace
}  // namespace weft
