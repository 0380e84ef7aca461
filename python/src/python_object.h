/// Python's objects as Values: what is held, and the types of what Python alone knows.
#pragma once

#include <nanobind/nanobind.h>

#include "weft/value.h"

namespace weft::python {

namespace nb = nanobind;

/// Lets go of a reference on any thread. Without the GIL it is kept until somebody has it: nobody
/// waits for it here, because whoever has it may be waiting for this thread to end.
void let_go(PyObject* object);
/// The same for what Python knows of a thread that C++ made and that ends.
void let_go(PyThreadState* ended);
/// Frees what was let go of meanwhile. With the GIL held.
void free_what_was_let_go();

/// An owned object that may be let go of on any thread.
class PythonObject {
 public:
  explicit PythonObject(nb::object object) : object_(object.release().ptr()) {}
  ~PythonObject();
  PythonObject(const PythonObject&) = delete;
  PythonObject& operator=(const PythonObject&) = delete;

  nb::handle get() const { return object_; }

 private:
  PyObject* object_;
};

/// The type of objects of this annotation: a class, typing.Any, dict[str, int], ... Equal spellings
/// (module and qualified name) are one type, of which the annotation given last is kept.
Type object_type_of(nb::handle annotation);
/// The annotation of such a type; an invalid handle if it is none.
nb::handle annotation_of(Type type);

/// The object itself, as a value of `type` (made by object_type_of).
Value object_value(Type type, nb::object object);
/// The object of such a value; an invalid handle if it holds none.
nb::handle object_of(const Value& value);

/// A function of Python's that C++ may hold, copy and let go of anywhere.
using SharedObject = std::shared_ptr<const PythonObject>;
SharedObject share(nb::object object);

}  // namespace weft::python
