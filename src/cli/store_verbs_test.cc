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

TEST_F(StoreVerbsTest, MistakesAreToldWithTheirPlace) {
  define("7d", "spend_rat");
  const Captured planned = weft({"plan"});
  EXPECT_EQ(planned.status, 2);
  EXPECT_THAT(planned.err, HasSubstr("features.yaml:6"));
  EXPECT_THAT(planned.err, HasSubstr("did you mean 'spend_rate'?"));
}

}  // namespace
}  // namespace weft::cli
