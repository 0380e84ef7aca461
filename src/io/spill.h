/// Columns that do not fit into memory, in a file of their own.
#pragma once

#include "weft/table.h"

namespace weft {

/// Reads a table into a file without a name (in $TMPDIR, or /tmp) and gives it back as columns that
/// are mapped from there: they count as memory only as long as the system has room for them. The
/// file goes with the last column. Throws Error(kIo), and what reading the table throws.
Table spill(const Table& table);

}  // namespace weft
