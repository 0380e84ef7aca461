#include "join/feature_rows.h"

#include <algorithm>
#include <mutex>

#include "exec/thread_pool.h"

namespace weft {
namespace {

std::vector<ColumnData> columns_as(const Table& table, std::span<const std::string> names,
                                   std::span<const Type> types) {
  std::vector<ColumnData> columns;
  for (size_t c = 0; c < names.size(); ++c) {
    columns.push_back(table.column(names[c]).as(types[c]));
  }
  return columns;
}

// Keys, times and sequence may be one column.
std::vector<std::string> without_repeats(std::span<const std::string> names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (std::ranges::find(out, name) == out.end()) out.push_back(name);
  }
  return out;
}

// What one thread reads with; made when it first does.
struct Readers {
  std::vector<SlotReader> readers;
  std::vector<Slice> slices;

  void open(std::span<const ColumnData> columns, std::span<const Type> types) {
    for (size_t c = 0; c < columns.size(); ++c) readers.emplace_back(columns[c], types[c]);
    slices.resize(columns.size());
  }
  std::span<const Slice> read(int64_t from, int64_t n) {
    for (size_t c = 0; c < readers.size(); ++c) slices[c] = readers[c].read(from, n);
    return slices;
  }
};

}  // namespace

int64_t for_each_block(
    const Table& table, std::span<const std::string> columns, ThreadPool& pool, int threads,
    const std::function<void(const Table& block, int64_t first, int worker)>& take) {
  const auto reader = table.read(columns);
  std::mutex mutex;
  int64_t rows = 0;
  bool ended = false;
  pool.parallel_for(threads, threads, [&](int64_t, int worker) {
    for (;;) {
      std::optional<Table> block;
      int64_t first = 0;
      {
        const std::scoped_lock lock(mutex);
        if (ended) return;
        try {
          block = reader->next();
        } catch (...) {
          ended = true;
          throw;
        }
        if (!block) {
          ended = true;
          return;
        }
        first = rows;
        rows += block->num_rows();
      }
      take(*block, first, worker);
    }
  });
  return rows;
}

int64_t for_each_range(const ViewTable& view, std::span<const std::string> columns,
                       std::span<const Type> types, ThreadPool& pool, int threads,
                       const TakeRows& take) {
  const Table& table = view.table;
  if (view.pieces) {
    const auto pieces = view.pieces->list();
    const auto names = without_repeats(columns);
    pool.parallel_for(static_cast<int64_t>(pieces.size()), threads, [&](int64_t i, int worker) {
      const auto p = static_cast<size_t>(i);
      const auto held = columns_as(view.pieces->open(p)->read(names), columns, types);
      read_in_ranges(held, types, [&](std::span<const Slice> slices, int64_t from, int64_t n) {
        take(slices, pieces[p].first_row + from, n, worker);
      });
    });
    return view.pieces->num_rows();
  }
  if (table.source()) {
    return for_each_block(
        table, columns, pool, threads, [&](const Table& block, int64_t first, int worker) {
          const auto held = columns_as(block, columns, types);
          read_in_ranges(held, types, [&](std::span<const Slice> slices, int64_t from, int64_t n) {
            take(slices, first + from, n, worker);
          });
        });
  }
  const auto held = columns_as(table, columns, types);
  const int64_t rows = table.num_rows();
  std::vector<Readers> readers(static_cast<size_t>(threads));
  pool.parallel_for((rows + kRangeRows - 1) / kRangeRows, threads, [&](int64_t i, int worker) {
    Readers& mine = readers[static_cast<size_t>(worker)];
    if (mine.readers.empty()) mine.open(held, types);
    const int64_t from = i * kRangeRows;
    const int64_t n = std::min(kRangeRows, rows - from);
    take(mine.read(from, n), from, n, worker);
  });
  return rows;
}

}  // namespace weft
