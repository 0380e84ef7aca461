/// A small SQLite database of our own: registries, indexes. Reading users' databases is io's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace weft {

/// One open database. Another process that writes is waited for up to a minute. Not thread-safe.
class SqliteDatabase {
 public:
  /// Makes the file if there is none; `what` names it in messages: "the registry
  /// store/registry.db". Throws Error(kIo), Error(kBadData) if it is damaged or no database.
  SqliteDatabase(const std::string& path, std::string what);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  /// Statements without parameters or rows.
  void run(const char* sql);
  [[noreturn]] void fail() const;
  int64_t last_id() const;
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
  std::string what_;
};

/// One statement with its parameters; the values of the row it stands on.
class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, const char* sql);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  SqliteStatement& bind(std::string_view text);
  SqliteStatement& bind(int64_t number);
  SqliteStatement& bind_null();
  /// False when there is no further row.
  bool next();
  std::string text(int column) const;
  int64_t number(int column) const;
  bool is_null(int column) const;

 private:
  SqliteDatabase& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

/// Holds the right to write from the start; rolled back unless committed.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  void commit();

 private:
  SqliteDatabase& database_;
  bool open_ = true;
};

}  // namespace weft
