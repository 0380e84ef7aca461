#include "python_object.h"

#include <mutex>
#include <unordered_map>

namespace weft::python {
namespace {

// Never destroyed: types live as long as the process, and so do their annotations.
struct Annotations {
  std::mutex mutex;
  std::unordered_map<Type, PyObject*> by_type;
  std::unordered_map<PyObject*, Type> by_class;  // a class is asked for at every value
};

Annotations& annotations() {
  static auto* all = new Annotations();
  return *all;
}

// "pandas.DataFrame" of pandas.core.frame.DataFrame would need pandas' own opinion: the full name
// it is.
std::string spelled(nb::handle annotation) {
  if (!PyType_Check(annotation.ptr())) return nb::cast<std::string>(nb::repr(annotation));
  const auto module = nb::cast<std::string>(annotation.attr("__module__"));
  const auto name = nb::cast<std::string>(annotation.attr("__qualname__"));
  return module == "builtins" ? name : module + "." + name;
}

}  // namespace

PythonObject::~PythonObject() {
  // After the interpreter's end there is nobody left to give it back to.
  if (!Py_IsInitialized()) return;
  const nb::gil_scoped_acquire gil;
  Py_DECREF(object_);
}

Type object_type_of(nb::handle annotation) {
  Annotations& all = annotations();
  {
    const std::scoped_lock lock(all.mutex);
    const auto known = all.by_class.find(annotation.ptr());
    if (known != all.by_class.end()) return known->second;
  }
  const Type type = object_type(spelled(annotation));
  Py_INCREF(annotation.ptr());
  const std::scoped_lock lock(all.mutex);
  // What was kept before stays alive: another thread may be looking at it.
  all.by_type.insert_or_assign(type, annotation.ptr());
  all.by_class.emplace(annotation.ptr(), type);
  return type;
}

nb::handle annotation_of(Type type) {
  Annotations& all = annotations();
  const std::scoped_lock lock(all.mutex);
  const auto known = all.by_type.find(type);
  return known == all.by_type.end() ? nb::handle() : nb::handle(known->second);
}

Value object_value(Type type, nb::object object) {
  return Value::adopt(type, std::make_shared<const PythonObject>(std::move(object)));
}

nb::handle object_of(const Value& value) {
  if (!value.has_value() || !value.type()->is_object() || !annotation_of(value.type()).is_valid()) {
    return {};
  }
  return static_cast<const PythonObject*>(value.data())->get();
}

SharedObject share(nb::object object) {
  return std::make_shared<const PythonObject>(std::move(object));
}

}  // namespace weft::python
