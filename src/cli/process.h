/// The command as a whole process runs it: its streams, their colours and the width of its
/// terminal.
#pragma once

#include "cli/command.h"

namespace weft::cli {

/// Runs one command line, without the program's name, on the process's own streams. What cannot be
/// written to stdout makes the exit status 1.
int run_process(std::vector<std::string> words, ModuleOpener foreign_module = {});

}  // namespace weft::cli
