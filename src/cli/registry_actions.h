/// What `weft registry` does beyond listing: one function an action.
#pragma once

#include "cli/store_project.h"
#include "cli/verb.h"

namespace weft::cli {

/// Features in no service, or not read for --days.
int registry_unused(const Arguments& arguments, const Project& project, Registry& registry,
                    const Console& console);

}  // namespace weft::cli
