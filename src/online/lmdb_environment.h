/// An LMDB environment: one open per folder and process, transactions, a map that grows.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "online/online_store.h"

namespace weft {

class LmdbRead;

/// A transaction that writes, within LmdbEnvironment::update(). What get() gives is valid until the
/// next put() or erase().
class LmdbWrite {
 public:
  std::optional<std::string_view> get(std::string_view key);
  void put(std::string_view key, std::string_view value);
  bool erase(std::string_view key);
  /// The first entry whose key is at least `key`.
  std::optional<std::pair<std::string_view, std::string_view>> first_from(std::string_view key);

 private:
  friend class LmdbEnvironment;
  LmdbWrite(const std::string& folder, MDB_txn* txn, MDB_dbi dbi);
  ~LmdbWrite();
  [[noreturn]] void fail(int status) const;

  const std::string& folder_;
  MDB_cursor* cursor_ = nullptr;
};

/// Thread-safe. LMDB allows one environment per file and process, and its map to be made larger
/// only while nobody in the process is in a transaction; both are seen to here.
class LmdbEnvironment {
 public:
  /// The one that is open for this folder, or a new one.
  static std::shared_ptr<LmdbEnvironment> open(const std::string& folder,
                                               const LmdbOptions& options);
  ~LmdbEnvironment();
  LmdbEnvironment(const LmdbEnvironment&) = delete;
  LmdbEnvironment& operator=(const LmdbEnvironment&) = delete;

  /// Calls `change` in a transaction and commits it, durably; once more from the start if the map
  /// must grow. Whatever it throws leaves everything as it was.
  void update(const std::function<void(LmdbWrite&)>& change);
  void sync();
  const std::string& folder() const { return folder_; }

 private:
  friend class LmdbRead;
  LmdbEnvironment(std::string folder, const LmdbOptions& options);
  void check_file();
  bool try_update(const std::function<void(LmdbWrite&)>& change);
  int begin_write(MDB_txn*& txn);
  // 0: as large as another process has made it. write_mutex_ is held.
  void resize(size_t bytes);
  void enter(LmdbRead& reader);
  void leave(LmdbRead& reader) noexcept;
  [[noreturn]] void fail(const char* doing, int status) const;

  std::string folder_;
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  std::mutex write_mutex_;  // one write transaction, or resize, at a time

  // Readers in a transaction hold the map where it is.
  std::mutex gate_mutex_;
  std::condition_variable gate_changed_;
  std::vector<LmdbRead*> readers_;
  std::atomic<bool> resizing_ = false;
  bool broken_ = false;  // the map is gone
};

/// A transaction that reads, begun again and again. Not thread-safe.
class LmdbRead {
 public:
  explicit LmdbRead(std::shared_ptr<LmdbEnvironment> environment);
  ~LmdbRead();
  LmdbRead(const LmdbRead&) = delete;
  LmdbRead& operator=(const LmdbRead&) = delete;

  void begin();
  void end() noexcept;
  /// Only between begin() and end(); what is given is valid until end().
  std::optional<std::string_view> get(std::string_view key) {
    MDB_val k{key.size(), const_cast<char*>(key.data())}, value;
    const int status = mdb_get(txn_, environment_->dbi_, &k, &value);
    if (status == MDB_SUCCESS) {
      return std::string_view(static_cast<const char*>(value.mv_data), value.mv_size);
    }
    if (status != MDB_NOTFOUND) environment_->fail("read", status);
    return std::nullopt;
  }
  /// Entries from the first whose key is at least `from`, until `visit` returns false.
  void walk(std::string_view from,
            const std::function<bool(std::string_view, std::string_view)>& visit);

 private:
  friend class LmdbEnvironment;
  std::shared_ptr<LmdbEnvironment> environment_;
  MDB_txn* txn_ = nullptr;
  bool open_ = false;
  alignas(64) std::atomic<bool> inside_ = false;
};

}  // namespace weft
