/// Built-in row functions by name: the kernels behind operators, choice, text, time and maths.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/kernel.h"

namespace weft {

/// A line of the documentation. One name has several, one for each list of parameters.
struct RowFunctionInfo {
  std::string name;
  std::string parameters;  ///< "double, double"; "?" after one that may be null
  std::string result;
  std::string summary;  ///< one sentence
};

/// The kernel of this name with exactly these parameters; null if there is none.
KernelPtr find_row_function(std::string_view name, std::span<const Type> parameters);

/// The kernel that takes these, after widening; `literal[i]` holds a value where argument i is a
/// plain value, which takes the type of what it stands beside: `x * 0.5` is float if x is. Throws
/// Error(kInvalidArgument) for an unknown name (naming the nearest) or a wrong number of arguments,
/// Error(kTypeMismatch) for types it does not take.
KernelPtr resolve_row_function(std::string_view name, std::span<const Type> arguments,
                               std::span<const Value> literals);

/// All built-in row functions, sorted by name.
std::vector<RowFunctionInfo> row_function_catalog();

}  // namespace weft
