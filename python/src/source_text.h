/// The text of Python functions as fingerprints take it.
#pragma once

#include <string>
#include <string_view>

namespace weft::python {

/// From `def` on, without decorators, documentation, comments, empty lines and spaces between words
/// that need none. What begins a line (the depth of its block) stays.
std::string normalized_python(std::string_view text);

}  // namespace weft::python
