/// The graphs of the benches nodes and build: nodes n0 .. n{size-1} over the input x, with compiled
/// functions as FEATURE has them. The same graphs for Hamilton are in graphs.py.
#pragma once

#include <string>
#include <vector>

#include "weft/weft.h"

namespace graphs {

/// "chain", "wide", "layered" or "fan". Throws std::invalid_argument.
weft::Module module_of(const std::string& shape, size_t size);
/// All nodes that no other takes.
std::vector<std::string> outputs_of(const std::string& shape, size_t size);

}  // namespace graphs
