#include "cli/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "weft/error.h"

namespace weft::cli {
namespace {

// Only calls that are safe between fork and exec.
[[noreturn]] void become(char* const* words, const char* folder, int out) {
  if (::dup2(out, STDOUT_FILENO) >= 0 && ::chdir(folder) == 0) ::execvp(words[0], words);
  ::_exit(127);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(n));
  }
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& words, const std::string& folder,
                      ChildOutput output) {
  std::vector<std::string> copies = words;
  std::vector<char*> pointers;
  for (std::string& word : copies) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    become(pointers.data(), folder.c_str(),
           output == ChildOutput::kCapture ? ends[1] : STDERR_FILENO);
  }
  ::close(ends[1]);
  ChildResult result;
  if (child > 0) result.output = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (child < 0 || result.status == 127) {
    throw Error(ErrorCode::kIo, fmt::format("cannot run '{}' in {}", words[0], folder));
  }
  return result;
}

}  // namespace weft::cli
