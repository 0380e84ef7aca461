#include "registry/lineage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "registry/collect.h"

namespace weft {
namespace {

std::string owner_of(const Node& node) {
  const auto owner = node.tags.find("owner");
  return owner == node.tags.end() || owner->second.empty() ? "" : owner->second.front();
}

// Features that a selection takes of a view.
std::vector<std::string> selected(const ViewSelection& selection, const RegisteredSet& set) {
  if (!selection.features.empty()) return selection.features;
  std::vector<std::string> features;
  const auto view = set.find({DefinitionKind::kView, selection.view});
  if (view == set.end()) return features;
  for (const auto& [name, feature] : view->second.features) features.push_back(name);
  return features;
}

}  // namespace

std::string_view lineage_kind_name(LineageKind kind) {
  static constexpr std::string_view kNames[] = {"entity",  "source", "column",       "input",
                                                "feature", "view",   "view feature", "service",
                                                "dataset", "model"};
  return kNames[static_cast<size_t>(kind)];
}

std::string to_string(const LineageNode& node) {
  return fmt::format("{} {}{}{}", lineage_kind_name(node.kind), node.name,
                     node.computed_in.empty() ? "" : " in " + node.computed_in,
                     node.owner.empty() ? "" : " (" + node.owner + ")");
}

size_t StoreLineage::node(LineageKind kind, const std::string& name, const std::string& owner,
                          const std::string& computed_in) {
  const auto [it, is_new] = index_.emplace(std::tuple(kind, name, computed_in), nodes_.size());
  if (is_new) {
    nodes_.push_back({kind, name, owner, computed_in});
    sources_.emplace_back();
    consumers_.emplace_back();
  } else if (nodes_[it->second].owner.empty()) {
    nodes_[it->second].owner = owner;
  }
  return it->second;
}

void StoreLineage::edge(size_t from, size_t to) {
  sources_[to].insert(from);
  consumers_[from].insert(to);
}

size_t StoreLineage::column(const std::string& source, const std::string& name) {
  const size_t of_source = node(LineageKind::kColumn, source + "." + name);
  edge(node(LineageKind::kSource, source), of_source);
  return of_source;
}

void StoreLineage::add(const RegisteredSet& set, const Graph* graph) {
  for (const auto& [id, registered] : set) {
    switch (id.kind) {
      case DefinitionKind::kEntity:
        node(LineageKind::kEntity, id.name, entity_from_json(id.name, registered.spec).owner);
        break;
      case DefinitionKind::kSource: {
        const Source source = source_from_json(id.name, registered.spec);
        const size_t of_source = node(LineageKind::kSource, id.name, source.owner);
        for (const auto& each : source.columns) column(id.name, each.name);
        if (!source.history.empty()) edge(node(LineageKind::kSource, source.history), of_source);
        break;
      }
      case DefinitionKind::kView:
        add_view(id.name, registered, set, graph);
        break;
      case DefinitionKind::kService:
        add_service(id.name, registered, set, graph);
        break;
    }
  }
}

void StoreLineage::add_view(const std::string& name, const Registered& registered,
                            const RegisteredSet& set, const Graph* graph) {
  const FeatureView view = view_from_json(name, registered.spec);
  const size_t of_view = node(LineageKind::kView, name, view.owner);
  const std::string& source = view.source.name;
  edge(node(LineageKind::kSource, source), of_view);
  for (const Entity& entity : view.entities) edge(node(LineageKind::kEntity, entity.name), of_view);
  Schema declared;
  if (const auto it = set.find({DefinitionKind::kSource, source}); it != set.end()) {
    declared = source_from_json(source, it->second.spec).columns;
  }
  // A declared column is not computed, even if a node is called like it.
  std::map<std::string, size_t> columns;
  for (const auto& each : declared) columns[each.name] = column(source, each.name);
  for (const auto& [feature, registered_feature] : registered.features) {
    const size_t kept = node(LineageKind::kViewFeature, name + ":" + feature);
    edge(of_view, kept);
    if (columns.contains(feature) || (graph && !computed_node(*graph, feature))) {
      edge(column(source, feature), kept);
    } else if (graph) {
      std::map<std::string, size_t> given = columns;
      if (declared.empty()) {
        for (const size_t i : graph->upstream(graph->at(feature))) {
          const Node& each = graph->node(i);
          if (each.role == Role::kInput) given[each.name] = column(source, each.name);
        }
      }
      add_computed(*graph, graph->at(feature), name, kept, given);
    }
  }
}

void StoreLineage::add_service(const std::string& name, const Registered& registered,
                               const RegisteredSet& set, const Graph* graph) {
  const FeatureService service = service_from_json(name, registered.spec);
  const size_t of_service = node(LineageKind::kService, name, service.owner);
  std::map<std::string, size_t> given;
  for (const ViewSelection& selection : service.views) {
    for (const std::string& feature : selected(selection, set)) {
      const size_t kept = node(LineageKind::kViewFeature, selection.view + ":" + feature);
      edge(kept, of_service);
      given.emplace(feature, kept);
    }
  }
  for (const std::string& feature : service.on_demand) {
    const auto i = graph ? graph->find(feature) : std::nullopt;
    if (i) {
      add_computed(*graph, *i, name, of_service, given);
    } else {
      edge(node(LineageKind::kFeature, feature, "", name), of_service);
    }
  }
}

// The nodes that `root` is computed from, up to what is given.
void StoreLineage::add_computed(const Graph& graph, size_t root, const std::string& computed_in,
                                size_t consumer, const std::map<std::string, size_t>& given) {
  const auto node_of = [&](size_t i) {
    const Node& each = graph.node(i);
    const auto kind = each.role == Role::kInput ? LineageKind::kInput : LineageKind::kFeature;
    return node(kind, each.name, owner_of(each), computed_in);
  };
  edge(node_of(root), consumer);
  std::vector<size_t> stack = {root};
  std::set<size_t> seen = {root};
  while (!stack.empty()) {
    const size_t i = stack.back();
    stack.pop_back();
    for (const Edge& each : graph.node(i).edges) {
      if (each.source == Edge::kNone) continue;
      const auto known = given.find(graph.node(each.source).name);
      edge(known == given.end() ? node_of(each.source) : known->second, node_of(i));
      if (known == given.end() && seen.insert(each.source).second) stack.push_back(each.source);
    }
  }
}

void StoreLineage::add(std::span<const SavedDataset> datasets) {
  for (const SavedDataset& dataset : datasets) {
    const size_t made = node(LineageKind::kDataset, dataset.name);
    if (!dataset.service.empty()) edge(node(LineageKind::kService, dataset.service), made);
    if (!dataset.service.empty()) continue;
    for (const auto& [feature, fingerprint] : dataset.fingerprints) {
      edge(node(LineageKind::kViewFeature, feature), made);
    }
  }
}

void StoreLineage::add(std::span<const Model> models) {
  for (const Model& model : models) {
    const size_t made = node(LineageKind::kModel, model.name + "@" + model.version, model.owner);
    edge(node(LineageKind::kService, model.service), made);
    for (const std::string& dataset : model.datasets) {
      edge(node(LineageKind::kDataset, dataset), made);
    }
  }
}

std::optional<size_t> StoreLineage::find(LineageKind kind, const std::string& name) const {
  const auto it = index_.find({kind, name, ""});
  if (it == index_.end()) return {};
  return it->second;
}

std::vector<size_t> StoreLineage::at(const std::string& name) const {
  std::vector<size_t> found;
  std::vector<std::string> names;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const LineageNode& each = nodes_[i];
    const bool is_version =
        each.kind == LineageKind::kModel && each.name.substr(0, each.name.rfind('@')) == name;
    if (each.name == name || is_version) found.push_back(i);
    names.push_back(each.name);
  }
  if (!found.empty()) return found;
  throw Error(ErrorCode::kNotFound, fmt::format("nothing in the store is called {}{}", quote(name),
                                                did_you_mean(name, names)));
}

std::vector<size_t> StoreLineage::reached(size_t from,
                                          const std::vector<std::set<size_t>>& next) const {
  std::vector<size_t> stack = {from};
  std::set<size_t> seen = {from};
  while (!stack.empty()) {
    const size_t i = stack.back();
    stack.pop_back();
    for (const size_t each : next[i]) {
      if (seen.insert(each).second) stack.push_back(each);
    }
  }
  seen.erase(from);
  std::vector<size_t> all(seen.begin(), seen.end());
  std::ranges::sort(all, [&](size_t a, size_t b) {
    const LineageNode& x = nodes_[a];
    const LineageNode& y = nodes_[b];
    return std::tie(x.kind, x.name, x.computed_in) < std::tie(y.kind, y.name, y.computed_in);
  });
  return all;
}

}  // namespace weft
