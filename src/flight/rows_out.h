/// A table as the record batches of an answer, made as they are asked for.
#pragma once

#include <arrow/record_batch.h>

#include <functional>

#include "weft/table.h"

namespace weft {

/// At most `batch_rows` rows in a batch, fewer where there are many columns. Before each batch
/// `check` is called, which may throw. Errors become the Status of the read.
std::shared_ptr<arrow::RecordBatchReader> rows_out(const Table& table, int64_t batch_rows,
                                                   std::function<void()> check);

}  // namespace weft
