/// Files opened for reading: clear errors for what cannot be opened, decompression, bytes counted.
#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weft/read.h"

namespace weft {

/// What tells that a file is still the one whose schema was read.
struct FileIdentity {
  int64_t size = 0;
  int64_t modified_ns = 0;
  uint64_t inode = 0;

  bool operator==(const FileIdentity&) const = default;
};

/// Checks that `path` is a regular file that may be read and holds at least one byte; `format` is
/// for the message. Throws Error(kNotFound) with the nearest name in its folder, kIo, kBadData.
FileIdentity check_file(const std::string& path, std::string_view format);
/// Throws Error(kIo) if the file is no longer the one that was checked.
void check_unchanged(const std::string& path, const FileIdentity& identity);
/// Error(kNotFound) for a path, with the nearest name in its folder.
Error missing_file(const std::string& path);

std::shared_ptr<arrow::io::RandomAccessFile> open_file(const std::string& path,
                                                       std::shared_ptr<ReadStats> stats);
/// Decompressed by the end of the name: .gz, .zst, .bz2, .lz4.
std::shared_ptr<arrow::io::InputStream> open_stream(const std::string& path,
                                                    std::shared_ptr<ReadStats> stats);
/// "x.csv" of "x.csv.gz".
std::string without_compression(const std::string& path);
/// ".csv" of "a/x.CSV.gz"; "" if there is none.
std::string extension_of(const std::string& path);

/// Throws Error(kIo) where the operating system refused, else kBadData: "<path> is damaged or no
/// <format> file: ...".
void throw_if_unreadable(const arrow::Status& status, const std::string& path,
                         std::string_view format);

}  // namespace weft
