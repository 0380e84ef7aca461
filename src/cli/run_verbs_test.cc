// The verbs that compute: run, explain, test; and where modules and config come from.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/captured.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

Captured survey(std::vector<std::string> words) {
  words.insert(words.end(), {"-m", test_module("cli_survey")});
  return weft_command(std::move(words));
}

const char* const kSurvey = "gender,age,budget\nmale,20,1\nfemale,30,2\nmale,70,4\n";

TEST(RunTest, SingleValuesAreTypedByTheGraph) {
  const Captured ran = survey({"run", "spend_rate", "-i", "spend=6", "-i", "visits=3"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, "spend_rate = 2.0\n");
  EXPECT_EQ(survey({"run", "greeting", "-i", "name=007", "-i", "since=1970-01-02"}).out,
            "greeting = 007 since 86400000000\n");
  EXPECT_EQ(survey({"run", "weighted", "-i", "spend=2", "-i", "weights=1,2.5"}).out,
            "weighted = 7.0\n");
}

TEST(RunTest, WrongValuesNameTheInput) {
  const Captured ran = survey({"run", "spend_rate", "-i", "spend=6", "-i", "visits=many"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("input 'visits': "));
  EXPECT_THAT(survey({"run", "spend_rate", "-i", "spnd=6"}).err,
              HasSubstr("did you mean 'spend'?"));
  EXPECT_THAT(survey({"run", "tax", "-i", "spend_rate=6", "--config=region=eu"}).err,
              HasSubstr("--override"));
  EXPECT_THAT(survey({"run", "spend_rate", "-i", "spend=6"}).err, HasSubstr("visits"));
}

TEST(RunTest, RowsBeyondTheMemoryGivenAreReadBlockByBlock) {
  const TestFolder folder;
  const std::string rows = folder.write("rows.csv", "spend,visits,other\n6,3,x\n8,2,y\n,1,z\n");
  const std::string table = "spend_rate\n       2.0\n       4.0\n      null\n";
  EXPECT_EQ(survey({"run", "spend_rate", "--rows", rows, "--memory=1"}).out, table);
  const Captured explained =
      survey({"run", "spend_rate", "--rows", rows, "--memory=1B", "--explain"});
  EXPECT_THAT(explained.err, HasSubstr("out of core:\n  the inputs"));
  const std::string to = folder.path() + "/rates.csv";
  EXPECT_THAT(survey({"run", "spend_rate", "--rows", rows, "--memory=1", "--to", to}).err,
              HasSubstr("3 rows"));
  EXPECT_EQ(survey({"run", "spend_rate", "--rows", rows, "--memory=1GB"}).status, 2);
  EXPECT_THAT(survey({"run", "spend_rate", "--rows", rows, "--memory=0"}).err,
              HasSubstr("--memory takes a number of bytes such as 512MiB or 4GiB, not '0'"));
}

TEST(RunTest, ColumnsOfFiles) {
  const TestFolder folder;
  const std::string rows = folder.write("rows.csv", "spend,visits,other\n6,3,x\n8,2,y\n,1,z\n");
  const std::string table = "spend_rate\n       2.0\n       4.0\n      null\n";
  EXPECT_EQ(survey({"run", "spend_rate", "--rows", rows}).out, table);
  EXPECT_EQ(
      survey({"run", "spend_rate", "-i", "spend=@" + rows, "-i", "visits=@" + rows + ":visits"})
          .out,
      table);
  const std::string values =
      folder.write("inputs.yaml", "spend: [6, 8, null]\nvisits: [3, 2, 1]\n");
  EXPECT_EQ(survey({"run", "spend_rate", "--inputs", values}).out, table);
  EXPECT_EQ(survey({"run", "spend_rate", "--rows", rows, "--limit=1"}).out,
            "spend_rate\n       2.0\n... 2 more rows\n");
  const std::string typed = folder.path() + "/rows.parquet";
  write_parquet(read_csv(rows), typed);
  EXPECT_EQ(survey({"run", "spend_rate", "--rows", typed}).out, table);
  EXPECT_EQ(survey({"run", "spend_rate", "-i", "spend=@" + typed, "-i", "visits=@" + typed}).out,
            table);
  EXPECT_THAT(survey({"run", "greeting", "--rows", rows}).err, HasSubstr("--rows has none of"));
}

TEST(RunTest, TablesAndObjectFunctions) {
  const TestFolder folder;
  const std::string path = folder.write("survey.csv", kSurvey);
  const Captured ran =
      survey({"run", "age_mean", "age_centered", "is_male", "-i", "survey_path=" + path});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "age_mean = 40.0\n\nage_centered  is_male\n       -20.0  <hidden: tagged pii>\n"
            "       -10.0  <hidden: tagged pii>\n        30.0  <hidden: tagged pii>\n");
  EXPECT_THAT(ran.err, HasSubstr("--to FILE or --json gives them"));
  EXPECT_THAT(survey({"run", "survey_results", "-i", "survey_path=" + path}).out,
              StartsWith("survey_results:\ngender"));
}

TEST(RunTest, OverridesStandForNodes) {
  const TestFolder folder;
  const std::string ages = folder.write("ages.csv", "age\n1\n3\n");
  const Captured ran =
      survey({"run", "age_centered", "--override", "age=@" + ages, "--override", "age_mean=2"});
  EXPECT_EQ(ran.out, "age_centered\n        -1.0\n         1.0\n") << ran.err;
}

TEST(RunTest, JsonHasValuesChecksAndFiles) {
  const TestFolder folder;
  const std::string rows = folder.write("rows.csv", "spend,visits\n6,3\n,1\n");
  const Json json = Json::parse(survey({"run", "spend_rate", "--rows", rows, "--json"}).out);
  EXPECT_EQ(json["values"]["spend_rate"], Json({2.0, nullptr}));
  const std::string file = folder.path() + "/out.jsonl";
  const Json written =
      Json::parse(survey({"run", "spend_rate", "--rows", rows, "--json", "--to", file}).out);
  EXPECT_EQ(written["written"][0]["rows"], 2);
  EXPECT_TRUE(written["values"].empty());
  EXPECT_THAT(TestFolder::read(file), StartsWith("{\"spend_rate\""));
}

TEST(RunTest, WritesOneOutputOrAll) {
  const TestFolder folder;
  const std::string path = folder.write("survey.csv", kSurvey);
  const std::string one = folder.path() + "/one.csv";
  const Captured ran =
      survey({"run", "age_mean", "is_male", "-i", "survey_path=" + path, "--to", "is_male=" + one});
  EXPECT_EQ(ran.out, "age_mean = 40.0\n") << ran.err;
  EXPECT_EQ(TestFolder::read(one), "is_male\ntrue\nfalse\ntrue\n");
  const std::string all = folder.path() + "/all.csv";
  EXPECT_EQ(survey({"run", "age_mean", "is_male", "-i", "survey_path=" + path, "--to", all}).out,
            "");
  EXPECT_THAT(TestFolder::read(all), StartsWith("age_mean,is_male\n40"));
}

TEST(RunTest, StreamsGiveWhatTheBatchGives) {
  const TestFolder folder;
  std::string text = "spend,visits\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + ",3\n";
  const std::string rows = folder.write("rows.csv", text);
  const auto batch = survey({"run", "spend_rate", "--rows", rows, "--limit=all"});
  const auto stream = survey({"run", "spend_rate", "--rows", rows, "--limit=all",
                              "--context=stream", "--batch-rows=7", "--stats"});
  EXPECT_EQ(batch.out, stream.out) << stream.err;
  EXPECT_THAT(stream.err, HasSubstr("15 runs"));
}

TEST(RunTest, ExplainsOnStderr) {
  const Captured ran =
      survey({"run", "spend_rate", "-i", "spend=6", "-i", "visits=3", "--explain", "--threads=1"});
  EXPECT_EQ(ran.out, "spend_rate = 2.0\n");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("plan for spend_rate"), HasSubstr("cost:")));
}

TEST(ExplainTest, SaysHowInEachContext) {
  EXPECT_THAT(survey({"explain", "spend_rate"}).out, HasSubstr("spend: double column"));
  EXPECT_THAT(survey({"explain", "spend_rate", "-i", "spend=1", "-i", "visits=1"}).out,
              HasSubstr("spend: double scalar"));
  EXPECT_THAT(survey({"explain", "spend_rate", "--context=online"}).out,
              HasSubstr("in the online context"));
}

TEST(ProjectTest, ModulesAndConfigOfTheNearestFile) {
  const TestFolder folder;
  folder.write("weft.yaml", "modules: [" + test_module("cli_survey") + "]\nconfig: {region: eu}\n");
  folder.write("a/b/c.txt", "");
  const std::vector<std::string> words = {"run", "tax", "--override", "spend_rate=10"};
  EXPECT_EQ(weft_command(words, false, folder.path() + "/a/b").out, "tax = 2.0\n");
  std::vector<std::string> us = words;
  us.insert(us.end(), {"--config", "region=us"});
  EXPECT_EQ(weft_command(us, false, folder.path() + "/a/b").out, "tax = 1.0\n");
  us.insert(us.end(), {"--config", folder.write("eu.json", "{\"region\": \"eu\"}"), "--project",
                       folder.path()});
  EXPECT_EQ(weft_command(us).out, "tax = 2.0\n");
}

TEST(ProjectTest, MisspeltKeysAndNoModules) {
  const TestFolder folder;
  folder.write("weft.yaml", "module: [x.so]\n");
  const Captured wrong = weft_command({"list"}, false, folder.path());
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("weft.yaml:1: "), HasSubstr("did you mean 'modules'?")));
  folder.write("weft.yaml", "registry: sqlite\n");
  EXPECT_THAT(weft_command({"list"}, false, folder.path()).err, HasSubstr("no module: name one"));
}

const char* const kCases =
    "module: cli_survey\n"
    "cases:\n"
    "  - name: rates\n"
    "    columns: {spend: [6, 8], visits: [3, 2]}\n"
    "    expect:\n"
    "      spend_rate: [2, 5]  # what a visit brings\n"
    "  - name: none\n"
    "    columns: {spend: [null], visits: [1]}\n"
    "    expect: {spend_rate: [null]}\n";

TEST(TestTest, TellsFailuresWithTheirPlace) {
  const TestFolder folder;
  const std::string cases = folder.write("cases/rates.yaml", kCases);
  const Captured ran = survey({"test", folder.path() + "/cases"});
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr(cases + ":3: failed rates\n"),
                             HasSubstr("    row 1, column spend_rate: expected 5.0, found 4.0\n"),
                             HasSubstr("1 passed, 1 failed\n")));
  EXPECT_EQ(survey({"test", cases, "--filter=none"}).out, "1 passed, 0 failed\n");
  EXPECT_THAT(survey({"test", cases, "-v", "--filter=none"}).out,
              HasSubstr("passed none (batch, stream, online)"));
  EXPECT_EQ(Json::parse(survey({"test", cases, "--json"}).out)["failed"], 1);
}

TEST(TestTest, UpdateRewritesWhatIsExpected) {
  const TestFolder folder;
  const std::string cases = folder.write("rates.yaml", kCases);
  const Captured ran = survey({"test", cases, "--update"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("rewrote 1 case\n"));
  std::string wanted = kCases;
  wanted.replace(wanted.find("[2, 5]"), 6, "[2.0, 4.0]");
  EXPECT_EQ(TestFolder::read(cases), wanted);
}

TEST(TestTest, AFileThatCannotBeReadIsAFailure) {
  const TestFolder folder;
  const std::string cases = folder.write("bad.yaml", "cases: [{name: x, colums: {}}]\n");
  const Captured ran = survey({"test", cases});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("bad.yaml:1: failed"), HasSubstr("did you mean 'columns'?")));
  EXPECT_EQ(survey({"test", folder.path() + "/none"}).status, 1);
}

}  // namespace
}  // namespace weft::cli
