/// Text made safe for the formats a graph is written in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "graph/view.h"

namespace weft {

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// For element content and quoted attributes of XML and HTML alike. Control characters, which XML
/// cannot hold, become U+FFFD; line breaks and tabs stay.
std::string escape_markup(std::string_view text);

/// Columns that `text` takes in a monospaced font: one a code point, two for East Asian wide ones.
size_t display_width(std::string_view text);

/// `text` if it is at most `width_max` columns wide, else its two ends around an ellipsis.
std::string shortened(std::string_view text, size_t width_max);

/// What stands below a node's name: its type, and of what it runs for each element.
std::string type_line(const ViewNode& node);

/// Throws Error(kInternal) if an edge leads outside of the nodes.
void require_edges_inside(const GraphView& view);

/// The modules in order of first appearance, and the position of each node's module among them.
struct Modules {
  std::vector<std::string> names = {};
  std::vector<size_t> of_node = {};  ///< [nodes]
};
Modules modules_of(const GraphView& view);

}  // namespace weft
