/// Programs that tests run: servers and other engines, by the scripts in tests/services.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace weft {

struct ProgramOutput {
  int status = -1;   ///< its exit status; -1: it could not be started
  std::string text;  ///< what it wrote on stdout, without newlines at its end
  /// "c" of "a\nb\nc".
  std::string last_line() const { return text.substr(text.rfind('\n') + 1); }
};

/// Runs a command of the shell to its end.
inline ProgramOutput run_program(const std::string& command) {
  ProgramOutput output;
  FILE* out = ::popen(command.c_str(), "r");
  if (!out) return output;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, out)) output.text += buffer;
  output.status = WEXITSTATUS(::pclose(out));
  while (output.text.ends_with('\n')) output.text.pop_back();
  return output;
}

/// The folder of the scripts that start and stop servers, with a slash at its end.
inline std::string service_scripts() {
  const char* root = std::getenv("WEFT_SOURCE_DIR");
  return std::string(root ? root : ".") + "/tests/services/";
}

}  // namespace weft
