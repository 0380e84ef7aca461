/// A graph as plain data, for drawing, saving and comparing: no definitions, no functions, no
/// types.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace weft {

/// One node as people see it. Empty text, and line 0, mean "not known". Text is UTF-8.
struct ViewNode {
  std::string name = {};  ///< unique in its view
  std::string kind = {};  ///< "row", "column", "scalar", "object", "parallel", "input",
                          ///< "config", "check", "loader", "saver"; others are drawn as plain boxes
  std::string type = {};  ///< of the result, as the user writes it
  std::string module = {};  ///< what the drawing groups and tints by
  std::string doc = {};     ///< the comment above the function
  std::string source = {};  ///< text of the function
  std::string file = {};    ///< where `source` begins
  int line = 0;             ///< from 1
  std::string fingerprint = {};
  std::map<std::string, std::vector<std::string>> tags = {};
  bool output = false;                            ///< asked for by the plan or the caller
  std::map<std::string, std::string> facts = {};  ///< e.g. "time": "1.2 ms", "rows": "10,000"
};

/// `nodes[to]` takes the value of `nodes[from]` as `parameter`.
struct ViewEdge {
  size_t from = 0;
  size_t to = 0;
  std::string parameter = {};  ///< empty: the name of the node it comes from
  bool optional = false;       ///< the parameter has a default, or may be absent
};

/// Nodes in any order; edges refer to them by position. A graph of Weft has no cycle, but a view
/// of a broken one may, and is drawn all the same.
struct GraphView {
  std::string title = {};
  std::vector<ViewNode> nodes = {};
  std::vector<ViewEdge> edges = {};
};

}  // namespace weft
