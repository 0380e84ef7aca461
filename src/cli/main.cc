// The program `weft`.
#include <csignal>
#include <iostream>

#include "cli/process.h"

int main(int argc, char** argv) {
  // A reader that has seen enough ends us as it ends any filter, even if our parent ignores it.
  std::signal(SIGPIPE, SIG_DFL);
  std::ios::sync_with_stdio(false);
  return weft::cli::run_process({argv + 1, argv + argc});
}
