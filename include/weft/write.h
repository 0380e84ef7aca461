/// Writers of CSV, Parquet, Arrow IPC and JSON lines files, all or nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/table.h"

namespace weft {

/// What becomes of an existing file or folder.
enum class IfExists : uint8_t {
  kReplace,  ///< it is replaced at once and as a whole when the new one is complete
  kFail,     ///< Error(kAlreadyExists), and it is left alone
};

/// Compression of files whose format has it built in.
enum class Compression : uint8_t { kNone, kZstd, kLz4, kSnappy, kGzip };

struct WriteResult {
  std::string path;
  int64_t rows = 0;
  int64_t bytes = 0;
  std::vector<std::string> files;  ///< [1], or the files of a partitioned write, sorted
};

/// Writes tables one under another. Nothing is visible under the path before commit(); destroyed
/// without it (or after an error), nothing is left and what was there before stays as it was.
/// Not thread-safe.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// Columns are matched by name and widened where types allow; a table in a source is read block
  /// by block. Throws Error(kTypeMismatch) for other columns, kIo (disk full, ...), kUnsupported.
  virtual void write(const Table& batch) = 0;
  /// Makes it durable and visible. Throws Error(kIo, kAlreadyExists); then nothing has changed.
  virtual WriteResult commit() = 0;
};

struct ParquetWriteOptions {
  Compression compression = Compression::kZstd;
  int compression_level = 1;  ///< of zstd and gzip
  int64_t row_group_rows = 262'144;
  /// Columns that become folders key=value below the path, which is then a folder.
  std::vector<std::string> partition_by = {};
  IfExists if_exists = IfExists::kReplace;
};

/// read_csv reads back what it writes: nulls are empty, texts are quoted where they need be (an
/// empty text, one that reads as null, with a delimiter, quote or line end), times are ISO 8601 in
/// UTC, durations "1h30m", lists and structs JSON. Compressed if the path ends with .gz or .zst.
struct CsvWriteOptions {
  char delimiter = ',';
  bool header = true;
  std::string null_text = "";
  std::vector<std::string> partition_by = {};  ///< see ParquetWriteOptions
  IfExists if_exists = IfExists::kReplace;
};

/// An Arrow IPC file, which is Feather version 2.
struct IpcWriteOptions {
  Compression compression = Compression::kLz4;  ///< kNone, kLz4 or kZstd
  int64_t batch_rows = 65'536;
  std::vector<std::string> partition_by = {};  ///< see ParquetWriteOptions
  IfExists if_exists = IfExists::kReplace;
};

/// One object a line; nulls are left out, NaN and infinities are the texts "NaN", "Infinity" and
/// "-Infinity". Compressed if the path ends with .gz or .zst.
struct JsonWriteOptions {
  std::vector<std::string> partition_by = {};  ///< see ParquetWriteOptions
  IfExists if_exists = IfExists::kReplace;
};

std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const ParquetWriteOptions& options);
std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const CsvWriteOptions& options);
std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const IpcWriteOptions& options);
std::unique_ptr<TableWriter> open_writer(const std::string& path, const Schema& schema,
                                         const JsonWriteOptions& options);

/// Opens a writer, writes the table and commits. A table in a source is streamed.
WriteResult write_parquet(const Table& table, const std::string& path,
                          const ParquetWriteOptions& options = {});
WriteResult write_csv(const Table& table, const std::string& path,
                      const CsvWriteOptions& options = {});
WriteResult write_ipc(const Table& table, const std::string& path,
                      const IpcWriteOptions& options = {});
WriteResult write_json(const Table& table, const std::string& path,
                       const JsonWriteOptions& options = {});

/// By extension, as read_table; with the format's own defaults.
WriteResult write_table(const Table& table, const std::string& path,
                        IfExists if_exists = IfExists::kReplace);

}  // namespace weft
