/// Data versions: equal contents, equal hash, in every process and however the data lies in memory.
#pragma once

#include <string>
#include <string_view>

#include "weft/table.h"

namespace weft {

/// 32 hex digits over the type and what is in it: 1, 1.0 and "1" differ, as do a value and a column
/// of one row; every NaN is the same, 0.0 and -0.0 are not. How a column is cut into chunks does
/// not show, nor what lies behind its nulls. Throws Error(kUnsupported) for an object without a
/// format (object_format.h).
std::string content_hash(const Value& value);
std::string content_hash(const ColumnData& column);
/// Of bytes as they are.
std::string bytes_hash(std::string_view bytes);

}  // namespace weft
