/// Records of what wrote to a store: who, when, what range, how many rows.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "weft/store.h"

namespace weft {

/// Thread-safe; several processes may use one file. A run that was begun and not ended was
/// interrupted, or is under way.
class RunLog {
 public:
  /// Makes the file if there is none. Throws Error(kIo, kBadData).
  explicit RunLog(const std::string& path);

  /// Returns the run's number.
  int64_t begin(const StoreRun& run);
  /// How far it has come: rows of its input that are dealt with, and what became of them.
  void progress(const StoreRun& run);
  /// With `error`, and how long it took.
  void end(const StoreRun& run);

  /// Each materialize of the view that succeeded under this fingerprint, the newest first; at most
  /// the last thousand.
  std::vector<StoreRun> materialized(const std::string& view, const std::string& fingerprint);
  /// The latest event time up to which the view was brought online, under whatever fingerprint.
  std::optional<Time> materialized_until(const std::string& view);
  /// What the view's runs brought online is gone: materialized() no longer has them.
  void forget(const std::string& view);
  /// The newest one, if it was interrupted, and began to do the same from the same inputs, perhaps
  /// with an earlier end.
  std::optional<StoreRun> interrupted(const StoreRun& like);
  std::vector<StoreRun> newest(int64_t max);

 private:
  std::mutex mutex_;
  SqliteDatabase database_;
};

}  // namespace weft
