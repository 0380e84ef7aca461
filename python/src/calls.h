/// Python functions as C++ calls and kernels.
#pragma once

#include "convert.h"
#include "weft/definition.h"

namespace weft::python {

/// The GIL for the calling thread. A thread of the engine keeps what Python knows of it from call
/// to call.
class Gil {
 public:
  Gil();
  ~Gil();
  Gil(const Gil&) = delete;
  Gil& operator=(const Gil&) = delete;

 private:
  bool held_;
};

/// What a Python function raised, on its way through C++ to who called. what() is one line.
class Raised : public std::exception {
 public:
  /// In place of nb::python_error, with the GIL held.
  explicit Raised(nb::python_error error);
  const char* what() const noexcept override { return text_.c_str(); }
  /// Raises it again in Python, with its traceback. With the GIL held.
  void restore() const;
  nb::object value() const { return nb::borrow(error_->value()); }

 private:
  std::shared_ptr<nb::python_error> error_;  // copied with the exception, on any thread
  std::string text_;
};

/// function(*arguments), with the GIL held.
nb::object called(nb::handle function, const nb::tuple& arguments);

/// Calls `function` with the values; what it returns is taken as `result` (null: as what it is).
/// An exception of Python's leaves as Raised.
Call call_of(SharedObject function, Type result, Shape shape);
/// Calls `function` for each row, with the GIL held for a block.
KernelPtr kernel_of_python(std::string name, Type result, std::span<const Parameter> parameters,
                           SharedObject function);

}  // namespace weft::python
