#include "data/slots.h"

#include <arrow/api.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>
#include <fmt/format.h>

#include <atomic>

#include "base/page_pool.h"
#include "data/arrow.h"

namespace weft {
namespace {

bool is_fixed_width(Type type) { return type->is_number() || type->is_time(); }

class PooledBuffer : public arrow::MutableBuffer {
 public:
  explicit PooledBuffer(int64_t bytes)
      : arrow::MutableBuffer(
            reinterpret_cast<uint8_t*>(PagePool::instance().take(static_cast<size_t>(bytes))),
            bytes) {}
  ~PooledBuffer() override {
    PagePool::instance().give_back(reinterpret_cast<char*>(mutable_data()),
                                   static_cast<size_t>(size_));
  }
};

void set_range(uint64_t* words, int64_t from, int64_t n) {
  arrow::bit_util::SetBitsTo(reinterpret_cast<uint8_t*>(words), from, n, true);
}

}  // namespace

std::shared_ptr<arrow::Buffer> allocate_buffer(int64_t bytes) {
  if (bytes >= static_cast<int64_t>(PagePool::kBytesMin)) {
    return std::make_shared<PooledBuffer>(bytes);
  }
  // Padded to whole words, so that validity may be written a word at a time.
  return value_or_throw(arrow::AllocateBuffer((bytes + 7) / 8 * 8), "allocating a column");
}

// ---- SlotBuffer ------------------------------------------------------------------------------

SlotBuffer::SlotBuffer(Type type, int64_t n)
    : type_(type), n_(n), valid_(static_cast<size_t>((n + 63) / 64), ~uint64_t{0}) {
  const size_t bytes = type->size * static_cast<size_t>(std::max<int64_t>(n, 1));
  data_ = static_cast<char*>(::operator new(bytes, std::align_val_t(64)));
  // Zero is a value of every type but structs, which construct themselves; a bool must never hold
  // anything but 0 and 1.
  std::memset(data_, 0, bytes);
  if (type->construct) type->construct(data_, n);
}

SlotBuffer::SlotBuffer(SlotBuffer&& other) noexcept
    : type_(other.type_),
      n_(other.n_),
      data_(std::exchange(other.data_, nullptr)),
      valid_(std::move(other.valid_)),
      arena_(std::move(other.arena_)) {}

SlotBuffer::~SlotBuffer() {
  if (!data_) return;
  if (type_->destroy) type_->destroy(data_, n_);
  ::operator delete(data_, std::align_val_t(64));
}

// ---- SlotReader ------------------------------------------------------------------------------

struct SlotReader::State {
  Type type;
  std::vector<std::shared_ptr<arrow::Array>> chunks;
  std::vector<int64_t> starts;  // of each chunk, and the end of the last one
  size_t cursor = 0;
  std::unique_ptr<SlotBuffer> buffer;
  std::vector<uint64_t> valid;
  std::vector<SlotReader> children;  // own what lists and structs of the last read point into

  State(const ColumnData& column, Type wanted);
  void seek(int64_t row);
  SlotBuffer& room(int64_t n);
  bool borrow(const arrow::Array& chunk, int64_t offset, int64_t n, Slice& slice) const;
  void copy(const arrow::Array& chunk, int64_t offset, int64_t n, char* to);
  void copy_lists(const arrow::Array& values, const std::vector<int64_t>& ends, int64_t begin,
                  const arrow::Array& lists, int64_t offset, ListView* to);
  void copy_struct(const arrow::StructArray& chunk, int64_t offset, int64_t n, char* to);
};

SlotReader::State::State(const ColumnData& column, Type wanted) : type(wanted) {
  int64_t start = 0;
  for (const auto& chunk : column.arrow()->chunks()) {
    if (chunk->length() == 0) continue;
    chunks.push_back(chunk);
    starts.push_back(start);
    start += chunk->length();
  }
  starts.push_back(start);
}

void SlotReader::State::seek(int64_t row) {
  if (row >= starts[cursor] && row < starts[cursor + 1]) return;
  cursor = static_cast<size_t>(std::ranges::upper_bound(starts, row) - starts.begin()) - 1;
}

SlotBuffer& SlotReader::State::room(int64_t n) {
  if (!buffer || buffer->size() < n) buffer = std::make_unique<SlotBuffer>(type, n);
  return *buffer;
}

bool SlotReader::State::borrow(const arrow::Array& chunk, int64_t offset, int64_t n,
                               Slice& slice) const {
  if (!is_fixed_width(type)) return false;
  const auto& data = *chunk.data();
  const auto at = static_cast<size_t>(data.offset + offset);
  slice.data = reinterpret_cast<const char*>(data.buffers[1]->data()) + at * type->size;
  slice.stride = static_cast<int64_t>(type->size);
  slice.valid = nullptr;
  if (chunk.null_count() == 0) return true;
  // Words can be borrowed only where they are whole: aligned, and inside the buffer to the end.
  const auto* bits = data.buffers[0]->data();
  const bool aligned = at % 64 == 0 && reinterpret_cast<size_t>(bits) % 8 == 0;
  if (!aligned || static_cast<int64_t>(at / 64 * 8) + (n + 63) / 64 * 8 > data.buffers[0]->size()) {
    return false;
  }
  slice.valid = reinterpret_cast<const uint64_t*>(bits) + at / 64;
  return true;
}

template <class Array>
void copy_text(const arrow::Array& chunk, int64_t offset, int64_t n, char* to) {
  const auto& array = static_cast<const Array&>(chunk);
  auto* out = reinterpret_cast<std::string_view*>(to);
  for (int64_t i = 0; i < n; ++i) out[i] = array.GetView(offset + i);
}

void SlotReader::State::copy_lists(const arrow::Array& values, const std::vector<int64_t>& ends,
                                   int64_t begin, const arrow::Array& lists, int64_t offset,
                                   ListView* to) {
  const int64_t end = ends.empty() ? begin : ends.back();
  const auto child = values.Slice(begin, end - begin);
  if (child->null_count() > 0) {
    for (size_t i = 0; i < ends.size(); ++i) {
      if (lists.IsNull(offset + static_cast<int64_t>(i))) continue;  // may span anything
      for (int64_t j = i == 0 ? begin : ends[i - 1]; j < ends[i]; ++j) {
        if (values.IsValid(j)) continue;
        throw Error(ErrorCode::kBadData,
                    fmt::format("a list of {} holds a null: lists in Weft hold values only",
                                type->element->name));
      }
    }
  }
  children.emplace_back(ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(child)),
                        type->element);
  const Slice elements = children.back().read(0, end - begin);
  int64_t at = begin;
  for (size_t i = 0; i < ends.size(); ++i) {
    // A null list may still span elements.
    const bool null = lists.IsNull(offset + static_cast<int64_t>(i));
    to[i] = {elements.data + (at - begin) * elements.stride, null ? 0 : ends[i] - at};
    at = ends[i];
  }
}

void SlotReader::State::copy_struct(const arrow::StructArray& chunk, int64_t offset, int64_t n,
                                    char* to) {
  for (const Field& field : type->fields) {
    if (!field.store) {
      throw Error(
          ErrorCode::kTypeMismatch,
          fmt::format("a column of {} is read only as a C++ struct with these fields", type->name));
    }
    const auto child = chunk.GetFieldByName(field.name);
    if (!child) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} has a field {}, the column is {}", type->name, field.name,
                              chunk.type()->ToString()));
    }
    const auto part = child->Slice(offset, n);
    const auto column = ColumnData::from_arrow(std::make_shared<arrow::ChunkedArray>(part));
    children.emplace_back(column.as(field.type), field.type);
    const Slice slice = children.back().read(0, n);
    for (int64_t i = 0; i < n; ++i) {
      const bool present = slice.is_valid(i);
      if (!present && !field.nullable && chunk.IsValid(offset + i)) {
        throw Error(ErrorCode::kBadData,
                    fmt::format("field {} of {} is null, and its type has no null: "
                                "use std::optional",
                                field.name, type->name));
      }
      field.store(to + static_cast<size_t>(i) * type->size,
                  present ? slice.data + i * slice.stride : nullptr);
    }
  }
}

void SlotReader::State::copy(const arrow::Array& chunk, int64_t offset, int64_t n, char* to) {
  switch (type->kind) {
    case Kind::kBool: {
      const auto& bits = static_cast<const arrow::BooleanArray&>(chunk);
      for (int64_t i = 0; i < n; ++i) to[i] = bits.Value(offset + i) ? 1 : 0;
      return;
    }
    case Kind::kString:
      return copy_text<arrow::StringArray>(chunk, offset, n, to);
    case Kind::kList: {
      const auto& lists = static_cast<const arrow::ListArray&>(chunk);
      std::vector<int64_t> ends;
      for (int64_t i = 0; i < n; ++i) ends.push_back(lists.value_offset(offset + i + 1));
      return copy_lists(*lists.values(), ends, lists.value_offset(offset), chunk, offset,
                        reinterpret_cast<ListView*>(to));
    }
    case Kind::kStruct:
      return copy_struct(static_cast<const arrow::StructArray&>(chunk), offset, n, to);
    default: {
      const auto& data = *chunk.data();
      std::memcpy(to,
                  data.buffers[1]->data() + static_cast<size_t>(data.offset + offset) * type->size,
                  static_cast<size_t>(n) * type->size);
    }
  }
}

SlotReader::SlotReader(const ColumnData& column, Type type)
    : state_(std::make_unique<State>(column, type)) {}
SlotReader::~SlotReader() = default;
SlotReader::SlotReader(SlotReader&&) noexcept = default;
SlotReader& SlotReader::operator=(SlotReader&&) noexcept = default;

Slice SlotReader::read(int64_t from, int64_t n) {
  State& s = *state_;
  const auto stride = static_cast<int64_t>(s.type->size);
  if (n == 0) return {s.room(1).data(), nullptr, stride};
  WEFT_CHECK(from >= 0 && from + n <= s.starts.back());
  s.seek(from);
  Slice slice;
  if (from + n <= s.starts[s.cursor + 1] &&
      s.borrow(*s.chunks[s.cursor], from - s.starts[s.cursor], n, slice)) {
    return slice;
  }
  s.children.clear();
  SlotBuffer& buffer = s.room(n);
  s.valid.assign(static_cast<size_t>((n + 63) / 64), 0);
  bool all = true;
  for (int64_t done = 0; done < n;) {
    s.seek(from + done);
    const auto& chunk = *s.chunks[s.cursor];
    const int64_t offset = from + done - s.starts[s.cursor];
    const int64_t part = std::min(n - done, chunk.length() - offset);
    s.copy(chunk, offset, part, buffer.data() + done * stride);
    if (chunk.null_count() == 0) {
      set_range(s.valid.data(), done, part);
    } else {
      all = false;
      arrow::internal::CopyBitmap(chunk.null_bitmap_data(), chunk.offset() + offset, part,
                                  reinterpret_cast<uint8_t*>(s.valid.data()), done);
    }
    done += part;
  }
  return {buffer.data(), all ? nullptr : s.valid.data(), stride};
}

// ---- ColumnWriter ----------------------------------------------------------------------------

struct ColumnWriter::State {
  Type type;
  int64_t n;
  int64_t block_rows;
  std::shared_ptr<arrow::Buffer> values;    // numbers, times; bools as bits
  std::shared_ptr<arrow::Buffer> validity;  // words
  std::atomic<int64_t> nulls = 0;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;  // of other types, one a block

  uint64_t* valid_words() { return reinterpret_cast<uint64_t*>(validity->mutable_data()); }
};

ColumnWriter::ColumnWriter(Type type, int64_t n, int64_t block_rows) : state_(new State) {
  WEFT_CHECK(block_rows % 64 == 0);
  state_->type = type;
  state_->n = n;
  state_->block_rows = block_rows;
  const int64_t words = (n + 63) / 64;
  if (is_fixed_width(type)) {
    state_->values = allocate_buffer(n * static_cast<int64_t>(type->size));
    state_->validity = allocate_buffer(words * 8);
  } else if (type->kind == Kind::kBool) {
    state_->values = allocate_buffer(words * 8);
    state_->validity = allocate_buffer(words * 8);
  } else {
    state_->builders.resize(static_cast<size_t>((n + block_rows - 1) / block_rows));
  }
}
ColumnWriter::~ColumnWriter() = default;
ColumnWriter::ColumnWriter(ColumnWriter&&) noexcept = default;

void* ColumnWriter::direct(int64_t from) {
  if (!is_fixed_width(state_->type)) return nullptr;
  return state_->values->mutable_data() + static_cast<size_t>(from) * state_->type->size;
}

namespace {

// The number of nulls written.
int64_t write_validity(uint64_t* words, int64_t from, const Slice& slice, int64_t n) {
  int64_t nulls = 0;
  for (int64_t w = 0; w * 64 < n; ++w) {
    uint64_t bits = ~uint64_t{0};
    if (slice.valid) bits = slice.stride ? slice.valid[w] : -(slice.valid[0] & 1);
    if (n - w * 64 < 64) bits |= ~uint64_t{0} << (n - w * 64);
    words[from / 64 + w] = bits;
    nulls += 64 - std::popcount(bits);
  }
  return nulls;
}

void write_bools(uint64_t* words, int64_t from, const Slice& slice, int64_t n) {
  for (int64_t w = 0; w * 64 < n; ++w) {
    bool values[64] = {};
    const int64_t m = std::min<int64_t>(64, n - w * 64);
    if (slice.stride == 1 && m == 64) {
      words[from / 64 + w] = detail::pack_bits(reinterpret_cast<const bool*>(slice.data) + w * 64);
      continue;
    }
    for (int64_t i = 0; i < m; ++i) values[i] = slice.at<bool>(w * 64 + i);
    words[from / 64 + w] = detail::pack_bits(values);
  }
}

// An empty text may point nowhere, which Arrow does not expect.
std::string_view somewhere(std::string_view text) { return text.empty() ? "" : text; }

void append_texts(arrow::StringBuilder& builder, const Slice& slice, int64_t n) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (slice.is_valid(i)) bytes += static_cast<int64_t>(slice.at<std::string_view>(i).size());
  }
  throw_if_failed(builder.Reserve(n), "writing a text column");
  throw_if_failed(builder.ReserveData(bytes + 1), "writing a text column");
  for (int64_t i = 0; i < n; ++i) {
    if (slice.is_valid(i)) {
      builder.UnsafeAppend(somewhere(slice.at<std::string_view>(i)));
    } else {
      builder.UnsafeAppendNull();
    }
  }
}

std::unique_ptr<arrow::ArrayBuilder> builder_of(Type type) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  throw_if_failed(arrow::MakeBuilder(arrow::default_memory_pool(), type_to_arrow(type), &builder),
                  "making a column");
  return builder;
}

}  // namespace

void ColumnWriter::write(int64_t from, const Slice& slice, int64_t n) {
  State& s = *state_;
  WEFT_DCHECK(from % 64 == 0 && from + n <= s.n);
  if (!s.builders.empty()) {
    auto& builder = s.builders[static_cast<size_t>(from / s.block_rows)];
    if (!builder) builder = builder_of(s.type);
    if (s.type->kind == Kind::kString) {
      return append_texts(static_cast<arrow::StringBuilder&>(*builder), slice, n);
    }
    for (int64_t i = 0; i < n; ++i) {
      append_slot(*builder, s.type, slice.is_valid(i) ? slice.data + i * slice.stride : nullptr);
    }
    return;
  }
  s.nulls += write_validity(s.valid_words(), from, slice, n);
  if (s.type->kind == Kind::kBool) {
    write_bools(reinterpret_cast<uint64_t*>(s.values->mutable_data()), from, slice, n);
  } else if (char* to = static_cast<char*>(direct(from)); to != slice.data) {
    if (slice.stride == static_cast<int64_t>(s.type->size)) {
      std::memcpy(to, slice.data, static_cast<size_t>(n) * s.type->size);
    } else {
      for (int64_t i = 0; i < n; ++i) {
        std::memcpy(to + static_cast<size_t>(i) * s.type->size, slice.data + i * slice.stride,
                    s.type->size);
      }
    }
  }
}

ColumnData ColumnWriter::finish() {
  State& s = *state_;
  const auto type = type_to_arrow(s.type);
  arrow::ArrayVector chunks;
  if (s.values) {
    const int64_t nulls = s.nulls;
    std::vector<std::shared_ptr<arrow::Buffer>> buffers = {nulls > 0 ? s.validity : nullptr,
                                                           s.values};
    chunks.push_back(
        arrow::MakeArray(arrow::ArrayData::Make(type, s.n, std::move(buffers), nulls)));
  }
  for (auto& builder : s.builders) {
    if (!builder) continue;
    chunks.push_back(value_or_throw(builder->Finish(), "writing a column"));
  }
  return column_of(s.type, std::make_shared<arrow::ChunkedArray>(std::move(chunks), type));
}

// ---- one slot at a time ----------------------------------------------------------------------

namespace {

template <class Builder, class T>
arrow::Status append_as(arrow::ArrayBuilder& builder, const void* slot) {
  const T& value = *static_cast<const T*>(slot);
  if constexpr (std::is_same_v<T, std::string_view>) {
    return static_cast<Builder&>(builder).Append(somewhere(value));
  } else {
    return static_cast<Builder&>(builder).Append(value);
  }
}

arrow::Status append_list(arrow::ArrayBuilder& builder, Type type, const void* slot) {
  auto& lists = static_cast<arrow::ListBuilder&>(builder);
  ARROW_RETURN_NOT_OK(lists.Append());
  const auto& list = *static_cast<const ListView*>(slot);
  for (int64_t i = 0; i < list.size; ++i) {
    append_slot(*lists.value_builder(), type->element,
                static_cast<const char*>(list.data) + static_cast<size_t>(i) * type->element->size);
  }
  return arrow::Status::OK();
}

arrow::Status append_struct(arrow::ArrayBuilder& builder, Type type, const void* slot) {
  auto& structs = static_cast<arrow::StructBuilder&>(builder);
  ARROW_RETURN_NOT_OK(structs.Append());
  Arena arena;
  for (size_t f = 0; f < type->fields.size(); ++f) {
    const Field& field = type->fields[f];
    SlotBuffer value(field.type, 1);
    const bool valid = field.load(slot, value.data(), arena);
    append_slot(*structs.field_builder(static_cast<int>(f)), field.type,
                valid ? value.data() : nullptr);
  }
  return arrow::Status::OK();
}

arrow::Status append_value(arrow::ArrayBuilder& builder, Type type, const void* slot) {
  switch (type->kind) {
    case Kind::kBool:
      return append_as<arrow::BooleanBuilder, bool>(builder, slot);
    case Kind::kInt32:
      return append_as<arrow::Int32Builder, int32_t>(builder, slot);
    case Kind::kInt64:
      return append_as<arrow::Int64Builder, int64_t>(builder, slot);
    case Kind::kFloat:
      return append_as<arrow::FloatBuilder, float>(builder, slot);
    case Kind::kDouble:
      return append_as<arrow::DoubleBuilder, double>(builder, slot);
    case Kind::kString:
      return append_as<arrow::StringBuilder, std::string_view>(builder, slot);
    case Kind::kTimestamp:
      return append_as<arrow::TimestampBuilder, int64_t>(builder, slot);
    case Kind::kDuration:
      return append_as<arrow::DurationBuilder, int64_t>(builder, slot);
    case Kind::kList:
      return append_list(builder, type, slot);
    case Kind::kStruct:
      return append_struct(builder, type, slot);
    case Kind::kObject:
      break;
  }
  return arrow::Status::TypeError(type->name, " is an object, and cannot lie in a column");
}

}  // namespace

void append_slot(arrow::ArrayBuilder& builder, Type type, const void* slot) {
  throw_if_failed(slot ? append_value(builder, type, slot) : builder.AppendNull(),
                  "writing a column");
}

struct ColumnBuilder::State {
  Type type;
  std::unique_ptr<arrow::ArrayBuilder> builder;
};

ColumnBuilder::ColumnBuilder(Type type) : state_(new State{type, builder_of(type)}) {}
ColumnBuilder::~ColumnBuilder() = default;
ColumnBuilder::ColumnBuilder(ColumnBuilder&&) noexcept = default;
ColumnBuilder& ColumnBuilder::operator=(ColumnBuilder&&) noexcept = default;

void ColumnBuilder::append_stored(const void* slot) {
  append_slot(*state_->builder, state_->type, slot);
}
void ColumnBuilder::append_null() { append_slot(*state_->builder, state_->type, nullptr); }

void ColumnBuilder::append(const Value& value) {
  if (!value.has_value()) return append_null();
  SlotBuffer slot(state_->type, 1);
  state_->type->unbox(state_->type, value.as(state_->type), slot.data(), slot.arena());
  append_stored(slot.data());
}

ColumnData ColumnBuilder::finish() {
  auto array = value_or_throw(state_->builder->Finish(), "building a column");
  return {state_->type, std::make_shared<arrow::ChunkedArray>(std::move(array))};
}

}  // namespace weft
