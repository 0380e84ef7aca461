/// Whether the nodes of a graph fit together: types and shapes of every edge.
#pragma once

#include "graph/draft.h"

namespace weft {

/// May a value of `from` stand where `to` is asked for? As widens(), and null is any type, and
/// structs of one layout are one.
bool is_assignable(Type from, Type to);

/// The type an input must have to serve all of `wanted`: the widest that widens to each of them.
/// Null if any of them is, and it serves; nothing if there is no such type.
std::optional<Type> input_type(std::span<const Type> wanted);

/// Checks every edge of nodes in topological order, and converts the values that are bound to
/// parameters to the parameters' types.
void check_edges(const std::vector<Draft*>& nodes, Problems& problems);

}  // namespace weft
