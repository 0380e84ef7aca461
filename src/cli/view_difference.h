/// What differs between two graphs as data, resolved now or saved before.
#pragma once

#include <string>
#include <vector>

#include "graph/view.h"

namespace weft::cli {

struct NodeDifference {
  std::string name;
  std::vector<std::string> owners = {};   ///< the tag `owner`, of both sides
  std::vector<std::string> reasons = {};  ///< "type int64 -> double", "inputs", "code", ...
};

/// By name, in the order of the later graph (removed ones of the earlier).
struct ViewDifference {
  std::vector<NodeDifference> added;
  std::vector<NodeDifference> removed;
  std::vector<NodeDifference> changed;   ///< its own definition differs
  std::vector<NodeDifference> affected;  ///< only what it is made of differs
  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

ViewDifference difference(const GraphView& before, const GraphView& after);

}  // namespace weft::cli
