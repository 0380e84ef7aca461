/// Rows between Weft and DuckDB: tables as functions of SQL, values as parameters, chunks of
/// results.
#pragma once

#include <arrow/type_fwd.h>

#include <exception>
#include <memory>
#include <mutex>
#include <string>

#include "offline/duckdb_library.h"
#include "weft/table.h"

namespace weft::duckdb {

/// What a function of ours threw while DuckDB ran it, in whatever thread. Thread-safe.
class Failure {
 public:
  /// In a catch block; the first one is kept. Returns it in words.
  std::string keep();
  /// Throws what was kept, if anything was.
  void rethrow();

 private:
  std::mutex mutex_;
  std::exception_ptr kept_;
};

/// Makes the table's rows those of the function `name`. Columns that a query does not take are not
/// read. The database outlives its scans; the table is kept as long as the database.
void register_rows(const Library& library, Database database, Connection connection,
                   const std::string& name, const Table& table, std::shared_ptr<Failure> failure);

/// The value as DuckDB has it. Throws Error(kUnsupported) for an object.
OwnedValue value_of(const Library& library, const Value& value);

/// The columns of a result, each converted as chunks come: see SqlEngine::query.
class ResultColumns {
 public:
  /// Throws Error(kUnsupported) for a type that Weft has not.
  ResultColumns(const Library& library, Result* result);
  ~ResultColumns();

  const Schema& schema() const { return schema_; }
  std::shared_ptr<arrow::RecordBatch> to_arrow(Chunk chunk) const;
  /// Rows of to_arrow() as a table. Throws Error(kBadData).
  Table to_table(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const;

 private:
  const Library& library_;
  OwnedArrowOptions options_;
  std::shared_ptr<arrow::Schema> arrow_;
  std::vector<bool> is_whole_;  ///< HUGEINT and its like, which Arrow gets as decimals
  Schema schema_;
};

}  // namespace weft::duckdb
