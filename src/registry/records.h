/// Saved datasets and models in the registry: recorded when they are made, beside the definitions.
#pragma once

#include "registry/registry.h"

namespace weft {

/// One of the same name takes its place.
void record_dataset(Registry& registry, const std::string& project, const SavedDataset& dataset);
/// By name.
std::vector<SavedDataset> saved_datasets(Registry& registry, const std::string& project);
/// False: there is none of this name.
bool remove_dataset(Registry& registry, const std::string& project, const std::string& name);

/// Fills in its version, if it has none, and the registry's. Throws Error(kNotFound) for a service
/// that does not stand or a dataset that was not saved, Error(kAlreadyExists) for a version that is
/// there.
Model record_model(Registry& registry, const std::string& project, Model model);
/// By name, the newest of one name last.
std::vector<Model> models(Registry& registry, const std::string& project);
/// Of all versions, or of one; how many there were.
int64_t remove_model(Registry& registry, const std::string& project, const std::string& name,
                     std::optional<std::string> version = {});

/// The process's user, for records: WEFT_USER, or the operating system's.
std::string current_user();

/// Of what a service or some "view:feature" take, by "view:feature": for SavedDataset.
std::map<std::string, std::string> fingerprints_of(const RegisteredSet& set,
                                                   const std::string& service,
                                                   std::span<const std::string> features);

}  // namespace weft
