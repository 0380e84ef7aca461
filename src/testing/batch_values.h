/// What the batch gives for a case: the values that update_cases() writes.
#pragma once

#include <map>

#include "weft/testing.h"

namespace weft::testing {

/// Every output by name. Throws what the batch throws.
std::map<std::string, Value> batch_values(const Case& c, const std::vector<Module>& modules);

}  // namespace weft::testing
