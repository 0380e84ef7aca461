/// The one exception type of Weft, and the codes that say what a caller can do about it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// What a caller can do about an error. One table (src/base/error.cc) gives each its name, its exit
/// status, its HTTP status and its Python exception.
enum class ErrorCode : uint8_t {
  kInvalidArgument,  ///< the call is wrong: mend the arguments
  kInvalidGraph,     ///< the definitions do not fit together: mend the modules or the config
  kNotFound,         ///< a name, file or version does not exist
  kAlreadyExists,    ///< it exists, and replacing it was not allowed
  kTypeMismatch,     ///< a value has another type than the one declared
  kBadData,          ///< a file, row or value is damaged or out of range
  kCheckFailed,      ///< a data check with importance `fail` did not pass
  kFunctionFailed,   ///< a feature function threw
  kIo,               ///< the operating system refused: disk full, permission, connection
  kUnsupported,      ///< it has no meaning here (for example an aggregate in a request)
  kCancelled,        ///< the caller asked to stop
  kResourceLimit,    ///< a limit that was set was reached (memory, rows, time)
  kConflict,         ///< somebody else was first: look again, and repeat
  kInternal,         ///< our own bug
};

/// The code's name as text, flags and JSON spell it: "invalid_argument", ...
std::string_view error_code_name(ErrorCode code);
/// The exit status of a command that ends with this error: 2 for the caller's mistakes, 1 for bad
/// data and failures, 70 for our own bugs.
int exit_status(ErrorCode code);

/// A place in the user's own files. An empty file means "no place".
struct SourceLocation {
  std::string file = {};
  int line = 0;  ///< from 1; 0: unknown

  bool empty() const { return file.empty(); }
  std::string to_string() const;  ///< "file:line", or "" if empty
};

/// What Weft throws. The message says what was wrong, what was expected, what was found and what to
/// do; `where` is the place in the user's definitions it came from, if there is one.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, SourceLocation where = {});

  ErrorCode code() const { return code_; }
  const SourceLocation& where() const { return where_; }
  /// The message without the place that what() puts in front of it.
  const std::string& message() const { return message_; }

 private:
  ErrorCode code_;
  std::string message_;
  SourceLocation where_;
};

/// Aborts with the condition and its place: for our own bugs, never for input.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace weft

#define WEFT_CHECK(condition) \
  ((condition) ? (void)0 : ::weft::check_failed(#condition, __FILE__, __LINE__))
#ifdef NDEBUG
#define WEFT_DCHECK(condition) ((void)0)
#else
#define WEFT_DCHECK(condition) WEFT_CHECK(condition)
#endif
