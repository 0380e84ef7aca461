#include "io/file_stream.h"

#include <arrow/status.h>

namespace weft {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

}  // namespace

FileStream::FileStream(const std::string& path, Overwrite overwrite, FileOps& ops, Durable durable)
    : file_(path, overwrite, ops, durable) {
  buffer_.reserve(kBufferBytes);
}

template <class F>
arrow::Status FileStream::kept(F&& call) {
  if (error_) return arrow::Status::IOError("an earlier write failed");
  try {
    call();
    return arrow::Status::OK();
  } catch (const std::exception& e) {
    error_ = std::current_exception();
    return arrow::Status::IOError(e.what());
  }
}

arrow::Status FileStream::Write(const void* data, int64_t n) {
  return kept([&] {
    const std::string_view bytes(static_cast<const char*>(data), static_cast<size_t>(n));
    position_ += n;
    if (buffer_.size() + bytes.size() > kBufferBytes) flush_buffer();
    if (bytes.size() >= kBufferBytes) {
      file_.write(bytes);
    } else {
      buffer_ += bytes;
    }
  });
}

arrow::Status FileStream::Flush() {
  return kept([&] { flush_buffer(); });
}

arrow::Status FileStream::Close() {
  closed_ = true;
  return Flush();
}

void FileStream::commit() {
  rethrow();
  flush_buffer();
  file_.commit();
}

void FileStream::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

void FileStream::flush_buffer() {
  file_.write(buffer_);
  buffer_.clear();
}

}  // namespace weft
