/// An aggregate of each group of rows, as a column of one row a group.
#pragma once

#include <span>

#include "ops/aggregate.h"
#include "weft/table_ops.h"

namespace weft {

/// `group` has the group of each row, from 0 to groups - 1; a row of group -1 is left out.
ColumnData aggregate_groups(const AggregateFunction& function, std::span<const ColumnData> inputs,
                            std::span<const int32_t> group, int64_t groups);
/// The same of columns and an aggregate by name, which errors mention.
ColumnData aggregate_groups(const Table& table, const AggregateColumn& column,
                            std::span<const int32_t> group, int64_t groups);

}  // namespace weft
