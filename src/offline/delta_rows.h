/// Rows of data files: which files may hold what a filter asks for, and reading them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/filter.h"
#include "io/source.h"
#include "offline/delta_log.h"
#include "offline/delta_statistics.h"
#include "weft/delta_table.h"

namespace weft::delta {

/// Where a file of the table lies.
std::string file_path(const std::string& table, const std::string& path);

/// The file's value of a partition column. Throws Error(kBadData).
Value partition_value(const AddFile& file, const Column& column);
/// False only if partition values or statistics tell that no row meets the bound filter.
bool may_hold(const Snapshot& snapshot, const AddFile& file, const Filter& filter);
/// What is known of a column in a file; of a partition column all.
ValueRange range_of(const Snapshot& snapshot, const AddFile& file, const FileStatistics& stats,
                    const Column& column);

/// Opens a data file of the snapshot. Throws Error(kNotFound, kIo, kBadData).
std::unique_ptr<DataFile> open_data_file(const std::string& path, const Snapshot& snapshot,
                                         std::shared_ptr<ReadStats> stats);

/// Reads rows of one file as columns of the table; those that the file lacks are null.
class FileRows : public BatchReader {
 public:
  /// `columns` are readable ones, at least one; `filter` is bound. What it names that is not in
  /// `columns` is read too and left out.
  FileRows(const std::string& table, std::shared_ptr<const Snapshot> snapshot,
           std::shared_ptr<const AddFile> file, std::span<const std::string> columns, Filter filter,
           std::shared_ptr<ReadStats> stats = nullptr);
  ~FileRows() override;
  std::optional<Table> next() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The lazy table of a snapshot. Throws Error(kNotFound, kTypeMismatch, kUnsupported).
Table table_of(const std::string& table, std::shared_ptr<const Snapshot> snapshot,
               const DeltaRead& options);

/// By statistics; nothing if a file lacks them.
std::optional<int64_t> count_rows(const AddFiles& files);

}  // namespace weft::delta
