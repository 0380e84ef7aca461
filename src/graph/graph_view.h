/// A resolved graph as the plain data that people see: drawn, saved, compared.
#pragma once

#include <span>

#include "graph/view.h"
#include "weft/graph.h"

namespace weft {

/// "row", "column", "scalar", "object", "parallel", "input", "config", "check", "loader" or
/// "saver".
std::string_view node_kind(const Node& node);
/// "double", "double?" where it may be null, "any" where only the data knows.
std::string type_text(const Node& node);

/// All nodes, or with `outputs` what those need; the outputs are marked. The fact "code" of a node
/// is its code version: it changes with the node's own definition, the fingerprint also with those
/// above it.
GraphView view_of(const Graph& graph, std::span<const size_t> outputs = {});

}  // namespace weft
