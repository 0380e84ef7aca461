// Graphviz text. Nodes are n0, n1, ...: a name in a label needs less quoting than one as an id.
#include "graph/export.h"
#include "graph/markup.h"

namespace weft {
namespace {

// Inside a quoted DOT string. A backslash starts an escape such as \N there, so it is doubled; an
// ampersand starts a character entity.
std::string escape_dot(std::string_view text) {
  std::string result;
  for (const char c : valid_utf8(text)) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '&') {
      result += "&amp;";
    } else if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += ' ';
    } else {
      result += c;
    }
  }
  return result;
}

std::string_view shape_of(std::string_view kind) {
  if (kind == "input") return "cds";
  if (kind == "config") return "hexagon";
  if (kind == "check") return "octagon";
  if (kind == "loader" || kind == "saver") return "cylinder";
  if (kind == "object") return "component";
  if (kind == "parallel") return "box3d";
  return "box";
}

std::string node_line(const ViewNode& node, size_t position) {
  std::string line = "n" + std::to_string(position) + " [label=\"" + escape_dot(node.name);
  if (const std::string type = type_line(node); !type.empty()) line += "\\n" + escape_dot(type);
  line += "\", shape=" + std::string(shape_of(node.kind));
  if (!node.doc.empty()) line += ", tooltip=\"" + escape_dot(node.doc) + "\"";
  if (node.output) line += ", penwidth=2.5";
  return line + "];\n";
}

}  // namespace

std::string to_dot(const GraphView& view) {
  require_edges_inside(view);
  const Modules modules = modules_of(view);
  std::vector<std::vector<size_t>> members(modules.names.size());
  for (size_t i = 0; i < view.nodes.size(); ++i) members[modules.of_node[i]].push_back(i);

  std::string text = "digraph \"" + escape_dot(view.title) + "\" {\n  rankdir=LR;\n";
  text += "  node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=\"#f4f6f9\"];\n";
  text += "  edge [color=\"#66707c\"];\n";
  for (size_t module = 0; module < members.size(); ++module) {
    const bool named = !modules.names[module].empty();
    if (named) {
      text += "  subgraph cluster_" + std::to_string(module) + " {\n    label=\"" +
              escape_dot(modules.names[module]) + "\";\n    color=\"#c3cad3\";\n";
    }
    for (const size_t node : members[module]) {
      text += (named ? "    " : "  ") + node_line(view.nodes[node], node);
    }
    if (named) text += "  }\n";
  }
  for (const ViewEdge& edge : view.edges) {
    text += "  n" + std::to_string(edge.from) + " -> n" + std::to_string(edge.to);
    // A label only where the parameter is not simply the node's name.
    const bool renamed = !edge.parameter.empty() && edge.parameter != view.nodes[edge.from].name;
    if (renamed) text += " [label=\"" + escape_dot(edge.parameter) + "\"]";
    if (edge.optional) text += " [style=dashed]";
    text += ";\n";
  }
  return text + "}\n";
}

}  // namespace weft
