/// A folder for a test's files, gone at the end.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"

namespace weft {

class ScratchFolder {
 public:
  ScratchFolder() {
    // In memory where there is such a place: tests sync many small files.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    const std::filesystem::path place =
        memory ? std::string("/dev/shm") : std::filesystem::temp_directory_path().string();
    std::string name = (place / "weft-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  /// The path of a file in it; folders on the way are made.
  std::string operator/(const std::string& name) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(folder_of(path));
    return path;
  }
  /// The same, with this text in it.
  std::string with(const std::string& name, std::string_view text) const {
    const std::string path = *this / name;
    write_file(path, text);
    return path;
  }
  /// How many names it and the folders below hold, hidden ones too.
  int64_t count() const {
    int64_t n = 0;
    for ([[maybe_unused]] const auto& e : std::filesystem::recursive_directory_iterator(path_)) ++n;
    return n;
  }

 private:
  std::string path_;
};

}  // namespace weft
