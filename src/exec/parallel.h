/// Parallel: the program of a block, run once for each element.
#pragma once

#include "exec/program.h"

namespace weft {

/// What an operation of kind kBlock runs. Its arguments are the elements and the feeds.
struct Block {
  uint32_t parallel = 0;   ///< node of the graph whose elements they are
  Type element = nullptr;  ///< null: known only from the data
  bool hidden = false;     ///< elements are personal data: no message shows them
  /// The element and the feeds are its inputs, by name; what is collected are its outputs.
  std::shared_ptr<Program> inner;
  std::vector<std::string> feeds;
};

/// The values of a block's outputs for all elements, in the order of the elements.
struct BlockResults {
  std::vector<ValueList> outputs;
};

/// Of one output, widened to `type` if that is a row type; null if one of them is and may not be.
Value collected_values(const BlockResults& results, size_t output, Type type, bool nullable);

/// Elements of what a function returned, or of what was given in its place: Elements, a ValueList,
/// a vector or list, a column. Throws Error(kTypeMismatch).
Elements elements_of(const Value& value, Type element);

}  // namespace weft
