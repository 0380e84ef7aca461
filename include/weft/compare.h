/// What differs between two tables, by key.
#pragma once

#include "weft/table_ops.h"

namespace weft {

struct CompareOptions {
  /// Rows are the same row if these are equal; null equals null. Of rows with equal keys the first
  /// is compared with the first, and so on. None: row by row, by their number.
  ColumnNames keys = {};
  ColumnNames columns = {};  ///< that are compared; none: all but the keys
  /// Numbers may differ by so much: |a - b| <= tolerance * max(|a|, |b|).
  double tolerance = 0;
  int64_t values_max = 1000;  ///< rows of `values` at most; all are counted
};

struct TableDifference {
  int64_t rows_compared = 0;
  Table only_left;  ///< rows whose key the other side has not
  Table only_right;
  /// A row for each value that differs: the keys (or `row`), `column`, and as texts `left`,
  /// `right`.
  Table values;
  /// How many values differ, by column, of those that do.
  std::vector<std::pair<std::string, int64_t>> columns;
  /// Columns that one side lacks, or has of another type, in words.
  std::vector<std::string> schema;

  bool empty() const;
  /// As a person reads it: counts, then the first rows of each.
  std::string to_string(int64_t rows_max = 10) const;
};

/// Values are equal as bits, NaN as NaN, unless there is a tolerance. Throws Error(kNotFound) for a
/// key or column that neither side has, Error(kTypeMismatch) for keys that cannot be compared.
TableDifference compare_tables(const Table& left, const Table& right,
                               const CompareOptions& options = {});

}  // namespace weft
