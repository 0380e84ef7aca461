/// One query's database: in memory, with the tables it may see, and locked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "offline/duckdb_library.h"
#include "offline/duckdb_rows.h"
#include "offline/sql_relation.h"
#include "weft/sql_engine.h"

namespace weft {

using NamedRelation = std::pair<std::string, SqlRelation>;

/// Thread-safe once it is made.
class SqlSession {
 public:
  SqlSession(const duckdb::Library& library, const SqlEngineOptions& options,
             const std::vector<const NamedRelation*>& tables);

  const duckdb::Library& library() const { return library_; }
  duckdb::OwnedConnection connect() const;
  duckdb::Failure& failure() const { return *failure_; }

 private:
  void execute(duckdb::Connection connection, const std::string& sql) const;

  const duckdb::Library& library_;
  std::shared_ptr<duckdb::Failure> failure_ = std::make_shared<duckdb::Failure>();
  duckdb::OwnedDatabase database_;
};

/// The rows of a query that runs. Ends it when it is destroyed. Not thread-safe.
class SqlStream {
 public:
  SqlStream(std::shared_ptr<const SqlSession> session, const std::string& sql,
            const SqlParameters& parameters);
  ~SqlStream();

  const Schema& schema() const { return columns_->schema(); }
  /// About so many rows, at least one; nothing at the end.
  std::optional<Table> next(int64_t rows);

 private:
  void prepare(const std::string& sql);
  void bind(const SqlParameters& parameters);
  [[noreturn]] void fail(const char* message);

  std::shared_ptr<const SqlSession> session_;
  const duckdb::Library& library_;
  duckdb::OwnedConnection connection_;
  duckdb::OwnedPrepared prepared_;
  duckdb::OwnedPending pending_;
  duckdb::OwnedResult result_;
  std::unique_ptr<duckdb::ResultColumns> columns_;
  bool ended_ = false;
};

/// DuckDB's message as the error it is.
Error sql_error(const std::string& message);
/// Is it about a table that the query names and nobody has added?
bool is_unknown_table(const Error& error);
/// One statement's text, parsed. Throws Error(kInvalidArgument) for wrong SQL, or several.
duckdb::OwnedExtracted parse_one(const duckdb::Library& library, duckdb::Connection connection,
                                 const std::string& sql);

}  // namespace weft
