// weft list: the nodes, one a line.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "cli/project.h"
#include "cli/verbs.h"
#include "graph/graph_view.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool is_wanted(const Node& node, const Arguments& arguments) {
  const auto among = [&](const char* flag, std::string_view value) {
    const auto& wanted = arguments.all(flag);
    return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
  };
  return among("kind", node_kind(node)) && among("of-module", node.module) &&
         std::ranges::all_of(arguments.all("tag"),
                             [&](const auto& tag) { return has_tag(node, tag); });
}

void check_modules(const Graph& graph, const Arguments& arguments) {
  std::vector<std::string> known;
  for (const Node& node : graph.nodes()) known.push_back(node.module);
  for (const std::string& module : arguments.all("of-module")) {
    if (std::ranges::find(known, module) != known.end()) continue;
    throw Error(ErrorCode::kNotFound,
                fmt::format("no node is of a module '{}'{}", module, did_you_mean(module, known)));
  }
}

void print_json(const std::vector<const Node*>& nodes, const Console& console) {
  Json list = Json::array();
  for (const Node* node : nodes) {
    Json item = {{"name", node->name}, {"type", type_text(*node)}, {"kind", node_kind(*node)}};
    if (!node->module.empty()) item["module"] = node->module;
    if (const Tags tags = own_tags(*node); !tags.empty()) item["tags"] = tags;
    if (!node->doc.empty()) item["doc"] = node->doc;
    if (!node->where.empty()) item["where"] = node->where.to_string();
    list.push_back(std::move(item));
  }
  console.out << list.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console);
  const Graph graph = Graph::resolve(project.modules, project.config);
  check_modules(graph, arguments);
  std::vector<const Node*> nodes;
  for (const Node& node : graph.nodes()) {
    if (is_wanted(node, arguments)) nodes.push_back(&node);
  }
  if (arguments.has("json")) {
    print_json(nodes, console);
  } else if (arguments.has("names")) {
    for (const Node* node : nodes) console.out << printable(node->name) << '\n';
  } else if (!nodes.empty()) {
    TextTable table({"name", "type", "kind", "module", "doc"});
    for (const Node* node : nodes) {
      table.add({node->name, type_text(*node), std::string(node_kind(*node)), node->module,
                 first_line(node->doc)});
    }
    table.print(console, TextTable::Overflow::kCutLast);
  }
  return 0;
}

}  // namespace

Verb list_verb() {
  Verb verb;
  verb.name = "list";
  verb.summary = "list nodes with their types";
  verb.description =
      "Lists the nodes that the modules and the config resolve to, in topological order: name, "
      "type, kind, module and the first line of the documentation. Several filters must all hold; "
      "a filter given twice wants one of its values (--tag: all of them).";
  verb.flags = std::vector<Flag>{{.name = "tag",
                                  .value = "KEY[=VALUE]",
                                  .help = "only nodes with this tag",
                                  .repeats = true},
                                 {.name = "kind",
                                  .value = "KIND",
                                  .help = "only nodes of this kind",
                                  .repeats = true,
                                  .choices = {"row", "column", "scalar", "object", "input",
                                              "config", "check", "loader", "saver"}},
                                 {.name = "of-module",
                                  .value = "NAME",
                                  .help = "only nodes that this module defines",
                                  .repeats = true},
                                 {.name = "names", .help = "print only the names"},
                                 json_flag()} +
               project_flags();
  verb.examples = {{"weft list -m survey.so", "every node of a module"},
                   {"weft list --kind=input", "what has to be given"},
                   {"weft list --tag=owner=growth --names", "the names of one team's features"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
