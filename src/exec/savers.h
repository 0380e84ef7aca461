/// What runs behind nodes that load, select and save.
#pragma once

#include "weft/graph.h"

namespace weft {

/// The call of a node whose role is kLoad, kSelect or kSave. Throws, at the place of the modifier,
/// Error(kNotFound) for an unknown format with the nearest one, and what the format says of options
/// whose values are known: Error(kInvalidArgument, kTypeMismatch).
Call loader_call(const Node& node);
Call select_call(const Node& node);
Call saver_call(const Node& node);

}  // namespace weft
