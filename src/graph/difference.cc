// What differs between two graphs.
#include <fmt/format.h>

#include "weft/graph.h"

namespace weft {
namespace {

std::string type_text(const Node& node) {
  return (node.type ? node.type->name : std::string("any")) + (node.nullable ? "?" : "");
}

// The input as written: a node's name or a value.
std::string edge_text(const Graph& graph, const Edge& edge) {
  std::string text = edge.parameter + " = ";
  if (edge.source != Edge::kNone) text += graph.node(edge.source).name;
  if (edge.source == Edge::kNone || edge.optional) text += " " + edge.value.to_string();
  return text;
}

bool same_edges(const Graph& a, const Node& x, const Graph& b, const Node& y) {
  if (x.edges.size() != y.edges.size()) return false;
  for (size_t i = 0; i < x.edges.size(); ++i) {
    if (edge_text(a, x.edges[i]) != edge_text(b, y.edges[i])) return false;
  }
  return true;
}

std::vector<std::string> reasons(const Graph& before, const Node& old, const Graph& after,
                                 const Node& now) {
  std::vector<std::string> why;
  if (old.role != now.role) {
    why.push_back(fmt::format("{} -> {}", role_name(old.role), role_name(now.role)));
  }
  if (type_text(old) != type_text(now)) {
    why.push_back(fmt::format("type {} -> {}", type_text(old), type_text(now)));
  }
  if (old.shape != now.shape) {
    why.push_back(fmt::format("{} -> {}", shape_name(old.shape), shape_name(now.shape)));
  }
  if (!same_edges(before, old, after, now)) why.emplace_back("inputs");
  if (old.tags != now.tags) why.emplace_back("tags");
  const bool same_value = old.default_value.has_value() == now.default_value.has_value() &&
                          (!old.default_value || old.default_value->equals(*now.default_value));
  if (!same_value) why.emplace_back("value");
  // The code version holds type and tags too: it is the reason only if nothing else is.
  if (old.code_version != now.code_version &&
      (why.empty() || why == std::vector<std::string>{"inputs"})) {
    why.emplace_back("code");
  }
  if (old.doc != now.doc) why.emplace_back("documentation");
  return why;
}

}  // namespace

GraphDifference difference(const Graph& before, const Graph& after) {
  GraphDifference result;
  for (const Node& now : after.nodes()) {
    const auto found = before.find(now.name);
    if (!found) {
      result.added.push_back(now.name);
      continue;
    }
    const Node& old = before.node(*found);
    std::vector<std::string> why = reasons(before, old, after, now);
    if (!why.empty()) {
      result.changed.push_back({now.name, std::move(why)});
    } else if (old.fingerprint != now.fingerprint) {
      result.affected.push_back(now.name);
    }
  }
  for (const Node& old : before.nodes()) {
    if (!after.find(old.name)) result.removed.push_back(old.name);
  }
  return result;
}

}  // namespace weft
