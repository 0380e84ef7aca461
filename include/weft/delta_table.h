/// Tables of history in the open Delta Lake format: appended to, changed, read as of any version.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/clock.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft {

class FileOps;

/// How a process works with a table; nothing of it is kept in the table.
struct DeltaOptions {
  /// About as large as data files become; compact() merges those that are smaller. A writer holds
  /// the rows of one file in memory while it sorts them.
  int64_t file_bytes = int64_t{64} << 20;
  Compression compression = Compression::kZstd;  ///< read by all engines; kLz4 reads fastest
  int64_t row_group_rows = 131'072;
  int64_t checkpoint_every = 10;          ///< versions; 0: never
  const Clock* clock = &Clock::system();  ///< of commits; outlives the table
  FileOps* files = nullptr;               ///< tests make calls fail; outlives the table
};

/// What a table is, when it is made. Names must not hold " ,;{}()\n\t=" nor differ only in case.
/// Types: bool, int32, int64, float, double, string, timestamp, duration (a long to other engines),
/// lists and structs of these.
struct DeltaCreate {
  Schema schema = {};
  /// Columns whose values give the folders, of types bool to timestamp; not all of the columns.
  /// Files of other values are not opened. NaN and the empty text cannot be stored in them.
  std::vector<std::string> partition_by = {};
  /// The UTC day of the timestamp column `second` as a column `first` of its own, a `date` to other
  /// engines and a timestamp here, by which the table is also partitioned. Rows are written without
  /// it; it stands behind the other columns.
  std::optional<std::pair<std::string, std::string>> partition_by_day = {};
  /// Rows of a file are sorted by these columns, nulls last: an entity's keys, then its time.
  std::vector<std::string> cluster_by = {};
  std::string name = "";
  std::string description = "";
  std::map<std::string, std::string> properties = {};
};

/// What a commit says of itself.
struct DeltaCommitOptions {
  /// A job's name and the number of its write, which grows: a write whose number, or a greater one,
  /// the job has already committed does nothing.
  std::optional<std::pair<std::string, int64_t>> transaction = {};
  std::string user_metadata = "";  ///< any text, kept in the history
};

struct DeltaAppend {
  bool grow_schema = false;   ///< columns that the table lacks are added; they are null before
  bool fill_missing = false;  ///< columns that the rows lack are null
  DeltaCommitOptions commit = {};
};

/// What is replaced: everything, or one of the following.
struct DeltaOverwrite {
  /// The rows that meet it. New rows must meet it, else Error(kInvalidArgument).
  Filter filter = {};
  /// The partitions of which there are new rows.
  bool partitions = false;
  /// The rows whose values of these columns are those of a new row; null agrees with nothing.
  std::vector<std::string> keys = {};
  bool grow_schema = false;
  bool fill_missing = false;
  DeltaCommitOptions commit = {};
};

struct DeltaRead {
  std::optional<int64_t> version = {};  ///< as it was then
  std::optional<Time> timestamp = {};   ///< the last version committed until then, inclusive
  std::vector<std::string> columns = {};
  Filter filter = {};  ///< files, then row groups, are passed over by partition and statistics
  std::shared_ptr<ReadStats> stats = nullptr;
};

struct DeltaCompact {
  Filter filter = {};  ///< on partition columns: only these partitions
  bool all = false;    ///< rewrites files that are large enough and sorted, too
  DeltaCommitOptions commit = {};
};

struct DeltaVacuum {
  Duration retention = std::chrono::hours(24 * 7);  ///< not negative
  bool dry_run = false;                             ///< only says what would be removed
};

struct DeltaVacuumResult {
  std::vector<std::string> files;  ///< paths in the table, sorted
  int64_t bytes = 0;
};

/// What a write did.
struct DeltaCommit {
  int64_t version = -1;            ///< the table's version that holds it
  bool already_committed = false;  ///< the transaction was there before: nothing was written
  int64_t rows_added = 0;          ///< of overwrite and removal without rows that were kept
  int64_t rows_removed = 0;        ///< -1: not known, a file's statistics lack it
  int64_t files_added = 0;
  int64_t files_removed = 0;
  int64_t bytes_added = 0;
  /// Why a checkpoint that was due was not written; the commit stands all the same.
  std::string checkpoint_problem = "";
};

/// One line of a table's history.
struct DeltaVersion {
  int64_t version = 0;
  Time time;              ///< to the millisecond; never before the former version's
  std::string operation;  ///< "CREATE TABLE", "WRITE", "DELETE", "OPTIMIZE", ...
  std::map<std::string, std::string> parameters;
  std::string user_metadata;
  std::string engine;
};

/// A folder of Parquet files and a log of commits (reader version 1, writer version 2). Tables of
/// DuckDB, Polars, Spark and delta-rs are read, checkpoints included; those that ask for column
/// mapping, deletion vectors or other features are Error(kUnsupported), which names them.
///
/// The object shows one version until refresh() or a write of its own. Not thread-safe; any number
/// of objects, threads and processes may read and write one table at once. A write is one commit:
/// it is durable and seen as a whole, or not at all. Writes that nobody else's contradicts are
/// repeated on top of the newer version; where another commit removed what this one read, or added
/// rows that it would have changed, it is Error(kConflict), which names the commit, and nothing has
/// changed. All functions throw Error(kIo), and kBadData for a damaged table.
class DeltaTable {
 public:
  /// Throws Error(kAlreadyExists), kInvalidArgument.
  static DeltaTable create(const std::string& path, const DeltaCreate& what,
                           const DeltaOptions& options = {});
  /// Throws Error(kNotFound) where there is no table.
  static DeltaTable open(const std::string& path, const DeltaOptions& options = {});
  static bool exists(const std::string& path);
  ~DeltaTable();
  DeltaTable(DeltaTable&&) noexcept;
  DeltaTable& operator=(DeltaTable&&) noexcept;

  /// To the newest version; true if it is another one.
  bool refresh();

  const std::string& path() const;
  int64_t version() const;
  /// As read() gives it. Columns of types that Weft has not (maps) are left out.
  const Schema& schema() const;
  const std::vector<std::string>& partition_columns() const;
  const std::vector<std::string>& cluster_columns() const;
  const std::string& name() const;
  const std::string& description() const;
  const std::map<std::string, std::string>& properties() const;
  /// By the files' statistics; nothing if one lacks it.
  std::optional<int64_t> num_rows() const;
  int64_t num_files() const;
  int64_t byte_size() const;  ///< of its files
  /// The number of the last write of a job, if it has written: see DeltaCommitOptions::transaction.
  std::optional<int64_t> transaction(const std::string& job) const;
  /// The newest first, at most `limit` (0: all that the log still has).
  std::vector<DeltaVersion> history(int64_t limit = 0) const;

  /// In a source, of a version that stays the same; block by block, file by file in the order in
  /// which they were committed. Throws Error(kNotFound) for a version, time or column that is not
  /// there, kInvalidArgument for both a version and a time.
  Table read(const DeltaRead& options = {}) const;

  /// Columns are matched by name and widened where types allow. Throws Error(kTypeMismatch).
  DeltaCommit append(const Table& rows, const DeltaAppend& options = {});
  DeltaCommit overwrite(const Table& rows, const DeltaOverwrite& options = {});
  /// The rows that meet the filter, which has a condition. Only files that may hold some are
  /// written anew.
  DeltaCommit remove_rows(const Filter& filter, const DeltaCommitOptions& options = {});
  /// The rows that agree with a row of `keys` in all of its columns; null agrees with nothing.
  DeltaCommit remove_rows(const Table& keys, const DeltaCommitOptions& options = {});
  /// Columns that come to the table, null in the rows it has. Throws Error(kAlreadyExists).
  DeltaCommit add_columns(const Schema& columns, const DeltaCommitOptions& options = {});
  /// Sets or replaces; an empty text takes one away.
  DeltaCommit set_properties(const std::map<std::string, std::string>& properties,
                             const DeltaCommitOptions& options = {});

  /// Merges small files and sorts unsorted ones, partition by partition; the rows stay the same.
  DeltaCommit compact(const DeltaCompact& options = {});
  /// Removes files that no version of the last `retention` holds, and those that writers left
  /// behind which ended before they committed, if they are as old. Older versions can then no
  /// longer be read.
  DeltaVacuumResult vacuum(const DeltaVacuum& options = {});
  /// Writes a checkpoint of this version, if there is none.
  void checkpoint();

  struct State;

 private:
  explicit DeltaTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The table below `path`, as DeltaTable::read gives it.
Table read_delta(const std::string& path, const DeltaRead& options = {});

}  // namespace weft
