/// Features that nobody takes.
#pragma once

#include "registry/registry.h"

namespace weft {

struct UnusedFeature {
  std::string view;
  std::string feature;
  std::string owner = {};                  ///< of the view
  std::vector<std::string> services = {};  ///< that take it; empty: none does
  /// By one of these services, or by its view's name; nothing: never, as far as that was noted.
  std::optional<Time> last_read = {};
};

/// Those in no service; with `since` also those whose services (and views, by name) were not read
/// from then on. By view and feature.
std::vector<UnusedFeature> unused_features(const RegisteredSet& set,
                                           const std::map<DefinitionId, Time>& last_reads,
                                           std::optional<Time> since = {});

}  // namespace weft
