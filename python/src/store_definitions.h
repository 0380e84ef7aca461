/// Entities, sources, views and services between Python and C++.
#pragma once

#include "convert.h"
#include "weft/feature_store.h"

namespace weft::python {

/// {"name": "int64"}, or pairs of a name and a type or its name.
Schema schema_from_python(nb::handle object);
nb::dict schema_to_python(const Schema& schema);

/// Of an object that is a definition its value; false: it is none.
bool definition_from_python(nb::handle object, Value& value);
/// Of a value that is a definition its object; an invalid one if it is none.
nb::object definition_to_python(const Value& value);

}  // namespace weft::python
