/// The latest values by key behind one interface: embedded in LMDB, over the network in Redis.
///
///   const auto store = open_lmdb_store("store/online");
///   const OnlineViewId view = store->define({"trip_stats", {{"driver_id", int64_type()}},
///                                            {{"km", double_type(), "f1"}}});
///   store->write(view, rows, {.event_time = "at"});
///
///   const auto reader = store->reader();            // once a thread
///   const auto km = reader->select({view, {{"km", double_type(), "f1"}}, 36h});
///   OnlineLookup lookup{.selection = km, .key = key};
///   reader->begin(now);
///   reader->read({&lookup, 1});
///   if (lookup.cells[0].status == OnlineStatus::kPresent) use(lookup.cells[0].slot);
///   reader->end();
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

namespace weft {

/// A feature of a view as it is kept, and the fingerprint of what makes it. A value that was
/// written under another type or fingerprint does not count for it: it reads as absent.
struct OnlineColumn {
  std::string name;
  Type type = nullptr;  ///< a scalar, or a list of scalars or of lists
  std::string fingerprint = {};

  bool operator==(const OnlineColumn&) const = default;
};

struct OnlineView {
  std::string name;
  Schema keys = {};  ///< none: one row for all
  std::vector<OnlineColumn> features = {};

  bool operator==(const OnlineView&) const = default;
};
/// Numbers of views are never given again, not even after a purge.
using OnlineViewId = uint32_t;

/// Which columns of the rows say when. Empty: there is none.
struct OnlineRowColumns {
  std::string event_time;       ///< a timestamp
  std::string known_time = {};  ///< a timestamp; none or null: before all others
  std::string sequence = {};    ///< int64; none or null: before all others
};

/// rows = written + older + no_key.
struct OnlineWriteReport {
  int64_t rows = 0;
  int64_t written = 0;
  int64_t older = 0;   ///< left out: a newer row of the key is there, or comes in the same call
  int64_t no_key = 0;  ///< left out: a key or the event time is null
};

enum class OnlineStatus : uint8_t {
  kPresent,
  kNull,      ///< the row says that it is null
  kNotFound,  ///< no row of this key
  kAbsent,    ///< there is a row, but this feature was not written, or under another fingerprint
  kExpired,   ///< the row's event time is before now - ttl
};

/// One feature of one key. `slot` holds the value as Native<T>::Stored does, texts and lists
/// borrowed; it is null unless the status is kPresent. It is valid until end().
struct OnlineCell {
  const void* slot = nullptr;
  OnlineStatus status = OnlineStatus::kNotFound;
};

/// Features of one view that a reader looks up together.
struct OnlineSelection {
  OnlineViewId view = 0;
  std::vector<OnlineColumn> features = {};
  /// Nothing: for ever; 0: rows of the very instant (or later) only.
  std::optional<Duration> ttl = {};
};

struct OnlineLookup {
  size_t selection = 0;       ///< in: what select() gave
  std::string_view key = {};  ///< in: what encode_key() or OnlineKeys makes (online_key.h)
  bool found = false;         ///< out: there is a row, expired or not
  Time event_time = {};       ///< out, if found
  Time known_time = {};       ///< out, if found; the least there is: none was given
  int64_t sequence = 0;       ///< out, if found; the same
  std::span<const OnlineCell> cells = {};  ///< out: one a feature of the selection
};

/// Reads many keys of many views at once. Not thread-safe: one a thread. A reader must not outlive
/// its store, and its thread must not call the store, nor begin() another reader, between begin()
/// and end(): a map that has to grow waits for readers.
class OnlineReader {
 public:
  virtual ~OnlineReader() = default;

  /// Prepares for these features; the number is for lookups. Not between begin() and end(). The
  /// view need not be defined (its rows are then not found).
  virtual size_t select(OnlineSelection selection) = 0;
  /// What is read until end() is one state of the store (LMDB), or each row is one (Redis). `now`
  /// decides what has expired. Throws Error(kIo).
  virtual void begin(Time now) = 0;
  /// One request for all of them; fills what is out. May be called again before end(): what was
  /// read before stays valid. Allocates nothing once warm (LMDB). Throws Error(kIo), and
  /// Error(kBadData) for a damaged row.
  virtual void read(std::span<OnlineLookup> lookups) = 0;
  /// Does nothing if there was no begin(); begin() does it first.
  virtual void end() noexcept = 0;
};

/// Thread-safe. Several processes may use one store; one of them writes at a time. Every call may
/// throw Error(kIo): the disk is full, the server is gone; Error(kBadData): what is stored is
/// damaged; and Error(kResourceLimit).
class OnlineStore {
 public:
  virtual ~OnlineStore() = default;

  /// Makes the view known, or gives a known one these features; no row is rewritten. Throws
  /// Error(kConflict) if its keys are others than those that its rows were written with (int32 and
  /// int64 are the same, float and double too): purge it first. Error(kUnsupported) for types that
  /// cannot be kept, Error(kInvalidArgument) for a name that comes twice.
  virtual OnlineViewId define(const OnlineView& view) = 0;
  virtual std::optional<OnlineViewId> find(std::string_view name) const = 0;
  /// As it was defined last. Throws Error(kNotFound).
  virtual OnlineView view(OnlineViewId id) const = 0;
  /// Names, sorted.
  virtual std::vector<std::string> views() const = 0;

  /// Keeps the newest row of each key by (event time, known time, sequence): an older one never
  /// replaces a newer one, an equal one does. `rows` has the key columns and any of the view's
  /// features (the others become absent); other columns are let be; types widen. Every
  /// kOnlineChunkRows rows are atomic and durable one after another (Redis: every
  /// kRedisBatchRows, and as durable as the server is set up). Throws Error(kNotFound) for a view
  /// or column that is not there, Error(kTypeMismatch).
  virtual OnlineWriteReport write(OnlineViewId view, const Table& rows,
                                  const OnlineRowColumns& columns) = 0;

  virtual std::unique_ptr<OnlineReader> reader() = 0;

  /// Removes all rows of a view and the view itself; how many rows there were. 0 if there is no
  /// such view.
  virtual int64_t purge(std::string_view name) = 0;
  /// Removes these features from all rows of a view, which is a walk over them; how many rows had
  /// one. Throws Error(kNotFound) for an unknown view; unknown features are let be.
  virtual int64_t purge_features(std::string_view name, std::span<const std::string> features) = 0;
  /// Removes the rows of these keys (the key columns of `keys`); how many there were.
  virtual int64_t forget(OnlineViewId view, const Table& keys) = 0;
  /// A walk over the view's keys.
  virtual int64_t num_keys(OnlineViewId view) const = 0;
  /// All rows in no certain order, for audits: the keys, then the columns named in `columns` (those
  /// with a name), then the view's features as defined now (absent: null). Rows that are written
  /// meanwhile may be seen or not, and Redis may give a row twice; each is whole. The store must
  /// outlive it.
  virtual std::unique_ptr<BatchReader> scan(OnlineViewId view, const OnlineRowColumns& columns) = 0;
  /// LMDB: returns when all that was written is on disk, which it is already. Redis: does nothing.
  virtual void sync() = 0;
  /// For messages: "LMDB store/online", "redis 127.0.0.1:6379/0" (never a password).
  virtual std::string describe() const = 0;
};

/// Rows that LMDB writes in one transaction, at most.
inline constexpr int64_t kOnlineChunkRows = 65'536;
/// Rows that Redis takes in one atomic step, at most.
inline constexpr int64_t kRedisBatchRows = 512;

struct LmdbOptions {
  /// Address space at first; it doubles when it is full. The file takes only what is used.
  int64_t map_bytes = int64_t{1} << 34;
  int readers_max = 1024;  ///< in all processes; the first that opens the store decides
};
/// The store in this folder, which is made if it is not there. Other processes may read and write
/// it; in one process all calls share one environment, which a forked child must not use. Not on a
/// network file system: LMDB's locks and its memory map do not work there. Throws Error(kBadData)
/// if it is damaged, Error(kUnsupported) if a newer Weft made it, Error(kIo).
std::unique_ptr<OnlineStore> open_lmdb_store(const std::string& folder,
                                             const LmdbOptions& options = {});

struct RedisOptions {
  std::string prefix = "weft";  ///< of all keys: stores of several projects in one database
  Duration connect_timeout = 2s;
  Duration timeout = 5s;    ///< of one answer
  Duration retry_for = 3s;  ///< how long a lost connection is tried again, with pauses
};
/// `redis://[[user]:password@]host[:port][/db]` or `unix:///path/redis.sock[?db=0]`. The server is
/// asked once; later a lost connection is made anew by whoever needs it. No cluster: a server that
/// answers MOVED is Error(kUnsupported). Throws Error(kInvalidArgument) for a URL that is none.
std::unique_ptr<OnlineStore> open_redis_store(const std::string& url,
                                              const RedisOptions& options = {});

}  // namespace weft
