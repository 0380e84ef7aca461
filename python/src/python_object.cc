#include "python_object.h"

#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

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

// References and threads that were let go of without the GIL. Never destroyed.
struct Kept {
  std::mutex mutex;
  std::vector<PyObject*> objects;
  std::vector<PyThreadState*> threads;
  std::atomic<bool> some = false;

  static Kept& instance() {
    static auto* kept = new Kept();
    return *kept;
  }
  // The interpreter's main loop frees them soon; where its list of calls is full, the next Gil
  // does.
  void announce() {
    if (some.exchange(true)) return;
    Py_AddPendingCall(
        [](void*) {
          free_what_was_let_go();
          return 0;
        },
        nullptr);
  }
};

// The states of threads that have ended. With the GIL held.
void delete_states(const std::vector<PyThreadState*>& ended) {
  if (ended.empty()) return;
  for (PyThreadState* state : ended) PyThreadState_Clear(state);
#if PY_VERSION_HEX >= 0x030C0000
  // From 3.12 on, deleting the state of another thread makes Python forget which one this thread
  // has. So another stands in for it meanwhile: when that goes, the own one is taken note of again.
  PyThreadState* const own = PyThreadState_Get();
  PyThreadState* const stand_in = PyThreadState_New(PyThreadState_GetInterpreter(own));
  PyThreadState_Swap(stand_in);
#endif
  for (PyThreadState* state : ended) PyThreadState_Delete(state);
#if PY_VERSION_HEX >= 0x030C0000
  PyThreadState_Clear(stand_in);
  PyThreadState_DeleteCurrent();
  PyEval_RestoreThread(own);
#endif
}

}  // namespace

void let_go(PyObject* object) {
  if (!Py_IsInitialized())
    return;  // after the interpreter's end there is nobody to give it back to
  if (PyGILState_Check() == 1) return Py_DECREF(object);
  Kept& kept = Kept::instance();
  const std::scoped_lock lock(kept.mutex);
  kept.objects.push_back(object);
  kept.announce();
}

void let_go(PyThreadState* ended) {
  if (!Py_IsInitialized()) return;
  Kept& kept = Kept::instance();
  const std::scoped_lock lock(kept.mutex);
  kept.threads.push_back(ended);
  kept.announce();
}

void free_what_was_let_go() {
  Kept& kept = Kept::instance();
  if (!kept.some.load(std::memory_order_relaxed)) return;
  std::vector<PyObject*> objects;
  std::vector<PyThreadState*> threads;
  {
    const std::scoped_lock lock(kept.mutex);
    objects.swap(kept.objects);
    threads.swap(kept.threads);
    kept.some = false;
  }
  delete_states(threads);
  for (PyObject* object : objects) Py_DECREF(object);  // may run any code
}

PythonObject::~PythonObject() { let_go(object_); }

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
