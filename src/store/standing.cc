#include "store/standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

template <class T>
const T& find(const Standing& standing, const std::vector<T>& definitions, const char* what,
              const std::string& name) {
  const auto it = std::ranges::find(definitions, name, &T::name);
  if (it != definitions.end()) return *it;
  std::vector<std::string> names;
  for (const T& each : definitions) names.push_back(each.name);
  const std::string hint =
      standing.version == 0
          ? fmt::format(": nothing was applied to project {} yet: run `weft apply`",
                        quote(standing.project))
          : did_you_mean(name, names);
  throw Error(ErrorCode::kNotFound, fmt::format("no {} is called {}{}", what, quote(name), hint));
}

}  // namespace

const Source& Standing::source(const std::string& name) const {
  return find(*this, definitions.sources, "source", name);
}
const FeatureView& Standing::view(const std::string& name) const {
  return find(*this, definitions.views, "view", name);
}
const FeatureService& Standing::service(const std::string& name) const {
  return find(*this, definitions.services, "service", name);
}

std::vector<const FeatureView*> Standing::views_over(const std::string& source) const {
  std::vector<const FeatureView*> views;
  for (const FeatureView& view : definitions.views) {
    if (view.source.name == source) views.push_back(&view);
  }
  return views;
}

std::shared_ptr<const Standing> standing_of(const std::string& project, int64_t version,
                                            const RegisteredSet& set) {
  auto standing = std::make_shared<Standing>();
  standing->project = project;
  standing->version = version;
  StoreDefinitions& all = standing->definitions;
  // In the order of kinds, so that what a view names is there before it.
  for (const auto& [id, registered] : set) {
    switch (id.kind) {
      case DefinitionKind::kEntity:
        all.entities.push_back(entity_from_json(id.name, registered.spec));
        break;
      case DefinitionKind::kSource:
        all.sources.push_back(source_from_json(id.name, registered.spec));
        break;
      case DefinitionKind::kView: {
        FeatureView view = view_from_json(id.name, registered.spec);
        for (Entity& entity : view.entities) {
          entity = find(*standing, all.entities, "entity", entity.name);
        }
        view.source = standing->source(view.source.name);
        all.views.push_back(std::move(view));
        standing->features[id.name] = registered.features;
        break;
      }
      case DefinitionKind::kService:
        all.services.push_back(service_from_json(id.name, registered.spec));
        break;
    }
  }
  return standing;
}

std::shared_ptr<const Standing> read_standing(Registry& registry, const std::string& project) {
  const int64_t version = registry.standing(project);
  return standing_of(project, version,
                     version == 0 ? RegisteredSet() : registry.read(project, version));
}

}  // namespace weft
