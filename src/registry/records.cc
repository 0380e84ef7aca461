#include "registry/records.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

constexpr char kDataset[] = "dataset";
constexpr char kModel[] = "model";

void require(std::string_view what, const std::string& name,
             const std::vector<std::string>& known) {
  if (std::ranges::find(known, name) != known.end()) return;
  throw Error(ErrorCode::kNotFound,
              fmt::format("no {} is called {}{}", what, quote(name), did_you_mean(name, known)));
}

std::string next_version(const std::vector<Model>& models, const std::string& name) {
  int64_t last = 0;
  for (const Model& model : models) {
    int64_t number = 0;
    const char* end = model.version.data() + model.version.size();
    const auto [stop, error] = std::from_chars(model.version.data(), end, number);
    if (model.name == name && error == std::errc() && stop == end) last = std::max(last, number);
  }
  return std::to_string(last + 1);
}

}  // namespace

void record_dataset(Registry& registry, const std::string& project, const SavedDataset& dataset) {
  registry.put(project, {kDataset, dataset.name, "", to_json(dataset)}, true);
}

std::vector<SavedDataset> saved_datasets(Registry& registry, const std::string& project) {
  std::vector<SavedDataset> datasets;
  for (const RegistryRecord& record : registry.records(project, kDataset)) {
    datasets.push_back(dataset_from_json(record.name, record.spec));
  }
  return datasets;
}

bool remove_dataset(Registry& registry, const std::string& project, const std::string& name) {
  return registry.remove(project, kDataset, name) > 0;
}

Model record_model(Registry& registry, const std::string& project, Model model) {
  std::vector<std::string> services;
  model.registry_version = registry.standing(project);
  for (const auto& [id, registered] : registry.read(project)) {
    if (id.kind == DefinitionKind::kService) services.push_back(id.name);
  }
  require("service", model.service, services);
  std::vector<std::string> saved;
  for (const SavedDataset& dataset : saved_datasets(registry, project)) {
    saved.push_back(dataset.name);
  }
  for (const std::string& dataset : model.datasets) require("saved dataset", dataset, saved);
  if (model.version.empty()) model.version = next_version(models(registry, project), model.name);
  registry.put(project, {kModel, model.name, model.version, to_json(model)}, false);
  return model;
}

std::vector<Model> models(Registry& registry, const std::string& project) {
  std::vector<Model> models;
  for (const RegistryRecord& record : registry.records(project, kModel)) {
    models.push_back(model_from_json(record.name, record.spec));
  }
  return models;
}

int64_t remove_model(Registry& registry, const std::string& project, const std::string& name,
                     std::optional<std::string> version) {
  return registry.remove(project, kModel, name, std::move(version));
}

std::string current_user() {
  if (const char* name = std::getenv("WEFT_USER"); name && *name) return name;
  const passwd* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : std::to_string(::geteuid());
}

std::map<std::string, std::string> fingerprints_of(const RegisteredSet& set,
                                                   const std::string& service,
                                                   std::span<const std::string> features) {
  std::map<std::string, std::string> fingerprints;
  const auto add = [&](const std::string& view, const std::string& feature) {
    const auto registered = set.find({DefinitionKind::kView, view});
    if (registered == set.end()) return;
    for (const auto& [name, of_view] : registered->second.features) {
      const bool asked = feature == name || feature == "*";
      if (asked) fingerprints[view + ":" + name] = of_view.fingerprint;
    }
  };
  const auto found = set.find({DefinitionKind::kService, service});
  if (found != set.end()) {
    for (const auto& selection : service_from_json(service, found->second.spec).views) {
      if (selection.features.empty()) add(selection.view, "*");
      for (const std::string& feature : selection.features) add(selection.view, feature);
    }
  }
  for (const std::string& feature : features) {
    const size_t colon = feature.find(':');
    if (colon != feature.npos) add(feature.substr(0, colon), feature.substr(colon + 1));
  }
  return fingerprints;
}

}  // namespace weft
