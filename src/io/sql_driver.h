/// What a database driver provides, and what drivers share: identifiers, placeholders, cells.
#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/sql.h"

namespace weft {

/// The rows of a running query.
class SqlRows {
 public:
  virtual ~SqlRows() = default;
  virtual const Schema& schema() const = 0;
  /// At most batch_rows; null at the end.
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;
};

class SqlDriver : public std::enable_shared_from_this<SqlDriver> {
 public:
  virtual ~SqlDriver() = default;
  virtual std::string describe() const = 0;
  virtual std::unique_ptr<SqlRows> query(const std::string& sql, const SqlParameters& parameters,
                                         const SqlReadOptions& options) = 0;
  virtual int64_t execute(const std::string& sql, const SqlParameters& parameters) = 0;
  virtual int64_t write(const Table& table, const std::string& name,
                        const SqlWriteOptions& options) = 0;
};

/// The identifier in double quotes. Throws Error(kInvalidArgument) if it is empty or has a NUL.
std::string quote_identifier(std::string_view name);
/// "schema"."table" or "table".
std::string qualified(std::string_view schema, std::string_view table);

/// SQL whose :name placeholders became $1, $2, ...; texts, quoted names, comments and :: are left
/// alone. Throws Error(kInvalidArgument) for a placeholder without a value (naming the nearest), or
/// a value without a placeholder.
struct BoundSql {
  std::string text;
  std::vector<Value> values;
};
BoundSql bind_names(const std::string& sql, const SqlParameters& parameters);

/// The declared type of a column of a result, if any.
Type declared_type(const SqlReadOptions& options, std::string_view column);
/// Throws Error(kNotFound) if a declared type is of no column, and kInvalidArgument if two columns
/// have one name.
void check_columns(const SqlReadOptions& options, const Schema& schema);

/// The table's rows in order, each batch with its columns in one piece.
void for_each_batch(const Table& table, const std::function<void(const arrow::RecordBatch&)>& take);

/// Throws Error(kNotFound) if a column of `rows` is not among those of the database's table.
void check_appended_columns(const Schema& rows, const std::vector<std::string>& columns,
                            const std::string& table_name);

/// Text of a value as JSON, times and all.
std::string json_of(const Value& value);
}  // namespace weft
