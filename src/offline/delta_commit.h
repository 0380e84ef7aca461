/// Commits on top of what others commit meanwhile, and a table's state between them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "offline/delta_log.h"
#include "offline/delta_writer.h"
#include "weft/delta_table.h"

namespace weft::delta {

/// A commit to be, and what would contradict it.
struct Draft {
  std::string operation;
  Texts parameters;
  Actions actions;  ///< but for what it says of itself
  /// Reads nothing: any commit that leaves the schema as it is may come first.
  bool blind = false;
  /// Would it have changed rows of this file, that somebody added meanwhile? Empty: of none.
  std::function<bool(const AddFile&)> reads = {};
};

}  // namespace weft::delta

namespace weft {

struct DeltaTable::State {
  State(const std::string& path, const DeltaOptions& options_given);

  delta::Log log;
  DeltaOptions options;
  std::shared_ptr<const delta::Snapshot> snapshot;
  Schema schema;  ///< of the snapshot
  std::vector<std::string> cluster;

  FileOps& files() const { return delta::files_of(options); }
  int64_t now_ms() const { return delta::now_ms(options); }
  void show(delta::Snapshot next);

  /// What a transaction's repetition gives; nothing if it has not been committed.
  std::optional<DeltaCommit> committed_before(const DeltaCommitOptions& options) const;
  /// Commits the draft behind the snapshot, or behind what was committed since, and shows the
  /// result. Throws Error(kConflict); `keep_files` is set where the commit may stand although it
  /// threw, so that its files must stay.
  DeltaCommit commit(delta::Draft draft, const DeltaCommitOptions& options, bool& keep_files);
  /// Throws Error(kUnsupported) for tables that only grow.
  void check_removable() const;
  /// Throws Error(kUnsupported) where rows cannot be written again with all their columns.
  void check_rewritable() const;
};

}  // namespace weft
