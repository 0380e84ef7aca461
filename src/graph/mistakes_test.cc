// Every mistake that definitions can make, and what the message says about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/testing/testing.h"
#include "weft/native.h"
#include "weft/table.h"

namespace weft {
struct Ride {
  double distance;
  int64_t seconds;
};
template <>
inline constexpr bool is_record<Ride> = true;

namespace {

using namespace testing;    // NOLINT: the helpers read like the modifiers
using namespace modifiers;  // NOLINT
using ::testing::HasSubstr;

struct Model {};

struct Mistake {
  const char* name;
  std::vector<Module> modules;
  std::vector<const char*> says;  ///< all in one message
  Values config = {};
};

std::vector<Module> one(Definitions definitions) { return {module("m", std::move(definitions))}; }

Step step_of(DefinitionPtr function, Dependencies bindings = {}) {
  return {.function = std::move(function), .bindings = std::move(bindings)};
}
Modifier subdag_of(Definitions definitions, Subdag::Instance instance = {}) {
  return {Subdag{.definitions = std::move(definitions), .instances = {std::move(instance)}}};
}
Type vector_of_double() { return list_type(double_type()); }

std::vector<Mistake> names_and_variants() {
  return {
      {"two functions of one name",
       {module("a", {row("fare")}), module("b", {row("fare")})},
       {"two nodes are called 'fare'", "function 'fare' of module 'a'", "module 'b'"}},
      {"a node made by a modifier and a function",
       one({row("fare"), row("f", {in("x")}, {parameterize(variant("fare", {}))})}),
       {"two nodes are called 'fare'", "parameterize of 'f'"}},
      {"two variants hold",
       one({row("fare__a", {}, {when("mode", 1)}), row("fare__b", {}, {when_not("mode", 2)})}),
       {"two variants of 'fare' hold", "'fare__a'", "'fare__b'"},
       {{"mode", Value::of(1)}}},
      {"when without a value",
       one({row("f", {}, {{When{"mode", {}}}})}),
       {"when of 'f' has no value"}},
      {"when without a key", one({row("f", {}, {when("", 1)})}), {"names no config key"}},
      {"a variant without its own name",
       one({row("fare__", {}, {when_not("mode", 1)})}),
       {"'fare__' ends with \"__\""}},
      {"two names for a variant",
       one({row("f__a", {},
                {{When{"m", {Value()}, false, "x"}}, {When{"n", {Value()}, false, "y"}}})}),
       {"two names for the node of 'f__a'", "'x'", "'y'"}},
      {"resolve_from_config without its key",
       one({row("f", {},
                {resolve_from_config({"colour"},
                                     [](const Values&) { return std::vector<Modifier>(); })})}),
       {"needs the config key 'colour'", "did you mean 'color'?"},
       {{"color", Value::of(1)}}},
      {"resolve_from_config throws",
       one({row("f", {},
                {resolve_from_config({},
                                     [](const Values&) -> std::vector<Modifier> {
                                       throw std::runtime_error("no luck");
                                     })})}),
       {"resolve_from_config of 'f' failed: no luck"}},
      {"two modifiers of a class that takes one",
       one({row("f", {in("x")}, {inject({{"x", value(1)}}), parameterize(variant("g", {}))})}),
       {"'f' has 2 of parameterize and inject"}},
      {"a definition without a body",
       one({std::make_shared<Definition>(Definition{.name = "f"})}),
       {"'f' has no body"}},
      {"a definition without a name", one({row("")}), {"a definition of module 'm' has no name"}},
      {"a parameter twice", one({row("f", {in("x"), in("x")})}), {"'f' has two parameters 'x'"}},
      {"a parameter without a name", one({row("f", {in("")})}), {"parameter 1 of 'f' has no name"}},
  };
}

std::vector<Mistake> cycles_and_types() {
  return {
      {"a cycle",
       one({row("a", {in("c")}), row("b", {in("a")}), row("c", {in("b")})}),
       {"a cycle: a -> b -> c -> a"}},
      {"a function that takes itself", one({row("a", {in("a")})}), {"a cycle: a -> a"}},
      {"text for a number",
       one({row("label", {}, {}, string_type()), row("f", {in("label")})}),
       {"'f' takes double 'label'", "'label' is string (f.cc:"}},
      {"a wide integer for a narrow one",
       one({row("n", {}, {}, int64_type()), row("f", {in("n", int32_type())})}),
       {"'f' takes int32 'n'", "is int64"}},
      {"a double for a float",
       one({row("n"), row("f", {in("n", float_type())})}),
       {"'f' takes float 'n'", "is double"}},
      {"a list of other elements",
       one({row("n", {}, {}, list_type(int64_type())), row("f", {in("n", vector_of_double())})}),
       {"'f' takes list<double> 'n'", "is list<int64>"}},
      {"an object for a row value",
       one({object("m", type_of<Model>()), row("f", {in("m")})}),
       {"'f' takes double 'm'", "Model"}},
      {"the chain that led there",
       one({row("label", {}, {}, string_type()),
            row("f", {in("x")}, {parameterize(variant("g", {{"x", source("label")}}))})}),
       {"'g' (parameterize of 'f') takes double 'x' from 'label', but 'label' is string"}},
      {"an input of two types",
       one({row("f", {in("x")}), row("g", {in("x", string_type())})}),
       {"input 'x' cannot serve both 'f', which takes double", "'g', which takes string"}},
      {"a config value of another type",
       one({row("f", {in("x")})}),
       {"config 'x' is \"much\" (string), but 'f' takes double"},
       {{"x", text("much")}}},
      {"a bound value of another type",
       one({row("f", {in("x")}, {inject({{"x", value("much")}})})}),
       {"'f' takes double 'x', but is given \"much\" (string)"}},
      {"a bound value with a fraction for an integer",
       one({row("f", {in("x", int64_type())}, {inject({{"x", value(1.5)}})})}),
       {"'f' takes int64 'x', but is given 1.5"}},
      {"a default of another type",
       one({row("f", {{"x", double_type(), Shape::kRow, false, text("much")}})}),
       {"'f' takes double 'x', but has the default \"much\""}},
  };
}

std::vector<Mistake> shapes() {
  const auto age = [] {
    return object("people", type_of<Table>(), {},
                  {extract_columns(modifiers::column<double>("age"))});
  };
  return {
      {"a column for a Scalar",
       one({age(), testing::column("f", {in("age", double_type(), Shape::kScalar)})}),
       {"'f' takes Scalar<double> 'age', one value, but 'age' (extract_columns of 'people') is a "
        "column",
        "mean(x)"}},
      {"a column for an object function's plain value",
       one({age(), object("f", type_of<Model>(), {in("age")})}),
       {"'f' takes double 'age', one value", "take it as Series<T>"}},
      {"a column for a column function's plain value",
       one({age(), testing::column("f", {in("x", double_type(), Shape::kColumn), in("age")})}),
       {"'f' takes double 'age', one value", "take it as Column<T>"}},
      {"a row function over a column where one value is wanted",
       one({age(), row("old", {in("age")}), object("f", type_of<Model>(), {in("old")})}),
       {"'f' takes double 'old', one value, but 'old' is a column"}},
      {"one value for a Series",
       one({object("m", double_type()),
            object("f", type_of<Model>(), {in("m", double_type(), Shape::kSeries)})}),
       {"'f' takes Series<double> 'm', all rows, but 'm' is one value"}},
      {"a bound value for a Series",
       one({object("f", type_of<Model>(), {in("m", double_type(), Shape::kSeries)},
                   {inject({{"m", value(1.0)}})})}),
       {"'f' takes Series<double> 'm', all rows, but is given the value 1"}},
      {"a column where a table is wanted",
       one({object("people", type_of<Table>(), {}, {extract_columns("age")}),
            object("f", type_of<Model>(), {in("age", type_of<Table>(), Shape::kObject)})}),
       {"'f' takes Table 'age', one value, but 'age' (extract_columns of 'people') is a column"}},
  };
}

std::vector<Mistake> bindings() {
  const auto bound = [](Type type, Dependency d) {
    return one({row("f", {in("xs", type)}, {inject({{"xs", std::move(d)}})})});
  };
  const Type map = type_of<std::map<std::string, double>>();
  return {
      {"parameterize of an unknown parameter",
       one({row("f", {in("factor")}, {parameterize(variant("g", {{"facto", value(1)}}))})}),
       {"parameterize of 'f' binds 'facto', which is no parameter; did you mean 'factor'?"}},
      {"parameterize without variants",
       one({row("f", {}, {{Parameterize{}}})}),
       {"parameterize of 'f' has no variant"}},
      {"a variant without a name",
       one({row("f", {}, {parameterize(variant("", {}))})}),
       {"parameterize of 'f' has a variant without a name"}},
      {"output_name is bound",
       one({row("f", {in("x")}, {parameterize(variant("g", {{"output_name", value(1)}}))})}),
       {"'output_name' is reserved"}},
      {"inject of nothing",
       one({row("f", {in("x")}, {inject({})})}),
       {"inject of 'f' binds nothing"}},
      {"inject of an unknown parameter",
       one({row("f", {in("x")}, {inject({{"y", value(1)}})})}),
       {"inject of 'f' binds 'y', which is no parameter"}},
      {"a source without a name",
       bound(double_type(), source("")),
       {"source(\"\") names no node for 'xs'"}},
      {"an empty group", bound(vector_of_double(), group()), {"the group for 'xs' is empty"}},
      {"a group with and without names",
       bound(map,
             {.kind = Dependency::Kind::kGroup, .group = {{"a", value(1.0)}, {"", value(2.0)}}}),
       {"mixes entries with and without a name"}},
      {"a group by name for a list",
       bound(vector_of_double(), group_by_name({{"a", value(1.0)}})),
       {"'xs' is a list<double>", "std::map"}},
      {"a list for a map", bound(map, group(value(1.0))), {"name the entries of its group"}},
      {"a group for a number",
       bound(double_type(), group(value(1.0))),
       {"a group needs a std::vector or std::map, but 'xs' is double"}},
      {"a group in a group",
       bound(vector_of_double(), group(group(value(1.0)))),
       {"a group cannot stand inside a group"}},
      {"a config key that is not set",
       bound(double_type(), configuration("colour")),
       {"takes 'colour' from the config", "did you mean 'color'?"},
       {{"color", Value::of(1)}}},
  };
}

std::vector<Mistake> splitting() {
  const auto table = [](Modifier m) {
    return one({object("t", type_of<Table>(), {}, {std::move(m)})});
  };
  const auto ride = [](Modifier m) { return one({row("r", {}, {std::move(m)}, type_of<Ride>())}); };
  return {
      {"columns of a number",
       one({row("f", {}, {extract_columns("a")})}),
       {"extract_columns needs a Table, but 'f' is double"}},
      {"columns of a struct", ride(extract_columns("distance")), {"use extract_fields"}},
      {"no columns", table(extract_columns()), {"extract_columns of 't' names no column"}},
      {"a column without a name", table(extract_columns("a", "")), {"number 2 has no name"}},
      {"columns of several nodes",
       one({object("t", type_of<Table>(), {},
                   {extract_columns("a"), parameterize(variant("u", {}), variant("v", {}))})}),
       {"extract_columns is for a function with one result, but 't' makes 2: 'u', 'v'"}},
      {"an unknown field",
       ride(extract_fields("distanse")),
       {"has no field 'distanse'; did you mean 'distance'?"}},
      {"a field of another type",
       ride(extract_fields(field<int64_t>("distance"))),
       {"declares 'distance' as int64, but it is double"}},
      {"fields of a table", table(extract_fields("a")), {"use extract_columns"}},
      {"fields of a struct that is no row value",
       one({object("m", type_of<Model>(), {}, {extract_fields("w")})}),
       {"weft::is_record"}},
      {"no fields of a map",
       one({object("m", type_of<std::map<std::string, double>>(), {}, {extract_fields()})}),
       {"extract_fields of 'm' names no field"}},
      {"elements of a number",
       one({row("f", {}, {unpack("a")})}),
       {"unpack needs a tuple, pair, array or vector, but 'f' is double"}},
      {"more names than elements",
       one({object("p", type_of<std::pair<double, double>>(), {}, {unpack("a", "b", "c")})}),
       {"unpack of 'p' has 3 names for the 2 elements"}},
      {"no elements",
       one({row("f", {}, {unpack()}, vector_of_double())}),
       {"unpack of 'f' names nothing"}},
  };
}

std::vector<Mistake> metadata() {
  const auto tagged = [](Modifier m) { return one({row("f", {}, {std::move(m)})}); };
  return {
      {"a reserved tag",
       tagged(tag("hamilton.x", "y")),
       {"tag 'hamilton.x' of 'f': 'hamilton' is a reserved namespace"}},
      {"declassify() without a reason",
       tagged(declassify("")),
       {"declassify of", "gives no reason"}},
      {"a tag key that is no identifier", tagged(tag("a.b-c", "y")), {"identifiers with dots"}},
      {"a tag key that ends with a dot", tagged(tag("a.", "y")), {"identifiers with dots"}},
      {"a tag without a value",
       tagged(tag("a", std::vector<std::string>())),
       {"tag 'a' of 'f' has no value"}},
      {"a tag with a value twice", tagged(tag("a", {"x", "x"})), {"has the same value twice"}},
      {"a tag on an unknown output",
       tagged(tag_output("g", "a", "x")),
       {"tag names 'g', but 'f' makes no such node"}},
      {"a schema of a number",
       tagged(schema({modifiers::column<double>("x")})),
       {"schema is for a Table, but 'f' is double"}},
      {"an empty schema", tagged(schema({})), {"schema of 'f' names no column"}},
      {"on_error of a column function",
       one({testing::column("f", {in("x", double_type(), Shape::kColumn)},
                            {on_error(modifiers::null)})}),
       {"on_error of 'f': a column function"}},
      {"no checks", tagged(check()), {"check of 'f' has no check"}},
      {"a check without a name", tagged(check(CheckSpec{.name = ""})), {"a check without a name"}},
      {"a check of an unknown output",
       tagged({Check{{{.name = "range"}}, {.names = {"g"}}}}),
       {"check names 'g', but 'f' makes no such node"}},
      {"two check()s",
       one({row("f", {}, {check(CheckSpec{.name = "a"}), check(CheckSpec{.name = "b"})})}),
       {"'f' is checked twice"}},
  };
}

std::vector<Mistake> chains() {
  const auto clean = row("clean", {in("v"), in("by")});
  const auto piped = [](PipeInput pipe) {
    return one({row("f", {in("alpha"), in("beta")}, {{std::move(pipe)}})});
  };
  const auto after = [](PipeOutput pipe) {
    return one({row("f", {in("x")}, {{std::move(pipe)}})});
  };
  const auto mutator = [](std::vector<std::string> targets) {
    return row("g", {in("v")}, {{Mutate{std::move(targets)}}});
  };
  return {
      {"a pipe on an unknown input",
       piped({{step_of(clean)}, "alpa"}),
       {"pipe_input of 'f' is for 'alpa', which is no parameter; did you mean 'alpha'?"}},
      {"a pipe without steps", piped({}), {"pipe_input of 'f' has no step"}},
      {"a pipe on a function without inputs",
       one({row("f", {}, {{PipeInput{{step_of(clean)}}}})}),
       {"pipe_input needs an input, but 'f' takes none"}},
      {"a step that takes nothing",
       piped({{step_of(row("nought"))}}),
       {"the step 'nought' takes nothing"}},
      {"a step without a function", piped({{Step{}}}), {"a step without a function"}},
      {"a step with an unknown binding",
       piped({{step_of(clean, {{"bye", value(1)}})}}),
       {"the step 'clean' has no parameter 'bye'; did you mean 'by'?"}},
      {"a step whose value is bound",
       piped({{step_of(clean, {{"v", value(1)}})}}),
       {"'v' of the step 'clean' is the value that is passed on"}},
      {"two namespaces",
       piped({{named(step_of(clean), "s", "a")}, "", "b"}),
       {"has the namespace 'b', and its step 'clean' another, 'a'"}},
      {"an output chain without steps", after({}), {"pipe_output of 'f' has no step"}},
      {"an output chain on an unknown output",
       after({{step_of(clean)}, {"g"}}),
       {"pipe_output names 'g', but 'f' makes no such node"}},
      {"outputs in the chain and in a step",
       after({{on_output(step_of(clean), {"f"})}, {"f"}}),
       {"both say on which output"}},
      {"mutate of an unknown function",
       one({row("target"), mutator({"targt"})}),
       {"mutate of 'g' names 'targt'", "did you mean 'target'?"}},
      {"mutate of another module's function",
       {module("a", {row("target")}), module("b", {mutator({"target"})})},
       {"names 'target' of the module 'a'; it reaches functions of its own module only"}},
      {"mutate of nothing", one({mutator({})}), {"mutate of 'g' names no function"}},
      {"mutate of a mutator",
       one({mutator({"h"}), row("h", {in("v")}, {mutate("g")})}),
       {"names 'h', which is a mutator itself"}},
      {"a mutator with other modifiers",
       one({row("target"), row("g", {in("v")}, {mutate("target"), tag("a", "b")})}),
       {"'g' is a mutator, so it is a step and not a node"}},
      {"does with another result",
       one({row("f", {in("x")}, {does(row("g", {in("x")}, {}, string_type()))})}),
       {"does of 'f': it is declared as double, but 'g' gives string"}},
      {"does with an unknown parameter",
       one({row("f", {in("x")}, {does(row("g", {in("x"), in("z")}))})}),
       {"'g' also takes 'z', which is no parameter"}},
      {"does that leaves out a parameter",
       one({row("f", {in("x"), in("z")}, {does(row("g", {in("x")}))})}),
       {"its parameter 'z' is none of 'g'"}},
      {"does with a wrong renaming",
       one({row("f", {in("x")}, {does(row("g", {in("x")}), {{"y", "x"}})})}),
       {"renames 'y', which 'g' does not take"}},
  };
}

std::vector<Mistake> sub_graphs() {
  const auto area = row("area", {in("width"), in("height")});
  const auto outer = [&](Subdag::Instance instance, std::vector<Parameter> p = {in("area")}) {
    return one({row("f", std::move(p), {subdag_of({area}, std::move(instance))})});
  };
  Mistake self = {"a sub-DAG that contains itself",
                  {module("m", {row("f", {in("x")}, {subdag("m")})})},
                  {"the sub-DAG of 'f' contains itself: f -> f"}};
  const auto with = [&](WithColumns w) {
    w.definitions = {area};
    return one({object("f", type_of<Model>(), {in("t", type_of<Table>(), Shape::kObject)},
                       {{std::move(w)}})});
  };
  return {
      self,
      {"an unknown module",
       one({row("f", {in("x")}, {subdag("n")})}),
       {"subdag of 'f' names the module 'n', which is not loaded"}},
      {"a sub-DAG of nothing",
       one({row("f", {in("x")}, {{Subdag{.instances = {{}}}}})}),
       {"names no module and no function"}},
      {"a sub-DAG without instances",
       one({row("f", {in("area")}, {{Subdag{.definitions = {area}}}})}),
       {"subdag of 'f' has no instance"}},
      {"an input that nothing takes",
       outer({.inputs = {{"widht", value(1.0)}}}),
       {"gives the input 'widht', which nothing in the sub-DAG takes; did you mean 'width'?"}},
      {"an input that is computed",
       outer({.inputs = {{"area", value(1.0)}}}),
       {"gives the input 'area', but a function of the sub-DAG makes it"}},
      {"input and config at once",
       outer({.inputs = {{"width", value(1.0)}}, .config = {{"width", value(1.0)}}}),
       {"'width' both in its config and in its inputs"}},
      {"a config out of a node",
       outer({.config = {{"width", source("w")}}}),
       {"the config 'width' must be a value() or a configuration()"}},
      {"a config key that is not set",
       outer({.config = {{"width", configuration("w")}}}),
       {"takes its config 'width' from the key 'w', which is not set"}},
      {"a parameter that the sub-DAG does not make",
       outer({}, {in("aera")}),
       {"'f' takes 'aera', which its subdag does not make; did you mean 'area'?",
        "external_inputs"}},
      {"an unknown external input",
       outer({.external_inputs = {"y"}}),
       {"external input 'y' is no parameter"}},
      {"instances without a name",
       one({row("f", {in("area")}, {{Subdag{.definitions = {area}, .instances = {{}, {}}}}})}),
       {"an instance without a name"}},
      {"new columns for a number",
       one({row("f", {in("x")}, {{WithColumns{.definitions = {area}}}})}),
       {"with_columns of 'f' is for a Table, but 'x' is double"}},
      {"an unknown new column",
       with({.select = {"aera"}}),
       {"selects 'aera', which none of its functions makes; did you mean 'area'?"}},
      {"a passed column that is computed",
       with({.columns_to_pass = {"area"}}),
       {"passes the column 'area', and a function of that name"}},
      {"a loader for one of two parameters",
       one({row("f", {in("x"), in("y")}, {load_from("csv", {})})}),
       {"load_from of 'f' must say for which of its parameters it is: 'x', 'y'"}},
      {"no loader",
       one({row("f", {in("x")}, {load_from("", {})})}),
       {"load_from of 'f' names no loader"}},
      {"two loaders for a parameter",
       one({row("f", {in("x")}, {load_from("csv", {}), load_from("csv", {})})}),
       {"which another of its modifiers has bound"}},
      {"no saver", one({row("f", {}, {save_to("", {})})}), {"save_to of 'f' names no saver"}},
      {"a saver for several nodes",
       one({row("f", {}, {save_to("csv", {}), parameterize(variant("u", {}), variant("v", {}))})}),
       {"save_to of 'f' would save 2 nodes, 'u', 'v'"}},
  };
}

class MistakesTest : public ::testing::TestWithParam<std::vector<Mistake> (*)()> {};

TEST_P(MistakesTest, SaysWhatIsWrong) {
  for (const Mistake& mistake : GetParam()()) {
    SCOPED_TRACE(mistake.name);
    const auto [graph, problems] = Graph::try_resolve(mistake.modules, mistake.config);
    ASSERT_FALSE(problems.empty());
    EXPECT_TRUE(graph.nodes().empty());
    std::string all;
    bool found = false;
    for (const Problem& problem : problems) {
      bool says = true;
      for (const char* part : mistake.says) says &= problem.message.find(part) != std::string::npos;
      found |= says;
      all += problem.where.to_string() + ": " + problem.message + "\n";
      EXPECT_TRUE(problem.message.find("  ") == std::string::npos) << problem.message;
    }
    EXPECT_TRUE(found) << "expected in one message: \""
                       << fmt::format("{}", fmt::join(mistake.says, "\", \"")) << "\"; found:\n"
                       << all;
    EXPECT_LE(problems.size(), 2u) << "one mistake should not be told of again and again:\n" << all;
  }
}

INSTANTIATE_TEST_SUITE_P(All, MistakesTest,
                         ::testing::Values(&names_and_variants, &cycles_and_types, &shapes,
                                           &bindings, &splitting, &metadata, &chains, &sub_graphs));

TEST(ProblemsTest, AllAtOnceWithTheirPlaces) {
  const std::vector<Module> modules =
      one({row("a", {in("b")}), row("b", {in("a")}), row("c", {}, {tag("dag.x", "y")}),
           row("d", {in("c", string_type())})});
  try {
    Graph::resolve(modules, {});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidGraph);
    EXPECT_THAT(e.what(), HasSubstr("3 problems\n"));
    EXPECT_THAT(e.what(), HasSubstr("f.cc:"));
    EXPECT_THAT(e.what(), HasSubstr("a cycle: a -> b -> a"));
    EXPECT_THAT(e.what(), HasSubstr("reserved namespace"));
    EXPECT_THAT(e.what(), HasSubstr("'d' takes string 'c'"));
  }
}

TEST(ProblemsTest, OneAloneKeepsItsCodeAndPlace) {
  try {
    Graph::resolve(one({row("s", {}, {}, string_type()), row("f", {in("s")})}), {});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kTypeMismatch);
    EXPECT_EQ(e.where().file, "f.cc");
  }
}

TEST(ProblemsTest, EveryCycleOnce) {
  const auto [graph, problems] = Graph::try_resolve(
      one({row("a", {in("b")}), row("b", {in("a")}), row("c", {in("d"), in("a")}),
           row("d", {in("c")}), row("e", {in("d")})}),
      {});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0].message, HasSubstr("a -> b -> a"));
  EXPECT_THAT(problems[1].message, HasSubstr("c -> d -> c"));
}

TEST(ProblemsTest, ThousandsAreNotListedInFull) {
  Definitions definitions = {row("s", {}, {}, string_type())};
  for (int i = 0; i < 5000; ++i) definitions.push_back(row("f" + std::to_string(i), {in("s")}));
  const auto [graph, problems] = Graph::try_resolve(one(definitions), {});
  EXPECT_EQ(problems.size(), 201u);
  EXPECT_EQ(problems.back().message, "and 4800 more problems");
}

}  // namespace
}  // namespace weft
