/// The command `weft`: from a command line to an exit status.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"

namespace weft::cli {

/// Runs one command line, without the program's name. Nothing is thrown: an error is printed as
/// "weft: error: <code>: <message>" and becomes the exit status of its code.
int run_command(std::vector<std::string> words, Console console);

}  // namespace weft::cli
