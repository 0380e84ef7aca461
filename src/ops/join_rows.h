/// Which rows of two tables belong together: what joins of tables are made from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ops/table_columns.h"

namespace weft {

/// The key columns of both sides, of equal types pair by pair. Throws Error(kTypeMismatch) naming
/// both columns where their types do not go together; `verb` is for the message.
struct KeyPair {
  std::vector<ColumnData> left;
  std::vector<ColumnData> right;
};
KeyPair join_keys(const char* verb, const Table& left, const Table& right, const JoinKeys& keys);

/// Rows of both sides by key: equal keys are equal numbers.
struct KeyedRows {
  std::vector<int32_t> left;   ///< [left rows] -1: no group, which is: no row of the other side
  std::vector<int32_t> right;  ///< [right rows]
  int32_t groups = 0;
};
/// Groups by the smaller side: rows of the other side that match nothing have no group.
KeyedRows group_both(const KeyPair& keys);

/// Rows by group, in CSR form: rows of group g are row[start[g] .. start[g + 1]), in order.
struct RowsOfGroups {
  std::vector<int64_t> start;  ///< [groups + 1]
  std::vector<int64_t> row;
};
RowsOfGroups rows_of_groups(std::span<const int32_t> group, int32_t groups);

/// The right's columns but those of `dropped`, taken by row and named so that none clashes with
/// `columns`, which they are added to.
void add_right_columns(const char* verb, NamedColumns& columns, const Table& right,
                       std::span<const std::string> dropped, std::span<const int64_t> rows,
                       const std::string& suffix);

}  // namespace weft
