/// What the verbs on tables share: columns by name, row numbers as columns, types that meet.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weft/table_ops.h"

namespace weft {

using NamedColumns = std::vector<std::pair<std::string, ColumnData>>;

/// The columns of these names, read in one pass where the table is not in memory.
std::vector<ColumnData> columns_named(const Table& table, std::span<const std::string> names);
NamedColumns all_columns(const Table& table);

/// Takes over the vector: T is int32_t, int64_t or double.
template <class T>
ColumnData column_from(std::vector<T> values);
/// Of bools, one a byte.
ColumnData bool_column(std::span<const char> values);

/// The values in one Arrow array.
std::shared_ptr<arrow::Array> one_array(const ColumnData& column);

/// The narrowest type both widen to; null if there is none.
Type widest(Type a, Type b);

/// The rows in the order of sort_by. `names` are for errors.
std::vector<int64_t> sorted_rows(std::span<const ColumnData> keys,
                                 std::span<const SortOrder> orders,
                                 std::span<const std::string> names);

/// How a value is written in the name of a column: texts as they are.
std::string name_of_value(const Value& value);

}  // namespace weft
