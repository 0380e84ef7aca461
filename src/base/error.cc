#include "weft/error.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace weft {
namespace {

struct CodeRow {
  std::string_view name;
  int exit_status;
};

// In the order of ErrorCode.
constexpr std::array<CodeRow, 14> kCodes = {{
    {"invalid_argument", 2},
    {"invalid_graph", 2},
    {"not_found", 2},
    {"already_exists", 2},
    {"type_mismatch", 2},
    {"bad_data", 1},
    {"check_failed", 1},
    {"function_failed", 1},
    {"io", 1},
    {"unsupported", 2},
    {"cancelled", 130},
    {"resource_limit", 1},
    {"conflict", 1},
    {"internal", 70},
}};

std::string with_place(const std::string& message, const SourceLocation& where) {
  return where.empty() ? message : where.to_string() + ": " + message;
}

}  // namespace

std::string_view error_code_name(ErrorCode code) { return kCodes[static_cast<size_t>(code)].name; }

int exit_status(ErrorCode code) { return kCodes[static_cast<size_t>(code)].exit_status; }

std::string SourceLocation::to_string() const {
  if (line <= 0) return file;
  return file + ":" + std::to_string(line);
}

Error::Error(ErrorCode code, const std::string& message, SourceLocation where)
    : std::runtime_error(with_place(message, where)),
      code_(code),
      message_(message),
      where_(std::move(where)) {}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "weft: internal error: %s:%d: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace weft
