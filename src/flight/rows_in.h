/// Rows that a client sends, as a table: in memory while they are few, else in a file.
#pragma once

#include <arrow/flight/server.h>

#include "weft/table.h"

namespace weft {

struct RowsInLimits {
  int64_t memory_max = 0;  ///< above it they go into a file
  int64_t bytes_max = 0;   ///< above it they are refused
  const char* option;      ///< what sets `bytes_max`, for the message
};

/// Reads to the end of what the client sends, and checks it. Throws Error(kInvalidArgument) if no
/// rows are sent, not even their schema; Error(kBadData, kUnsupported) for what is no proper Arrow
/// data; Error(kResourceLimit); Error(kCancelled) if the client goes away.
Table rows_in(const arrow::flight::ServerCallContext& context,
              arrow::flight::FlightMessageReader& reader, const RowsInLimits& limits);

}  // namespace weft
