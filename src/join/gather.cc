#include "join/gather.h"

#include <arrow/api.h>
#include <arrow/util/bit_util.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "data/arrow.h"
#include "data/slots.h"
#include "exec/thread_pool.h"
#include "join/feature_rows.h"
#include "join/pooled_array.h"
#include "weft/bits.h"

namespace weft {
namespace {

constexpr char kDoing[] = "gathering features";
constexpr int64_t kPartRows = 65536;  // a multiple of 64: threads share no word of validity

bool is_fixed_width(Type type) { return type->is_number() || type->is_time(); }

// Finds the chunk of a row: a table of hints leads to it or a little before it.
class Chunks {
 public:
  explicit Chunks(const arrow::ChunkedArray& column) {
    int64_t start = 0;
    for (const auto& chunk : column.chunks()) {
      if (chunk->length() == 0) continue;
      arrays_.push_back(chunk.get());
      starts_.push_back(start);
      const auto& data = *chunk->data();
      values_.push_back(data.buffers.size() > 1 && data.buffers[1] ? data.buffers[1]->data()
                                                                   : nullptr);
      valid_.push_back(chunk->null_count() > 0 ? chunk->null_bitmap_data() : nullptr);
      offsets_.push_back(data.offset);
      nulls_ |= chunk->null_count() > 0;
      start += chunk->length();
    }
    starts_.push_back(start);
    if (arrays_.size() < 2) return;
    for (int64_t row = 0, chunk = 0; row < start; row += int64_t{1} << kHintBits) {
      while (starts_[static_cast<size_t>(chunk) + 1] <= row) ++chunk;
      hints_.push_back(static_cast<uint32_t>(chunk));
    }
  }

  struct Place {
    size_t chunk;
    int64_t row;
  };
  Place find(int64_t row) const {
    if (hints_.empty()) return {0, row};
    size_t chunk = hints_[static_cast<size_t>(row >> kHintBits)];
    while (starts_[chunk + 1] <= row) ++chunk;
    return {chunk, row - starts_[chunk]};
  }
  bool has_nulls() const { return nulls_; }
  const arrow::Array& array(size_t chunk) const { return *arrays_[chunk]; }
  template <class T>
  const T* values(const Place& p) const {
    return reinterpret_cast<const T*>(values_[p.chunk]) + offsets_[p.chunk] + p.row;
  }
  bool is_valid(const Place& p) const {
    const uint8_t* bits = valid_[p.chunk];
    return !bits || arrow::bit_util::GetBit(bits, offsets_[p.chunk] + p.row);
  }
  const uint8_t* valid_byte(const Place& p) const {
    const uint8_t* bits = valid_[p.chunk];
    return bits ? bits + ((offsets_[p.chunk] + p.row) >> 3) : nullptr;
  }

 private:
  static constexpr int kHintBits = 12;
  std::vector<const arrow::Array*> arrays_;
  std::vector<int64_t> starts_;
  std::vector<const uint8_t*> values_;
  std::vector<const uint8_t*> valid_;
  std::vector<int64_t> offsets_;
  std::vector<uint32_t> hints_;
  bool nulls_ = false;
};

// Writes 64 rows at most and returns which of them are valid.
template <class T>
uint64_t gather_word(const Chunks& chunks, const int64_t* rows, size_t n, T* out) {
  Chunks::Place places[64];
  uint64_t bits = 0;
  for (size_t i = 0; i < n; ++i) {
    if (rows[i] < 0) continue;
    places[i] = chunks.find(rows[i]);
    bits |= uint64_t{1} << i;
    __builtin_prefetch(chunks.values<T>(places[i]));
    if (const uint8_t* byte = chunks.valid_byte(places[i])) __builtin_prefetch(byte);
  }
  for (size_t i = 0; i < n; ++i) {
    out[i] = bits >> i & 1 ? *chunks.values<T>(places[i]) : T{};
  }
  if (!chunks.has_nulls()) return bits;
  for (size_t i = 0; i < n; ++i) {
    if ((bits >> i & 1) && !chunks.is_valid(places[i])) bits &= ~(uint64_t{1} << i);
  }
  return bits;
}

template <class T>
ColumnData gather_fixed(const ColumnData& column, std::span<const int64_t> rows, ThreadPool& pool,
                        int threads) {
  const Chunks chunks(*column.arrow());
  const auto n = static_cast<int64_t>(rows.size());
  const auto values = allocate_buffer(n * static_cast<int64_t>(sizeof(T)));
  const auto valid = allocate_buffer((n + 63) / 64 * 8);
  auto* out = reinterpret_cast<T*>(values->mutable_data());
  auto* words = reinterpret_cast<uint64_t*>(valid->mutable_data());
  std::atomic<int64_t> nulls = 0;
  pool.parallel_for((n + kPartRows - 1) / kPartRows, threads, [&](int64_t part, int) {
    const int64_t end = std::min(n, (part + 1) * kPartRows);
    int64_t part_nulls = 0;
    for (int64_t from = part * kPartRows; from < end; from += 64) {
      const auto m = static_cast<size_t>(std::min<int64_t>(64, end - from));
      const uint64_t bits = gather_word<T>(chunks, rows.data() + from, m, out + from);
      words[from / 64] = bits;
      part_nulls += static_cast<int64_t>(m) - std::popcount(bits);
    }
    nulls += part_nulls;
  });
  const auto type = type_to_arrow(column.type());
  auto array = arrow::MakeArray(
      arrow::ArrayData::Make(type, n, {nulls > 0 ? valid : nullptr, values}, nulls));
  return column_of(column.type(), std::make_shared<arrow::ChunkedArray>(std::move(array)));
}

void append_texts(const Chunks& chunks, std::span<const int64_t> rows,
                  arrow::StringBuilder& builder) {
  std::vector<std::string_view> texts(rows.size());
  int64_t bytes = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0) continue;
    const auto place = chunks.find(rows[i]);
    if (!chunks.is_valid(place)) continue;
    const auto& array = static_cast<const arrow::StringArray&>(chunks.array(place.chunk));
    texts[i] = array.GetView(place.row);
    if (!texts[i].data()) texts[i] = {"", 0};
    bytes += static_cast<int64_t>(texts[i].size());
  }
  throw_if_failed(builder.Reserve(static_cast<int64_t>(rows.size())), kDoing);
  throw_if_failed(builder.ReserveData(bytes), kDoing);
  for (const auto& text : texts) {
    text.data() ? builder.UnsafeAppend(text) : builder.UnsafeAppendNull();
  }
}

void append_any(const Chunks& chunks, std::span<const int64_t> rows, arrow::ArrayBuilder& builder) {
  throw_if_failed(builder.Reserve(static_cast<int64_t>(rows.size())), kDoing);
  for (const int64_t row : rows) {
    if (row < 0) {
      throw_if_failed(builder.AppendNull(), kDoing);
      continue;
    }
    const auto place = chunks.find(row);
    const arrow::ArraySpan span(*chunks.array(place.chunk).data());
    throw_if_failed(builder.AppendArraySlice(span, place.row, 1), kDoing);
  }
}

// Of types whose values are no fixed number of bytes: one chunk for each part.
ColumnData gather_built(const ColumnData& column, std::span<const int64_t> rows, ThreadPool& pool,
                        int threads) {
  const Chunks chunks(*column.arrow());
  const auto n = static_cast<int64_t>(rows.size());
  arrow::ArrayVector parts(static_cast<size_t>((n + kPartRows - 1) / kPartRows));
  const auto type = column.arrow()->type();
  pool.parallel_for(static_cast<int64_t>(parts.size()), threads, [&](int64_t part, int) {
    const int64_t from = part * kPartRows;
    const auto mine =
        rows.subspan(static_cast<size_t>(from), static_cast<size_t>(std::min(kPartRows, n - from)));
    std::unique_ptr<arrow::ArrayBuilder> builder;
    throw_if_failed(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder), kDoing);
    if (column.type()->kind == Kind::kString) {
      append_texts(chunks, mine, static_cast<arrow::StringBuilder&>(*builder));
    } else {
      append_any(chunks, mine, *builder);
    }
    parts[static_cast<size_t>(part)] = value_or_throw(builder->Finish(), kDoing);
  });
  return column_of(column.type(), std::make_shared<arrow::ChunkedArray>(std::move(parts), type));
}

ColumnData column_with(Type type, int64_t n, std::shared_ptr<arrow::Buffer> values,
                       const uint8_t* valid) {
  const auto words = allocate_buffer((n + 63) / 64 * 8);
  auto* to = reinterpret_cast<uint64_t*>(words->mutable_data());
  int64_t nulls = n;
  for (int64_t from = 0; from < n; from += 64) {
    uint64_t bits = 0;
    for (int64_t i = 0; i < std::min<int64_t>(64, n - from); ++i) {
      bits |= static_cast<uint64_t>(valid[from + i] != 0) << i;
    }
    to[from / 64] = bits;
    nulls -= std::popcount(bits);
  }
  auto array = arrow::MakeArray(arrow::ArrayData::Make(
      type_to_arrow(type), n, {nulls > 0 ? words : nullptr, std::move(values)}, nulls));
  return column_of(type, std::make_shared<arrow::ChunkedArray>(std::move(array)));
}

// Rows of the result by the row of the view that they want, in windows of kWindowRows.
class WantedRows {
 public:
  WantedRows(std::span<const int64_t> rows, int64_t table_rows)
      : begin_(static_cast<size_t>(table_rows / kWindowRows) + 2) {
    for (const int64_t row : rows) {
      if (row >= 0) ++begin_[static_cast<size_t>(row / kWindowRows) + 1];
    }
    for (size_t w = 1; w < begin_.size(); ++w) begin_[w] += begin_[w - 1];
    wanted_ = PooledArray<uint32_t>(begin_.back());
    auto next = begin_;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] < 0) continue;
      wanted_[next[static_cast<size_t>(rows[i] / kWindowRows)]++] = static_cast<uint32_t>(i);
    }
  }

  /// Which rows of the result may want rows [first, first + n) of the table; others among them.
  std::span<const uint32_t> of(int64_t first, int64_t n) const {
    const size_t from = begin_[static_cast<size_t>(first / kWindowRows)];
    const size_t to =
        begin_[std::min(static_cast<size_t>((first + n - 1) / kWindowRows) + 1, begin_.size() - 1)];
    return {wanted_.data() + from, to - from};
  }

 private:
  static constexpr int64_t kWindowRows = 16384;
  std::vector<size_t> begin_;  // [windows + 1]
  PooledArray<uint32_t> wanted_;
};

// One column of a table that is read once: values go to their place as they come by.
class ColumnSink {
 public:
  ColumnSink(const ResolvedFeature& feature, int64_t rows) : feature_(feature), rows_(rows) {
    if (is_fixed_width(feature.type)) {
      values_ = allocate_buffer(rows * static_cast<int64_t>(feature.type->size));
      valid_ = PooledArray<uint8_t>(static_cast<size_t>(rows));
      std::fill(valid_.begin(), valid_.end(), 0);
    } else {
      piece_row_.assign(static_cast<size_t>(rows), -1);
    }
  }

  /// rows[k] of the block is the value at to[k].
  void take(const Table& block, std::span<const uint32_t> to, std::span<const int64_t> rows,
            ThreadPool& pool) {
    const ColumnData column = block.column(feature_.column).as(feature_.type);
    if (!values_) {
      const ColumnData piece = gather_column(column, rows, pool, 1);
      const std::scoped_lock lock(mutex_);
      for (size_t k = 0; k < to.size(); ++k) {
        piece_row_[to[k]] = pieces_rows_ + static_cast<int64_t>(k);
      }
      pieces_rows_ += piece.size();
      const auto& chunks = piece.arrow()->chunks();
      pieces_.insert(pieces_.end(), chunks.begin(), chunks.end());
    } else if (feature_.type->size == 8) {
      scatter<int64_t>(column, to, rows);
    } else {
      scatter<int32_t>(column, to, rows);
    }
  }

  ColumnData finish(ThreadPool& pool, int threads) {
    if (values_) return column_with(feature_.type, rows_, std::move(values_), valid_.data());
    const auto all =
        std::make_shared<arrow::ChunkedArray>(std::move(pieces_), type_to_arrow(feature_.type));
    return gather_column(column_of(feature_.type, all), piece_row_, pool, threads);
  }

 private:
  template <class T>
  void scatter(const ColumnData& column, std::span<const uint32_t> to,
               std::span<const int64_t> rows) {
    const Chunks chunks(*column.arrow());
    auto* out = reinterpret_cast<T*>(values_->mutable_data());
    if (column.arrow()->num_chunks() == 1) {
      const T* values = chunks.values<T>({0, 0});
      for (size_t k = 0; k < to.size(); ++k) out[to[k]] = values[rows[k]];
      if (!chunks.has_nulls()) {
        for (const uint32_t row : to) valid_[row] = 1;
      } else {
        for (size_t k = 0; k < to.size(); ++k) valid_[to[k]] = chunks.is_valid({0, rows[k]});
      }
      return;
    }
    for (size_t k = 0; k < to.size(); ++k) {
      const auto place = chunks.find(rows[k]);
      out[to[k]] = *chunks.values<T>(place);
      valid_[to[k]] = chunks.is_valid(place);
    }
  }

  const ResolvedFeature& feature_;
  int64_t rows_;
  std::shared_ptr<arrow::Buffer> values_;  // of fixed width
  PooledArray<uint8_t> valid_;
  std::mutex mutex_;
  std::vector<int64_t> piece_row_;  // of others: rows of the pieces put one under another
  int64_t pieces_rows_ = 0;
  arrow::ArrayVector pieces_;
};

std::vector<ColumnData> gather_from_source(const Table& table,
                                           std::span<const ResolvedFeature> features,
                                           std::span<const int64_t> rows, int64_t table_rows,
                                           ThreadPool& pool, int threads) {
  const WantedRows wanted(rows, table_rows);
  std::vector<std::unique_ptr<ColumnSink>> sinks;
  std::vector<std::string> names;
  for (const ResolvedFeature& feature : features) {
    sinks.push_back(std::make_unique<ColumnSink>(feature, static_cast<int64_t>(rows.size())));
    if (std::ranges::find(names, feature.column) == names.end()) names.push_back(feature.column);
  }
  const auto changed = [&](int64_t found) {
    return Error(ErrorCode::kBadData,
                 fmt::format("{} changed while it was read: it had {} rows, then {}",
                             table.source()->describe(), table_rows, found));
  };
  const int64_t read =
      for_each_block(table, names, pool, threads, [&](const Table& block, int64_t first, int) {
        const int64_t end = first + block.num_rows();
        if (end > table_rows) throw changed(end);
        std::vector<uint32_t> to;
        std::vector<int64_t> from;
        for (const uint32_t i : wanted.of(first, block.num_rows())) {
          if (rows[i] < first || rows[i] >= end) continue;
          to.push_back(i);
          from.push_back(rows[i] - first);
        }
        for (auto& sink : sinks) sink->take(block, to, from, pool);
      });
  if (read != table_rows) throw changed(read);
  std::vector<ColumnData> columns;
  for (auto& sink : sinks) columns.push_back(sink->finish(pool, threads));
  return columns;
}

// Rows of the result by the piece that has the row of the view that they want.
class RowsOfPieces {
 public:
  RowsOfPieces(std::span<const Piece> pieces, std::span<const int64_t> rows)
      : pieces_(pieces), begin_(pieces.size() + 1) {
    if (pieces.empty()) return;
    for (size_t p = 0; p < pieces.size(); ++p) {
      const auto last =
          static_cast<size_t>((pieces[p].first_row + pieces[p].rows - 1) >> kHintBits);
      hints_.resize(std::max(hints_.size(), last + 1), static_cast<uint32_t>(p));
    }
    for (const int64_t row : rows) {
      if (row >= 0) ++begin_[piece_of(row) + 1];
    }
    for (size_t p = 1; p < begin_.size(); ++p) begin_[p] += begin_[p - 1];
    wanted_ = PooledArray<uint32_t>(begin_.back());
    auto next = begin_;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= 0) wanted_[next[piece_of(rows[i])]++] = static_cast<uint32_t>(i);
    }
  }

  std::span<const uint32_t> of(size_t piece) const {
    return {wanted_.data() + begin_[piece], begin_[piece + 1] - begin_[piece]};
  }

 private:
  static constexpr int kHintBits = 12;
  size_t piece_of(int64_t row) const {
    size_t p = hints_[static_cast<size_t>(row >> kHintBits)];
    while (pieces_[p].first_row + pieces_[p].rows <= row) ++p;
    return p;
  }

  std::span<const Piece> pieces_;
  std::vector<uint32_t> hints_;  // the first piece that ends behind where 4096 rows begin
  std::vector<size_t> begin_;    // [pieces + 1]
  PooledArray<uint32_t> wanted_;
};

std::vector<ColumnData> gather_from_pieces(const Pieces& pieces,
                                           std::span<const ResolvedFeature> features,
                                           std::span<const int64_t> rows, ThreadPool& pool,
                                           int threads) {
  const auto list = pieces.list();
  const RowsOfPieces wanted(list, rows);
  std::map<std::string, std::vector<std::unique_ptr<ColumnSink>>> by_column;
  std::vector<ColumnSink*> sinks;
  for (const ResolvedFeature& feature : features) {
    auto& of_column = by_column[feature.column];
    of_column.push_back(std::make_unique<ColumnSink>(feature, static_cast<int64_t>(rows.size())));
    sinks.push_back(of_column.back().get());
  }
  pool.parallel_for(static_cast<int64_t>(list.size()), threads, [&](int64_t i, int) {
    const auto to = wanted.of(static_cast<size_t>(i));
    if (to.empty()) return;
    const Piece& piece = list[static_cast<size_t>(i)];
    std::vector<int64_t> from;
    for (const uint32_t row : to) from.push_back(rows[row] - piece.first_row);
    const auto reader = pieces.open(static_cast<size_t>(i));
    for (auto& [column, of_column] : by_column) {
      const Table block = reader->read(std::span(&column, 1));
      for (auto& sink : of_column) sink->take(block, to, from, pool);
    }
  });
  std::vector<ColumnData> columns;
  for (ColumnSink* sink : sinks) columns.push_back(sink->finish(pool, threads));
  return columns;
}

}  // namespace

ColumnData gather_column(const ColumnData& column, std::span<const int64_t> rows, ThreadPool& pool,
                         int threads) {
  if (!is_fixed_width(column.type())) return gather_built(column, rows, pool, threads);
  return column.type()->size == 8 ? gather_fixed<int64_t>(column, rows, pool, threads)
                                  : gather_fixed<int32_t>(column, rows, pool, threads);
}

std::vector<ColumnData> gather_features(const ViewTable& view,
                                        std::span<const ResolvedFeature> features,
                                        std::span<const int64_t> rows, int64_t table_rows,
                                        ThreadPool& pool, int threads) {
  if (features.empty()) return {};
  const Table& table = view.table;
  if (view.pieces) return gather_from_pieces(*view.pieces, features, rows, pool, threads);
  if (table.source()) {
    return gather_from_source(table, features, rows, table_rows, pool, threads);
  }
  std::vector<ColumnData> columns;
  for (const ResolvedFeature& feature : features) {
    columns.push_back(gather_column(table.column(feature.column), rows, pool, threads));
  }
  return columns;
}

ColumnData column_of_times(std::span<const int64_t> values, std::span<const uint8_t> valid) {
  const auto bytes = static_cast<int64_t>(values.size_bytes());
  const auto buffer = allocate_buffer(bytes);
  std::ranges::copy(values, reinterpret_cast<int64_t*>(buffer->mutable_data()));
  return column_with(timestamp_type(), static_cast<int64_t>(values.size()), buffer, valid.data());
}

}  // namespace weft
