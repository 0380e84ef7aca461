/// A table as a SELECT of DuckDB's: over data files, over rows that Weft reads, or made of others.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/delta_table.h"
#include "weft/read.h"

namespace weft {

struct SqlRelation {
  std::string select = {};              ///< "SELECT ... FROM ...", complete
  std::vector<std::string> files = {};  ///< that it reads
  /// Tables that Weft reads, by the name of the function that gives their rows.
  std::vector<std::pair<std::string, Table>> tables = {};
  std::vector<std::string> columns = {};
};

/// Rows read by Weft.
SqlRelation relation_of_table(const Table& table);
/// Parquet files read by DuckDB; what DuckDB would read otherwise than Weft does is read by Weft.
SqlRelation relation_of_files(const Paths& paths, const ReadOptions& options);
/// A version of a Delta table, likewise.
SqlRelation relation_of_delta(const std::string& path, const DeltaRead& options);

/// A column as it is wanted: an expression under a name. Text of SQL, not of the user's.
struct SqlColumn {
  std::string expression;
  std::string name;
};
SqlRelation projected(SqlRelation relation, const std::vector<SqlColumn>& columns);
/// One under the other, columns matched by name; what one lacks is null.
SqlRelation stacked(std::vector<SqlRelation> relations);

/// As SQL compares names.
std::string lower_ascii(std::string_view text);
/// 'text' for SQL. Throws Error(kInvalidArgument) if it has a NUL, which cannot be said.
std::string sql_text(std::string_view text);

}  // namespace weft
