/// Columns and tables: materialised values as they pass in, out and between object functions.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weft/native.h"

namespace arrow {
class ChunkedArray;
class Table;
}  // namespace arrow

namespace weft {

/// A name and type of a table's schema.
struct ColumnSchema {
  std::string name;
  Type type = nullptr;

  bool operator==(const ColumnSchema&) const = default;
};
using Schema = std::vector<ColumnSchema>;
/// "a: double, b: string".
std::string to_string(const Schema& schema);

/// An immutable column: Arrow memory and its Type. Cheap to copy; thread-safe.
class ColumnData {
 public:
  /// No rows of type double.
  ColumnData();
  /// Takes Arrow's column as it is where its type is one of ours, else converts it: smaller and
  /// unsigned integers widen, dictionaries are decoded, dates and other time units become
  /// timestamps in microseconds (finer ones are floored), decimals become doubles. Throws
  /// Error(kBadData) where a value does not fit and Error(kUnsupported) for other types; `name` is
  /// for the message.
  static ColumnData from_arrow(std::shared_ptr<arrow::ChunkedArray> values,
                               std::string_view name = "");
  /// T or std::optional<T>, T a row type.
  template <class T>
  static ColumnData of(const std::vector<T>& values);
  template <class T>
  static ColumnData of(std::initializer_list<T> values) {
    return of(std::vector<T>(values));
  }
  /// Values of `type`, widened where needed; an empty Value is null.
  static ColumnData of_values(Type type, std::span<const Value> values);

  Type type() const { return type_; }
  int64_t size() const;
  int64_t null_count() const;
  bool is_null(int64_t i) const;
  /// Row i as a Value (null: Value::null(type)). For a few rows; typed access is Values<T>.
  Value at(int64_t i) const;
  /// Rows past the end are left out.
  ColumnData slice(int64_t offset, int64_t size) const;
  /// The rows with these numbers, in this order; -1 gives a null.
  ColumnData take(std::span<const int64_t> rows) const;
  /// Widened to `to` if types allow; throws Error(kTypeMismatch).
  ColumnData as(Type to) const;
  /// Same type, size and values, bit for bit but for NaN, which equals any NaN.
  bool equals(const ColumnData& other) const;
  /// Bytes of the memory it keeps alive.
  int64_t byte_size() const;

  const std::shared_ptr<arrow::ChunkedArray>& arrow() const { return values_; }

 private:
  ColumnData(Type type, std::shared_ptr<arrow::ChunkedArray> values)
      : type_(type), values_(std::move(values)) {}
  friend class ColumnBuilder;
  friend ColumnData column_of(Type type, std::shared_ptr<arrow::ChunkedArray> values);

  Type type_;
  std::shared_ptr<arrow::ChunkedArray> values_;
};

class Table;

/// Reads a table block by block, in order.
class BatchReader {
 public:
  virtual ~BatchReader() = default;
  /// The next rows (at least one), or nothing at the end. Throws Error(kBadData, kIo).
  virtual std::optional<Table> next() = 0;
};

/// Where a table that is not in memory comes from. Immutable; open() may be called several times.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual const Schema& schema() const = 0;
  /// Reads only `columns`, in that order.
  virtual std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const = 0;
  /// For messages and lineage: "parquet flights.parquet".
  virtual std::string describe() const = 0;
  /// The number of rows, if known without reading.
  virtual std::optional<int64_t> num_rows() const { return {}; }
  /// About how many bytes these columns take in memory, if that can be told without reading them.
  virtual std::optional<int64_t> byte_size(std::span<const std::string> columns) const;
};

/// Named columns of one length, in memory or still in a source. Immutable, cheap to copy,
/// thread-safe. A table of a source reads a column when it is first asked for, and keeps it.
class Table {
 public:
  Table();
  /// Throws Error(kInvalidArgument) if lengths differ or a name comes twice.
  Table(std::initializer_list<std::pair<std::string, ColumnData>> columns);
  explicit Table(std::vector<std::pair<std::string, ColumnData>> columns);
  explicit Table(std::shared_ptr<const TableSource> source);
  static Table from_arrow(const std::shared_ptr<arrow::Table>& table);
  std::shared_ptr<arrow::Table> to_arrow() const;

  const Schema& schema() const;
  std::vector<std::string> names() const;
  bool has(std::string_view name) const;
  int64_t num_rows() const;
  int64_t num_columns() const { return static_cast<int64_t>(schema().size()); }
  /// Throws Error(kNotFound) with the nearest name.
  ColumnData column(std::string_view name) const;
  /// Adds or replaces.
  Table with_column(std::string_view name, ColumnData data) const;
  Table select(std::span<const std::string> names) const;
  Table select(std::initializer_list<std::string> names) const {
    return select(std::span(names.begin(), names.size()));
  }
  Table drop(std::span<const std::string> names) const;
  Table rename(std::string_view from, std::string_view to) const;
  /// Rows past the end are left out.
  Table slice(int64_t offset, int64_t rows) const;
  Table take(std::span<const int64_t> rows) const;
  /// One table under another: equal names and types, else Error(kTypeMismatch).
  static Table concat(std::span<const Table> tables);

  /// Null where the table is in memory.
  const std::shared_ptr<const TableSource>& source() const;
  /// Block by block: the source's blocks, or slices of the columns in memory.
  std::unique_ptr<BatchReader> read(std::span<const std::string> columns,
                                    int64_t batch_rows = 65536) const;
  /// The same table with every column in memory.
  Table load() const;

  bool equals(const Table& other) const;
  int64_t byte_size() const;
  /// As a person reads it: a header, at most `rows_max` rows, and how many more there are.
  std::string to_string(int64_t rows_max = 10) const;

  struct State;

 private:
  explicit Table(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// Fills a column value by value.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(Type type);
  ~ColumnBuilder();
  ColumnBuilder(ColumnBuilder&&) noexcept;
  ColumnBuilder& operator=(ColumnBuilder&&) noexcept;
  /// `slot` holds a value as Native<T>::Stored does.
  void append_stored(const void* slot);
  void append_null();
  void append(const Value& value);
  ColumnData finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

template <class T>
ColumnData ColumnData::of(const std::vector<T>& values) {
  using N = Native<T>;
  static_assert(N::kRow, "weft: a column holds row values");
  ColumnBuilder builder(type_of<inner_t<T>>());
  Arena arena;
  for (const auto& v : values) {
    typename N::Stored stored{};
    if constexpr (N::kNullable) {
      if (!v) {
        builder.append_null();
        continue;
      }
      N::store(*v, stored, arena);
    } else {
      N::store(T(v), stored, arena);
    }
    builder.append_stored(&stored);
  }
  return builder.finish();
}

}  // namespace weft
