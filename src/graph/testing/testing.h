/// What the tests of src/graph share: definitions in one line, test modules, a graph as text.
#pragma once

#include <fmt/format.h>

#include <cstdlib>

#include "weft/definition_builder.h"
#include "weft/graph.h"
#include "weft/modifiers.h"
#include "weft/module.h"

namespace weft::testing {

inline std::string module_path(const std::string& name) {
  const char* directory = std::getenv("WEFT_BUILD_DIR");
  return fmt::format("{}/modules/{}.so", directory ? directory : "build/dev", name);
}

inline Parameter in(std::string name, Type type = double_type(), Shape shape = Shape::kRow) {
  return {std::move(name), type, shape, false, {}};
}

inline DefinitionBuilder builder(std::string name, std::vector<Parameter> parameters,
                                 std::vector<Modifier> modifiers) {
  static int line = 0;
  DefinitionBuilder b(std::move(name));
  for (Parameter& p : parameters) b.parameter(std::move(p));
  for (Modifier& m : modifiers) b.modifier(std::move(m));
  b.where({"f.cc", ++line});
  return b;
}

/// A row function; it returns its first argument.
inline DefinitionPtr row(std::string name, std::vector<Parameter> parameters = {},
                         std::vector<Modifier> modifiers = {}, Type result = double_type()) {
  return builder(std::move(name), std::move(parameters), std::move(modifiers))
      .row(result, [](std::span<const Value> v) { return v.empty() ? Value() : v[0]; });
}
/// A column function.
inline DefinitionPtr column(std::string name, std::vector<Parameter> parameters = {},
                            std::vector<Modifier> modifiers = {}, Shape shape = Shape::kColumn) {
  return builder(std::move(name), std::move(parameters), std::move(modifiers))
      .column(double_type(), [](std::span<const Value> v) { return v[0]; }, shape);
}
/// An object function.
inline DefinitionPtr object(std::string name, Type result, std::vector<Parameter> parameters = {},
                            std::vector<Modifier> modifiers = {}) {
  return builder(std::move(name), std::move(parameters), std::move(modifiers))
      .object(result, [](std::span<const Value>) { return Value(); });
}

inline Module module(std::string name, Definitions definitions) {
  Module m = {std::move(name), {}};
  for (const DefinitionPtr& d : definitions) {
    auto copy = std::make_shared<Definition>(*d);
    copy->module = m.name;
    m.definitions.push_back(std::move(copy));
  }
  return m;
}

inline Graph resolve(Definitions definitions, const Values& config = {}) {
  const std::vector<Module> modules = {module("m", std::move(definitions))};
  return Graph::resolve(modules, config);
}

inline Value text(std::string value) { return Value::of(std::move(value)); }

/// "name: role type shape [field] = parameter<-source, parameter=value".
inline std::string to_line(const Graph& graph, const Node& node) {
  std::string line = fmt::format("{}: {} {}{} {}", node.name, role_name(node.role),
                                 node.type ? node.type->name : "any", node.nullable ? "?" : "",
                                 shape_name(node.shape));
  if (!node.field.empty()) line += " [" + node.field + "]";
  const char* separator = " = ";
  for (const Edge& edge : node.edges) {
    line += separator + edge.parameter;
    if (edge.source != Edge::kNone) line += "<-" + graph.node(edge.source).name;
    if (edge.source == Edge::kNone || edge.optional) line += "=" + edge.value.to_string();
    separator = ", ";
  }
  return line;
}

/// A line for each node that a function made (by the definition's name) and for each node in its
/// namespace, in topological order.
inline std::vector<std::string> lines_of(const Graph& graph, const std::string& name) {
  std::vector<std::string> lines;
  for (const Node& node : graph.nodes()) {
    if (node.function == name || node.name.starts_with(name + ".")) {
      lines.push_back(to_line(graph, node));
    }
  }
  return lines;
}

/// The tags but for `module`: "key=value|value key=value".
inline std::string tags_of(const Graph& graph, std::string_view name) {
  std::string line;
  for (const auto& [key, values] : graph.node(graph.at(name)).tags) {
    if (key == "module") continue;
    line += fmt::format("{}{}={}", line.empty() ? "" : " ", key, fmt::join(values, "|"));
  }
  return line;
}

}  // namespace weft::testing
