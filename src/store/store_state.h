/// What a feature store holds while it is open.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "online/online_store.h"
#include "registry/records.h"
#include "store/request.h"
#include "store/run_log.h"
#include "store/view_rows.h"
#include "weft/delta_table.h"

namespace weft {

struct RegistryPlan;

/// The store of latest values that the options name.
std::shared_ptr<OnlineStore> open_online_store(const StoreOptions& options);
/// What a view is called there.
inline std::string online_name(const std::string& project, const std::string& view) {
  return project + "/" + view;
}
/// The folder of latest values where they are in LMDB.
inline std::string lmdb_folder(const StoreOptions& options) {
  return options.directory + "/online";
}

struct FeatureStore::State {
  State(Driver d, StoreOptions o);

  Driver driver;
  StoreOptions options;

  /// What stands; made anew by apply() and refresh().
  std::shared_ptr<const Standing> standing() const;
  void stand(std::shared_ptr<const Standing> standing);
  /// The registry; `create` makes folder and file if they are not there, else it is an empty one.
  Registry& registry(bool create);
  /// Opened when first needed. Throws Error(kNotFound) where nothing was applied yet.
  const std::shared_ptr<OnlineStore>& online();
  RunLog& runs();
  /// The changed views of a plan that were online, each with the end of what was.
  std::vector<std::pair<std::string, Time>> to_recompute(const RegistryPlan& plan);
  /// Puts a plan into the registry, makes it what stands, and purges what it removes.
  std::vector<std::string> make_stand(Registry& registry, const RegistryPlan& plan,
                                      const ApplyOptions& options);
  /// Notes in the registry that somebody reads, at most once a minute each service and view.
  void note_read(const ResolvedRequest& request);
  ViewReader reader(const Standing& standing) const { return {driver, options, standing}; }
  /// The view's number in the online store, its features defined as they stand.
  OnlineViewId online_view(const Standing& standing, const FeatureView& view);
  /// Its columns there, each with its type and fingerprint.
  std::vector<OnlineColumn> online_columns(const Standing& standing, const FeatureView& view);
  std::string online_name(const std::string& view) const {
    return weft::online_name(options.project, view);
  }

  Time now() const { return options.clock->now(); }

  /// A record of something that writes, not yet begun; begun now; and its end.
  StoreRun record(const Standing& standing, const char* what, const std::string& name) const;
  StoreRun begun(const Standing& standing, const char* what, const std::string& name);
  void end(StoreRun& run);

  /// Calls write with the table of what was pushed or written to a source; one caller at a time.
  template <class Write>
  void with_written_rows(const std::string& source, Write write) {
    std::unique_lock lock(mutex_);
    auto& slot = written_[source];
    if (!slot) slot = std::make_unique<WrittenRows>();
    WrittenRows& rows = *slot;
    lock.unlock();
    const std::scoped_lock own(rows.mutex);
    write(rows.table);
  }

 private:
  void require_folder() const;

  struct WrittenRows {
    std::mutex mutex;
    std::optional<DeltaTable> table;
  };
  mutable std::mutex mutex_;
  std::unique_ptr<Registry> registry_;
  bool registry_is_kept_ = false;  // else it is an empty one in memory
  std::shared_ptr<const Standing> standing_;
  std::shared_ptr<OnlineStore> online_;
  std::unique_ptr<RunLog> runs_;
  std::map<std::string, std::unique_ptr<WrittenRows>> written_;
  std::map<DefinitionId, Time> noted_;
};

}  // namespace weft
