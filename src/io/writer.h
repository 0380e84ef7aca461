/// What the writers of all formats share: atomic files and folders, partitions, encoders.
#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>
#include <arrow/util/type_fwd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "weft/write.h"

namespace weft {

/// Turns tables of one schema into the bytes of one file. Throws Error.
class FileEncoder {
 public:
  virtual ~FileEncoder() = default;
  virtual void write(const std::shared_ptr<arrow::Table>& rows) = 0;
  /// What ends the file.
  virtual void finish() = 0;
};
using MakeEncoder = std::function<std::unique_ptr<FileEncoder>(
    std::shared_ptr<arrow::io::OutputStream> out, const std::string& path, const Schema& schema)>;

struct WriterOptions {
  std::string extension;  ///< of the files of a partitioned write: ".parquet"
  std::vector<std::string> partition_by = {};
  IfExists if_exists = IfExists::kReplace;
  FileOps* ops = &FileOps::local();
};

std::unique_ptr<TableWriter> make_writer(const std::string& path, const Schema& schema,
                                         WriterOptions options, MakeEncoder make_encoder);

/// The formats' encoders.
MakeEncoder parquet_encoder(const ParquetWriteOptions& options);
MakeEncoder csv_encoder(const CsvWriteOptions& options);
MakeEncoder ipc_encoder(const IpcWriteOptions& options);
MakeEncoder json_encoder(const JsonWriteOptions& options);

/// `out` behind a compressor, if the path ends with .gz, .zst, .bz2 or .lz4.
std::shared_ptr<arrow::io::OutputStream> compressed(std::shared_ptr<arrow::io::OutputStream> out,
                                                    const std::string& path);

/// A key or value as a part of a folder's name; percent_decoded() reads it back.
std::string percent_encoded(std::string_view text);
/// How Arrow knows it.
arrow::Compression::type codec_of(Compression compression);

/// The table's schema as Arrow has it in files.
std::shared_ptr<arrow::Schema> schema_to_arrow(const Schema& schema);

}  // namespace weft
