// The verbs of the feature store: plan, apply, registry.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/captured.h"

namespace weft::cli {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class StoreVerbsTest : public ::testing::Test {
 protected:
  StoreVerbsTest() {
    folder_.write("weft.yaml", "project: survey\ndefinitions: [features.yaml]\nmodules: [" +
                                   test_module("cli_survey") + "]\n");
    define("7d", "spend_rate, spend");
  }
  void define(const std::string& ttl, const std::string& features) {
    folder_.write("features.yaml",
                  "entities:\n  client: {keys: {client_id: int64}}\n"
                  "sources:\n  visits: {path: visits/*.parquet, time: at, columns: {client_id: "
                  "int64, at: timestamp, spend: double}}\n"
                  "views:\n  stats: {entities: [client], source: visits, owner: growth, ttl: " +
                      ttl + ", features: [" + features + "]}\n");
  }
  // A view of columns over rows that are there, a service, and rows to ask for.
  void define_churn() {
    folder_.write("visits/a.jsonl",
                  "{\"client_id\": 1, \"at\": \"2024-01-01\", \"spend\": 5.0}\n"
                  "{\"client_id\": 1, \"at\": \"2024-01-03\", \"spend\": 7.0}\n"
                  "{\"client_id\": 2, \"at\": \"2024-01-02\", \"spend\": 9.0}\n");
    folder_.write(
        "features.yaml",
        "entities:\n  client: {keys: {client_id: int64}}\n"
        "sources:\n  visits: {path: visits/*.jsonl, time: at, columns: {client_id: int64, "
        "at: timestamp, spend: double}}\n"
        "views:\n  stats: {entities: [client], source: visits, features: [spend]}\n"
        "services:\n  churn: {views: [stats]}\n");
    folder_.write("labels.csv", "client_id,when\n1,2024-01-02T00:00:00Z\n2,2024-01-01T00:00:00Z\n");
  }
  Captured weft(std::vector<std::string> words) {
    words.insert(words.end(), {"--project", folder_.path()});
    return weft_command(std::move(words));
  }
  TestFolder folder_;
};

TEST_F(StoreVerbsTest, PlanChangesNothing) {
  const Captured planned = weft({"plan", "--exit-code"});
  EXPECT_EQ(planned.status, 1) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("+ view stats (growth)"));
  EXPECT_THAT(planned.out, HasSubstr("3 to create, 0 to change, 0 to remove"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/store"));
  EXPECT_EQ(Json::parse(weft({"plan", "--json"}).out)["changes"].size(), 3u);
}

TEST_F(StoreVerbsTest, ApplyMakesVersions) {
  EXPECT_THAT(weft({"apply", "--note", "first"}).err, HasSubstr("applied as version 1"));
  EXPECT_EQ(weft({"plan", "--exit-code"}).status, 0);
  define("3d", "spend_rate");
  const Captured refused = weft({"apply"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("view stats changed: the history of feature spend"));
  EXPECT_THAT(weft({"apply", "--allow-destructive"}).out, HasSubstr("ttl: 7d -> 3d"));
  EXPECT_THAT(weft({"registry", "history"}).out, HasSubstr("first"));
  const Json before = Json::parse(weft({"registry", "show", "stats", "--version", "1"}).out);
  EXPECT_EQ(before["ttl"], "7d");
  EXPECT_TRUE(before["features"].contains("spend"));
  EXPECT_EQ(Json::parse(weft({"registry", "list", "--json"}).out).size(), 3u);
  EXPECT_THAT(weft({"registry", "show", "stat"}).err, HasSubstr("did you mean 'stats'?"));
  EXPECT_THAT(weft({"registry", "hisotry"}).err, HasSubstr("did you mean 'history'?"));
}

TEST_F(StoreVerbsTest, AVersionOfBeforeStandsAgain) {
  weft({"apply"});
  define("3d", "spend_rate");
  weft({"apply", "--allow-destructive"});
  const Captured back = weft({"registry", "rollback", "1"});
  EXPECT_THAT(back.out, HasSubstr("ttl: 3d -> 7d"));
  EXPECT_THAT(back.err, HasSubstr("applied as version 3"));
  const Json history = Json::parse(weft({"registry", "history", "--json"}).out);
  EXPECT_EQ(history[0]["note"], "rollback to version 1");
  EXPECT_EQ(weft({"registry", "show", "stats"}).out,
            weft({"registry", "show", "stats", "--version", "1"}).out);
  EXPECT_THAT(weft({"registry", "rollback", "2"}).err,
              HasSubstr("view stats changed: the history of feature spend"));
  EXPECT_EQ(weft({"registry", "rollback", "2", "--allow-destructive"}).status, 0);

  // A module whose spend_rate is another one.
  folder_.write("weft.yaml", "project: survey\ndefinitions: [features.yaml]\nmodules: [" +
                                 test_module("cli_survey") + "]\nconfig: {scale: 2.0}\n");
  const Captured refused = weft({"registry", "rollback", "1"});
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr("feature spend_rate of view stats"));
  EXPECT_THAT(weft({"registry", "rollback", "1", "--allow-other-code"}).err,
              HasSubstr("the code of feature spend_rate of view stats is not that of version 1"));
  EXPECT_THAT(weft({"registry", "rollback", "nine"}).err, HasSubstr("the number of a version"));
  EXPECT_THAT(weft({"registry", "rollback", "9"}).err, HasSubstr("has no version 9"));
}

TEST_F(StoreVerbsTest, WhatIsDeprecatedIsWarnedOf) {
  const auto until = [&](const std::string& day) {
    define("7d, deprecated_features: {spend: {reason: use spend_rate, until: " + day + "}}",
           "spend_rate, spend");
    folder_.write("more.yaml", "services: {churn: {views: [stats]}}\n");
    folder_.write("weft.yaml",
                  "project: survey\ndefinitions: [features.yaml, more.yaml]\nmodules: [" +
                      test_module("cli_survey") + "]\n");
  };
  until("9999-01-01");
  const Captured planned = weft({"plan", "--json"});
  EXPECT_THAT(planned.err, HasSubstr("warning: service churn takes feature spend of view stats, "
                                     "which is deprecated: use spend_rate; until 9999-01-01"));
  EXPECT_EQ(Json::parse(planned.out)["deprecated"][0]["feature"], "spend");
  EXPECT_EQ(weft({"apply"}).status, 0);
  EXPECT_THAT(weft({"registry", "list"}).out, HasSubstr("spend: use spend_rate; until 9999-01-01"));
  EXPECT_EQ(
      Json::parse(weft({"registry", "show", "stats"}).out)["deprecated_features"]["spend"]["until"],
      "9999-01-01");
  until("2020-01-01");
  EXPECT_THAT(weft({"apply"}).err, HasSubstr("used no more by now, and has to be allowed"));
  EXPECT_EQ(weft({"apply", "--allow-deprecated"}).status, 0);
}

TEST_F(StoreVerbsTest, MistakesAreToldWithTheirPlace) {
  define("7d", "spend_rat");
  const Captured planned = weft({"plan"});
  EXPECT_EQ(planned.status, 2);
  EXPECT_THAT(planned.err, HasSubstr("features.yaml:6"));
  EXPECT_THAT(planned.err, HasSubstr("did you mean 'spend_rate'?"));
}

// From files to a training set and to answers, as a user types it.
TEST_F(StoreVerbsTest, FromHistoryToRequests) {
  define_churn();
  EXPECT_THAT(weft({"get", "churn", "-k", "client_id=1"}).err, HasSubstr("run `weft apply`"));
  ASSERT_EQ(weft({"apply"}).status, 0);
  const Captured materialized = weft({"materialize", "--end", "2024-02-01"});
  EXPECT_THAT(materialized.out, HasSubstr("stats: 3 rows read, 2 latest values written"))
      << materialized.err;
  const Captured got = weft({"get", "churn", "-k", "client_id=1", "-k", "client_id=3", "--json"});
  const Json rows = Json::parse(got.out);
  EXPECT_EQ(rows[0]["features"]["spend"]["value"], 7.0);
  EXPECT_EQ(rows[0]["features"]["spend"]["event_time"], "2024-01-03T00:00:00Z");
  EXPECT_EQ(rows[1]["features"]["spend"]["status"], "NOT_FOUND");
  EXPECT_THAT(weft({"get", "churn", "-k", "client_ids=1"}).err,
              HasSubstr("did you mean 'client_id'?"));

  const std::string spine = folder_.path() + "/labels.csv";
  const Captured history = weft({"history", "churn", "--spine", spine, "--time", "when"});
  EXPECT_THAT(history.out, HasSubstr("1  2024-01-02T00:00:00Z    5.0")) << history.err;
  EXPECT_THAT(weft({"history", "churn", "--spine", spine, "--time", "when", "--explain", "1"}).out,
              HasSubstr("stats: only later rows"));
  EXPECT_THAT(weft({"history", "stats:spend", "--at", "2024-01-02"}).out, HasSubstr("9.0"));
  const std::string file = folder_.path() + "/train.parquet";
  EXPECT_THAT(weft({"history", "churn", "--at", "2024-02-01", "--to", file}).err,
              HasSubstr("2 rows"));

  folder_.write("new.jsonl", "{\"client_id\": 3, \"at\": \"2024-01-09\", \"spend\": 1.5}\n");
  const Captured pushed = weft({"push", "visits", folder_.path() + "/new.jsonl"});
  EXPECT_THAT(pushed.out, HasSubstr("1 rows; 1 added to history, 1 latest values written"))
      << pushed.err;
  EXPECT_THAT(weft({"get", "stats:spend", "-k", "client_id=3"}).out, HasSubstr("1.5"));
  EXPECT_THAT(weft({"history", "churn", "--at", "2024-02-01"}).out, HasSubstr("1.5"));
  const Json runs = Json::parse(weft({"runs", "--json"}).out);
  EXPECT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1]["what"], "materialize");
}

// Who takes what, beside the definitions: datasets, models, readers.
TEST_F(StoreVerbsTest, DatasetsAndModelsAreNamed) {
  define_churn();
  ASSERT_EQ(weft({"apply"}).status, 0);
  EXPECT_EQ(Json::parse(weft({"registry", "unused", "--json"}).out).size(), 0u);
  EXPECT_THAT(weft({"registry", "unused", "--days", "1"}).out, HasSubstr("never"));
  const std::string spine = folder_.path() + "/labels.csv";
  const std::string file = folder_.path() + "/train.parquet";
  EXPECT_THAT(weft({"history", "churn", "--at", "2024-02-01", "--save", "feb"}).err,
              HasSubstr("--save records what --to FILE writes"));
  weft({"history", "churn", "--spine", spine, "--time", "when", "--to", file, "--save", "feb"});
  EXPECT_EQ(weft({"registry", "unused", "--days", "1", "--json"}).out, "[]\n");
  EXPECT_THAT(weft({"registry", "unused", "--days", "0"}).out,
              HasSubstr("stats  spend           churn        20"));
  const Json dataset = Json::parse(weft({"dataset", "show", "feb"}).out);
  EXPECT_EQ(dataset["rows"], 2);
  EXPECT_EQ(dataset["registry_version"], 1);
  EXPECT_EQ(dataset["fingerprints"].size(), 1u);
  EXPECT_EQ(dataset["spine"], spine);
  EXPECT_THAT(weft({"dataset", "list"}).out, HasSubstr("feb      service churn     2"));
  EXPECT_THAT(weft({"model", "register", "leaves", "--service", "churm"}).err,
              HasSubstr("did you mean 'churn'?"));
  EXPECT_THAT(weft({"model", "register", "leaves", "--service", "churn", "--dataset", "feb",
                    "--owner", "retention", "--tag", "kind=trees"})
                  .err,
              HasSubstr("registered model leaves 1"));
  EXPECT_THAT(weft({"model", "list"}).out,
              HasSubstr("leaves  1        churn    feb       retention"));
  EXPECT_EQ(Json::parse(weft({"model", "show", "leaves"}).out)["tags"]["kind"], "trees");
  EXPECT_EQ(weft({"registry", "lineage", "visits.spend"}).out,
            "column visits.spend\nmade of\n└── source visits\ngoes into\n"
            "└── view feature stats:spend\n    └── service churn\n        ├── dataset feb\n"
            "        │   └── model leaves@1 (retention)\n"
            "        └── model leaves@1 (retention)\n");
  const Json lineage = Json::parse(weft({"registry", "lineage", "leaves", "--json"}).out);
  EXPECT_EQ(lineage["of"][0], "model leaves@1");
  EXPECT_EQ(lineage["nodes"].size(), 8u);
  EXPECT_THAT(weft({"registry", "lineage", "visits.spent"}).err,
              HasSubstr("did you mean 'visits.spend'?"));
  EXPECT_THAT(weft({"model", "show", "leave"}).err, HasSubstr("did you mean 'leaves'?"));

  folder_.write("features.yaml", "{}\n");
  EXPECT_THAT(weft({"plan"}).out,
              HasSubstr("used by service churn, dataset feb, model leaves@1 (retention)"));
  EXPECT_THAT(weft({"model", "remove", "leaves"}).err, HasSubstr("removed model leaves 1"));
  EXPECT_THAT(weft({"dataset", "remove", "feb"}).err, HasSubstr("forgot dataset feb"));
  EXPECT_EQ(weft({"dataset", "list", "--json"}).out, "[]\n");
}

}  // namespace
}  // namespace weft::cli
