/// One case of the feature store, run through the public API.
#pragma once

#include "case_file.h"

namespace weft::store_cases {

/// Where the rows of a case's sources are before its steps.
enum class RowsIn : uint8_t {
  kFiles,    ///< in one Parquet file a source
  kWritten,  ///< the first in a file, the others written or pushed since, one by one
};

/// Runs the steps and holds each answer against what the case expects. A question about history is
/// asked twice: with all the memory there is, and with so little that the join goes through files.
/// Returns what is wrong, with the step's line; empty if nothing is.
std::string run_store_case(const StoreCase& c, RowsIn rows_in);

}  // namespace weft::store_cases
