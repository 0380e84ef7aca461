/// What a plan costs beyond the registry: rows to compute, latest values that no longer stand.
#pragma once

#include "registry/change.h"
#include "weft/store.h"

namespace weft {

/// Fills in DefinitionChange::cost of views. Reads statistics of files and tables and counts keys
/// online; what cannot be reached is not known, and no error.
void add_costs(RegistryPlan& plan, const Driver& driver, const StoreOptions& options);

}  // namespace weft
