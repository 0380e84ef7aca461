/// Values of chosen rows of a table, by row number: the features of the rows that matched.
#pragma once

#include "join/feature_rows.h"
#include "join/join_spec.h"

namespace weft {

class ThreadPool;

/// The features' columns at rows[i] for i < n, null where it is -1, each as its type. A table in a
/// source is read once, block by block; of it only what is asked for is held. Of a table in pieces
/// those are read that hold such rows, column by column. Throws Error(kBadData) if a table in a
/// source no longer has `table_rows` rows.
std::vector<ColumnData> gather_features(const ViewTable& view,
                                        std::span<const ResolvedFeature> features,
                                        std::span<const int64_t> rows, int64_t table_rows,
                                        ThreadPool& pool, int threads);

/// The same of one column in memory.
ColumnData gather_column(const ColumnData& column, std::span<const int64_t> rows, ThreadPool& pool,
                         int threads);

/// A column of what lies in `values` where valid[i] is not 0.
ColumnData column_of_times(std::span<const int64_t> values, std::span<const uint8_t> valid);

}  // namespace weft
