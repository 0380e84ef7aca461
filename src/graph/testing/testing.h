/// What the tests of src/graph share: loading the test modules, and a graph as text.
#pragma once

#include <fmt/format.h>

#include <cstdlib>

#include "weft/graph.h"
#include "weft/module.h"

namespace weft::testing {

inline std::string module_path(const std::string& name) {
  const char* directory = std::getenv("WEFT_BUILD_DIR");
  return fmt::format("{}/modules/{}.so", directory ? directory : "build/dev", name);
}

/// "name: role type shape = parameter<-source, parameter=value".
inline std::string to_line(const Graph& graph, const Node& node) {
  std::string text =
      fmt::format("{}: {} {}{} {}", node.name, role_name(node.role),
                  node.type ? node.type->name : "any", node.nullable ? "?" : "",
                  shape_name(node.shape));
  if (!node.field.empty()) text += " [" + node.field + "]";
  const char* separator = " = ";
  for (const Edge& edge : node.edges) {
    text += separator + edge.parameter;
    if (edge.source != Edge::kNone) text += "<-" + graph.node(edge.source).name;
    if (edge.source == Edge::kNone || edge.optional) text += "=" + edge.value.to_string();
    separator = ", ";
  }
  return text;
}

/// The lines of the nodes a function made (by definition name), in topological order.
inline std::vector<std::string> lines_of(const Graph& graph, const std::string& prefix) {
  std::vector<std::string> lines;
  for (const Node& node : graph.nodes()) {
    if (node.function == prefix || node.name.starts_with(prefix + ".")) {
      lines.push_back(to_line(graph, node));
    }
  }
  return lines;
}

inline std::string tags_of(const Graph& graph, std::string_view name) {
  std::string text;
  for (const auto& [key, values] : graph.node(graph.at(name)).tags) {
    if (key == "module") continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, fmt::join(values, "|"));
  }
  return text;
}

}  // namespace weft::testing
