/// What the verbs of the feature store share: the definitions of a project and its registry.
#pragma once

#include "cli/project.h"
#include "registry/change.h"
#include "store/store_state.h"
#include "weft/read.h"
#include "weft/store.h"

namespace weft::cli {

/// The project's registry; one that is not there yet is an empty one in memory.
std::unique_ptr<Registry> open_registry(const Project& project);

/// What applying the project's modules and definition files would change, and what it costs.
RegistryPlan plan_project(const Project& project, Registry& registry);

/// On stderr, what a plan warns of: services that take what should be used no more.
void warn_of(const RegistryPlan& plan, const Console& console);
/// --allow-deprecated.
Flag allow_deprecated_flag();

StoreOptions store_options(const Project& project);
/// The project's store, as it stands.
FeatureStore open_store(const Project& project);

/// What operands ask for: one service, or features as view:feature.
FeatureRequest request_of(const std::vector<std::string>& operands, bool full_names);
/// The operands and --full-names, for verbs that take a request.
Operand request_operand();
Flag full_names_flag();

/// "2013-01-01" or "2013-01-01T05:00:00Z". Throws Error(kInvalidArgument) that names the flag.
std::optional<Time> time_flag(const Arguments& arguments, std::string_view flag);

}  // namespace weft::cli
