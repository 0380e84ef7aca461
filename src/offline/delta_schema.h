/// Delta Lake schemas, and how their types, partition values and Weft's meet.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

namespace weft::delta {

/// One column of a table's schema.
struct Column {
  std::string name;
  nlohmann::json type;  ///< "long", or the object of an array, a map or a struct
  bool nullable = true;
  nlohmann::json metadata;                  ///< an object
  Type weft = nullptr;                      ///< null: Weft has no such type
  std::shared_ptr<arrow::DataType> stored;  ///< in the data files; null with `weft`

  /// The name of a type that is no array, map or struct; else "".
  std::string primitive() const { return type.is_string() ? type.get<std::string>() : ""; }
  bool is_date() const { return primitive() == "date"; }
  /// The column whose day this one is; "" for others.
  std::string day_of() const;
};

class TableSchema {
 public:
  TableSchema() = default;
  explicit TableSchema(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// Throws Error(kBadData); `where` is for the message.
  static TableSchema parse(const std::string& text, const std::string& where);
  std::string to_text() const;

  const std::vector<Column>& columns() const { return columns_; }
  const Column* find(std::string_view name) const;
  /// The columns that Weft can read.
  Schema readable() const;
  void add(Column column) { columns_.push_back(std::move(column)); }

 private:
  std::vector<Column> columns_;
};

/// The column as it is written down. Throws Error(kTypeMismatch) for objects.
Column column_of(const ColumnSchema& column);
/// The UTC day of `of` as a `date`.
Column day_column(const std::string& name, const std::string& of);

/// Throws Error(kInvalidArgument) for names of columns number `from` and later that other engines
/// refuse, or that differ from a former one only in case.
void check_names(const TableSchema& schema, size_t from = 0);

/// Rows of `column` as the data files have them. Throws Error(kUnsupported) where Weft's type has
/// not all the values (decimals), kBadData for values that do not fit (a time within a day as a
/// date).
std::shared_ptr<arrow::ChunkedArray> to_stored(const Column& column, const ColumnData& data);
/// The other way; `found` is the column as a file has it.
ColumnData from_stored(const Column& column, std::shared_ptr<arrow::ChunkedArray> found);

/// A partition value as the log has it; nothing is null. Throws Error(kBadData) for what cannot be
/// told from others there (an empty text, NaN).
std::optional<std::string> partition_text(const Column& column, const Value& value);
/// Throws Error(kBadData).
Value partition_value(const Column& column, const std::optional<std::string>& text);

/// Midnight of the day of each time.
ColumnData days_of(const ColumnData& times);

}  // namespace weft::delta
