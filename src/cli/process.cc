#include "cli/process.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace weft::cli {
namespace {

bool no_color() {
  const char* wish = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (wish && *wish != '\0') || (terminal && std::strcmp(terminal, "dumb") == 0);
}

size_t terminal_width() {
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

int run_process(std::vector<std::string> words, ModuleOpener foreign_module) {
  const bool color = !no_color();
  const bool out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const bool err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  const int status = run_command(std::move(words), {.out = std::cout,
                                                    .err = std::cerr,
                                                    .out_is_terminal = out_is_terminal,
                                                    .err_is_terminal = err_is_terminal,
                                                    .out_color = color && out_is_terminal,
                                                    .err_color = color && err_is_terminal,
                                                    .width = terminal_width(),
                                                    .foreign_module = std::move(foreign_module)});
  errno = 0;
  std::cout.flush();
  if (!std::cout) {
    const char* why = errno == 0 ? "" : std::strerror(errno);
    std::cerr << "weft: error: io: cannot write to standard output" << (*why ? ": " : "") << why
              << '\n';
    std::cout.clear();
    if (status == 0) return 1;
  }
  return status;
}

}  // namespace weft::cli
