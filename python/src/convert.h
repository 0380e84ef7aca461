/// Values, tables and columns between Python and C++.
///
/// None is null. bool, int (64 bits), float, str, datetime (aware ones in UTC, naive ones are UTC,
/// whole microseconds) and timedelta are row values, and so are lists of one of them. Whatever has
/// Arrow's PyCapsule interface is a table or a column. Every other object stays what it is.
#pragma once

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <functional>
#include <span>

#include "python_object.h"
#include "weft/table.h"

namespace weft::python {

/// A new reference. C++ objects that Python has no face for come as `Object`.
nb::object to_python(const Value& value);
/// `wanted` null: by what the object is. Throws Error(kTypeMismatch).
Value from_python(nb::handle object, Type wanted = nullptr);

/// What lies in a slot of a row type, and back; false is None.
nb::object slot_to_python(Type type, const void* slot);
bool slot_from_python(nb::handle object, Type type, void* slot, Arena& arena);

/// A dict of names to values; an Error names the entry. `wanted` may say what type a name has.
Values values_from_python(nb::dict dict, const std::function<Type(std::string_view)>& wanted = {});
nb::dict values_to_python(const Values& values);

/// Whatever has __arrow_c_stream__ or __arrow_c_array__, and NumPy's arrays. Throws
/// Error(kTypeMismatch).
Table table_from_python(nb::handle object);
ColumnData column_from_python(nb::handle object, Type wanted = nullptr);
/// Would one of these two take it?
bool is_columnar(nb::handle object);

std::vector<std::string> strings_from_python(nb::handle list);

/// "int", "pandas.core.frame.DataFrame": for messages.
std::string class_name(nb::handle object);

}  // namespace weft::python
