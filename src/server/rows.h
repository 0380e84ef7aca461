/// Rows of a request as a table: of JSON, or of an Arrow IPC stream.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/json_tape.h"
#include "weft/table.h"

namespace weft {

/// A value that could not be taken.
struct BadValue {
  int64_t row = 0;
  std::string column;
  std::string reason;
};

/// The type a column is to have, whose first value is a text or is none; null: as its values are.
using ColumnType = std::function<Type(std::string_view column, bool is_text)>;

struct TakenRows {
  Table rows;
  std::vector<BadValue> bad = {};  ///< the first 100; if there are any, `rows` is empty
  int64_t bad_count = 0;
};

/// {"a": [1, 2], "b": [3, null]}. Throws Error(kInvalidArgument) if it is none, or if lengths
/// differ. A column of nulls only whose type is not known is left out.
TakenRows rows_of_columns(const JsonValue& columns, const ColumnType& type);
/// [{"a": 1}, {"a": 2, "b": 3}]; what is left out is null.
TakenRows rows_of_objects(const JsonValue& objects, const ColumnType& type);

/// The table of an Arrow IPC stream, checked. Throws Error(kBadData, kUnsupported).
Table rows_of_arrow(std::string_view body);
/// A table as an Arrow IPC stream.
std::string arrow_of_rows(const Table& table);

/// "3 values cannot be taken; row 2, column 'x': expected double, found \"a\"; ...".
std::string bad_values_text(const TakenRows& taken);

}  // namespace weft
