/// The definitions of a project as they stand in the registry, with all names resolved.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "registry/registry.h"

namespace weft {

/// Immutable.
struct Standing {
  std::string project;
  int64_t version = 0;  ///< of the registry; 0: nothing was applied
  StoreDefinitions definitions;
  std::map<std::string, std::map<std::string, Registered::Feature>> features;  ///< by view

  /// Throw Error(kNotFound) with the nearest name, and say if nothing was applied at all.
  const Source& source(const std::string& name) const;
  const FeatureView& view(const std::string& name) const;
  const FeatureService& service(const std::string& name) const;
  /// Views over a source, or over one that has it as history.
  std::vector<const FeatureView*> views_over(const std::string& source) const;
};

/// Of what is registered.
std::shared_ptr<const Standing> standing_of(const std::string& project, int64_t version,
                                            const RegisteredSet& set);
std::shared_ptr<const Standing> read_standing(Registry& registry, const std::string& project);

}  // namespace weft
