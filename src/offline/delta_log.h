/// A Delta Lake log: which versions there are, what the table is in each, and the next commit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "offline/delta_actions.h"
#include "offline/delta_schema.h"
#include "weft/types.h"

namespace weft {
class FileOps;
}

namespace weft::delta {

inline constexpr char kLogFolder[] = "_delta_log";
/// The property that names the columns by which rows lie in files, joined with ",".
inline constexpr char kClusterKey[] = "weft.clusterBy";

/// A table as it is in one version. Immutable once it is shared.
struct Snapshot {
  int64_t version = -1;
  Protocol protocol;
  Metadata metadata;
  TableSchema schema;
  AddFiles files;  ///< in the order in which they came
  std::vector<RemoveFile> removed;
  std::map<std::string, Transaction> transactions;

  /// Names of columns by which rows lie in files; may name ones that are not there.
  std::vector<std::string> cluster_columns() const;
  bool is_partition_column(std::string_view name) const;
  /// Throws Error(kUnsupported) for what a reader would have to know, and a writer.
  void check_readable(const std::string& where) const;
  void check_writable(const std::string& where) const;
  /// All of it, as a checkpoint has it, but for files removed before `removed_after_ms`.
  Actions actions(int64_t removed_after_ms) const;
};

/// Names in a log. Thread-safe.
class Log {
 public:
  /// `path`: the table's folder.
  explicit Log(std::string path) : table_(std::move(path)), folder_(table_ + "/" + kLogFolder) {}

  const std::string& table() const { return table_; }
  const std::string& folder() const { return folder_; }
  std::string commit_path(int64_t version) const;
  std::string checkpoint_path(int64_t version) const;

  struct Checkpoint {
    int64_t version = 0;
    std::vector<std::string> parts;  ///< paths
  };
  struct Listing {
    std::vector<int64_t> commits;         ///< ascending
    std::vector<Checkpoint> checkpoints;  ///< complete ones, ascending
    int64_t newest() const;               ///< -1: none
  };
  /// Throws Error(kNotFound) where there is no table.
  Listing list() const;

  /// The newest version, or the one asked for. Throws Error(kNotFound) for one that is not there,
  /// or no longer, kBadData for a log with a gap.
  Snapshot load(std::optional<int64_t> version = {}) const;
  /// The commits behind `version`, one after the other, as long as there are any.
  std::vector<std::pair<int64_t, Actions>> commits_after(int64_t version) const;
  /// When each version that the log still has was committed, in ms, never before the former one.
  std::vector<std::pair<int64_t, int64_t>> commit_times() const;
  /// Throws Error(kNotFound) for a time before the first version.
  int64_t version_at(Time time) const;
  CommitInfo commit_info(int64_t version) const;
  Actions commit_actions(int64_t version) const;

  /// Throws Error(kAlreadyExists) if somebody else made this version, and nothing has changed;
  /// another Error if the commit failed: `stands` then says whether the version is there all the
  /// same, and only its survival of a loss of power is in doubt.
  void commit(int64_t version, const Actions& actions, FileOps& ops, bool& stands) const;
  /// A Parquet checkpoint and the file that names it.
  void write_checkpoint(const Snapshot& snapshot, int64_t now_ms, FileOps& ops) const;

 private:
  std::string table_;
  std::string folder_;
};

/// `snapshot` with the commit of the version behind it.
void apply(const Actions& actions, int64_t version, const std::string& where, Snapshot& snapshot);

/// Reads the actions of one Parquet file of a checkpoint.
void read_checkpoint_part(const std::string& path, Actions& out);
void write_checkpoint_file(const std::string& path, const Actions& actions, FileOps& ops);

/// "interval 7 days" in microseconds; nothing if it is none.
std::optional<Duration> parse_interval(std::string_view text);
/// How long removed files are kept: the table's property, or a week.
Duration retention_of(const Snapshot& snapshot);

}  // namespace weft::delta
