#include <gtest/gtest.h>
#include "graph/testing/testing.h"
namespace weft { using namespace testing; namespace {
TEST(Smoke, Dump) {
  std::vector<Module> modules = {load_module(module_path("every_modifier"))};
  Module inner = load_module(module_path("inner_module"));
  std::vector<Module> all = {modules[0], inner};
  auto [graph, problems] = Graph::try_resolve(all, {{"mode", Value::of(std::string("flat"))},{"target", Value::of(std::string("rough"))}});
  for (auto& p : problems) printf("%s: %s\n", p.where.to_string().c_str(), p.message.c_str());
  for (auto& n : graph.nodes()) printf("%s   {%s}\n", to_line(graph, n).c_str(), tags_of(graph, n.name).c_str());
}
}}
