/// Between Arrow's arrays and slots: reads rows of a column as slices, and builds columns of slots.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "weft/kernel.h"
#include "weft/table.h"

namespace weft {

/// Reads ranges of rows of one column as slots. Numbers and times that lie in one chunk are
/// borrowed from Arrow's memory; the rest is laid out in buffers that are used again by the next
/// read. Not thread-safe: one reader a thread.
class SlotReader {
 public:
  /// `type` is the column's own, or a C++ struct whose fields the column's struct has.
  SlotReader(const ColumnData& column, Type type);
  ~SlotReader();
  SlotReader(SlotReader&&) noexcept;
  SlotReader& operator=(SlotReader&&) noexcept;

  /// Rows [from, from + n). The slice is valid until the next read. Throws Error(kBadData) for a
  /// null inside a list.
  Slice read(int64_t from, int64_t n);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Memory for `n` slots of a type, constructed once and assigned ever after, with validity.
class SlotBuffer {
 public:
  SlotBuffer(Type type, int64_t n);
  ~SlotBuffer();
  SlotBuffer(SlotBuffer&& other) noexcept;
  SlotBuffer& operator=(SlotBuffer&&) = delete;

  char* data() const { return data_; }
  uint64_t* valid() { return valid_.data(); }
  Sink sink() { return {data_, valid_.data(), &arena_, false}; }
  Arena& arena() { return arena_; }
  Type type() const { return type_; }
  int64_t size() const { return n_; }

 private:
  Type type_;
  int64_t n_;
  char* data_;
  std::vector<uint64_t> valid_;
  Arena arena_;
};

/// A column of `n` rows that is written block by block, blocks in any order and by several threads
/// as long as each starts at a multiple of `block_rows` (a multiple of 64).
class ColumnWriter {
 public:
  ColumnWriter(Type type, int64_t n, int64_t block_rows);
  ~ColumnWriter();
  ColumnWriter(ColumnWriter&&) noexcept;

  /// Where row `from` lies if kernels may write there directly (numbers and times); null otherwise.
  void* direct(int64_t from);
  /// Takes rows [from, from + n) from a slice; values written through direct() are only given
  /// their validity.
  void write(int64_t from, const Slice& slice, int64_t n);
  ColumnData finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Appends one slot (null pointer: a null) to an Arrow builder of type_to_arrow(type).
void append_slot(arrow::ArrayBuilder& builder, Type type, const void* slot);

/// A buffer of at least `bytes` for a column: from the page pool where it is large.
std::shared_ptr<arrow::Buffer> allocate_buffer(int64_t bytes);

}  // namespace weft
