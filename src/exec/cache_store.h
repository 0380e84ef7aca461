/// The result cache on disk: values by key, each checked when read, the least used evicted.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weft/driver.h"

struct sqlite3;

namespace weft {

/// What a key was made from, by name: a later miss is explained with it.
using CacheParts = std::map<std::string, std::string>;

/// A folder with `index.db` (SQLite) and `objects/ab/<hash>`, files named for the hash of their
/// bytes (docs/formats/cache.md). Thread-safe, and several processes may use one folder.
class CacheStore {
 public:
  struct Entry {
    std::string object;   ///< hash of the file's bytes
    std::string version;  ///< content_hash() of the value
    int64_t bytes = 0;
  };
  struct Kept {
    bool kept = false;
    std::string why_not = {};
    int64_t bytes = 0;
  };

  /// Makes the folder if it is not there, mends a damaged index by starting over, and removes files
  /// that a crash left without an entry. Throws Error(kIo).
  explicit CacheStore(const CacheOptions& options);
  ~CacheStore();
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;

  std::optional<Entry> find(const std::string& key);
  /// The value, checked; marks it as used. If it is damaged or gone the entry is dropped, and `why`
  /// says so.
  std::optional<Value> load(const std::string& key, const Entry& entry, std::string& why);
  /// Keeps a value, and evicts others if there is need. Throws Error(kUnsupported) for an object
  /// without a format, Error(kIo).
  Kept put(const std::string& key, const std::string& node, const CacheParts& parts,
           const Value& value, const std::string& version);
  /// What of these parts differs from those of the newest entry of the node.
  std::string explain_miss(const std::string& node, const CacheParts& parts);

  /// Of all objects.
  int64_t bytes();

 private:
  void open_index();
  void make_index();
  void execute(const char* sql);
  void drop(const std::string& key, const std::string& object);
  void evict(const std::string& but_key);
  void remove_orphans();
  std::string path_of(const std::string& object) const;

  CacheOptions options_;
  std::mutex mutex_;
  sqlite3* index_ = nullptr;
};

/// A value as the bytes of a file, and back. Throws Error(kUnsupported), Error(kBadData).
std::string value_to_bytes(const Value& value);
Value value_from_bytes(const std::string& bytes);

}  // namespace weft
