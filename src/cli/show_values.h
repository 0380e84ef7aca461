/// What a run gave, as a person reads it.
#pragma once

#include <utility>

#include "cli/console.h"
#include "weft/table.h"

namespace weft::cli {

/// By name, in the order asked.
using NamedValues = std::vector<std::pair<std::string, Value>>;

/// Single values as `name = value`; columns of one length side by side; tables under their name.
/// At most `rows_max` rows of each; negative: all.
void print_values(const NamedValues& values, int64_t rows_max, const Console& console);

/// The first rows, and how many more there are.
void print_table(const Table& table, int64_t rows_max, const Console& console);

}  // namespace weft::cli
