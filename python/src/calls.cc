#include "calls.h"

#include <array>

#include "base/thrown.h"
#include "interrupt.h"
#include "weft/async.h"
#include "weft/kernel.h"
#include "weft/parallel.h"

namespace weft::python {
namespace {

// Threads that C++ made are known to Python from their first call on until they end.
struct ThreadState {
  PyThreadState* state = nullptr;
  ~ThreadState() {
    if (state) let_go(state);
  }
};
thread_local ThreadState thread_state;

nb::object vector_called(nb::handle function, std::span<PyObject* const> arguments) {
  auto result =
      nb::steal(PyObject_Vectorcall(function.ptr(), arguments.data(), arguments.size(), nullptr));
  if (!result.is_valid()) throw Raised(nb::python_error());
  return result;
}

// The elements of a generator, taken one by one as the run gets to them.
Value elements_of(nb::object iterable, Type type) {
  Elements elements;
  const Py_ssize_t size = PyObject_Size(iterable.ptr());
  if (size < 0) {
    PyErr_Clear();
  } else {
    elements.size = size;
  }
  auto iterator = nb::steal(PyObject_GetIter(iterable.ptr()));
  if (!iterator.is_valid()) throw nb::python_error();
  elements.next = [shared = share(std::move(iterator)), type]() -> std::optional<Value> {
    const Gil gil;
    auto element = nb::steal(PyIter_Next(shared->get().ptr()));
    if (!element.is_valid()) {
      if (PyErr_Occurred()) throw Raised(nb::python_error());
      return {};
    }
    return from_python(element, type);
  };
  return Value::of(std::move(elements));
}

// What an async function gives: a concurrent.futures.Future of weft.aio.
Awaited awaited(nb::object future, Type type) {
  const SharedObject shared = share(std::move(future));
  return {[shared](Duration patience) {
            const Gil gil;
            const double seconds = std::chrono::duration<double>(patience).count();
            return nb::cast<bool>(
                nb::module_::import_("weft.aio").attr("wait")(shared->get(), seconds));
          },
          [shared, type]() -> Value {
            const Gil gil;
            try {
              return from_python(shared->get().attr("result")(), type);
            } catch (nb::python_error& error) {
              throw Raised(std::move(error));
            }
          }};
}

bool is_future(nb::handle value) {
  return std::string_view(Py_TYPE(value.ptr())->tp_name) == "Future";
}

// A row's value, or an object that is the same for all rows.
nb::object argument_of(Type type, const void* data) {
  if (!type->is_object()) return slot_to_python(type, data);
  if (type == type_of<Table>()) return nb::cast(*static_cast<const Table*>(data));
  return nb::borrow(static_cast<const PythonObject*>(data)->get());
}

struct PythonKernel {
  SharedObject function;
  std::vector<Type> types;
  std::vector<bool> nullable;
  Type result;

  // One row. With the GIL held.
  void row(const Cell* in, const Cell& out, Arena& arena) const {
    std::array<PyObject*, 16> few{};
    std::vector<PyObject*> many(types.size() > few.size() ? types.size() : 0);
    PyObject** arguments = many.empty() ? few.data() : many.data();
    size_t made = 0;
    struct Release {
      PyObject** arguments;
      const size_t& made;
      ~Release() {
        for (size_t i = 0; i < made; ++i) Py_DECREF(arguments[i]);
      }
    } release{arguments, made};
    for (; made < types.size(); ++made) {
      if (!*in[made].valid && !nullable[made]) {
        *out.valid = false;
        return;
      }
      nb::object argument = *in[made].valid ? argument_of(types[made], in[made].data) : nb::none();
      arguments[made] = argument.release().ptr();
    }
    const nb::object value = vector_called(function->get(), {arguments, types.size()});
    *out.valid = slot_from_python(value, result, out.data, arena);
  }
};

void python_row(const void* context, const Cell* in, const Cell& out, Arena& arena) {
  const Gil gil;
  static_cast<const PythonKernel*>(context)->row(in, out, arena);
}

bool python_block(const void* context, const Slice* in, const Sink& out, int64_t n) {
  const auto& kernel = *static_cast<const PythonKernel*>(context);
  const Gil gil;
  return detail::run_by_rows(&python_row, context, in, kernel.types.size(), out, n,
                             kernel.result->size);
}

}  // namespace

nb::object called(nb::handle function, const nb::tuple& arguments) {
  auto result = nb::steal(PyObject_Call(function.ptr(), arguments.ptr(), nullptr));
  if (!result.is_valid()) throw Raised(nb::python_error());
  return result;
}

Raised::Raised(nb::python_error error)
    : error_(std::make_shared<nb::python_error>(std::move(error))) {
  if (error_->matches(PyExc_KeyboardInterrupt)) note_keyboard_interrupt();
  const auto type = nb::cast<std::string>(error_->type().attr("__name__"));
  std::string text;
  try {
    text = nb::cast<std::string>(nb::str(error_->value()));
  } catch (nb::python_error&) {
    text = "its text cannot be had";
  }
  text_ = text.empty() ? type : type + ": " + text;
}

void Raised::restore() const {
  nb::python_error again(*error_);
  again.restore();
}

Gil::Gil() : held_(PyGILState_Check() == 1) {
  if (held_) return;
  PyThreadState* known = PyGILState_GetThisThreadState();
  if (!known) {
    known = PyThreadState_New(PyInterpreterState_Main());
    thread_state.state = known;
  }
  PyEval_RestoreThread(known);
  free_what_was_let_go();
}

Gil::~Gil() {
  if (!held_) PyEval_SaveThread();
}

Call call_of(SharedObject function, Type result, Shape shape) {
  return [function = std::move(function), result, shape](std::span<const Value> values) -> Value {
    const Gil gil;
    std::array<PyObject*, 16> few{};
    std::vector<nb::object> arguments;
    arguments.reserve(values.size());
    for (const Value& value : values) arguments.push_back(to_python(value));
    std::vector<PyObject*> many(arguments.size() > few.size() ? arguments.size() : 0);
    PyObject** pointers = many.empty() ? few.data() : many.data();
    for (size_t i = 0; i < arguments.size(); ++i) pointers[i] = arguments[i].ptr();
    nb::object value = vector_called(function->get(), {pointers, arguments.size()});
    if (is_future(value)) return Value::of(awaited(std::move(value), result));
    if (shape == Shape::kParallel) return elements_of(std::move(value), result);
    if (shape == Shape::kSeries) {
      if (nb::isinstance<ColumnData>(value)) return Value::of(nb::cast<ColumnData>(value));
      return Value::of(column_from_python(value, result));
    }
    if (value.is_none()) return Value::null(result);
    return from_python(value, result);
  };
}

KernelPtr kernel_of_python(std::string name, Type result, std::span<const Parameter> parameters,
                           SharedObject function) {
  auto own = std::make_shared<PythonKernel>();
  auto kernel = std::make_shared<Kernel>();
  kernel->name = std::move(name);
  kernel->result = result;
  kernel->result_nullable = true;
  for (const Parameter& p : parameters) {
    kernel->parameters.push_back(p.type);
    kernel->parameter_nullable.push_back(p.nullable);
  }
  own->function = std::move(function);
  own->types = kernel->parameters;
  own->nullable = kernel->parameter_nullable;
  own->result = result;
  kernel->block = &python_block;
  kernel->row = &python_row;
  kernel->context = own.get();
  kernel->owner = std::move(own);
  return kernel;
}

}  // namespace weft::python
