/// Draws and saves a GraphView: Graphviz, JSON, SVG and one interactive HTML page.
#pragma once

#include <string>
#include <string_view>

#include "graph/view.h"

namespace weft {

// All of these are pure and deterministic: equal views give equal bytes. Bytes that are not UTF-8
// come out as U+FFFD. They throw Error(kInternal) if an edge names a node that is not there.

/// Graphviz text, left to right, one cluster a module.
std::string to_dot(const GraphView& view);

/// The stable form of docs/formats/graph-json.md: one node and one edge a line, so that saved
/// graphs compare well as text. Throws Error(kInternal) if two nodes have one name.
std::string to_json(const GraphView& view);

/// Reads what to_json wrote, by this version or an older one; unknown fields are ignored.
/// Throws Error(kBadData) that says where the text stops being a graph, and Error(kUnsupported) for
/// a format version newer than this program.
GraphView from_json(std::string_view text);

/// A picture that stands alone, for documents. Small graphs are laid out as one; large ones module
/// by module. Cost: O(n + e) memory; 20,000 nodes take about a second.
std::string to_svg(const GraphView& view);

/// One interactive page that needs no network and no other file.
std::string to_html(const GraphView& view);

}  // namespace weft
