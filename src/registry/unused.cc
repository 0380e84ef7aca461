#include "registry/unused.h"

#include <algorithm>

namespace weft {
namespace {

// Which services take a feature of a view.
std::vector<std::string> takers(const std::vector<FeatureService>& services,
                                const std::string& view, const std::string& feature) {
  std::vector<std::string> names;
  for (const FeatureService& service : services) {
    const bool takes = std::ranges::any_of(service.views, [&](const ViewSelection& selection) {
      const auto& chosen = selection.features;
      return selection.view == view &&
             (chosen.empty() || std::ranges::find(chosen, feature) != chosen.end());
    });
    if (takes) names.push_back(service.name);
  }
  return names;
}

}  // namespace

std::vector<UnusedFeature> unused_features(const RegisteredSet& set,
                                           const std::map<DefinitionId, Time>& last_reads,
                                           std::optional<Time> since) {
  std::vector<FeatureService> services;
  for (const auto& [id, registered] : set) {
    if (id.kind == DefinitionKind::kService) {
      services.push_back(service_from_json(id.name, registered.spec));
    }
  }
  std::vector<UnusedFeature> unused;
  for (const auto& [id, registered] : set) {
    if (id.kind != DefinitionKind::kView) continue;
    const std::string owner = view_from_json(id.name, registered.spec).owner;
    for (const auto& [name, registered_feature] : registered.features) {
      UnusedFeature feature = {id.name, name, owner, takers(services, id.name, name), {}};
      const auto note = [&](const DefinitionId& read) {
        const auto time = last_reads.find(read);
        if (time != last_reads.end())
          feature.last_read = std::max(feature.last_read, std::optional(time->second));
      };
      note(id);
      for (const std::string& service : feature.services) note({DefinitionKind::kService, service});
      const bool is_read = !since || (feature.last_read && *feature.last_read >= *since);
      if (feature.services.empty() || !is_read) unused.push_back(std::move(feature));
    }
  }
  return unused;
}

}  // namespace weft
