// Two machines with one registry on PostgreSQL, as users type it.
#include <gmock/gmock.h>

#include <filesystem>

#include "base/postgres_server.h"
#include "cli/captured.h"

namespace weft::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SharedRegistryTest, WhatOneAppliesTheOtherHas) {
  const PostgresServer server;
  ASSERT_FALSE(server.url().empty()) << "PostgreSQL did not start";
  const auto project = [&](const TestFolder& folder) {
    folder.write("weft.yaml",
                 "project: survey\ndefinitions: [features.yaml]\nregistry: " + server.url() + "\n");
    folder.write("features.yaml",
                 "entities:\n  client: {keys: {client_id: int64}}\n"
                 "sources:\n  visits: {path: visits.jsonl, time: at, columns: {client_id: int64, "
                 "at: timestamp, spend: double}}\n"
                 "views:\n  stats: {entities: [client], source: visits, features: [spend]}\n");
    folder.write("visits.jsonl", "{\"client_id\": 1, \"at\": \"2024-01-01\", \"spend\": 5.0}\n");
  };
  const TestFolder mine;
  const TestFolder theirs;
  project(mine);
  project(theirs);
  const auto weft = [](const TestFolder& folder, std::vector<std::string> words) {
    words.insert(words.end(), {"--project", folder.path()});
    return weft_command(std::move(words));
  };
  EXPECT_THAT(weft(mine, {"apply"}).err, HasSubstr("applied as version 1"));
  EXPECT_FALSE(std::filesystem::exists(mine.path() + "/store/registry.db"));
  EXPECT_EQ(weft(theirs, {"plan", "--exit-code"}).status, 0);
  const Captured written = weft(theirs, {"materialize", "--end", "2024-02-01"});
  EXPECT_THAT(written.out, HasSubstr("1 latest values written")) << written.err;
  EXPECT_THAT(weft(theirs, {"get", "stats:spend", "-k", "client_id=1"}).out, HasSubstr("5.0"));

  mine.write("weft.yaml", "registry: postgresql://test:wr0ngs3cret@" +
                              server.url().substr(server.url().find('@') + 1) + "\n");
  const Captured refused = weft(mine, {"plan"});
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.err, HasSubstr("cannot connect to PostgreSQL"));
  EXPECT_THAT(refused.err, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace weft::cli
