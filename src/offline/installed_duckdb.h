/// DuckDB's library for tests, installed by whoever comes first.
#pragma once

#include <stdexcept>
#include <string>

#include "base/test_programs.h"

namespace weft {

/// Its path. Throws if it cannot be had.
inline std::string installed_duckdb() {
  const std::string script = service_scripts() + "duckdb_library.sh";
  const ProgramOutput installed = run_program(script);
  if (installed.status != 0) throw std::runtime_error(script + " failed");
  return installed.text;
}

}  // namespace weft
