// weft sql, as a user types it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/captured.h"
#include "offline/installed_duckdb.h"
#include "weft/read.h"

namespace weft::cli {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class SqlVerbTest : public ::testing::Test {
 protected:
  SqlVerbTest() {
    static const std::string library = installed_duckdb();
    ::setenv("WEFT_DUCKDB", library.c_str(), 1);
    folder_.write("a.csv", "id,name\n1,Ann\n2,Bob\n3,it's\n");
  }
  Captured sql(std::vector<std::string> words) const {
    words.insert(words.begin(), "sql");
    return weft_command(std::move(words), false, folder_.path());
  }
  std::string file(const std::string& name) const { return folder_.path() + "/" + name; }
  TestFolder folder_;
};

TEST_F(SqlVerbTest, FilesNeedNoProject) {
  const std::string table = "a=" + file("a.csv");
  const Captured shown = sql({"SELECT * FROM a ORDER BY id DESC", "--table", table});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("id  name\n"));
  EXPECT_THAT(shown.out, HasSubstr(" 3  it's\n 2  Bob\n 1  Ann\n"));
  const Captured cut = sql({"FROM a", "--table", table, "--limit", "1"});
  EXPECT_THAT(cut.out, HasSubstr(" 1  Ann\n... and more\n"));
  EXPECT_THAT(sql({"FROM a WHERE id > 5", "--table", table}).out, HasSubstr("id  name"));
  const Captured json = sql({"SELECT id, [name] AS names FROM a WHERE name = $who", "-p",
                             "who=it's", "--table", table, "--json"});
  EXPECT_EQ(Json::parse(json.out), Json::parse(R"([{"id": 3, "names": ["it's"]}])")) << json.err;
  EXPECT_EQ(sql({"FROM a WHERE false", "--table", table, "--json"}).out, "[]\n");
  EXPECT_EQ(Json::parse(sql({"SELECT i FROM range(100) r(i)", "--json"}).out).size(), 100U);

  const Captured written = sql({"SELECT id * $times AS x FROM a", "-p", "times=2.5", "--table",
                                table, "--to", file("x.parquet")});
  EXPECT_THAT(written.err, HasSubstr("3 rows")) << written.err;
  EXPECT_EQ(read_parquet(file("x.parquet")).column("x").at(2).get<double>(), 7.5);
}

TEST_F(SqlVerbTest, SourcesAndViewsAreTables) {
  folder_.write("visits/a.jsonl",
                "{\"client_id\": 1, \"at\": \"2024-01-01\", \"spend\": 5.0}\n"
                "{\"client_id\": 1, \"at\": \"2024-01-03\", \"spend\": 7.0}\n");
  folder_.write("features.yaml",
                "entities:\n  client: {keys: {client_id: int64}}\n"
                "sources:\n  visits: {path: visits/*.jsonl, time: at, columns: {client_id: int64, "
                "at: timestamp, spend: double}}\n"
                "views:\n  stats: {entities: [client], source: visits, features: [spend]}\n");
  folder_.write("weft.yaml", "project: survey\ndefinitions: [features.yaml]\n");
  ASSERT_EQ(weft_command({"apply"}, false, folder_.path()).status, 0);
  const Captured counted = sql({"SELECT count(*) AS n, max(spend) AS most FROM visits", "--json"});
  EXPECT_EQ(Json::parse(counted.out), Json::parse(R"([{"n": 2, "most": 7.0}])")) << counted.err;
  const Captured view =
      sql({"SELECT * FROM view_stats WHERE \"at\" < $until", "-p", "until=2024-01-02", "--json"});
  EXPECT_EQ(Json::parse(view.out),
            Json::parse(R"([{"client_id": 1, "at": "2024-01-01T00:00:00Z", "spend": 5.0}])"))
      << view.err;
}

TEST_F(SqlVerbTest, MistakesAreTold) {
  const std::string table = "trips=" + file("a.csv");
  const Captured wrong = sql({"SELECT * FRM trips", "--table", table});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("syntax error at or near \"trips\""));
  EXPECT_THAT(sql({"FROM trip", "--table", table}).err, HasSubstr("did you mean 'trips'?"));
  EXPECT_THAT(sql({"DROP TABLE trips", "--table", table}).err, HasSubstr("expected a SELECT"));
  EXPECT_THAT(sql({"FROM a", "--table", "a=" + file("none.csv")}).err, HasSubstr("none.csv"));
  EXPECT_THAT(sql({"FROM read_csv('" + file("a.csv") + "')"}).err,
              HasSubstr("read_csv() cannot stand for a table"));
  EXPECT_EQ(sql({"FROM trips", "--table", table, "--to", "x.csv", "--json"}).status, 2);
}

}  // namespace
}  // namespace weft::cli
