/// For tests of several processes: this program once more, as a child that runs one of its tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace weft {

/// The child inherits nothing of this process's threads and environments, unlike after fork alone.
/// The test must be called DISABLED_..., so that it runs in children only; what it works on is in
/// WEFT_TEST_CHILD.
class ChildProcess {
 public:
  ChildProcess(const std::string& test, const std::string& task) {
    const std::string filter = "--gtest_filter=" + test;
    std::vector<const char*> arguments = {"/proc/self/exe", filter.c_str(),
                                          "--gtest_also_run_disabled_tests", nullptr};
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv("WEFT_TEST_CHILD", task.c_str(), 1);
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execv(arguments[0], const_cast<char**>(arguments.data()));
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~ChildProcess() {
    if (pid_ > 0) end(SIGKILL);
    ::close(out_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void kill() { end(SIGKILL); }
  /// Waits for it; its exit status.
  int wait() { return end(0); }
  /// What it prints, until there is a whole line; empty at the end.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }

 private:
  int end(int signal) {
    if (signal) ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  pid_t pid_ = -1;
  int out_ = -1;
};

/// In a child: what it is to work on.
inline std::string child_task() {
  const char* task = std::getenv("WEFT_TEST_CHILD");
  return task ? task : "";
}

}  // namespace weft
