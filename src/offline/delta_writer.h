/// Writes rows as data files of a table: split by partition, sorted, with statistics.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "offline/delta_log.h"
#include "weft/delta_table.h"

namespace weft::delta {

/// Set on files whose rows are sorted by these columns, joined with ",".
inline constexpr char kSortedTag[] = "weft.sortedBy";

/// What the options say, or stands for them.
FileOps& files_of(const DeltaOptions& options);
int64_t now_ms(const DeltaOptions& options);

/// What rows become. `table` is the table's folder.
struct WriteLayout {
  std::string table;
  TableSchema schema;
  std::vector<std::string> partition_columns;
  std::vector<std::string> cluster_columns;  ///< those that the schema has
  int64_t indexed_columns = 32;              ///< the first ones have statistics; -1: all
  DeltaOptions options;
};
WriteLayout layout_of(const std::string& table, const Snapshot& snapshot,
                      const DeltaOptions& options);

/// The files are durable when finish() returns and belong to nobody until they are committed:
/// destroyed without release(), it removes them. Not thread-safe.
class DataWriter {
 public:
  /// `one_file`: all rows of a partition go to one file, however large.
  explicit DataWriter(WriteLayout layout, bool one_file = false);
  ~DataWriter();
  DataWriter(const DataWriter&) = delete;
  DataWriter& operator=(const DataWriter&) = delete;

  /// Rows in memory that have been conformed to the schema.
  void write(const Table& rows);
  AddFiles finish();
  void release() { release_ = true; }
  int64_t rows() const { return rows_; }
  int64_t bytes() const { return bytes_; }

 private:
  struct Part {
    PartitionTexts values;
    std::vector<Table> blocks;
    int64_t bytes = 0;  // in memory
  };

  void add_block(const PartitionTexts& values, const Table& rows);
  void flush(Part& part);
  void write_file(const Part& part, const Table& rows);
  void make_folders(const std::string& path);

  WriteLayout layout_;
  bool one_file_;
  std::map<PartitionTexts, Part> parts_;
  int64_t buffered_ = 0;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
  AddFiles files_;
  std::vector<std::string> made_;  // paths
  bool release_ = false;
};

/// Which columns rows may lack or have too many.
struct Conform {
  bool grow_schema = false;
  bool fill_missing = false;
};
/// The schema with columns that `rows` have and it lacks; the same if none. Throws
/// Error(kTypeMismatch) for what cannot be.
TableSchema grown(const TableSchema& schema, const Schema& rows, const Conform& how,
                  const std::string& table);
/// Rows as the columns of `schema` that Weft has; days are computed. Throws Error(kTypeMismatch),
/// kBadData for a null where there must be none.
Table conformed(const Table& rows, const TableSchema& schema, const Conform& how,
                const std::string& table);

}  // namespace weft::delta
