#include "graph/graph_view.h"

#include <algorithm>

namespace weft {
namespace {

ViewNode view_node(const Node& node) {
  ViewNode view;
  view.name = node.name;
  view.kind = node_kind(node);
  view.type = type_text(node);
  view.module = node.module;
  view.doc = node.doc;
  if (node.definition) view.source = node.definition->source_text;
  view.file = node.where.file;
  view.line = node.where.line;
  view.fingerprint = node.fingerprint;
  view.tags = node.tags;
  view.tags.erase("module");  // has a place of its own
  if (!node.code_version.empty()) view.facts["code"] = node.code_version;
  if (!node.function.empty() && node.function != node.name) view.facts["function"] = node.function;
  return view;
}

}  // namespace

std::string_view node_kind(const Node& node) {
  switch (node.role) {
    case Role::kInput:
      return "input";
    case Role::kConfig:
      return "config";
    case Role::kCheck:
      return "check";
    case Role::kSave:
      return "saver";
    case Role::kLoad:
      return "loader";
    default:
      break;
  }
  switch (node.shape) {
    case Shape::kRow:
      return "row";
    case Shape::kColumn:
    case Shape::kSeries:
      return "column";
    case Shape::kScalar:
      return "scalar";
    case Shape::kParallel:
      return "parallel";
    case Shape::kObject:
    case Shape::kCollect:
      break;
  }
  return "object";
}

std::string type_text(const Node& node) {
  if (!node.type) return "any";
  return node.type->name + (node.nullable ? "?" : "");
}

namespace {

// What runs for each element of a Parallel, and what puts their results together.
void add_block(const Graph& graph, const Node& node, ViewNode& view) {
  std::string each;
  for (const uint32_t parallel : node.block) {
    each += (each.empty() ? "" : ", ") + graph.node(parallel).name;
  }
  if (!each.empty()) view.facts["for each"] = each;
  std::string collected;
  for (const Edge& edge : node.edges) {
    if (edge.shape != Shape::kCollect || edge.source == Edge::kNone) continue;
    collected += (collected.empty() ? "" : ", ") + graph.node(edge.source).name;
  }
  if (!collected.empty()) view.facts["collects"] = collected;
}

}  // namespace

GraphView view_of(const Graph& graph, std::span<const size_t> outputs) {
  std::vector<bool> wanted(graph.nodes().size(), outputs.empty());
  if (!outputs.empty()) {
    for (const size_t i : graph.upstream(outputs)) wanted[i] = true;
  }
  GraphView view;
  std::vector<size_t> place(graph.nodes().size());
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    if (!wanted[i]) continue;
    const Node& node = graph.node(i);
    place[i] = view.nodes.size();
    view.nodes.push_back(view_node(node));
    add_block(graph, node, view.nodes.back());
    for (const Edge& edge : node.edges) {
      if (edge.source == Edge::kNone) continue;
      view.edges.push_back({.from = place[edge.source],
                            .to = place[i],
                            .parameter = edge.parameter == graph.node(edge.source).name
                                             ? std::string()
                                             : edge.parameter,
                            .optional = edge.optional});
    }
  }
  for (const size_t i : outputs) view.nodes[place[i]].output = true;
  return view;
}

}  // namespace weft
