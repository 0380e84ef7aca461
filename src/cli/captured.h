/// One command line in this process, with what it printed: for tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"

namespace weft::cli {

struct Captured {
  int status = 0;
  std::string out;
  std::string err;
};

inline Captured weft_command(std::vector<std::string> words, bool is_terminal = false,
                             const std::string& directory = "/") {
  std::ostringstream out;
  std::ostringstream err;
  Captured captured;
  captured.status = run_command(std::move(words), {.out = out,
                                                   .err = err,
                                                   .out_is_terminal = is_terminal,
                                                   .err_is_terminal = is_terminal,
                                                   .directory = directory});
  captured.out = out.str();
  captured.err = err.str();
  return captured;
}

/// The path of a test module that the build made.
inline std::string test_module(const std::string& name) {
  const char* build = std::getenv("WEFT_BUILD_DIR");
  return std::string(build ? build : "build/dev") + "/modules/" + name + ".so";
}

/// A folder of its own for a test, gone afterwards.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-cli-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  static std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace weft::cli
