/// What `weft registry` does beyond listing: one function an action.
#pragma once

#include "cli/store_project.h"
#include "cli/verb.h"

namespace weft::cli {

/// Features in no service, or not read for --days.
int registry_unused(const Arguments& arguments, const Project& project, Registry& registry,
                    const Console& console);

/// From source columns to models: what something is made of, and what it goes into.
int registry_lineage(const Arguments& arguments, const Project& project, Registry& registry,
                     const Console& console);

}  // namespace weft::cli
