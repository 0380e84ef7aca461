/// C++ values behind a pointer or in a variant, as classes that Python can hold.
#pragma once

#include "convert.h"
#include "weft/definition.h"

namespace weft::python {

struct DefinitionHandle {
  DefinitionPtr definition;
};
inline Definitions definitions_of(const std::vector<DefinitionHandle>& handles) {
  Definitions out;
  for (const DefinitionHandle& handle : handles) out.push_back(handle.definition);
  return out;
}

struct Expression {
  ExprPtr expr;
};
/// An expression, or a plain value as a literal.
ExprPtr expr_from_python(nb::handle object);

/// {"parameter": dependency or plain value}
Dependencies dependencies_from_python(nb::dict dict);

}  // namespace weft::python
