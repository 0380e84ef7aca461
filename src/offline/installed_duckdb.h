/// DuckDB's library for tests, installed by whoever comes first.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace weft {

/// Its path. Throws if it cannot be had.
inline std::string installed_duckdb() {
  const char* root = std::getenv("WEFT_SOURCE_DIR");
  const std::string script = std::string(root ? root : ".") + "/tests/services/duckdb_library.sh";
  FILE* out = ::popen(script.c_str(), "r");
  std::string text;
  char buffer[4096];
  while (out && std::fgets(buffer, sizeof buffer, out)) text += buffer;
  if (!out || WEXITSTATUS(::pclose(out)) != 0) throw std::runtime_error(script + " failed");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace weft
