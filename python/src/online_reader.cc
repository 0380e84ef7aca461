#include "online_reader.h"

#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>

#include "times.h"
#include "weft/store.h"

namespace weft::python {
namespace {

nb::object list_of(Py_ssize_t size) { return nb::steal(PyList_New(size)); }
void put(const nb::object& list, int64_t at, nb::object value) {
  PyList_SET_ITEM(list.ptr(), at, value.release().ptr());
}

nb::object bytes_of(const void* data, size_t size) {
  return nb::steal(
      PyBytes_FromStringAndSize(static_cast<const char*>(data), static_cast<Py_ssize_t>(size)));
}

// One reader answers one request at a time; who shares one among threads is told.
class Busy {
 public:
  explicit Busy(std::atomic<bool>& flag) : flag_(flag) {
    if (flag_.exchange(true)) {
      throw Error(ErrorCode::kConflict,
                  "a FeatureReader answers one request at a time: one a thread");
    }
  }
  ~Busy() { flag_ = false; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::atomic<bool>& flag_;
};

class Reader {
 public:
  explicit Reader(const OnlinePlan& plan) : reader_(plan) {
    for (const OnlineInput& input : reader_.plan().inputs()) {
      inputs_.push_back({nb::steal(PyUnicode_InternFromString(input.name.c_str())), input});
    }
  }

  const OnlinePlan& plan() const { return reader_.plan(); }

  // Inputs that are keys, outputs, statuses and times of outputs.
  nb::tuple answer(nb::handle rows) {
    const Busy busy(busy_);
    take(rows);
    run();
    struct End {
      FeatureReader& reader;
      ~End() { reader.end(); }
    } const end = {reader_};
    const int64_t n = reader_.rows();
    const auto& outputs = plan().outputs();
    const nb::object columns = list_of(static_cast<Py_ssize_t>(outputs.size()));
    statuses_.resize(outputs.size() * static_cast<size_t>(n));
    times_.resize(statuses_.size());
    size_t at = 0;
    for (size_t output = 0; output < outputs.size(); ++output) {
      const nb::object column = list_of(n);
      const Type type = outputs[output].type;
      for (int64_t row = 0; row < n; ++row, ++at) {
        const void* slot = type ? reader_.slot(row, output) : nullptr;
        put(column, row, slot ? slot_to_python(type, slot) : nb::none());
        statuses_[at] = static_cast<uint8_t>(reader_.status(row, output));
        times_[at] = reader_.event_time(row, output).time_since_epoch().count();
      }
      put(columns, static_cast<int64_t>(output), column);
    }
    return nb::make_tuple(n, keys_, columns, bytes_of(statuses_.data(), statuses_.size()),
                          bytes_of(times_.data(), times_.size() * sizeof(int64_t)));
  }

  nb::dict read(nb::handle rows) {
    const nb::tuple answered = answer(rows);
    nb::dict out;
    const auto& outputs = plan().outputs();
    for (size_t i = 0; i < outputs.size(); ++i) {
      out[outputs[i].name.c_str()] = answered[2][i];
    }
    return out;
  }

  nb::dict statuses() const {
    nb::dict out;
    const auto& outputs = plan().outputs();
    const size_t n = outputs.empty() ? 0 : statuses_.size() / outputs.size();
    for (size_t i = 0; i < outputs.size(); ++i) {
      nb::list list;
      for (size_t row = 0; row < n; ++row) {
        const auto status = static_cast<FeatureStatus>(statuses_[i * n + row]);
        list.append(std::string(feature_status_name(status)));
      }
      out[outputs[i].name.c_str()] = list;
    }
    return out;
  }

  nb::dict event_times() const {
    nb::dict out;
    const auto& outputs = plan().outputs();
    const size_t n = outputs.empty() ? 0 : times_.size() / outputs.size();
    for (size_t i = 0; i < outputs.size(); ++i) {
      nb::list list;
      for (size_t row = 0; row < n; ++row) {
        list.append(to_datetime(Time(Duration(times_[i * n + row]))));
      }
      out[outputs[i].name.c_str()] = list;
    }
    return out;
  }

 private:
  struct Input {
    nb::object name;
    OnlineInput input;
  };

  void take(nb::handle rows) {
    keys_ = nb::list();
    if (PyDict_Check(rows.ptr())) {
      take_columns(rows);
    } else if (PyList_Check(rows.ptr()) || PyTuple_Check(rows.ptr())) {
      take_rows(rows);
    } else {
      throw Error(ErrorCode::kTypeMismatch,
                  "expected rows as a dict of lists or a list of dicts, found " + class_name(rows));
    }
  }

  // The number of rows that all columns have; 1 without columns.
  int64_t rows_of_columns(nb::handle columns) const {
    Py_ssize_t rows = -1;
    std::string first;
    PyObject *key = nullptr, *value = nullptr;
    for (Py_ssize_t at = 0; PyDict_Next(columns.ptr(), &at, &key, &value);) {
      const bool is_text = PyUnicode_Check(value) || PyBytes_Check(value);
      const Py_ssize_t size = is_text ? -1 : PyObject_Size(value);
      const auto name = nb::cast<std::string>(nb::str(nb::handle(key)));
      if (size < 0) {
        PyErr_Clear();
        throw Error(ErrorCode::kTypeMismatch,
                    fmt::format("{}: expected a list, found {}", name, class_name(value)));
      }
      if (rows >= 0 && size != rows) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("the lists differ in length: {} has {} values, {} has {}", first,
                                rows, name, size));
      }
      rows = size;
      first = name;
    }
    return rows < 0 ? 1 : rows;
  }

  void take_columns(nb::handle columns) {
    const int64_t n = rows_of_columns(columns);
    reader_.begin(n);
    for (size_t i = 0; i < inputs_.size(); ++i) {
      PyObject* given = PyDict_GetItemWithError(columns.ptr(), inputs_[i].name.ptr());
      if (!given) {
        if (PyErr_Occurred()) throw nb::python_error();
        missing(i, {});
        continue;
      }
      const auto values = nb::steal(PySequence_Fast(given, "expected a list"));
      if (!values.is_valid()) throw nb::python_error();
      const nb::object key = keys_of(i, n);
      for (int64_t row = 0; row < n; ++row) {
        set(i, row, PySequence_Fast_GET_ITEM(values.ptr(), row), key);
      }
    }
  }

  void take_rows(nb::handle rows) {
    const auto n = static_cast<int64_t>(PySequence_Size(rows.ptr()));
    reader_.begin(n);
    for (int64_t row = 0; row < n; ++row) {
      if (!PyDict_Check(row_at(rows, row).ptr())) {
        throw Error(ErrorCode::kTypeMismatch, fmt::format("row {}: expected a dict, found {}", row,
                                                          class_name(row_at(rows, row))));
      }
    }
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const nb::object key = keys_of(i, n);
      for (int64_t row = 0; row < n; ++row) {
        PyObject* value = PyDict_GetItemWithError(row_at(rows, row).ptr(), inputs_[i].name.ptr());
        if (!value && PyErr_Occurred()) throw nb::python_error();
        if (!value) {
          missing(i, fmt::format(" in row {}", row));
          continue;
        }
        set(i, row, value, key);
      }
    }
  }

  static nb::handle row_at(nb::handle rows, int64_t row) {
    return PySequence_Fast_GET_ITEM(rows.ptr(), row);
  }

  // The list that takes a key's values as they were understood; of other inputs none.
  nb::object keys_of(size_t input, int64_t rows) {
    if (!inputs_[input].input.is_key) return {};
    nb::object list = list_of(rows);
    for (int64_t row = 0; row < rows; ++row) put(list, row, nb::none());
    keys_.append(list);
    return list;
  }

  void missing(size_t input, const std::string& where) const {
    const OnlineInput& wanted = inputs_[input].input;
    if (!wanted.required) return;
    throw Error(ErrorCode::kNotFound,
                fmt::format("the request has no {} {}{}", wanted.is_key ? "key" : "value",
                            wanted.name, where));
  }

  void set(size_t input, int64_t row, nb::handle value, const nb::object& key) {
    const OnlineInput& wanted = inputs_[input].input;
    alignas(16) std::array<char, 64> slot{};
    arena_.reset();
    try {
      if (!wanted.type || wanted.type->size > slot.size()) {
        reader_.set_value(row, input, from_python(value, wanted.type));
        return;
      }
      if (!slot_from_python(value, wanted.type, slot.data(), arena_)) return;
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("{} in row {}: {}", wanted.name, row, e.message()));
    }
    reader_.set_slot(row, input, slot.data());
    if (key.is_valid()) {
      PyList_SetItem(key.ptr(), row, slot_to_python(wanted.type, slot.data()).release().ptr());
    }
  }

  void run() {
    const nb::gil_scoped_release release;
    reader_.run();
  }

  FeatureReader reader_;
  std::vector<Input> inputs_;
  nb::list keys_;
  Arena arena_;
  std::vector<uint8_t> statuses_;
  std::vector<int64_t> times_;
  std::atomic<bool> busy_ = false;
};

}  // namespace

void bind_online_reader(nb::module_& m) {
  nb::class_<Reader>(m, "FeatureReader",
                     "Answers one request after another, each out of one state of the store. Rows "
                     "are a dict of lists or a list of dicts. One a thread.")
      .def(nb::init<const OnlinePlan&>(), nb::arg("plan"))
      .def_prop_ro("plan", &Reader::plan)
      .def("read", &Reader::read, nb::arg("rows"),
           "The features, a list of values for each; what is not there is None.")
      .def("statuses", &Reader::statuses,
           "Of the last answer, by feature: PRESENT, NULL_VALUE, NOT_FOUND, OUTSIDE_MAX_AGE or "
           "INVALID of each row.")
      .def("event_times", &Reader::event_times,
           "Of the last answer: when each value happened; the epoch where there is none.")
      .def("answer", &Reader::answer, nb::arg("rows"),
           "The number of rows, lists of the keys in the order of the plan's inputs, lists of the "
           "outputs, and for each output and row a byte of its status and an int64 of its event "
           "time in microseconds.");
}

}  // namespace weft::python
