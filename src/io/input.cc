#include "io/input.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <arrow/util/io_util.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "base/file.h"
#include "base/nearest_name.h"
#include "data/arrow.h"

namespace weft {
namespace {

// Counts the bytes that pass. Reads at a place may come from several threads at once.
class CountingFile : public arrow::io::RandomAccessFile {
 public:
  CountingFile(std::shared_ptr<arrow::io::ReadableFile> file, std::shared_ptr<ReadStats> stats)
      : file_(std::move(file)), stats_(std::move(stats)) {}
  ~CountingFile() override { static_cast<void>(file_->Close()); }

  arrow::Status Close() override { return file_->Close(); }
  bool closed() const override { return file_->closed(); }
  arrow::Result<int64_t> Tell() const override { return file_->Tell(); }
  arrow::Result<int64_t> GetSize() override { return file_->GetSize(); }
  arrow::Status Seek(int64_t position) override { return file_->Seek(position); }
  arrow::Result<int64_t> Read(int64_t n, void* out) override { return count(file_->Read(n, out)); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t n) override {
    return count(file_->Read(n));
  }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t n, void* out) override {
    return count(file_->ReadAt(position, n, out));
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t n) override {
    return count(file_->ReadAt(position, n));
  }

 private:
  arrow::Result<int64_t> count(arrow::Result<int64_t> n) {
    if (stats_ && n.ok()) stats_->bytes += *n;
    return n;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> count(
      arrow::Result<std::shared_ptr<arrow::Buffer>> buffer) {
    if (stats_ && buffer.ok()) stats_->bytes += (*buffer)->size();
    return buffer;
  }

  std::shared_ptr<arrow::io::ReadableFile> file_;
  std::shared_ptr<ReadStats> stats_;
};

struct Suffix {
  std::string_view text;
  arrow::Compression::type codec;
};
constexpr Suffix kSuffixes[] = {{".gz", arrow::Compression::GZIP},
                                {".zst", arrow::Compression::ZSTD},
                                {".bz2", arrow::Compression::BZ2},
                                {".lz4", arrow::Compression::LZ4_FRAME}};

FileIdentity identity_of(const struct stat& found) {
  return {found.st_size, found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec,
          static_cast<uint64_t>(found.st_ino)};
}

}  // namespace

Error missing_file(const std::string& path) {
  std::string hint;
  try {
    std::vector<std::string> names = list_folder(folder_of(path));
    for (std::string& name : names) {
      if (name.ends_with('/')) name.pop_back();
    }
    hint = did_you_mean(file_name_of(path), names);
    if (hint.empty()) hint = fmt::format("; {} has {} other names", folder_of(path), names.size());
  } catch (const Error&) {
    hint = fmt::format("; there is no folder {}", folder_of(path));
  }
  return Error(ErrorCode::kNotFound, fmt::format("there is no file {}{}", path, hint));
}

FileIdentity check_file(const std::string& path, std::string_view format) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) throw missing_file(path);
    throw file_error("read", path, errno);
  }
  if (S_ISDIR(found.st_mode)) {
    throw Error(ErrorCode::kIo,
                fmt::format("cannot read {}: it is a folder, expected a {} file", path, format));
  }
  if (!S_ISREG(found.st_mode)) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("cannot read {}: it is no regular file, and a table may be read more "
                            "than once; copy it to a file first",
                            path));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw file_error("read", path, errno);
  ::close(fd);
  if (found.st_size == 0) {
    throw Error(ErrorCode::kBadData,
                fmt::format("{} is empty (0 bytes), expected a {} file", path, format));
  }
  return identity_of(found);
}

void check_unchanged(const std::string& path, const FileIdentity& identity) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) throw file_error("read", path, errno);
  if (identity_of(found) != identity) {
    throw Error(ErrorCode::kIo,
                fmt::format("{} was changed after its schema was read; read the table anew", path));
  }
}

std::shared_ptr<arrow::io::RandomAccessFile> open_file(const std::string& path,
                                                       std::shared_ptr<ReadStats> stats) {
  auto file = arrow::io::ReadableFile::Open(path);
  throw_if_unreadable(file.status(), path, "readable");
  return std::make_shared<CountingFile>(std::move(file).ValueUnsafe(), std::move(stats));
}

std::shared_ptr<arrow::io::InputStream> open_stream(const std::string& path,
                                                    std::shared_ptr<ReadStats> stats) {
  auto file = open_file(path, std::move(stats));
  for (const auto& [suffix, type] : kSuffixes) {
    if (!path.ends_with(suffix)) continue;
    const auto codec = value_or_throw(arrow::util::Codec::Create(type), "reading " + path);
    return value_or_throw(arrow::io::CompressedInputStream::Make(codec.get(), std::move(file)),
                          "reading " + path);
  }
  return file;
}

std::string without_compression(const std::string& path) {
  for (const Suffix& suffix : kSuffixes) {
    if (path.ends_with(suffix.text)) return path.substr(0, path.size() - suffix.text.size());
  }
  return path;
}

std::string extension_of(const std::string& path) {
  const std::string name = file_name_of(without_compression(path));
  const size_t dot = name.find_last_of('.');
  if (dot == name.npos || dot == 0) return "";
  std::string extension = name.substr(dot);
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

void throw_if_unreadable(const arrow::Status& status, const std::string& path,
                         std::string_view format) {
  if (status.ok()) return;
  if (const int code = arrow::internal::ErrnoFromStatus(status)) {
    throw file_error("read", path, code);
  }
  if (status.IsOutOfMemory() || status.IsCancelled() || status.IsNotImplemented()) {
    throw_if_failed(status, "reading " + path);
  }
  throw Error(ErrorCode::kBadData,
              fmt::format("{} is damaged or no {} file: {}", path, format, status.message()));
}

}  // namespace weft
