/// SQL databases: results of queries as tables, tables into database tables (SQLite, PostgreSQL).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

struct pg_conn;  // PGconn
struct sqlite3;

namespace weft {

class SqlDriver;

/// An open database. Copies share it; it closes with the last one, or the last table that streams
/// from it. Not thread-safe: one call at a time.
class SqlConnection {
 public:
  explicit SqlConnection(std::shared_ptr<SqlDriver> driver) : driver_(std::move(driver)) {}
  /// "SQLite shop.db", "PostgreSQL app@db.example:5432/shop": never with a password.
  std::string describe() const;
  SqlDriver& driver() const { return *driver_; }
  const std::shared_ptr<SqlDriver>& shared_driver() const { return driver_; }

 private:
  std::shared_ptr<SqlDriver> driver_;
};

struct SqliteOptions {
  bool read_only = false;
  bool create = true;       ///< false: a missing file is Error(kNotFound)
  int busy_ms_max = 5'000;  ///< how long to wait for another process's lock
};

/// ":memory:" for a database of its own. Throws Error(kNotFound, kIo, kBadData).
SqlConnection open_sqlite(const std::string& path, const SqliteOptions& options = {});
/// What libpq takes: "host=... dbname=..." or a postgresql:// URL. Throws Error(kIo); a password in
/// it never appears in a message.
SqlConnection open_postgres(const std::string& conninfo);
/// "sqlite:///relative/path", "sqlite:////absolute/path", "sqlite://" (in memory),
/// "postgresql://user@host:port/database". Throws Error(kInvalidArgument) for others.
SqlConnection open_sql(const std::string& url);
/// Borrows a connection, which must outlive the result; its transactions are left as they are.
SqlConnection wrap_sqlite(sqlite3* connection);
SqlConnection wrap_postgres(pg_conn* connection);

/// What a statement's placeholders stand for. Values are bound, never pasted into the text.
struct SqlParameters {
  SqlParameters() = default;
  SqlParameters(std::initializer_list<Value> values) : positional(values) {}   // NOLINT
  SqlParameters(std::vector<Value> values) : positional(std::move(values)) {}  // NOLINT
  SqlParameters(Values values) : named(std::move(values)) {}                   // NOLINT

  std::vector<Value> positional = {};  ///< $1, $2, ... in both databases
  Values named = {};                   ///< :name in both databases
};

struct SqlReadOptions {
  /// Types of columns, instead of those the database tells.
  Schema types = {};
  /// False: the query runs once, now. True: a lazy table; the query runs each time rows are asked
  /// for, and rows pass through in batches.
  bool stream = false;
  int64_t batch_rows = 16'384;
};

/// The rows of a query.
/// PostgreSQL: types by the result's own; numeric becomes double, date and time types timestamp,
/// interval and time duration (an interval with months is an error), arrays lists, others text.
/// SQLite: by the declared type of the column (its affinity; BOOLEAN, DATE, DATETIME, TIMESTAMP and
/// DURATION too), else by the values of the first batch. A timestamp there is ISO 8601 text or
/// whole seconds. Throws Error(kInvalidArgument) for wrong SQL or parameters, kBadData for a value
/// that is not of its column's type (naming row and column), kIo for a lost connection.
Table read_sql(const SqlConnection& connection, const std::string& query,
               const SqlParameters& parameters = {}, const SqlReadOptions& options = {});

/// Runs a statement and returns the number of rows it changed.
int64_t execute_sql(const SqlConnection& connection, const std::string& statement,
                    const SqlParameters& parameters = {});

enum class SqlWriteMode : uint8_t {
  kCreate,   ///< a table of that name is Error(kAlreadyExists)
  kAppend,   ///< there must be one that has the columns
  kReplace,  ///< it is dropped first, in the same transaction
};

struct SqlWriteOptions {
  SqlWriteMode mode = SqlWriteMode::kCreate;
  std::string schema = "";  ///< of the database: "main", "public"; empty: its default
};

/// Writes all rows in one transaction (PostgreSQL: COPY) and returns their number. Lists become
/// arrays (SQLite: JSON text), structs jsonb (JSON text). SQLite has no NaN: it keeps null. Inside
/// a transaction of a borrowed connection it is a savepoint. Throws Error(kAlreadyExists,
/// kNotFound, kBadData, kIo); then nothing has changed.
int64_t write_sql(const Table& table, const SqlConnection& connection,
                  const std::string& table_name, const SqlWriteOptions& options = {});

}  // namespace weft
