/// The graph as a picture: DOT, SVG, JSON, or one HTML page that needs nothing else.
#pragma once

#include "weft/driver.h"

namespace weft {

struct LineageOptions {
  std::string title = "lineage";
  /// Marked as asked for. Empty: those of `measured`, if there is one.
  std::vector<std::string> outputs = {};
  /// What each node cost in this run is shown beside it.
  const Result* measured = nullptr;
};

/// Writes by the file's ending: .html, .svg, .dot or .json. Throws Error(kInvalidArgument) for
/// another one, Error(kIo).
void write_lineage(const Graph& graph, const std::string& path, const LineageOptions& options = {});

}  // namespace weft
