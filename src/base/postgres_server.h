/// A PostgreSQL server for a test, thrown away at its end.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/scratch_folder.h"

namespace weft {

class PostgresServer {
 public:
  PostgresServer() {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
    for (int i = 0; i < 5 && url_.empty() && status_ != 77; ++i) {
      const int port = 20'000 + (::getpid() * 7 + i * 101) % 20'000;
      start(port);
    }
  }
  ~PostgresServer() {
    std::system((scripts() + "stop.sh " + folder_.path() + "/pg/postgres.pid").c_str());
  }

  const std::string& url() const { return url_; }
  bool installed() const { return status_ != 77; }

 private:
  static std::string scripts() {
    const char* root = std::getenv("WEFT_SOURCE_DIR");
    return std::string(root ? root : ".") + "/tests/services/";
  }
  void start(int port) {
    const std::string command =
        scripts() + "start_postgres.sh " + folder_.path() + "/pg " + std::to_string(port);
    FILE* out = ::popen(command.c_str(), "r");
    char line[256] = {};
    while (std::fgets(line, sizeof line, out)) url_ = line;
    status_ = WEXITSTATUS(::pclose(out));
    if (status_ != 0) url_.clear();
    while (url_.ends_with('\n')) url_.pop_back();
  }

  ScratchFolder folder_;
  std::string url_;
  int status_ = 0;
};

}  // namespace weft
