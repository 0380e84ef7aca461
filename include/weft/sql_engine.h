/// SQL over tables: files, tables of history and tables of any source, joined and counted by
/// DuckDB.
///
///   SqlEngine engine;
///   engine.add_delta("trips", "store/tables/trips");
///   engine.add_table("drivers", read_csv("drivers.csv"));
///   Table rows = engine.query("SELECT d.name, sum(t.km) AS km FROM trips t JOIN drivers d "
///                             "USING (driver_id) WHERE t.km > $least GROUP BY ALL",
///                             Values{{"least", Value::of(1.5)}});
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weft/delta_table.h"
#include "weft/read.h"
#include "weft/sql.h"

namespace weft {

struct SqlRelation;

struct SqlEngineOptions {
  /// DuckDB's shared library, 1.5 or newer, or its folder. Empty: WEFT_DUCKDB, then libduckdb.so
  /// where the system's loader looks, then in lib/ of VIRTUAL_ENV and of .venv. A process loads
  /// one.
  std::string library = {};
  int64_t memory_limit = 0;  ///< bytes that a query may hold; 0: half of the machine's memory
  int threads = 0;           ///< of a query; 0: one for each core
  /// Where a query puts what does not fit in memory; empty: the system's folder for such files.
  std::string temporary_folder = {};
};

struct SqlQueryOptions {
  /// False: the query runs once, now. True: a lazy table; the query runs when rows are asked for,
  /// each time anew, and rows pass through in batches. Without ORDER BY their order may differ
  /// from one time to the next: read such a table in one go (Table::read, Table::load).
  bool stream = false;
  int64_t batch_rows = 65'536;
};

/// Names for tables, and queries over them. A query sees these tables and nothing else: it reads no
/// other file, loads no extension, and writes nothing. Of functions that stand for a table it may
/// use range, generate_series, unnest, repeat, repeat_row, json_each and json_tree. Query from any
/// number of threads; adding is not thread-safe.
class SqlEngine {
 public:
  /// Throws Error(kUnsupported), which says what to install, where there is no DuckDB.
  explicit SqlEngine(const SqlEngineOptions& options = {});
  ~SqlEngine();
  SqlEngine(SqlEngine&&) noexcept;
  SqlEngine& operator=(SqlEngine&&) noexcept;

  /// A name is any text; SQL finds it without regard to case, in double quotes if need be. Throws
  /// Error(kAlreadyExists) for one that is there, kInvalidArgument for an empty one.
  /// The rows are read by Weft, block by block, the columns that a query takes.
  void add_table(const std::string& name, const Table& table);
  /// Files as read_table() takes them. Parquet is read by DuckDB, which passes over what a query
  /// does not ask for; text by Weft, so that a cell is the same value here as elsewhere.
  void add_files(const std::string& name, const Paths& paths, const ReadOptions& options = {});
  /// The version that stands now, or the one named; its files are read by DuckDB. Columns are those
  /// of the table's schema, with SQL's types (a day is a DATE).
  void add_delta(const std::string& name, const std::string& path, const DeltaRead& options = {});
  void add_relation(const std::string& name, SqlRelation relation);
  std::vector<std::string> tables() const;  ///< in the order in which they were added

  /// The tables that a query names, as it spells them, whether there are such or not. Throws
  /// Error(kInvalidArgument) for wrong SQL.
  std::vector<std::string> tables_of(const std::string& sql) const;

  /// The rows of one SELECT (also FROM, VALUES, WITH, DESCRIBE, SUMMARIZE) in DuckDB's SQL. Values
  /// stand for $1, $2, ... or $name; they are bound, never pasted into the text. Times are UTC.
  /// Types come back as Weft's: smaller integers as int32, unsigned ones and HUGEINT (the sum of
  /// integers) as int64, DECIMAL as double, dates and times as timestamp, TIME and INTERVAL as
  /// duration, ENUM, UUID and BLOB as string; others are Error(kUnsupported).
  /// Throws Error(kInvalidArgument) with DuckDB's message and place for wrong SQL, values or
  /// another statement than SELECT, kBadData for a value that does not fit its type, kResourceLimit
  /// where the memory limit does not do, kIo, and what reading a table throws.
  Table query(const std::string& sql, const SqlParameters& parameters = {},
              const SqlQueryOptions& options = {}) const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace weft
