/// Rows of tables in slot form, range by range: of columns in memory, and of tables that stream.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/pieces.h"
#include "data/slots.h"

namespace weft {

class ThreadPool;

/// Rows in one range; a multiple of 64, so that validity can be borrowed.
inline constexpr int64_t kRangeRows = 16384;

/// Calls use(slices, from, n) for ranges of columns of one length, in order.
template <class Use>
void read_in_ranges(std::span<const ColumnData> columns, std::span<const Type> types, Use use) {
  std::vector<SlotReader> readers;
  for (size_t c = 0; c < columns.size(); ++c) readers.emplace_back(columns[c], types[c]);
  const int64_t rows = columns.empty() ? 0 : columns[0].size();
  std::vector<Slice> slices(columns.size());
  for (int64_t from = 0; from < rows; from += kRangeRows) {
    const int64_t n = std::min(kRangeRows, rows - from);
    for (size_t c = 0; c < columns.size(); ++c) slices[c] = readers[c].read(from, n);
    use(std::span<const Slice>(slices), from, n);
  }
}

/// A view's table, in pieces where it lies in such: those of them in which the spine may find rows.
struct ViewTable {
  Table table;
  std::shared_ptr<const Pieces> pieces = nullptr;
};

/// Takes rows [first, first + n) of a table; `worker` numbers the threads that call, from 0.
using TakeRows =
    std::function<void(std::span<const Slice> columns, int64_t first, int64_t n, int worker)>;

/// Reads these columns, each as its type, and hands their rows over, at most kRangeRows at once, in
/// any order and by up to `threads` threads. A table in a source is read block by block. Returns
/// the number of rows; those of pieces that are not wanted are counted, but not handed over.
int64_t for_each_range(const ViewTable& view, std::span<const std::string> columns,
                       std::span<const Type> types, ThreadPool& pool, int threads,
                       const TakeRows& take);

/// Reads a table in a source by several threads, each of which takes whole blocks: `take` gets a
/// block, the number of its first row and the worker. Returns the number of rows.
int64_t for_each_block(
    const Table& table, std::span<const std::string> columns, ThreadPool& pool, int threads,
    const std::function<void(const Table& block, int64_t first, int worker)>& take);

}  // namespace weft
