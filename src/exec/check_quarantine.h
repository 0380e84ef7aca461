/// Quarantine: what is left of data without its bad rows, and what was left out.
#pragma once

#include <span>

#include "weft/check.h"

namespace weft {

/// values[0] is a ColumnData, a Table or a single value, the others are the CheckReports of its
/// checks. Rows that a quarantine check found fault with become null in a column, and are left out
/// of a table; a single value becomes null.
Value leave_out_bad_rows(std::span<const Value> values);

/// The bad rows of one check, which has some: see Result::quarantine().
Table bad_rows(const Value& data, const CheckReport& report, bool hide_values);

}  // namespace weft
