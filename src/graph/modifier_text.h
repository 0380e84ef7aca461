/// Modifiers and values as canonical text: the same text for the same meaning in every process.
#pragma once

#include "weft/definition.h"

namespace weft {

/// "parameterize(a_twice: x = source a, factor = 2)".
std::string to_text(const Modifier& modifier);
std::string check_text(const CheckSpec& check);
/// As Value::to_string(), but with the elements of containers; an object that has none is its type.
std::string value_text(const Value& value);

}  // namespace weft
