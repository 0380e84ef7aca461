// The program `weft`: the process's streams and signals around run_command().
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "cli/command.h"

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

int main(int argc, char** argv) {
  // A reader that has seen enough ends us as it ends any filter, even if our parent ignores it.
  std::signal(SIGPIPE, SIG_DFL);
  std::ios::sync_with_stdio(false);
  const bool color = !no_color();
  const bool out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const bool err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  const int status =
      weft::cli::run_command({argv + 1, argv + argc}, {.out = std::cout,
                                                       .err = std::cerr,
                                                       .out_is_terminal = out_is_terminal,
                                                       .err_is_terminal = err_is_terminal,
                                                       .out_color = color && out_is_terminal,
                                                       .err_color = color && err_is_terminal,
                                                       .width = terminal_width()});
  errno = 0;
  std::cout.flush();
  if (!std::cout) {
    const char* why = errno == 0 ? "" : std::strerror(errno);
    std::cerr << "weft: error: io: cannot write to standard output" << (*why ? ": " : "") << why
              << '\n';
    if (status == 0) return 1;
  }
  return status;
}
