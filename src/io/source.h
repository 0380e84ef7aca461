/// Tables over files: what a format provides, and what all formats share (paths, folders, filters).
#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/pieces.h"
#include "weft/read.h"

namespace weft {

/// The rows of one opened file. Throws Error.
class BlockStream {
 public:
  virtual ~BlockStream() = default;
  /// The next rows, null at the end. A block may be empty.
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;
};

/// A row group that has been opened, to be read by one thread.
class OpenGroup {
 public:
  virtual ~OpenGroup() = default;
  /// All rows of the fields with these numbers, each once, in this order; at least one.
  virtual std::shared_ptr<arrow::Table> read(std::span<const int> fields) const = 0;
};

/// One file whose schema has been read. Immutable; holds no descriptor.
class DataFile {
 public:
  virtual ~DataFile() = default;
  /// As the file has it; types may be ones that Weft converts at the border.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  virtual std::optional<int64_t> num_rows() const { return {}; }
  /// The fields with these numbers, at least one. May leave out rows that `filter` rules out, whose
  /// conditions are bound and name fields of this file.
  virtual std::unique_ptr<BlockStream> open(std::span<const int> fields,
                                            const Filter& filter) const = 0;

  /// Does the file lie in row groups, each small enough to be held, that threads can read by
  /// themselves? The rest is only for such files.
  virtual bool in_groups() const { return false; }
  virtual int num_groups() const { return 0; }
  virtual int64_t group_rows(int /*group*/) const { return 0; }
  /// What is known of a field, as a value of `type`.
  virtual ValueRange group_range(int /*group*/, int /*field*/, Type /*type*/) const { return {}; }
  virtual std::unique_ptr<OpenGroup> open_group(int /*group*/) const { return nullptr; }
};

/// Opens a file of one format. It is called for all files of a table in path order, by one thread.
using OpenDataFile = std::function<std::unique_ptr<DataFile>(const std::string& path)>;

struct FilesOptions {
  std::string format;                   ///< for messages: "Parquet"
  std::vector<std::string> extensions;  ///< of files in a folder: ".parquet"
  std::vector<std::string> columns = {};
  Filter filter = {};
  bool fill_missing = false;
  std::shared_ptr<ReadStats> stats = nullptr;
};

/// The lazy table; all that can be checked without reading rows has been.
Table table_of_files(const Paths& paths, FilesOptions options, const OpenDataFile& open);

/// One value in all rows: what a folder's name gives, or null.
ColumnData constant_column(const Value& value, Type type, int64_t rows);
/// "%2F" and such as the characters they stand for; what is no such code stays.
std::string percent_decoded(std::string_view text);

/// One Parquet file. Throws Error(kNotFound, kIo, kBadData).
std::unique_ptr<DataFile> open_parquet_file(const std::string& path,
                                            std::shared_ptr<ReadStats> stats);

/// One file of a table, and the values its folders give.
struct FoundFile {
  std::string path;
  std::vector<std::pair<std::string, std::optional<std::string>>> partition;
};

/// Files in order. Throws Error(kNotFound) when nothing matches.
std::vector<FoundFile> find_files(const Paths& paths, const FilesOptions& options);

}  // namespace weft
