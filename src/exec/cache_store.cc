#include "exec/cache_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "exec/content_hash.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kBusyTimeoutMs = 60'000;
constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS entry("
    "  key TEXT PRIMARY KEY, node TEXT NOT NULL, parts TEXT NOT NULL, object TEXT NOT NULL,"
    "  version TEXT NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS entry_used ON entry(used);"
    "CREATE INDEX IF NOT EXISTS entry_node ON entry(node, used);"
    "CREATE INDEX IF NOT EXISTS entry_object ON entry(object);";

[[noreturn]] void fail(sqlite3* index, std::string_view doing) {
  throw Error(ErrorCode::kIo, fmt::format("cannot {} the index of the cache: {}", doing,
                                          index ? sqlite3_errmsg(index) : "no memory"));
}

bool is_damaged(int code) {
  code &= 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

// One statement with its parameters; values of the row it stands on.
class Statement {
 public:
  Statement(sqlite3* index, const char* sql) : index_(index) {
    if (sqlite3_prepare_v2(index, sql, -1, &statement_, nullptr) != SQLITE_OK) fail(index, "ask");
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text) {
    sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& bind(int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  bool next() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail(index_, "use");
    return code == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
  }
  int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3* index_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* index) : index_(index) { run("BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (open_) sqlite3_exec(index_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    run("COMMIT");
    open_ = false;
  }

 private:
  void run(const char* sql) const {
    if (sqlite3_exec(index_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(index_, "use");
  }
  sqlite3* index_;
  bool open_ = true;
};

}  // namespace

CacheStore::CacheStore(const CacheOptions& options) : options_(options) {
  std::error_code error;
  fs::create_directories(fs::path(options_.directory) / "objects", error);
  if (error) {
    throw Error(ErrorCode::kIo, fmt::format("cannot make the cache folder {}: {}",
                                            options_.directory, error.message()));
  }
  try {
    open_index();
    remove_orphans();
  } catch (...) {
    sqlite3_close_v2(index_);
    throw;
  }
}

CacheStore::~CacheStore() { sqlite3_close_v2(index_); }

void CacheStore::open_index() {
  try {
    make_index();
    return;
  } catch (const Error&) {
    const int code = index_ ? sqlite3_errcode(index_) : SQLITE_NOMEM;
    sqlite3_close_v2(index_);
    index_ = nullptr;
    if (!is_damaged(code)) throw;
  }
  // What is lost can be computed again; what the index knew of the files is gone with it.
  const fs::path folder(options_.directory);
  std::error_code ignored;
  for (const char* name : {"index.db", "index.db-journal"}) fs::remove(folder / name, ignored);
  make_index();
}

void CacheStore::make_index() {
  const std::string path = (fs::path(options_.directory) / "index.db").string();
  if (sqlite3_open_v2(path.c_str(), &index_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK) {
    fail(index_, "open");
  }
  sqlite3_busy_timeout(index_, kBusyTimeoutMs);
  execute(kSchema);
}

void CacheStore::execute(const char* sql) {
  if (sqlite3_exec(index_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(index_, "use");
}

std::string CacheStore::path_of(const std::string& object) const {
  return (fs::path(options_.directory) / "objects" / object.substr(0, 2) / object).string();
}

// Under the write lock nobody stands between writing a file and entering it.
void CacheStore::remove_orphans() {
  Transaction transaction(index_);
  std::set<std::string> known;
  for (Statement all(index_, "SELECT DISTINCT object FROM entry"); all.next();) {
    known.insert(all.text(0));
  }
  std::error_code ignored;
  for (const auto& file :
       fs::recursive_directory_iterator(fs::path(options_.directory) / "objects", ignored)) {
    if (file.is_regular_file(ignored) && !known.contains(file.path().filename().string())) {
      fs::remove(file.path(), ignored);
    }
  }
  transaction.commit();
}

std::optional<CacheStore::Entry> CacheStore::find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  Statement find(index_, "SELECT object, version, bytes FROM entry WHERE key = ?");
  find.bind(key);
  if (!find.next()) return {};
  return Entry{find.text(0), find.text(1), find.number(2)};
}

std::optional<Value> CacheStore::load(const std::string& key, const Entry& entry,
                                      std::string& why) {
  try {
    const std::string bytes = read_file(path_of(entry.object), std::numeric_limits<int64_t>::max());
    if (bytes_hash(bytes) != entry.object) {
      throw Error(ErrorCode::kBadData, "its bytes are not those that were kept");
    }
    Value value = value_from_bytes(bytes);
    const std::scoped_lock lock(mutex_);
    Statement(index_, "UPDATE entry SET used = (SELECT max(used) + 1 FROM entry) WHERE key = ?")
        .bind(key)
        .next();
    return value;
  } catch (const Error& e) {
    why = e.code() == ErrorCode::kNotFound ? "its file is gone" : "damaged: " + e.message();
    drop(key, entry.object);
    return {};
  }
}

// Other entries of the same damaged file go too: its name would promise what it does not hold.
void CacheStore::drop(const std::string& key, const std::string& object) {
  const std::scoped_lock lock(mutex_);
  Transaction transaction(index_);
  Statement(index_, "DELETE FROM entry WHERE key = ? OR object = ?").bind(key).bind(object).next();
  std::error_code ignored;
  fs::remove(path_of(object), ignored);
  transaction.commit();
}

CacheStore::Kept CacheStore::put(const std::string& key, const std::string& node,
                                 const CacheParts& parts, const Value& value,
                                 const std::string& version) {
  const std::string bytes = value_to_bytes(value);
  const auto size = static_cast<int64_t>(bytes.size());
  if (size > options_.bytes_max) {
    return {.why_not = fmt::format("its {} bytes are more than the {} of the whole cache", size,
                                   options_.bytes_max)};
  }
  const std::string object = bytes_hash(bytes);
  const std::string path = path_of(object);
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  AtomicFile file(path, Overwrite::kReplace);
  file.write(bytes);
  const std::scoped_lock lock(mutex_);
  Transaction transaction(index_);
  file.commit();
  Statement(index_,
            "INSERT OR REPLACE INTO entry VALUES(?, ?, ?, ?, ?, ?, "
            "(SELECT coalesce(max(used), 0) + 1 FROM entry))")
      .bind(key)
      .bind(node)
      .bind(json(parts).dump())
      .bind(object)
      .bind(version)
      .bind(size)
      .next();
  evict(key);
  transaction.commit();
  return {.kept = true, .bytes = size};
}

void CacheStore::evict(const std::string& but_key) {
  constexpr char kTotal[] =
      "SELECT coalesce(sum(bytes), 0) FROM (SELECT max(bytes) AS bytes FROM entry GROUP BY object)";
  Statement sum(index_, kTotal);
  sum.next();
  int64_t total = sum.number(0);
  while (total > options_.bytes_max) {
    std::string key;
    std::string object;
    int64_t bytes = 0;
    {
      Statement oldest(index_,
                       "SELECT key, object, bytes FROM entry WHERE key <> ? ORDER BY used LIMIT 1");
      oldest.bind(but_key);
      if (!oldest.next()) return;
      key = oldest.text(0);
      object = oldest.text(1);
      bytes = oldest.number(2);
    }
    Statement(index_, "DELETE FROM entry WHERE key = ?").bind(key).next();
    Statement others(index_, "SELECT 1 FROM entry WHERE object = ? LIMIT 1");
    if (others.bind(object).next()) continue;
    std::error_code ignored;
    fs::remove(path_of(object), ignored);
    total -= bytes;
  }
}

std::string CacheStore::explain_miss(const std::string& node, const CacheParts& parts) {
  const std::scoped_lock lock(mutex_);
  Statement newest(index_, "SELECT parts FROM entry WHERE node = ? ORDER BY used DESC LIMIT 1");
  newest.bind(node);
  if (!newest.next()) return "never kept before";
  const json before = json::parse(newest.text(0), nullptr, false);
  if (!before.is_object()) return "kept by another version";
  std::vector<std::string> changed;
  for (const auto& [name, version] : parts) {
    if (before.value(name, "") != version) changed.push_back(name);
  }
  for (const auto& [name, version] : before.items()) {
    if (!parts.contains(name)) changed.push_back(name + " (no longer an input)");
  }
  return fmt::format("changed: {}", fmt::join(changed, ", "));
}

int64_t CacheStore::bytes() {
  const std::scoped_lock lock(mutex_);
  Statement sum(index_,
                "SELECT coalesce(sum(bytes), 0) FROM "
                "(SELECT max(bytes) AS bytes FROM entry GROUP BY object)");
  sum.next();
  return sum.number(0);
}

}  // namespace weft
