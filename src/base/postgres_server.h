/// A PostgreSQL server for a test, thrown away at its end.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/scratch_folder.h"
#include "base/test_programs.h"

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
    std::system((service_scripts() + "stop.sh " + folder_.path() + "/pg/postgres.pid").c_str());
  }

  const std::string& url() const { return url_; }
  bool installed() const { return status_ != 77; }

 private:
  void start(int port) {
    const ProgramOutput started = run_program(service_scripts() + "start_postgres.sh " +
                                              folder_.path() + "/pg " + std::to_string(port));
    status_ = started.status;
    url_ = status_ == 0 ? started.last_line() : "";
  }

  ScratchFolder folder_;
  std::string url_;
  int status_ = 0;
};

}  // namespace weft
