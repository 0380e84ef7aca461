/// Tables made of other tables, in sources as they are: under each other, beside each other, and
/// with columns converted block by block.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weft/table.h"

namespace weft {

/// The rows of one table after the other, at least one table. A table that lacks a column has nulls
/// there; types widen to one that holds both. Throws Error(kTypeMismatch) naming column and table.
Table stacked(std::vector<Table> tables);

/// The columns of tables with the same number of rows. Throws Error(kInvalidArgument) for a name
/// that two of them have; reading throws Error(kInternal) if one ends before the other.
Table side_by_side(std::vector<Table> tables);

/// A column as it is wanted: another one under this name, perhaps converted.
struct ConvertedColumn {
  std::string name;
  std::string from;
  Type type = nullptr;                                          ///< after `convert`
  std::function<ColumnData(const ColumnData& column)> convert;  ///< null: as it is
};
/// Exactly these columns, in this order. `describe` is what messages call the table.
Table converted(const Table& table, std::vector<ConvertedColumn> columns, std::string describe);

}  // namespace weft
