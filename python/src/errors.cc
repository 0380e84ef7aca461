// Error becomes the exception class of its code. What a Python function raised is raised as itself.
#include <fmt/format.h>

#include <array>
#include <map>

#include "bind.h"
#include "calls.h"
#include "interrupt.h"
#include "ops/python_error.h"

namespace weft::python {
namespace {

// In the order of ErrorCode: the class, and what of Python's own it also is.
struct ErrorClass {
  const char* name;
  PyObject** also;
  const char* doc;
};

const std::array<ErrorClass, 14> kClasses = {{
    {"InvalidArgumentError", &PyExc_ValueError, "The call is wrong: mend the arguments."},
    {"InvalidGraphError", &PyExc_ValueError,
     "The definitions do not fit together: mend the modules or the config."},
    {"NotFoundError", &PyExc_LookupError, "A name, file or version does not exist."},
    {"AlreadyExistsError", &PyExc_ValueError, "It exists, and replacing it was not allowed."},
    {"TypeMismatchError", &PyExc_TypeError, "A value has another type than the one declared."},
    {"BadDataError", &PyExc_ValueError, "A file, row or value is damaged or out of range."},
    {"CheckFailedError", &PyExc_ValueError, "A data check with importance `fail` did not pass."},
    {"FunctionFailedError", &PyExc_RuntimeError, "A feature function threw."},
    {"IoError", &PyExc_OSError, "The operating system refused: disk full, permission, connection."},
    {"UnsupportedError", &PyExc_NotImplementedError, "It has no meaning here."},
    {"CancelledError", &PyExc_RuntimeError, "The caller asked to stop."},
    {"ResourceLimitError", &PyExc_MemoryError, "A limit that was set was reached."},
    {"ConflictError", &PyExc_RuntimeError, "Somebody else was first: look again, and repeat."},
    {"InternalError", &PyExc_RuntimeError, "A bug of Weft's."},
}};
std::array<PyObject*, kClasses.size()> classes = {};

// FunctionFailedError that is also what Python itself would have raised: made once a kind.
PyObject* class_of(const PythonError& error) {
  static auto* made = new std::map<std::string, PyObject*, std::less<>>;  // NOLINT: classes stay
  PyObject* failed = classes[static_cast<size_t>(ErrorCode::kFunctionFailed)];
  PyObject*& known = (*made)[error.kind()];
  if (known) return known;
  PyObject* builtins = PyEval_GetBuiltins();
  PyObject* also = PyDict_GetItemString(builtins, error.kind());
  if (!also) return failed;
  nb::dict members;
  members["__module__"] = "weft";
  const nb::object type_type = nb::borrow(reinterpret_cast<PyObject*>(&PyType_Type));
  known = type_type(error.kind(), nb::make_tuple(nb::borrow(failed), nb::borrow(also)), members)
              .release()
              .ptr();
  return known;
}

PyObject* class_within(const std::exception& error, PyObject* otherwise) {
  try {
    std::rethrow_if_nested(error);
  } catch (const PythonError& inner) {
    return class_of(inner);
  } catch (const Error& inner) {
    // Of an operation on integers, which for Python have no end.
    if (!inner.message().starts_with("integer overflow")) return class_within(inner, otherwise);
    return class_of(PythonError("OverflowError", ""));
  } catch (const std::exception& inner) {
    return class_within(inner, otherwise);
  } catch (...) {
    return otherwise;
  }
  return otherwise;
}

void raise(const Error& error) {
  PyObject* type = class_within(error, classes[static_cast<size_t>(error.code())]);
  const nb::object raised = nb::handle(type)(error.what());
  raised.attr("code") = nb::str(std::string(error_code_name(error.code())).c_str());
  raised.attr("message") = nb::str(error.message().c_str());
  raised.attr("file") =
      error.where().empty() ? nb::none() : nb::object(nb::str(error.where().file.c_str()));
  raised.attr("line") =
      error.where().line <= 0 ? nb::none() : nb::object(nb::int_(error.where().line));
  PyErr_SetObject(type, raised.ptr());
}

// Raises what a Python function raised somewhere below, if there is such a thing.
bool raise_nested(const std::exception& error, const std::string& message) {
  try {
    std::rethrow_if_nested(error);
  } catch (const Raised& inner) {
    const nb::object value = inner.value();
    // The engine's own message says which feature and row it was.
    value.attr("add_note")("weft: " + message);
    inner.restore();
    return true;
  } catch (const std::exception& inner) {
    return raise_nested(inner, message);
  } catch (...) {
    return false;
  }
  return false;
}

void translate(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& e) {
    // Ctrl-C: Python's own handler has its say first.
    if (e.code() == ErrorCode::kCancelled) {
      if (PyErr_CheckSignals() != 0) return;
      if (take_keyboard_interrupt()) return PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
    if (!raise_nested(e, e.what())) raise(e);
  }
}

}  // namespace

void bind_errors(nb::module_& m) {
  nb::dict members;
  members["__doc__"] =
      "What Weft raises. `code` is its name, `file` and `line` the place in your files or None.";
  members["__module__"] = m.attr("__name__");
  for (const char* none : {"code", "message", "file", "line"}) members[none] = nb::none();
  const nb::object type_type = nb::borrow(reinterpret_cast<PyObject*>(&PyType_Type));
  const nb::object base =
      type_type("WeftError", nb::make_tuple(nb::borrow(PyExc_Exception)), members);
  m.attr("WeftError") = base;
  for (size_t i = 0; i < kClasses.size(); ++i) {
    nb::dict own;
    own["__doc__"] = kClasses[i].doc;
    own["code"] = nb::str(error_code_name(static_cast<ErrorCode>(i)).data());
    own["__module__"] = m.attr("__name__");
    nb::object type =
        type_type(kClasses[i].name, nb::make_tuple(base, nb::borrow(*kClasses[i].also)), own);
    m.attr(kClasses[i].name) = type;
    classes[i] = type.release().ptr();
  }
  nb::register_exception_translator(&translate);
}

}  // namespace weft::python
