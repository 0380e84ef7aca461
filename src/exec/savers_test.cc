// load_from and save_to run, loaders and savers of modules, and materialize().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/scratch_folder.h"
#include "weft/io.h"
#include "weft/lineage.h"
#include "weft/module.h"
#include "weft/object_format.h"
#include "weft/weft.h"

namespace savers_test {
using namespace weft;

struct Scale {
  double factor = 0;
};

/// Lines of "name value".
LOADER(Table, words, (std::string path, int64_t skip = 0, std::optional<double> factor = {})) {
  std::ifstream in(path);
  std::vector<std::string> names;
  std::vector<double> values;
  std::string name;
  double value = 0;
  while (in >> name >> value) {
    if (skip-- > 0) continue;
    names.push_back(name);
    values.push_back(value * factor.value_or(1));
  }
  return {{"name", ColumnData::of(names)}, {"value", ColumnData::of(values)}};
}
LOADER((std::pair<Table, Values>), told, (int64_t rows)) {
  std::vector<double> values(static_cast<size_t>(rows), 1.5);
  return {Table{{"value", ColumnData::of(values)}}, {{"made", Value::of("here")}}};
}
LOADER(double, number, (double start, double step = 2)) { return start + step; }
SAVER(Values, words, (const Table& data, std::string path, bool append = false)) {
  std::ofstream out(path, append ? std::ios::app : std::ios::out);
  for (const auto& name : data.names()) out << name << ' ' << data.num_rows() << '\n';
  return {{"path", Value::of(path)}};
}

FEATURE(Table, survey, (Table rows), load_from("csv", {{"path", source("survey_path")}}),
        extract_columns(column<double>("age"), column<std::string>("name"))) {
  return rows;
}
FEATURE(double, doubled, (double age)) { return age * 2; }
FEATURE(Table, report, (Series<double> doubled, Series<std::string> name),
        save_to("parquet", {{"path", source("report_path")}, {"compression", value("zstd")}})) {
  return {{"doubled", doubled.column()}, {"name", name.column()}};
}
FEATURE(double, saved_column, (double age),
        save_to("csv", {{"path", source("column_path")}}, "column_written")) {
  return age + 1;
}
FEATURE(Table, own, (Table rows, double limit),
        load_from("words", {{"path", source("words_path")}, {"skip", value(1)}}, "rows"),
        save_to("words", {{"path", source("out_path")}})) {
  static_cast<void>(limit);
  return rows;
}
FEATURE(double, from_number, (double n), load_from("number", {{"start", source("base")}})) {
  return n;
}
FEATURE(Table, from_told, (Table rows), load_from("told", {{"rows", value(3)}})) { return rows; }
FEATURE((std::pair<Table, Values>), itself, (int64_t size), dataloader()) {
  std::vector<int64_t> values(static_cast<size_t>(size), 7);
  return {Table{{"seven", ColumnData::of(values)}}, {{"size", Value::of(size)}}};
}
FEATURE(int64_t, counted, (const Table& itself)) { return itself.num_rows(); }
FEATURE(Values, written, (const Table& itself, std::string out_path), datasaver()) {
  return {{"path", Value::of(out_path)}, {"rows", Value::of(itself.num_rows())}};
}
FEATURE(Scale, scale, (Series<double> age), save_to("object", {{"path", source("scale_path")}})) {
  return {age.value(0)};
}
FEATURE(double, scaled, (const Scale& loaded),
        load_from("object", {{"path", source("scale_path")}})) {
  return loaded.factor;
}

using testing::ElementsAre;
using testing::HasSubstr;

class SaversTest : public testing::Test {
 protected:
  SaversTest() {
    write_file(path("survey.csv"), "age,name\n30,Ann\n40,Ben\n50,Cy\n");
    write_file(path("words.txt"), "a 1\nb 2\nc 3\n");
    register_object_format<Scale>(
        [](const Scale& s) { return std::to_string(s.factor); },
        [](std::string_view text) { return Scale{std::stod(std::string(text))}; });
  }
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  Value path_value(const std::string& name) const { return Value::of(path(name)); }
  static Driver driver() { return Driver({compiled_module("savers_test")}, {}, {.threads = 2}); }

  ScratchFolder folder_;
};

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

DefinitionPtr with(const std::string& name, Modifier modifier) {
  const auto own = compiled_module("savers_test");
  for (const auto& d : own.definitions) {
    if (d->name != name) continue;
    auto copy = std::make_shared<Definition>(*d);
    copy->modifiers = {std::move(modifier)};
    return copy;
  }
  return nullptr;
}

// What is wrong with one feature under another modifier.
std::string error_of_modifier(const std::string& feature, Modifier modifier,
                              const std::string& output) {
  return error_of([&] {
    Module module = compiled_module("savers_test");
    module.definitions = {with(feature, std::move(modifier))};
    Driver({module}).plan({output});
  });
}

TEST_F(SaversTest, FilesAreLoadedAndSaved) {
  const Result result = driver().execute(
      {"save.report", "report", "survey.load_data.rows"},
      {{"survey_path", path_value("survey.csv")}, {"report_path", path_value("report.parquet")}});
  const auto& saved = result.get<Values>("save.report");
  EXPECT_EQ(saved.at("path").get<std::string>(), path("report.parquet"));
  EXPECT_EQ(saved.at("rows").get<int64_t>(), 3);
  EXPECT_GT(saved.at("bytes").get<int64_t>(), 0);
  EXPECT_EQ(saved.at("saver").get<std::string>(), "parquet");
  EXPECT_EQ(saved.at("schema").get<Values>().at("doubled").get<std::string>(), "double");
  EXPECT_TRUE(read_parquet(path("report.parquet")).load().equals(result.get<Table>("report")));
  const auto& loaded = result.get<Loaded>("survey.load_data.rows").metadata;
  EXPECT_EQ(loaded.at("loader").get<std::string>(), "csv");
  EXPECT_EQ(loaded.at("path").get<std::string>(), path("survey.csv"));
  EXPECT_EQ(loaded.at("schema").get<Values>().at("age").get<std::string>(), "int64");
}

TEST_F(SaversTest, ReadersAreLazy) {
  const Result result = driver().execute({"survey"}, {{"survey_path", path_value("survey.csv")}});
  EXPECT_NE(result.get<Table>("survey").source(), nullptr);
}

TEST_F(SaversTest, AColumnIsSavedAsATable) {
  const Result result = driver().execute(
      {"column_written"},
      {{"survey_path", path_value("survey.csv")}, {"column_path", path_value("c.csv")}});
  EXPECT_EQ(result.get<Values>("column_written").at("rows").get<int64_t>(), 3);
  EXPECT_EQ(read_file(path("c.csv")), "saved_column\n31.0\n41.0\n51.0\n");
}

TEST_F(SaversTest, ModulesBringTheirOwn) {
  const Result result =
      driver().execute({"own", "save.own"}, {{"words_path", path_value("words.txt")},
                                             {"limit", Value::of(1.0)},
                                             {"out_path", path_value("out.txt")}});
  EXPECT_EQ(result.get<Table>("own").num_rows(), 2);
  EXPECT_EQ(read_file(path("out.txt")), "name 2\nvalue 2\n");
  EXPECT_EQ(result.get<Values>("save.own").at("saver").get<std::string>(), "words");
  EXPECT_EQ(
      driver().execute({"from_number"}, {{"base", Value::of(1.0)}}).get<double>("from_number"), 3);
  const Result told = driver().execute({"from_told", "from_told.load_data.rows"});
  EXPECT_EQ(told.get<Table>("from_told").num_rows(), 3);
  EXPECT_EQ(told.get<Loaded>("from_told.load_data.rows").metadata.at("made").get<std::string>(),
            "here");
}

TEST_F(SaversTest, FunctionsLoadAndSaveThemselves) {
  const Driver d = driver();
  const Result result =
      d.execute({"counted", "written", "itself", "itself.loader"},
                {{"size", Value::of(int64_t{4})}, {"out_path", Value::of("there")}});
  EXPECT_EQ(result.get<int64_t>("counted"), 4);
  EXPECT_EQ(result.get<Values>("written").at("rows").get<int64_t>(), 4);
  const Node& loader = d.graph().node(d.graph().at("itself.loader"));
  EXPECT_EQ(loader.tags.at("hamilton.data_loader.has_metadata"), std::vector<std::string>{"true"});
}

TEST_F(SaversTest, ObjectsHaveAFormat) {
  const Driver d = driver();
  const Values inputs = {{"survey_path", path_value("survey.csv")},
                         {"scale_path", path_value("scale.json")}};
  EXPECT_EQ(
      d.execute({"save.scale"}, inputs).get<Values>("save.scale").at("type").get<std::string>(),
      type_of<Scale>()->name);
  EXPECT_EQ(d.execute({"scaled"}, inputs).get<double>("scaled"), 30);
}

TEST_F(SaversTest, UnknownFormatsAndOptionsAreToldOfBeforeTheRun) {
  using namespace weft::modifiers;
  const std::string unknown =
      error_of_modifier("survey", load_from("parqet", {{"path", value("x")}}), "survey");
  EXPECT_THAT(unknown, HasSubstr("there is no loader \"parqet\""));
  EXPECT_THAT(unknown, HasSubstr("parquet"));
  EXPECT_THAT(unknown, HasSubstr("the modules have words, told, number"));
  EXPECT_THAT(unknown, HasSubstr("savers_test.cc:"));
  EXPECT_THAT(error_of_modifier("survey", load_from("csv", {{"pth", value("x")}}), "survey"),
              HasSubstr("option path: it is needed"));
  EXPECT_THAT(
      error_of_modifier(
          "survey", load_from("csv", {{"path", source("p")}, {"delimeter", value(";")}}), "survey"),
      HasSubstr("has no option \"delimeter\"; did you mean 'delimiter'?"));
  EXPECT_THAT(
      error_of_modifier(
          "survey", load_from("csv", {{"path", source("p")}, {"skip_rows", value("x")}}), "survey"),
      HasSubstr("the csv loader: option skip_rows: "));
  EXPECT_THAT(
      error_of_modifier("doubled",
                        save_to("parquet", {{"path", value("x")}, {"compression", value("zst")}}),
                        "save.doubled"),
      HasSubstr("expected one of none, zstd"));
}

TEST_F(SaversTest, OptionsOfAModulesOwnAreCheckedWhenTheGraphIsBuilt) {
  using namespace weft::modifiers;
  EXPECT_THAT(error_of_modifier("survey", load_from("words", {}), "survey"),
              HasSubstr("load_from of 'survey': 'words' needs the option 'path' (string)"));
  EXPECT_THAT(
      error_of_modifier("survey", load_from("words", {{"path", value("x")}, {"skp", value(1)}}),
                        "survey"),
      HasSubstr("'words' has no option 'skp'; did you mean"));
  const std::string type = error_of_modifier(
      "survey", load_from("words", {{"path", value("x")}, {"skip", value("many")}}), "survey");
  EXPECT_THAT(type, HasSubstr("takes int64 'skip', but is given"));
  EXPECT_THAT(type, HasSubstr("savers_test.cc:"));
  EXPECT_THAT(error_of_modifier("survey", load_from("number", {{"start", value(1.0)}}), "survey"),
              HasSubstr("'number' loads double, but 'rows' is Table"));
}

TEST_F(SaversTest, MaterializersAreNamedAtTheCall) {
  using namespace weft::modifiers;
  const Driver d = driver();
  const Result result = d.materialize(
      {to("csv", "pairs", {"doubled", "name", "limit"}, {{"path", source("pairs_path")}}),
       to("parquet", "whole", {"survey"}, {{"path", value(path("whole.parquet"))}}),
       to("object", "most", {"doubled"}, {{"path", value(path("most.json"))}},
          [](std::span<const Value> v) { return v[0].get<ColumnData>().at(2); })},
      {"doubled"},
      {{"survey_path", path_value("survey.csv")},
       {"pairs_path", path_value("pairs.csv")},
       {"limit", Value::of(0.5)}});
  EXPECT_EQ(result.names(), (std::vector<std::string>{"pairs", "whole", "most", "doubled"}));
  EXPECT_EQ(read_file(path("pairs.csv")),
            "doubled,name,limit\n60.0,Ann,0.5\n80.0,Ben,0.5\n100.0,Cy,0.5\n");
  EXPECT_EQ(result.get<Values>("whole").at("rows").get<int64_t>(), 3);
  EXPECT_EQ(read_file(path("most.json")), "{\"type\":\"double\",\"value\":100.0}");
  // The driver itself is as it was.
  EXPECT_FALSE(d.graph().find("pairs"));
}

TEST_F(SaversTest, InputsAndFunctionsAreLoadedInstead) {
  using namespace weft::modifiers;
  const Driver d = driver().with({from("csv", "survey", {{"path", value(path("survey.csv"))}})});
  EXPECT_EQ(d.execute({"doubled"}).column("doubled").at(0).get<double>(), 60);
  EXPECT_THAT(error_of([] { driver().with({from("number", "size", {{"start", value(1.0)}})}); }),
              HasSubstr("'number' loads double, but 'size' is int64"));
  EXPECT_THAT(error_of([] { driver().with({from("csv", "serwey", {{"path", value("x")}})}); }),
              HasSubstr("from() names 'serwey', which is no node"));
  EXPECT_THAT(
      error_of([] { driver().with({to("csv", "out", {"dubled"}, {{"path", value("x")}})}); }),
      HasSubstr("to() names 'dubled', which is no node"));
}

TEST_F(SaversTest, LineageShowsWhereDataComesFromAndGoes) {
  write_lineage(driver().graph(), path("graph.dot"), {.outputs = {"save.report"}});
  const std::string dot = read_file(path("graph.dot"));
  EXPECT_THAT(dot, HasSubstr("survey.load_data.rows\\nLoaded\", shape=cylinder"));
  EXPECT_THAT(dot, HasSubstr("save.report"));
}

TEST_F(SaversTest, ValidatingReadsNothing) {
  const Driver d = driver();
  EXPECT_TRUE(d.validate({"save.report"}, {"survey_path", "report_path"}).empty());
  const auto problems = d.validate({"save.report", "nothing"}, {"survey_path"});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(path("report.parquet")));
  const auto loaders = d.variables({{"hamilton.data_loader", {"true"}}});
  EXPECT_THAT(loaders, testing::Contains(testing::Field(&Node::name, "itself.loader")));
  EXPECT_EQ(d.variables().size(), d.graph().nodes().size());
}

}  // namespace savers_test
