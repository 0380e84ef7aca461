/// The database that a registry is kept in: SQLite in a file, or PostgreSQL.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weft/sql.h"

namespace weft {

/// Not thread-safe.
class RegistryDatabase {
 public:
  virtual ~RegistryDatabase() = default;

  /// Runs `work` outside a transaction; once more where the connection was lost meanwhile.
  void read(const std::function<void()>& work);
  /// Runs `work` in one transaction, while nobody else writes to the registry. It may run twice.
  void write(const std::function<void()>& work);

  Table rows(const std::string& query, const SqlParameters& parameters = {}) const;
  /// How many rows it changed.
  int64_t execute(const std::string& statement, const SqlParameters& parameters = {}) const;

  /// False: nobody wrote to it yet, and it has no tables.
  virtual bool is_made() = 0;
  /// For messages: "the registry store/registry.db"; never with a password.
  virtual std::string describe() const = 0;

 protected:
  virtual SqlConnection connect() = 0;
  /// Starts a transaction that keeps other writers off, for up to a minute if need be.
  virtual void begin() = 0;
  /// Makes the tables if they are not there; in a transaction.
  virtual void make() = 0;
  /// Can a lost connection be made anew?
  virtual bool reconnects() const = 0;
  /// The tables, and the check that this Weft knows their format.
  void make_tables();
  void check_format();
  void open();
  void close() { connection_.reset(); }

 private:
  void attempt(const std::function<void()>& work);
  bool is_alive();

  std::optional<SqlConnection> connection_;
};

/// Throws Error(kIo, kBadData), Error(kUnsupported) for a registry of a newer Weft.
std::unique_ptr<RegistryDatabase> open_sqlite_registry_database(const std::string& path);
std::unique_ptr<RegistryDatabase> open_postgres_registry_database(const std::string& url);

}  // namespace weft
