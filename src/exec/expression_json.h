/// Expressions as JSON and back: how a body that was traced is stored, and runs without its source.
#pragma once

#include <string>
#include <string_view>

#include "weft/column.h"

namespace weft {

/// {"steps": [["input", "age", "double"], ["value", "double", 0.5],
///            ["function", "multiply", [0, 1]],
///            ["aggregate", "quantile", [2], {"q": ["double", 0.9]}],
///            ["operator", "shift", [2], {"n": ["int64", 1]}]], "result": 4}
///
/// Numbers are those of earlier steps, so that what is shared is written once. An input that is one
/// value for all rows says so: ["input", "mean", "double", "scalar"].
std::string expression_to_json(const ExprPtr& expr);

/// Functions, aggregates and operators are found by name, as this version has them. Throws
/// Error(kBadData) saying which step is damaged; Error(kInvalidArgument, kTypeMismatch) for a name
/// or types that this version does not know.
ExprPtr expression_from_json(std::string_view text);

}  // namespace weft
