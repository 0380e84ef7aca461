/// The border to Arrow: its Status becomes an Error, its arrays become slices, slots become arrays.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

#include "weft/kernel.h"
#include "weft/table.h"

namespace weft {

/// Throws the Error that fits the status; `doing` says what was tried: "reading flights.parquet".
void throw_if_failed(const arrow::Status& status, std::string_view doing);

template <class T>
T value_or_throw(arrow::Result<T> result, std::string_view doing) {
  throw_if_failed(result.status(), doing);
  return std::move(result).ValueUnsafe();
}

/// Our type of an Arrow type after conversion at the border, and the Arrow type a Type is kept as.
/// Throws Error(kUnsupported) naming `column`.
Type type_from_arrow(const arrow::DataType& type, std::string_view column);
std::shared_ptr<arrow::DataType> type_to_arrow(Type type);
/// A column of Arrow memory that is laid out as type_to_arrow(type): unlike from_arrow(), this
/// keeps the C++ struct a type may be.
ColumnData column_of(Type type, std::shared_ptr<arrow::ChunkedArray> values);
Schema schema_from_arrow(const arrow::Schema& schema);

/// All rows of one column in slot form: what a kernel over the whole column takes. Numbers and
/// times of one chunk are borrowed from Arrow's memory, the rest is laid out anew.
class FlatColumn {
 public:
  explicit FlatColumn(const ColumnData& column);
  /// n rows of slots to be written, all valid.
  FlatColumn(Type type, int64_t n);
  ~FlatColumn();
  FlatColumn(FlatColumn&&) noexcept;
  FlatColumn& operator=(FlatColumn&&) noexcept;

  Type type() const;
  int64_t size() const;
  Slice slice() const;
  /// Only of a column made to be written, before to_column().
  Sink sink();
  ColumnData to_column();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
