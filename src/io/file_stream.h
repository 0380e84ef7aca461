/// Arrow's output stream over an AtomicFile.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <exception>
#include <string>

#include "base/file.h"

namespace weft {

/// Nothing is visible before commit(). What the file throws is kept, since it may not pass through
/// Arrow, and given again by rethrow(). Not thread-safe.
class FileStream : public arrow::io::OutputStream {
 public:
  FileStream(const std::string& path, Overwrite overwrite, FileOps& ops, Durable durable);

  arrow::Status Write(const void* data, int64_t n) override;
  arrow::Status Flush() override;
  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }

  void commit();
  void rethrow() const;
  int64_t size() const { return position_; }

 private:
  void flush_buffer();
  template <class F>
  arrow::Status kept(F&& call);

  AtomicFile file_;
  std::string buffer_;
  std::exception_ptr error_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace weft
