// The verbs that read a graph: list, show, lineage, graph, validate, diff.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/captured.h"

namespace weft::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

Captured survey(std::vector<std::string> words, bool is_terminal = false) {
  words.insert(words.end(), {"-m", test_module("cli_survey")});
  return weft_command(std::move(words), is_terminal);
}

TEST(ListTest, ShowsTypeKindModuleAndFirstLine) {
  const Captured listed = survey({"list"});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, StartsWith("name "));
  EXPECT_THAT(listed.out, ::testing::ContainsRegex("is_male +bool +row +cli_survey +Whether the"));
  EXPECT_THAT(listed.out,
              ::testing::ContainsRegex(
                  "survey_results +.*Table.* +object +cli_survey +Answers of a survey.\n"));
  EXPECT_THAT(listed.out, Not(HasSubstr("One row a client")));
}

TEST(ListTest, Filters) {
  EXPECT_EQ(survey({"list", "--names", "--tag=pii"}).out, "is_male\n");
  EXPECT_EQ(survey({"list", "--names", "--tag=owner=growth", "--tag", "pii"}).out, "is_male\n");
  EXPECT_EQ(survey({"list", "--names", "--tag=owner=nobody"}).out, "");
  EXPECT_THAT(survey({"list", "--names", "--kind=input"}).out,
              AllOf(HasSubstr("spend\n"), HasSubstr("visits\n"), Not(HasSubstr("spend_rate"))));
  const Captured none = survey({"list", "--of-module=cli_survy"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("did you mean 'cli_survey'?"));
}

TEST(ListTest, Json) {
  const Json nodes = Json::parse(survey({"list", "--json", "--tag=pii"}).out);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0]["name"], "is_male");
  EXPECT_EQ(nodes[0]["tags"]["owner"], Json({"growth"}));
}

TEST(ShowTest, TellsWhatIsKnown) {
  const Captured shown = survey({"show", "age_centered"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(StartsWith("age_centered: double, row of module cli_survey\n"),
                               HasSubstr("Age above the mean."), HasSubstr("owner = growth"),
                               HasSubstr("age_mean: double"), HasSubstr("survey_path"),
                               HasSubstr("tests/modules/survey.cc:"),
                               HasSubstr("return age - age_mean;"), HasSubstr("fingerprint ")));
  const Json node = Json::parse(survey({"show", "spend_rate", "--json"}).out);
  EXPECT_EQ(node["needed_inputs"].size(), 3U) << node;
}

TEST(ShowTest, UnknownNodesGetTheNearest) {
  const Captured shown = survey({"show", "age_centred"});
  EXPECT_EQ(shown.status, 2);
  EXPECT_THAT(shown.err, AllOf(StartsWith("weft: error: not_found: "),
                               HasSubstr("did you mean 'age_centered'?")));
}

TEST(LineageTest, Trees) {
  const Captured up = survey({"lineage", "age_centered"});
  EXPECT_EQ(up.status, 0) << up.err;
  EXPECT_THAT(up.out, AllOf(StartsWith("age_centered  double row  [owner=growth]\n├── age  "),
                            HasSubstr("└── age_mean  double"), HasSubstr("(see above)")));
  EXPECT_THAT(survey({"lineage", "age", "--downstream"}).out, HasSubstr("age_centered"));
  EXPECT_THAT(survey({"lineage", "age_centered", "--depth=1"}).out, HasSubstr("(more: --depth)"));
}

TEST(LineageTest, PathsTagsAndImpact) {
  const Captured path = survey({"lineage", "age_centered", "--to=age"});
  EXPECT_THAT(path.out,
              AllOf(StartsWith("age  "), HasSubstr("age_mean"), Not(HasSubstr("survey_path"))));
  EXPECT_EQ(survey({"lineage", "is_male", "--to=age"}).status, 2);
  EXPECT_THAT(survey({"lineage", "survey_path", "--downstream", "--tag=pii"}).out,
              StartsWith("is_male  bool"));
  EXPECT_THAT(survey({"lineage", "age", "--impact"}).out,
              AllOf(HasSubstr("2 nodes need age\n"), HasSubstr("growth: age_centered"),
                    HasSubstr("risk: age_mean"), HasSubstr("nobody reads: age_centered")));
  const Json graph = Json::parse(survey({"lineage", "age_centered", "--json"}).out);
  EXPECT_EQ(graph["nodes"].size(), 5U) << graph;
  EXPECT_EQ(survey({"lineage", "age", "--impact", "--upstream"}).status, 2);
}

TEST(GraphTest, FormatsByEnding) {
  const TestFolder folder;
  EXPECT_THAT(survey({"graph", "spend_rate"}).out, StartsWith("digraph"));
  for (const std::string format : {"dot", "svg", "html", "json"}) {
    const std::string path = folder.path() + "/graph." + format;
    EXPECT_EQ(survey({"graph", "-o", path}).err, "");
    EXPECT_THAT(TestFolder::read(path), HasSubstr("spend_rate")) << format;
  }
  const Json pruned = Json::parse(survey({"graph", "spend_rate", "--format=json"}).out);
  EXPECT_EQ(pruned["nodes"].size(), 4U) << pruned;
  EXPECT_THAT(survey({"graph", "-o", folder.path() + "/graph.png"}).err,
              HasSubstr("does not say in which format"));
}

TEST(ValidateTest, NotesAreNoErrors) {
  const Captured checked = survey({"validate"});
  EXPECT_EQ(checked.status, 0);
  EXPECT_THAT(checked.out,
              ::testing::ContainsRegex(
                  "tests/modules/survey.cc:[0-9]+: note: 'log_budget': std::log may give"));
}

TEST(ValidateTest, TellsEveryErrorWithItsPlace) {
  const Captured checked = weft_command({"validate", "-m", test_module("cli_broken")});
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.out,
              AllOf(::testing::ContainsRegex("tests/modules/broken.cc:[0-9]+: error: .*letters"),
                    ::testing::ContainsRegex("tests/modules/broken.cc:[0-9]+: error: .*later"),
                    HasSubstr("2 errors\n")));
  const Captured json = weft_command({"validate", "--json", "-m", test_module("cli_broken")});
  EXPECT_EQ(json.status, 2);
  EXPECT_EQ(Json::parse(json.out)[0]["severity"], "error");
}

TEST(DiffTest, TellsChangesReasonsAndOwners) {
  const Captured found = weft_command(
      {"diff", test_module("cli_survey"), test_module("cli_survey_next"), "--config", "region=eu"});
  EXPECT_EQ(found.status, 0) << found.err;
  EXPECT_THAT(
      found.out,
      AllOf(HasSubstr("+ spend_twice  (owner risk)\n"),
            HasSubstr("- age_centered  (owner growth)\n"), HasSubstr("* spend_rate: code\n"),
            ::testing::ContainsRegex("\\* weighted: type double -> float, inputs, tags"),
            HasSubstr("~ tax\n"), HasSubstr("owners: growth, risk\n")));
}

TEST(DiffTest, SavedGraphsAndExitCode) {
  const TestFolder folder;
  const std::string saved = folder.path() + "/before.json";
  EXPECT_EQ(survey({"graph", "-o", saved}).status, 0);
  const Captured same = survey({"diff", saved, "--exit-code"});
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  EXPECT_EQ(same.out, "");
  const Captured other =
      weft_command({"diff", saved, test_module("cli_survey_next"), "--exit-code", "--json"});
  EXPECT_EQ(other.status, 1) << other.err;
  std::vector<std::string> added;
  const Json found = Json::parse(other.out);
  for (const auto& node : found["added"]) added.push_back(node["name"]);
  EXPECT_THAT(added, ::testing::Contains("spend_twice"));
  EXPECT_THAT(survey({"diff", folder.write("bad.json", "{")}).err, HasSubstr("bad.json"));
}

}  // namespace
}  // namespace weft::cli
