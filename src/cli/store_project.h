/// What the verbs of the feature store share: the definitions of a project and its registry.
#pragma once

#include "cli/project.h"
#include "registry/change.h"

namespace weft::cli {

/// Makes the store's folder if `create`; without it a store that is not there is an empty one in
/// memory.
std::unique_ptr<Registry> open_registry(const Project& project, bool create);

/// What applying the project's modules and definition files would change.
RegistryPlan plan_project(const Project& project, Registry& registry);

}  // namespace weft::cli
