// Features of a request whose code is not loaded, answered from what the registry keeps of them.
#include "store/stored_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/scratch_folder.h"
#include "exec/expression_json.h"
#include "exec/portable.h"
#include "weft/definition_builder.h"
#include "weft/store.h"

namespace weft {
namespace {

using testing::HasSubstr;

// As a binding of another language makes them: a function to be called, and perhaps what it means.
DefinitionPtr definition(const std::string& name, std::vector<Parameter> parameters,
                         const std::string& expression) {
  DefinitionBuilder builder(name);
  builder.language("Python").version("1").returns_null();
  for (Parameter& parameter : parameters) builder.parameter(std::move(parameter));
  const auto called = [](std::span<const Value>) -> Value { throw std::runtime_error("called"); };
  auto own = std::make_shared<Definition>(*builder.row(double_type(), called));
  own->translate = [expression](std::span<const KnownType>) -> Translation {
    if (expression.empty()) return {nullptr, Missing::kUnknown, "it calls print()"};
    return {expression_from_json(expression), Missing::kUnknown, ""};
  };
  return own;
}

Module module() {
  const Type real = double_type();
  Module made;
  made.name = "functions";
  made.definitions = {
      definition("ratio", {{"x", real}, {"y", real}},
                 R"({"steps": [["input", "x", "double"], ["input", "y", "double"],
                     ["function", "divide", [0, 1]]], "result": 2})"),
      definition("scaled", {{"ratio", real}, {"factor", real, Shape::kRow, false, Value::of(2.5)}},
                 R"({"steps": [["input", "ratio", "double"], ["input", "factor", "double"],
                     ["function", "multiply", [0, 1]]], "result": 2})"),
      definition("printed", {{"x", real}}, "")};
  return made;
}

class StoredFunctionsTest : public testing::Test {
 protected:
  FeatureStore open(std::vector<Module> modules) {
    StoreOptions options;
    options.directory = folder_.path() + "/store";
    options.project = "rides";
    if (!modules.empty()) {
      options.definitions = {folder_.with("services.yaml",
                                          "services:\n  quick:\n    on_demand: [scaled]\n"
                                          "  slow:\n    on_demand: [printed]\n")};
    }
    return FeatureStore(Driver(std::move(modules)), std::move(options));
  }

  ScratchFolder folder_;
};

TEST_F(StoredFunctionsTest, AreServedWithoutTheirCode) {
  open({module()}).apply();
  FeatureStore store = open({});
  FeatureReader reader(store.online_plan({.service = "quick"}));
  std::vector<std::string> names;
  for (const OnlineInput& input : reader.plan().inputs()) names.push_back(input.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("x", "y", "factor"));
  for (const bool with_factor : {false, true}) {
    reader.begin(1);
    for (size_t i = 0; i < names.size(); ++i) {
      const double value = names[i] == "x" ? 3.0 : names[i] == "y" ? 4.0 : 10.0;
      if (names[i] != "factor" || with_factor) reader.set_slot(0, i, &value);
    }
    reader.run();
    EXPECT_EQ(reader.value(0, 0).get<double>(), with_factor ? 7.5 : 1.875);
    reader.end();
  }
}

TEST_F(StoredFunctionsTest, WhatIsNoExpressionIsRefusedByName) {
  open({module()}).apply();
  FeatureStore store = open({});
  try {
    store.online_plan({.service = "slow"});
    FAIL();
  } catch (const NotServedError& e) {
    EXPECT_THAT(e.what(), HasSubstr("feature \"printed\""));
  }
  EXPECT_THROW(store.online_plan({.features = {"no_such_thing"}}), Error);
}

TEST_F(StoredFunctionsTest, AreForgottenWithTheirService) {
  FeatureStore store = open({module()});
  store.apply();
  const auto registry = open_registry("", folder_.path() + "/store", false);
  EXPECT_EQ(registry->records("rides", "function").size(), 2u);
  record_functions(*registry, "rides", Driver({module()}).graph(), {});
  EXPECT_TRUE(registry->records("rides", "function").empty());
}

TEST(PortableNode, DamagedOnesAreErrors) {
  for (const char* text : {"", "{}", R"({"fingerprint": "1", "type": "nothing", "inputs": []})",
                           R"({"fingerprint": "1", "type": "double", "inputs": [{}],
                               "expression": {"steps": [], "result": 0}})"}) {
    EXPECT_THROW(definition_from_json("x", text), Error) << text;
  }
}

}  // namespace
}  // namespace weft
