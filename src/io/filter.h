/// Filters: bound to a schema, tried against statistics and single values, applied to rows.
#pragma once

#include "data/pieces.h"
#include "weft/read.h"

namespace weft {

/// The filter with each value as its column's type. Throws Error(kNotFound) for a column that
/// `schema` lacks (`what` is for the message), kTypeMismatch for a value of another type and
/// kUnsupported for a column that has no order.
Filter bind_filter(const Filter& filter, const Schema& schema, const std::string& what);

/// False only if no row of the range can meet the condition.
bool may_match(const Condition& condition, const ValueRange& range);
/// Does one value, perhaps null, meet it?
bool matches(const Condition& condition, const Value& value);

/// The rows that meet all conditions, in order.
Table filter_rows(const Table& table, const Filter& filter);

}  // namespace weft
