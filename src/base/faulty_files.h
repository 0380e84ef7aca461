/// File calls that fail on demand, for tests of what survives.
#pragma once

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/file.h"

namespace weft {

class FaultyFiles : public FileOps {
 public:
  bool no_unnamed = false;     ///< as on file systems without O_TMPFILE
  bool no_exchange = false;    ///< as on file systems that cannot swap names
  int64_t bytes_left = -1;     ///< then the disk is full; -1: never
  size_t write_bytes_max = 0;  ///< of one call; 0: any
  int sync_error = 0;
  int rename_error = 0;
  int link_error = 0;
  int interrupts = 0;  ///< writes that are interrupted first

  int open_unnamed(const std::string& folder, int& fd) override {
    return no_unnamed ? EOPNOTSUPP : FileOps::open_unnamed(folder, fd);
  }
  int write(int fd, const char* data, size_t n, size_t& written) override {
    if (interrupts > 0) {
      --interrupts;
      written = 0;
      return EINTR;
    }
    if (write_bytes_max > 0) n = std::min(n, write_bytes_max);
    if (bytes_left >= 0) {
      if (bytes_left == 0) return ENOSPC;
      n = std::min(n, static_cast<size_t>(bytes_left));
    }
    const int status = FileOps::write(fd, data, n, written);
    if (bytes_left >= 0) bytes_left -= static_cast<int64_t>(written);
    return status;
  }
  int sync(int fd) override { return sync_error ? sync_error : FileOps::sync(fd); }
  int sync_all(const std::string& path) override {
    return sync_error ? sync_error : FileOps::sync_all(path);
  }
  int link(int fd, const std::string& path) override {
    return link_error ? link_error : FileOps::link(fd, path);
  }
  int rename(const std::string& from, const std::string& to) override {
    return rename_error ? rename_error : FileOps::rename(from, to);
  }
  int rename_new(const std::string& from, const std::string& to) override {
    return rename_error ? rename_error : FileOps::rename_new(from, to);
  }
  int exchange(const std::string& a, const std::string& b) override {
    return no_exchange ? EINVAL : FileOps::exchange(a, b);
  }
};

}  // namespace weft
