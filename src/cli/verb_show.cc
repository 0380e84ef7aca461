// weft show: all that is known of one node.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/project.h"
#include "cli/verbs.h"
#include "graph/graph_view.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string input_text(const Graph& graph, const Edge& edge) {
  std::string text = edge.parameter;
  const std::string type = edge.type ? edge.type->name + (edge.nullable ? "?" : "") : "any";
  text += ": " + type;
  if (edge.source == Edge::kNone) return text + " = " + edge.value.to_string();
  const std::string& source = graph.node(edge.source).name;
  if (source != edge.parameter) text += " from " + source;
  if (edge.optional) text += ", " + edge.value.to_string() + " if it is not given";
  return text;
}

std::vector<std::string> names_of(const Graph& graph, const auto& indices) {
  std::vector<std::string> names;
  for (const size_t i : indices) names.push_back(graph.node(i).name);
  return names;
}

std::vector<std::string> needed_inputs(const Graph& graph, size_t i) {
  return names_of(graph, graph.inputs_of(std::span(&i, 1)));
}

// The same with what stands for those that may be left out.
std::vector<std::string> needed_inputs_text(const Graph& graph, size_t i) {
  std::vector<std::string> lines = needed_inputs(graph, i);
  for (std::string& name : lines) {
    const auto& value = graph.node(graph.at(name)).default_value;
    if (value) name += fmt::format(" ({} if it is not given)", value->to_string());
  }
  return lines;
}

void print_json(const Graph& graph, size_t i, const Console& console) {
  const Node& node = graph.node(i);
  Json json = {{"name", node.name},       {"type", type_text(node)},
               {"kind", node_kind(node)}, {"module", node.module},
               {"doc", node.doc},         {"source", source_text_of(node)}};
  if (!node.where.empty()) json["where"] = node.where.to_string();
  json["tags"] = own_tags(node);
  Json inputs = Json::array();
  for (const Edge& edge : node.edges) {
    Json input = {{"parameter", edge.parameter}, {"type", edge.type ? edge.type->name : "any"}};
    if (edge.source != Edge::kNone) input["node"] = graph.node(edge.source).name;
    if (edge.source == Edge::kNone || edge.optional) input["value"] = edge.value.to_string();
    inputs.push_back(std::move(input));
  }
  json["inputs"] = std::move(inputs);
  json["consumers"] = names_of(graph, graph.consumers(i));
  json["needed_inputs"] = needed_inputs(graph, i);
  json["code_version"] = node.code_version;
  json["fingerprint"] = node.fingerprint;
  console.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_names(const Console& console, const std::string& title,
                 const std::vector<std::string>& names) {
  if (names.empty()) return;
  console.out << console.ink(Ink::kBold, title) << '\n';
  for (const std::string& name : names) console.out << "  " << printable(name) << '\n';
}

// Text of several lines, each free of control characters.
void print_text(const Console& console, std::string_view text, std::string_view indent) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    console.out << indent << printable(text.substr(0, end)) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void print_node(const Graph& graph, size_t i, const Console& console) {
  const Node& node = graph.node(i);
  console.out << console.ink(Ink::kBold, printable(node.name)) << ": " << type_text(node) << ", "
              << node_kind(node);
  if (!node.module.empty()) console.out << " of module " << printable(node.module);
  console.out << '\n';
  print_text(console, node.doc, "  ");
  if (node.default_value) {
    console.out << "  " << (node.role == Role::kConfig ? "value " : "default ")
                << printable(node.default_value->to_string()) << '\n';
  }
  std::vector<std::string> tags;
  for (const auto& [key, values] : own_tags(node)) {
    tags.push_back(fmt::format("{} = {}", key, fmt::join(values, ", ")));
  }
  print_names(console, "tags", tags);
  std::vector<std::string> inputs;
  for (const Edge& edge : node.edges) inputs.push_back(input_text(graph, edge));
  print_names(console, "takes", inputs);
  print_names(console, "read by", names_of(graph, graph.consumers(i)));
  print_names(console, "inputs needed", needed_inputs_text(graph, i));
  if (const std::string source = source_text_of(node); !source.empty()) {
    console.out << console.ink(Ink::kBold, "source") << ' '
                << console.ink(Ink::kDim, printable(node.where.to_string())) << '\n';
    print_text(console, source, "  ");
  }
  if (!node.fingerprint.empty()) {
    console.out << console.ink(Ink::kBold, "fingerprint") << ' ' << node.fingerprint << '\n';
  }
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console);
  const Graph graph = Graph::resolve(project.modules, project.config);
  const size_t i = graph.at(arguments.operands()[0]);
  if (arguments.has("json")) {
    print_json(graph, i, console);
  } else {
    print_node(graph, i, console);
  }
  return 0;
}

}  // namespace

Verb show_verb() {
  Verb verb;
  verb.name = "show";
  verb.summary = "show all that is known of a node";
  verb.description =
      "Shows a node: documentation, type, tags, what it takes and who reads it, the inputs that "
      "have to be given to compute it, its source text with file and line, and its fingerprint.";
  verb.operands = {{.name = "NODE", .count_min = 1, .count_max = 1, .hint = Hint::kNode}};
  verb.flags = std::vector<Flag>{json_flag()} + project_flags();
  verb.examples = {{"weft show -m survey.so age_normalized", "one feature"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
