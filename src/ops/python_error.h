/// What a row function with Python's meaning throws where Python raises.
#pragma once

#include <string>

#include "weft/error.h"

namespace weft {

/// `kind` is the name of Python's exception: "ZeroDivisionError", "ValueError", ...
class PythonError : public Error {
 public:
  PythonError(const char* kind, const std::string& what)
      : Error(ErrorCode::kFunctionFailed, std::string(kind) + ": " + what), kind_(kind) {}
  const char* kind() const { return kind_; }

 private:
  const char* kind_;
};

}  // namespace weft
