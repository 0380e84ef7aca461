/// A feature store: definitions as they were applied, the history of their features, and the latest
/// values.
///
///   FeatureStore store(Driver({module()}), {.directory = "store", .project = "rides"});
///   store.apply();
///   store.materialize({.end = now});
///   Table training = store.get_historical_features({.service = "eta_v1"}, {spine, "at"});
///   Table answers = store.get_online_features({.service = "eta_v1"}, {{"driver_id", drivers}});
#pragma once

#include "weft/driver.h"
#include "weft/feature_store.h"
#include "weft/point_in_time.h"
#include "weft/sql_engine.h"

namespace weft {

struct StoreOptions {
  std::string directory = "store";  ///< registry, tables and latest values; made by apply()
  std::string project = "default";
  /// "postgresql://user@host/database", shared by several machines; empty: a file in the directory.
  std::string registry = {};
  /// "redis://host:port/0"; empty: LMDB in the directory, which other processes may read.
  std::string online = {};
  std::vector<std::string> definitions = {};  ///< files of entities, sources, views, services
  std::string root = {};  ///< where relative paths of sources start; empty: the working directory
  Values inputs = {};     ///< of nodes that sources name, and of definitions
  /// False: a latest value is given however old it is, as Feast does; ttl then holds in history
  /// only.
  bool online_ttl = true;
  const Clock* clock = &Clock::system();
};

/// Some features: of a service, or of views.
struct FeatureRequest {
  std::string service = {};
  std::vector<std::string> features = {};  ///< "view:feature"; not beside a service
  bool full_names = false;                 ///< they are called view__feature (or alias__feature)
};

/// What there is for one feature of one row of a request.
enum class FeatureStatus : uint8_t {
  kPresent,        ///< a value
  kNull,           ///< the newest row has a null there
  kNotFound,       ///< no row for the key, or none since the feature was changed
  kOutsideMaxAge,  ///< older than the view's ttl
  kInvalid,        ///< it could not be computed, or failed a check
};
/// Feast's names: "PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE", "INVALID".
std::string_view feature_status_name(FeatureStatus status);

/// What a request has to bring: keys of entities, and values for what is computed in the request.
struct OnlineInput {
  std::string name;
  Type type = nullptr;
  bool is_key = false;
  bool required = true;  ///< false: null, or the parameter's default, stands for it
};
/// What it gets.
struct OnlineOutput {
  std::string name;  ///< as asked for: "km", or "trips__km" with full names
  std::string feature;
  std::string view;  ///< empty: computed in the request
  Type type = nullptr;
};

/// How a request is answered: which views are read by which keys, what is computed. Immutable,
/// thread-safe, cheap to copy; stays what it is when definitions change (see
/// FeatureStore::version()).
class OnlinePlan {
 public:
  const std::vector<OnlineInput>& inputs() const;
  const std::vector<OnlineOutput>& outputs() const;
  /// Where each value comes from and how old it may be.
  std::string explain() const;

  struct State;
  explicit OnlinePlan(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const std::shared_ptr<const State>& state() const { return state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// Answers one request after another. A request is some rows of inputs, all answered out of one
/// state of the store. Not thread-safe: one a thread. Allocates only to grow.
class FeatureReader {
 public:
  explicit FeatureReader(OnlinePlan plan);
  ~FeatureReader();
  FeatureReader(FeatureReader&&) noexcept;

  const OnlinePlan& plan() const;
  /// Forgets the last request. All inputs are null.
  void begin(int64_t rows);
  /// The same, and the inputs are the columns of their names, as far as there are some.
  void begin(const Table& rows);
  /// `slot` is a Native<T>::Stored of the input's type; texts and lists are copied.
  void set_slot(int64_t row, size_t input, const void* slot);
  void set_value(int64_t row, size_t input, const Value& value);  ///< widened as needed
  /// Throws Error(kInvalidArgument) naming input and row for a key or required value that is null,
  /// Error(kIo) if the store does not answer, what functions throw.
  void run();

  /// After run(), until end() or begin(). Slots lie as Native<T>::Stored of the output's type; null
  /// unless the status is kPresent.
  int64_t rows() const;
  FeatureStatus status(int64_t row, size_t output) const;
  const void* slot(int64_t row, size_t output) const;
  /// Of the row that the value is from; the epoch where there is none or it was computed.
  Time event_time(int64_t row, size_t output) const;
  Value value(int64_t row, size_t output) const;
  /// The outputs as columns, in their order; what is not present is null.
  Table table() const;
  /// Lets go of the store's state, which it has to keep meanwhile: call it when the answer is
  /// written.
  void end();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

enum class PushTo : uint8_t { kOnline, kOffline, kBoth };

struct WriteReport {
  int64_t rows = 0;     ///< given
  int64_t offline = 0;  ///< added to history
  int64_t online = 0;   ///< latest values written, summed over views
  int64_t older = 0;    ///< left alone online, since what is there is newer
  std::vector<CheckReport> checks = {};
};

struct MaterializeOptions {
  std::vector<std::string> views = {};  ///< empty: all that are kept online
  std::optional<Time> start = {};       ///< nothing: from the first row on
  std::optional<Time> end = {};         ///< included; nothing: now
  /// Called after each block with the rows so far, of one view.
  std::function<void(const std::string& view, int64_t rows)> progress = {};
};

/// A record of something that wrote: what `weft runs` lists.
struct StoreRun {
  int64_t id = 0;
  std::string what;  ///< "materialize", "push", "write"
  std::string view;  ///< or source
  Time started = {};
  Duration took = {};
  std::string user = {};
  std::optional<Time> start = {};  ///< of the event times asked for
  std::optional<Time> end = {};
  int64_t rows = 0;     ///< read or given
  int64_t written = 0;  ///< online or to history
  int64_t older = 0;
  int64_t registry_version = 0;
  std::string fingerprint = {};  ///< of the view's features
  std::string inputs = {};       ///< version of what it was computed from; empty: not known
  bool ended = false;            ///< false: it is under way, or was interrupted
  std::string warning = {};      ///< of what it read: it is older than its source declares
  std::string error = {};        ///< empty: it succeeded, if it ended
};

/// What was removed of an entity, and what still holds it.
struct ForgetReport {
  struct Place {
    std::string where;  ///< "history of source trips", "latest values of view trip_stats"
    int64_t rows = 0;
  };
  std::vector<Place> removed = {};
  /// Sources' own files and tables, which are not the store's to change.
  std::vector<Place> still_held = {};
};

struct ApplyOptions {
  bool allow_destructive = false;
  bool allow_deprecated = false;  ///< services that take what was to go by now
  bool allow_other_code = false;  ///< of rollback(): features whose code was another then
  /// Views that were online and of which features changed are brought online again, as far as they
  /// were, and no others; false: these features read as not found until somebody materializes.
  bool recompute = true;
  std::string user = {};  ///< empty: of the process
  std::string note = {};
};

/// A project's store in one folder. Thread-safe; several processes may use one folder.
class FeatureStore {
 public:
  /// Throws Error(kIo, kBadData) for a folder that is damaged.
  explicit FeatureStore(Driver driver, StoreOptions options = {});
  ~FeatureStore();
  FeatureStore(FeatureStore&&) noexcept;

  /// Makes the driver's definitions and those of the files what stands. Returns what changed, a
  /// line each. Throws Error(kInvalidGraph, kConflict, kInvalidArgument, kUnsupported); see the
  /// registry. What throws while views are brought online again says that it was applied.
  std::vector<std::string> apply(const ApplyOptions& options = {});
  /// Makes what stood at a version stand again, as a new version. Throws what apply() throws, and
  /// Error(kConflict) for features whose code the driver no longer has, unless that is allowed:
  /// then they cannot be read until it is loaded again.
  std::vector<std::string> rollback(int64_t version, const ApplyOptions& options = {});
  /// What stands.
  StoreDefinitions definitions() const;
  /// The registry's version that stands; grows with each apply of the project.
  int64_t version() const;
  /// Looks whether somebody applied; if so, definitions() and new plans are of that.
  bool refresh();

  /// For each row of the spine the features that stood at its time, then what the service computes
  /// from them and from columns of the spine. See point_in_time_join().
  /// Throws Error(kNotFound) with the nearest name, Error(kConflict) if the code of a feature is
  /// not the one that was applied.
  Table get_historical_features(const FeatureRequest& request, const Spine& spine,
                                const PointInTimeOptions& options = {}) const;
  /// The features of every key as of one time; see latest_features().
  Table get_historical_features(const FeatureRequest& request, Time at,
                                const PointInTimeOptions& options = {}) const;
  /// For each view of the request, why the spine's row gets what it gets.
  std::vector<std::string> explain_historical_features(
      const FeatureRequest& request, const Spine& spine, int64_t row,
      const PointInTimeOptions& options = {}) const;

  /// The rows of a query over the engine's tables and those sources and views that it names and the
  /// engine has not, which are added: a source's rows, its files' and pushed ones, under its name;
  /// a view's history (keys, event time, features) as view_<name>, and under its own name where no
  /// source has it. Files that DuckDB reads as Weft does are read by DuckDB; features that the
  /// graph computes are computed by the code that was applied. See SqlEngine::query for what it
  /// throws, beside what reading the tables does. The driver outlives a lazy table.
  Table sql(SqlEngine& engine, const std::string& query, const SqlParameters& parameters = {},
            const SqlQueryOptions& options = {}) const;

  OnlinePlan online_plan(const FeatureRequest& request) const;
  /// The latest features of each row of keys and request values: the rows' columns, and those.
  Table get_online_features(const FeatureRequest& request, const Table& rows) const;

  /// Rows of a source, as they happen: added to its history (unless no view over it keeps one), and
  /// the views over it are computed and their latest values written. Durable and visible when it
  /// returns. A row that fails a check of a feature it enters is refused with all others of the
  /// push. Throws Error(kNotFound, kTypeMismatch, kCheckFailed).
  WriteReport push(const std::string& source, const Table& rows, PushTo to = PushTo::kBoth);
  /// Rows of keys, event time and features of a view that are computed already.
  WriteReport write_online(const std::string& view, const Table& rows);
  WriteReport write_offline(const std::string& source, const Table& rows);

  /// Brings the latest values of a range of event times online. Newer values stay; may be run
  /// again, and goes on where a run that was interrupted ended.
  std::vector<StoreRun> materialize(const MaterializeOptions& options = {});
  /// From where the last materialize of each view ended; rows that came late since are included.
  std::vector<StoreRun> materialize_incremental(const MaterializeOptions& options = {});
  /// Removes entities everywhere in the store: the rows that were pushed or written, their former
  /// versions too (which can then no longer be read), and latest values of all views that have the
  /// entity among their keys. `keys` has the entity's key columns. Throws Error(kNotFound) for an
  /// unknown entity or a missing column.
  ForgetReport forget(const std::string& entity, const Table& keys);

  /// Newest first.
  std::vector<StoreRun> runs(int64_t max = 100) const;

  struct State;

 private:
  void recompute(const std::vector<std::pair<std::string, Time>>& views);
  std::shared_ptr<State> state_;
};

}  // namespace weft
