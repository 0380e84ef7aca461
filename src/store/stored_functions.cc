#include "store/stored_functions.h"

#include <algorithm>
#include <map>

#include "data/text_form.h"
#include "exec/portable.h"
#include "registry/collect.h"

namespace weft {
namespace {

constexpr char kFunction[] = "function";

// What a service's views bring is not computed in the request. Features that cannot be planned for
// one are told of when they are asked for.
std::vector<PortableNode> nodes_of(const Graph& graph, const StoreDefinitions& definitions,
                                   const FeatureService& service) {
  PlanOptions options;
  options.context = Context::kOnline;
  const auto is_asked = [&](const std::string& name) {
    return std::ranges::find(service.on_demand, name) != service.on_demand.end();
  };
  for (const ViewSelection& selection : service.views) {
    const auto view = std::ranges::find(definitions.views, selection.view, &FeatureView::name);
    if (view == definitions.views.end()) continue;
    for (const std::string& feature :
         selection.features.empty() ? view->features : selection.features) {
      if (computed_node(graph, feature) && !is_asked(feature)) options.overrides.insert(feature);
      const auto column = std::ranges::find(view->source.columns, feature, &ColumnSchema::name);
      if (column != view->source.columns.end()) options.types[feature].type = column->type;
    }
  }
  std::vector<std::string> asked;
  for (const std::string& name : service.on_demand) {
    if (computed_node(graph, name)) asked.push_back(name);
  }
  try {
    return portable_nodes(std::make_shared<const Graph>(graph), asked, options);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

NotServedError::NotServedError(const std::string& feature)
    : Error(ErrorCode::kUnsupported,
            "feature " + quote(feature) +
                " is computed in the request by code that is not loaded here, and is no expression "
                "that the registry could keep: serve it with its module") {}

void record_functions(Registry& registry, const std::string& project, const Graph& graph,
                      const StoreDefinitions& definitions) {
  std::map<std::string, std::string> wanted;
  for (const FeatureService& service : definitions.services) {
    for (const PortableNode& node : nodes_of(graph, definitions, service)) {
      if (node.expr) wanted[node.name] = to_json(node);
    }
  }
  for (const RegistryRecord& record : registry.records(project, kFunction)) {
    const auto it = wanted.find(record.name);
    if (it == wanted.end()) {
      registry.remove(project, kFunction, record.name);
    } else if (it->second == record.spec) {
      wanted.erase(it);
    }
  }
  for (const auto& [name, spec] : wanted) {
    registry.put(project, {kFunction, name, "", spec}, true);
  }
}

Driver driver_of_stored_functions(Registry& registry, const std::string& project) {
  Module module;
  module.name = "registry";
  for (const RegistryRecord& record : registry.records(project, kFunction)) {
    module.definitions.push_back(definition_from_json(record.name, record.spec));
  }
  return Driver({std::move(module)});
}

bool is_of_a_service(const StoreDefinitions& definitions, const std::string& feature) {
  return std::ranges::any_of(definitions.services, [&](const FeatureService& service) {
    return std::ranges::find(service.on_demand, feature) != service.on_demand.end();
  });
}

}  // namespace weft
