/// Other programs, run to their end.
#pragma once

#include <string>
#include <vector>

namespace weft::cli {

struct ChildResult {
  int status = 0;      ///< exit status; 128 + the signal that ended it
  std::string output;  ///< what it wrote to stdout, if that was asked for
};

enum class ChildOutput { kCapture, kToStderr };

/// Runs `words[0]`, found in PATH, in a folder; no shell reads the words. Its stderr is ours.
/// Throws Error(kIo) if it cannot be started.
ChildResult run_child(const std::vector<std::string>& words, const std::string& folder,
                      ChildOutput output);

}  // namespace weft::cli
