#include "convert.h"

#include <fmt/format.h>

#include "store_definitions.h"
#include "times.h"
#include "weft/container.h"
#include "weft/series.h"

namespace weft::python {
namespace {

[[noreturn]] void does_not_fit(nb::handle object, Type wanted) {
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("expected {}, found {} ({})", wanted->name,
                          nb::cast<std::string>(nb::repr(object)), class_name(object)));
}

bool is_numpy(nb::handle object) {
  const char* name = Py_TYPE(object.ptr())->tp_name;
  return std::string_view(name).starts_with("numpy.");
}

// None, NaT and pandas.NA: what Python's libraries call missing. NaN is a value.
bool is_missing(nb::handle object) {
  if (object.is_none()) return true;
  const std::string_view name = Py_TYPE(object.ptr())->tp_name;
  return name == "NaTType" || name == "NAType" || name.ends_with(".NaTType") ||
         name.ends_with(".NAType");
}

int64_t int64_of(nb::handle object, Type wanted) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
  if (overflow != 0) {
    throw Error(
        ErrorCode::kBadData,
        fmt::format("{} is beyond {}", nb::cast<std::string>(nb::str(object)), wanted->name));
  }
  if (number == -1 && PyErr_Occurred()) throw nb::python_error();
  return number;
}

// An int, or what says of itself that it is one (numpy.int64); no bool and no float.
bool int_of(nb::handle object, int64_t& number, Type wanted) {
  PyObject* p = object.ptr();
  if (PyLong_Check(p)) {
    if (PyBool_Check(p)) return false;
    number = int64_of(object, wanted);
    return true;
  }
  if (!PyIndex_Check(p)) return false;
  const auto index = nb::steal(PyNumber_Index(p));
  if (!index.is_valid()) {
    PyErr_Clear();
    return false;
  }
  number = int64_of(index, wanted);
  return true;
}

bool float_of(nb::handle object, double& number) {
  PyObject* p = object.ptr();
  if (PyFloat_Check(p)) {
    number = PyFloat_AS_DOUBLE(p);
    return true;
  }
  if (PyBool_Check(p) || PyUnicode_Check(p)) return false;
  const bool is_number = PyLong_Check(p) || PyIndex_Check(p) || is_numpy(object) ||
                         class_name(object) == "decimal.Decimal";
  if (!is_number) return false;
  number = PyFloat_AsDouble(p);
  if (number == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    return false;
  }
  return true;
}

bool bool_of(nb::handle object, bool& value) {
  if (PyBool_Check(object.ptr())) {
    value = object.ptr() == Py_True;
    return true;
  }
  const std::string_view name = Py_TYPE(object.ptr())->tp_name;
  if (name != "numpy.bool" && name != "numpy.bool_") return false;
  value = PyObject_IsTrue(object.ptr()) == 1;
  return true;
}

std::string_view text_of(nb::handle object) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
  if (!text) throw nb::python_error();
  return {text, static_cast<size_t>(size)};
}

bool is_list(nb::handle object) {
  return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
}

// The row type that all elements have; null if there is none, or if they are mixed.
Type common_type(nb::handle list) {
  Type common = nullptr;
  for (const nb::handle element : list) {
    const Value value = from_python(element);
    if (!value.has_value() || value.type()->is_object()) return nullptr;
    if (!common || widens(common, value.type())) {
      common = value.type();
    } else if (!widens(value.type(), common)) {
      return nullptr;
    }
  }
  return common;
}

Value list_from_python(nb::handle list, Type type) {
  std::vector<Value> elements;
  for (const nb::handle element : list) {
    Value value = from_python(element, type->element);
    if (!value.has_value()) does_not_fit(element, type->element);
    elements.push_back(value.as(type->element));
  }
  return make_container(type, {}, elements);
}

Value row_value(nb::handle object, Type wanted) {
  Arena arena;
  alignas(16) std::array<char, 64> slot{};
  WEFT_CHECK(wanted->size <= slot.size());
  if (!slot_from_python(object, wanted, slot.data(), arena)) return Value::null(wanted);
  return wanted->box(wanted, slot.data());
}

Value container_from_python(nb::handle object, Type wanted) {
  const Container& container = *wanted->container;
  std::vector<std::string> keys;
  std::vector<Value> values;
  const auto element = [&](size_t i) { return element_type(wanted, i); };
  if (container.kind == Container::Kind::kMap) {
    if (!PyDict_Check(object.ptr())) does_not_fit(object, wanted);
    for (const auto& [key, value] : nb::borrow<nb::dict>(object)) {
      if (!PyUnicode_Check(key.ptr())) does_not_fit(key, string_type());
      keys.emplace_back(text_of(key));
      values.push_back(from_python(value, element(values.size())));
    }
  } else {
    if (!is_list(object)) does_not_fit(object, wanted);
    for (const nb::handle item : object)
      values.push_back(from_python(item, element(values.size())));
  }
  return make_container(wanted, keys, values);
}

// What the object is by itself.
Value value_of(nb::handle object) {
  PyObject* p = object.ptr();
  if (PyFloat_Check(p)) return Value::of(PyFloat_AS_DOUBLE(p));
  bool truth = false;
  if (bool_of(object, truth)) return Value::of(truth);
  if (PyLong_Check(p)) return Value::of(int64_of(object, int64_type()));
  if (PyUnicode_Check(p)) return Value::of(std::string(text_of(object)));
  if (is_datetime(object)) return Value::of(time_from_python(object));
  if (is_timedelta(object)) return Value::of(duration_from_python(object));
  if (is_list(object)) {
    if (const Type element = common_type(object)) {
      if (element->list_boxing) return list_from_python(object, list_type(element));
    }
  }
  if (nb::isinstance<Value>(object)) return nb::cast<Value>(object);
  if (nb::isinstance<Table>(object)) return Value::of(nb::cast<Table>(object));
  if (nb::isinstance<ColumnData>(object)) return Value::of(nb::cast<ColumnData>(object));
  if (Value definition; definition_from_python(object, definition)) return definition;
  if (is_numpy(object)) {
    int64_t whole = 0;
    double number = 0;
    if (int_of(object, whole, int64_type())) return Value::of(whole);
    if (!nb::hasattr(object, "__len__") && float_of(object, number)) return Value::of(number);
  }
  return object_value(object_type_of(object.type()), nb::borrow(object));
}

nb::object list_to_python(Type element, const ListView& list) {
  nb::object out = nb::steal(PyList_New(list.size));
  for (int64_t i = 0; i < list.size; ++i) {
    const char* slot = static_cast<const char*>(list.data) + static_cast<size_t>(i) * element->size;
    PyList_SET_ITEM(out.ptr(), i, slot_to_python(element, slot).release().ptr());
  }
  return out;
}

nb::object container_to_python(const Value& value) {
  const Container& container = *value.type()->container;
  const size_t size = container.size(value.data());
  if (container.kind == Container::Kind::kMap) {
    nb::dict out;
    for (size_t i = 0; i < size; ++i) {
      out[container.key(value.data(), i).c_str()] = to_python(container.at(value.data(), i));
    }
    return out;
  }
  nb::list out;
  for (size_t i = 0; i < size; ++i) out.append(to_python(container.at(value.data(), i)));
  if (container.kind == Container::Kind::kTuple) return nb::tuple(out);
  return out;
}

bool list_slot(nb::handle object, Type type, ListView& slot, Arena& arena) {
  if (PyUnicode_Check(object.ptr())) return false;
  const auto sequence = nb::steal(PySequence_Fast(object.ptr(), ""));
  if (!sequence.is_valid()) {
    PyErr_Clear();
    return false;
  }
  const Py_ssize_t n = PySequence_Fast_GET_SIZE(sequence.ptr());
  char* elements = arena.take_slots(type->element, n);
  for (Py_ssize_t i = 0; i < n; ++i) {
    const nb::handle element = PySequence_Fast_GET_ITEM(sequence.ptr(), i);
    void* at = elements + static_cast<size_t>(i) * type->element->size;
    if (!slot_from_python(element, type->element, at, arena)) does_not_fit(element, type->element);
  }
  slot = {elements, n};
  return true;
}

Value struct_value(nb::handle dict, Type type) {
  std::vector<std::string> keys;
  std::vector<Value> values;
  for (const Field& field : type->fields) {
    const nb::handle value = PyDict_GetItemString(dict.ptr(), field.name.c_str());
    keys.push_back(field.name);
    values.push_back(value.is_valid() ? from_python(value, field.type) : Value::null(field.type));
  }
  return make_container(type, keys, values);
}

}  // namespace

std::string class_name(nb::handle object) {
  const nb::handle type = object.type();
  const auto module = nb::cast<std::string>(type.attr("__module__"));
  const auto name = nb::cast<std::string>(type.attr("__qualname__"));
  return module == "builtins" ? name : module + "." + name;
}

nb::object slot_to_python(Type type, const void* slot) {
  switch (type->kind) {
    case Kind::kBool:
      return nb::bool_(*static_cast<const bool*>(slot));
    case Kind::kInt32:
      return nb::steal(PyLong_FromLong(*static_cast<const int32_t*>(slot)));
    case Kind::kInt64:
      return nb::steal(PyLong_FromLongLong(*static_cast<const int64_t*>(slot)));
    case Kind::kFloat:
      return nb::steal(PyFloat_FromDouble(*static_cast<const float*>(slot)));
    case Kind::kDouble:
      return nb::steal(PyFloat_FromDouble(*static_cast<const double*>(slot)));
    case Kind::kString: {
      const auto text = *static_cast<const std::string_view*>(slot);
      auto out = nb::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                                                "surrogateescape"));
      if (!out.is_valid()) throw nb::python_error();
      return out;
    }
    case Kind::kTimestamp:
      return to_datetime(*static_cast<const Time*>(slot));
    case Kind::kDuration:
      return to_timedelta(*static_cast<const Duration*>(slot));
    case Kind::kList:
      return list_to_python(type->element, *static_cast<const ListView*>(slot));
    case Kind::kStruct: {
      if (!type->box) break;
      return to_python(type->box(type, slot));
    }
    case Kind::kObject:
      break;
  }
  throw Error(ErrorCode::kUnsupported, type->name + " has no form in Python");
}

bool slot_from_python(nb::handle object, Type type, void* slot, Arena& arena) {
  int64_t whole = 0;
  double number = 0;
  switch (type->kind) {
    case Kind::kBool:
      if (bool_of(object, *static_cast<bool*>(slot))) return true;
      break;
    case Kind::kInt32:
      if (!int_of(object, whole, type)) break;
      if (!std::in_range<int32_t>(whole)) does_not_fit(object, type);
      *static_cast<int32_t*>(slot) = static_cast<int32_t>(whole);
      return true;
    case Kind::kInt64:
      if (!int_of(object, *static_cast<int64_t*>(slot), type)) break;
      return true;
    case Kind::kFloat:
      if (!float_of(object, number)) break;
      *static_cast<float*>(slot) = static_cast<float>(number);
      return true;
    case Kind::kDouble:
      if (!float_of(object, *static_cast<double*>(slot))) break;
      return true;
    case Kind::kString:
      if (!PyUnicode_Check(object.ptr())) break;
      *static_cast<std::string_view*>(slot) = arena.copy(text_of(object));
      return true;
    case Kind::kTimestamp:
      if (is_missing(object)) return false;
      if (!is_datetime(object)) break;
      *static_cast<Time*>(slot) = time_from_python(object);
      return true;
    case Kind::kDuration:
      if (is_missing(object)) return false;
      if (!is_timedelta(object)) break;
      *static_cast<Duration*>(slot) = duration_from_python(object);
      return true;
    case Kind::kList:
      if (!list_slot(object, type, *static_cast<ListView*>(slot), arena)) break;
      return true;
    case Kind::kStruct:
      if (!PyDict_Check(object.ptr())) break;
      type->unbox(type, struct_value(object, type), slot, arena);
      return true;
    case Kind::kObject:
      break;
  }
  if (is_missing(object)) return false;
  if (is_numpy(object) && nb::hasattr(object, "item") && !nb::hasattr(object, "__len__")) {
    const nb::object plain = object.attr("item")();
    if (!is_numpy(plain)) return slot_from_python(plain, type, slot, arena);
  }
  does_not_fit(object, type);
}

nb::object to_python(const Value& value) {
  if (!value.has_value()) return nb::none();
  const Type type = value.type();
  switch (type->kind) {
    case Kind::kBool:
      return nb::bool_(value.get<bool>());
    case Kind::kInt64:
      return nb::steal(PyLong_FromLongLong(value.get<int64_t>()));
    case Kind::kDouble:
      return nb::steal(PyFloat_FromDouble(value.get<double>()));
    case Kind::kStruct: {
      nb::dict out;
      for (const Field& field : type->fields) {
        out[field.name.c_str()] = to_python(entry_of(value, field.name));
      }
      return out;
    }
    case Kind::kObject:
      break;
    default: {
      Arena arena;
      alignas(16) std::array<char, 64> slot{};
      type->unbox(type, value, slot.data(), arena);
      return slot_to_python(type, slot.data());
    }
  }
  if (const nb::handle object = object_of(value); object.is_valid()) return nb::borrow(object);
  if (const auto* table = value.get_if<Table>()) return nb::cast(*table);
  if (const auto* column = value.get_if<ColumnData>()) return nb::cast(*column);
  if (const auto* values = value.get_if<Values>()) return values_to_python(*values);
  if (const auto* list = value.get_if<ValueList>()) {
    nb::list out;
    for (const Value& element : *list) out.append(to_python(element));
    return out;
  }
  if (type->container) return container_to_python(value);
  if (nb::object definition = definition_to_python(value); definition.is_valid()) return definition;
  return nb::cast(value);
}

Value from_python(nb::handle object, Type wanted) {
  if (is_missing(object)) return wanted ? Value::null(wanted) : Value();
  if (!wanted) return value_of(object);
  if (!wanted->is_object()) return row_value(object, wanted);
  if (annotation_of(wanted).is_valid()) return object_value(wanted, nb::borrow(object));
  if (wanted == type_of<Table>()) return Value::of(table_from_python(object));
  if (wanted == type_of<ColumnData>()) return Value::of(column_from_python(object));
  if (wanted == type_of<Values>()) {
    if (!PyDict_Check(object.ptr())) does_not_fit(object, wanted);
    return Value::of(values_from_python(nb::borrow<nb::dict>(object)));
  }
  if (nb::isinstance<Value>(object)) {
    const Value& value = nb::cast<const Value&>(object);
    if (value.type() == wanted) return value;
  }
  if (Value made; definition_from_python(object, made) && made.type() == wanted) return made;
  if (wanted->container) return container_from_python(object, wanted);
  does_not_fit(object, wanted);
}

Values values_from_python(nb::dict dict, const std::function<Type(std::string_view)>& wanted) {
  Values out;
  for (const auto& [key, object] : dict) {
    if (!PyUnicode_Check(key.ptr())) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("names are str, not {} ({})", nb::cast<std::string>(nb::repr(key)),
                              class_name(key)));
    }
    const std::string name(text_of(key));
    const Type type = wanted ? wanted(name) : nullptr;
    try {
      const bool rows = type && !type->is_object() && type->kind != Kind::kList;
      if (is_columnar(object) && !(type && annotation_of(type).is_valid())) {
        // A table where a table may stand, else all rows of something.
        const bool table = (type && type == type_of<Table>()) || nb::isinstance<Table>(object) ||
                           (!rows && nb::hasattr(object, "columns"));
        out[name] = table ? Value::of(table_from_python(object))
                          : Value::of(column_from_python(object, rows ? type : nullptr));
      } else if (rows && is_list(object)) {
        out[name] = Value::of(column_from_python(object, type));
      } else {
        out[name] = from_python(object, type);
      }
    } catch (const Error& e) {
      throw Error(e.code(), name + ": " + e.message());
    }
  }
  return out;
}

nb::dict values_to_python(const Values& values) {
  nb::dict out;
  for (const auto& [name, value] : values) out[name.c_str()] = to_python(value);
  return out;
}

std::vector<std::string> strings_from_python(nb::handle list) {
  if (PyUnicode_Check(list.ptr())) {
    throw Error(ErrorCode::kTypeMismatch, fmt::format("expected a list of names, found the str {}",
                                                      nb::cast<std::string>(nb::repr(list))));
  }
  std::vector<std::string> out;
  for (const nb::handle item : list) {
    if (!PyUnicode_Check(item.ptr())) does_not_fit(item, string_type());
    out.emplace_back(text_of(item));
  }
  return out;
}

}  // namespace weft::python
