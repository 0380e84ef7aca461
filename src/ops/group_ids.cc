#include "ops/group_ids.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "data/slots.h"

namespace weft {
namespace {

// A key column becomes one word a row: the value itself where it fits, else the hash of its text.
// Lists and structs are first written out as a text in which equal values have equal bytes.
enum class Form : uint8_t { kWord, kText, kEncoded };

constexpr int64_t kChunkRows = 1024;

template <class T>
uint64_t word_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
    if (value == 0) value = 0;  // -0.0
    if constexpr (sizeof(T) == 8) {
      return std::bit_cast<uint64_t>(value);
    } else {
      return std::bit_cast<uint32_t>(value);
    }
  } else {
    return static_cast<uint64_t>(static_cast<int64_t>(value));
  }
}

uint64_t word_of_slot(Type type, const void* slot) {
  switch (type->kind) {
    case Kind::kBool:
      return word_of<int64_t>(*static_cast<const uint8_t*>(slot));
    case Kind::kInt32:
      return word_of(*static_cast<const int32_t*>(slot));
    case Kind::kFloat:
      return word_of(*static_cast<const float*>(slot));
    case Kind::kDouble:
      return word_of(*static_cast<const double*>(slot));
    default: {
      int64_t value;  // times too: their representation is an int64
      std::memcpy(&value, slot, sizeof value);
      return word_of(value);
    }
  }
}

void append_bytes(std::string& out, uint64_t word) {
  out.append(reinterpret_cast<const char*>(&word), sizeof word);
}

void encode(Type type, const void* slot, std::string& out) {
  switch (type->kind) {
    case Kind::kString: {
      const auto text = *static_cast<const std::string_view*>(slot);
      append_bytes(out, text.size());
      out += text;
      return;
    }
    case Kind::kList: {
      const auto& list = *static_cast<const ListView*>(slot);
      append_bytes(out, static_cast<uint64_t>(list.size));
      for (int64_t i = 0; i < list.size; ++i) {
        encode(type->element,
               static_cast<const char*>(list.data) + static_cast<size_t>(i) * type->element->size,
               out);
      }
      return;
    }
    case Kind::kStruct: {
      Arena arena;
      for (const Field& field : type->fields) {
        SlotBuffer value(field.type, 1);
        const bool valid = field.load(slot, value.data(), arena);
        out += valid ? '\1' : '\0';
        if (valid) encode(field.type, value.data(), out);
      }
      return;
    }
    default:
      append_bytes(out, word_of_slot(type, slot));
  }
}

// Folded multiplication: every bit of the word reaches both halves of the hash.
inline uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
constexpr uint64_t kSalt = 0x9e3779b97f4a7c15;
constexpr uint64_t kFactor = 0xd6e8feb86659fd93;

// The keys of up to kChunkRows rows, as the table compares them.
struct Chunk {
  std::vector<uint64_t> words;          // [rows][width]
  std::vector<uint64_t> hash;           // [rows]
  std::vector<std::string_view> texts;  // [rows][text_count]
  std::vector<uint64_t> nulls;          // [rows] bit c: key column c is null
  bool has_nulls = false;
  Arena encoded;
};

template <class T>
void fill_words(const Slice& key, int64_t from, int64_t n, size_t width, uint64_t* to) {
  const char* at = key.data + from * key.stride;
  if (key.stride == static_cast<int64_t>(sizeof(T))) {
    const T* values = reinterpret_cast<const T*>(at);
    for (int64_t i = 0; i < n; ++i) to[static_cast<size_t>(i) * width] = word_of(values[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) {
      to[static_cast<size_t>(i) * width] =
          word_of(*reinterpret_cast<const T*>(at + i * key.stride));
    }
  }
}

void fill_words_of(Type type, const Slice& key, int64_t from, int64_t n, size_t width,
                   uint64_t* to) {
  switch (type->kind) {
    case Kind::kBool:
      return fill_words<uint8_t>(key, from, n, width, to);
    case Kind::kInt32:
      return fill_words<int32_t>(key, from, n, width, to);
    case Kind::kFloat:
      return fill_words<float>(key, from, n, width, to);
    case Kind::kDouble:
      return fill_words<double>(key, from, n, width, to);
    default:
      return fill_words<int64_t>(key, from, n, width, to);
  }
}

Form form_of(Type type) {
  switch (type->kind) {
    case Kind::kString:
      return Form::kText;
    case Kind::kList:
    case Kind::kStruct:
      return Form::kEncoded;
    case Kind::kObject:
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} is an object, and cannot be a key", type->name));
    default:
      return Form::kWord;
  }
}

}  // namespace

struct GroupIndex::State {
  struct Slot {
    uint32_t tag;
    int32_t group;
  };

  std::vector<Type> types;
  std::vector<Form> forms;
  NullKeys nulls;
  size_t text_count = 0;
  size_t width = 0;  // words a key: one a column

  std::vector<Slot> slots;
  size_t mask = 0;
  std::vector<uint64_t> group_hash;
  std::vector<uint64_t> group_words;          // [groups][width]
  std::vector<std::string_view> group_texts;  // [groups][text_count], in the arena
  std::vector<uint64_t> group_nulls;          // [groups], or [0] as long as no key has a null
  std::vector<int64_t> first_rows;
  int64_t rows_added = 0;
  Arena arena;  // copies lie close together, which the columns' own texts do not
  Chunk chunk;  // of add()

  State(std::vector<Type> key_types, NullKeys null_keys);
  void fill(const Slice* keys, int64_t from, int64_t n, Chunk& out) const;
  void fill_texts(const Slice& key, size_t column, size_t text, int64_t from, int64_t n,
                  Chunk& out) const;
  void fill_nulls(const Slice& key, size_t column, int64_t from, int64_t n, Chunk& out) const;
  template <size_t Width, bool Texts>
  bool is_key(int32_t group, const Chunk& keys, size_t row) const;
  template <size_t Width, bool Texts>
  int32_t lookup(const Chunk& keys, size_t row, size_t& at) const;
  void prefetch(const Chunk& keys, size_t rows) const;
  template <size_t Width, bool Texts>
  void find_chunk(const Chunk& keys, int64_t n, int32_t* group) const;
  template <size_t Width, bool Texts>
  void add_chunk(int64_t n, int32_t* group);
  int32_t make_group(size_t row, size_t at);
  void rehash(size_t size);
};

GroupIndex::State::State(std::vector<Type> key_types, NullKeys null_keys)
    : types(std::move(key_types)), nulls(null_keys) {
  if (types.size() > 63) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} key columns; 63 are the most", types.size()));
  }
  for (const Type type : types) {
    forms.push_back(form_of(type));
    if (forms.back() != Form::kWord) ++text_count;
  }
  width = types.size();
  rehash(1024);
}

void GroupIndex::State::fill_nulls(const Slice& key, size_t column, int64_t from, int64_t n,
                                   Chunk& out) const {
  for (int64_t i = 0; i < n; ++i) {
    if (key.is_valid(from + i)) continue;
    const auto row = static_cast<size_t>(i);
    out.nulls[row] |= uint64_t{1} << column;
    out.words[row * width + column] = 0;  // under a null lies anything
    out.has_nulls = true;
  }
}

void GroupIndex::State::fill_texts(const Slice& key, size_t column, size_t text, int64_t from,
                                   int64_t n, Chunk& out) const {
  std::string bytes;
  for (int64_t i = 0; i < n; ++i) {
    const auto row = static_cast<size_t>(i);
    std::string_view& view = out.texts[row * text_count + text];
    if (!key.is_valid(from + i)) {
      view = {};
    } else if (forms[column] == Form::kText) {
      view = key.at<std::string_view>(from + i);
    } else {
      bytes.clear();
      encode(types[column], key.data + (from + i) * key.stride, bytes);
      view = out.encoded.copy(bytes);
    }
    out.words[row * width + column] = XXH3_64bits(view.data(), view.size());
  }
}

void GroupIndex::State::fill(const Slice* keys, int64_t from, int64_t n, Chunk& out) const {
  const auto rows = static_cast<size_t>(n);
  out.words.resize(rows * width);
  out.texts.resize(rows * text_count);
  out.nulls.assign(rows, 0);  // of a few KiB: always there, so that chunks can be compared
  out.has_nulls = false;
  out.encoded.reset();
  size_t text = 0;
  for (size_t c = 0; c < types.size(); ++c) {
    if (forms[c] == Form::kWord) {
      fill_words_of(types[c], keys[c], from, n, width, out.words.data() + c);
    } else {
      fill_texts(keys[c], c, text++, from, n, out);
    }
    if (keys[c].valid) fill_nulls(keys[c], c, from, n, out);
  }
  out.hash.assign(rows, kSalt);
  for (size_t w = 0; w < width; ++w) {
    for (size_t i = 0; i < rows; ++i) {
      out.hash[i] = mix(out.hash[i] ^ out.words[i * width + w], kFactor);
    }
  }
  if (!out.has_nulls) return;
  for (size_t i = 0; i < rows; ++i) {
    if (out.nulls[i]) out.hash[i] = mix(out.hash[i] ^ out.nulls[i], kFactor);
  }
}

template <size_t Width, bool Texts>
bool GroupIndex::State::is_key(int32_t group, const Chunk& keys, size_t row) const {
  const size_t w = Width ? Width : width;
  const auto g = static_cast<size_t>(group);
  const uint64_t* a = group_words.data() + g * w;
  const uint64_t* b = keys.words.data() + row * w;
  for (size_t i = 0; i < w; ++i) {
    if (a[i] != b[i]) return false;
  }
  if (!group_nulls.empty() ? group_nulls[g] != keys.nulls[row] : keys.nulls[row] != 0) return false;
  if constexpr (Texts) {
    for (size_t t = 0; t < text_count; ++t) {
      if (group_texts[g * text_count + t] != keys.texts[row * text_count + t]) return false;
    }
  }
  return true;
}

// The group of a row and the slot it is in; kNone and the slot where it belongs.
template <size_t Width, bool Texts>
int32_t GroupIndex::State::lookup(const Chunk& keys, size_t row, size_t& at) const {
  const uint64_t hash = keys.hash[row];
  const auto tag = static_cast<uint32_t>(hash >> 32);
  for (at = hash & mask;; at = (at + 1) & mask) {
    const Slot slot = slots[at];
    if (slot.group == kNone) return kNone;
    if (slot.tag == tag && is_key<Width, Texts>(slot.group, keys, row)) return slot.group;
  }
}

// A large table lies in far memory: asks for what the lookups of a chunk will touch, so that they
// wait for it all at once.
void GroupIndex::State::prefetch(const Chunk& keys, size_t rows) const {
  if (slots.size() < 1 << 14) return;
  for (size_t i = 0; i < rows; ++i) __builtin_prefetch(&slots[keys.hash[i] & mask]);
  for (size_t i = 0; i < rows; ++i) {
    const int32_t group = slots[keys.hash[i] & mask].group;
    if (group == kNone) continue;
    __builtin_prefetch(group_words.data() + static_cast<size_t>(group) * width);
    if (text_count == 0) continue;
    __builtin_prefetch(group_texts.data() + static_cast<size_t>(group) * text_count);
  }
  if (text_count == 0) return;
  for (size_t i = 0; i < rows; ++i) {
    const int32_t group = slots[keys.hash[i] & mask].group;
    if (group == kNone) continue;
    __builtin_prefetch(group_texts[static_cast<size_t>(group) * text_count].data());
  }
}

template <size_t Width, bool Texts>
void GroupIndex::State::find_chunk(const Chunk& keys, int64_t n, int32_t* group) const {
  prefetch(keys, static_cast<size_t>(n));
  const bool leave_out = keys.has_nulls && nulls == NullKeys::kLeftOut;
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    size_t at;
    group[i] = leave_out && keys.nulls[i] ? kNone : lookup<Width, Texts>(keys, i, at);
  }
}

template <size_t Width, bool Texts>
void GroupIndex::State::add_chunk(int64_t n, int32_t* group) {
  prefetch(chunk, static_cast<size_t>(n));
  const bool leave_out = chunk.has_nulls && nulls == NullKeys::kLeftOut;
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    if (leave_out && chunk.nulls[i]) {
      group[i] = kNone;
      continue;
    }
    size_t at;
    group[i] = lookup<Width, Texts>(chunk, i, at);
    if (group[i] == kNone) group[i] = make_group(i, at);
  }
}

int32_t GroupIndex::State::make_group(size_t row, size_t at) {
  if (first_rows.size() >= static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    throw Error(ErrorCode::kResourceLimit, "more than 2147483647 distinct keys");
  }
  const auto group = static_cast<int32_t>(first_rows.size());
  slots[at] = {static_cast<uint32_t>(chunk.hash[row] >> 32), group};
  group_hash.push_back(chunk.hash[row]);
  const uint64_t* words = chunk.words.data() + row * width;
  group_words.insert(group_words.end(), words, words + width);
  for (size_t t = 0; t < text_count; ++t) {
    group_texts.push_back(arena.copy(chunk.texts[row * text_count + t]));
  }
  if (chunk.nulls[row] && group_nulls.empty()) group_nulls.resize(first_rows.size());
  if (!group_nulls.empty() || chunk.nulls[row]) group_nulls.push_back(chunk.nulls[row]);
  first_rows.push_back(rows_added + static_cast<int64_t>(row));
  // Half full at most: probes stay short.
  if (2 * first_rows.size() > slots.size()) rehash(slots.size() * 4);
  return group;
}

void GroupIndex::State::rehash(size_t size) {
  slots.assign(size, {0, kNone});
  mask = size - 1;
  for (size_t g = 0; g < group_hash.size(); ++g) {
    size_t at = group_hash[g] & mask;
    while (slots[at].group != kNone) at = (at + 1) & mask;
    slots[at] = {static_cast<uint32_t>(group_hash[g] >> 32), static_cast<int32_t>(g)};
  }
}

GroupIndex::GroupIndex(std::vector<Type> types, NullKeys nulls)
    : state_(new State(std::move(types), nulls)) {}
GroupIndex::~GroupIndex() = default;
GroupIndex::GroupIndex(GroupIndex&&) noexcept = default;
GroupIndex& GroupIndex::operator=(GroupIndex&&) noexcept = default;

int32_t GroupIndex::size() const { return static_cast<int32_t>(state_->first_rows.size()); }
const std::vector<int64_t>& GroupIndex::first_rows() const { return state_->first_rows; }

void GroupIndex::add(const Slice* keys, int64_t n, int32_t* group) {
  State& s = *state_;
  for (int64_t from = 0; from < n; from += kChunkRows) {
    const int64_t rows = std::min(kChunkRows, n - from);
    s.fill(keys, from, rows, s.chunk);
    if (s.text_count > 0) {
      s.add_chunk<0, true>(rows, group + from);
    } else if (s.width == 1) {
      s.add_chunk<1, false>(rows, group + from);
    } else if (s.width == 2) {
      s.add_chunk<2, false>(rows, group + from);
    } else {
      s.add_chunk<0, false>(rows, group + from);
    }
    s.rows_added += rows;
  }
}

void GroupIndex::find(const Slice* keys, int64_t n, int32_t* group) const {
  const State& s = *state_;
  Chunk chunk;
  for (int64_t from = 0; from < n; from += kChunkRows) {
    const int64_t rows = std::min(kChunkRows, n - from);
    s.fill(keys, from, rows, chunk);
    if (s.text_count > 0) {
      s.find_chunk<0, true>(chunk, rows, group + from);
    } else if (s.width == 1) {
      s.find_chunk<1, false>(chunk, rows, group + from);
    } else if (s.width == 2) {
      s.find_chunk<2, false>(chunk, rows, group + from);
    } else {
      s.find_chunk<0, false>(chunk, rows, group + from);
    }
  }
}

GroupIds group_rows(std::span<const Type> types, const Slice* keys, int64_t n, NullKeys nulls) {
  GroupIndex index({types.begin(), types.end()}, nulls);
  GroupIds ids;
  ids.group.resize(static_cast<size_t>(n));
  index.add(keys, n, ids.group.data());
  ids.first_rows = index.first_rows();
  return ids;
}

namespace {

// Calls use(slices, from, n) for the rows of the columns, in order. Reads ranges, so that texts
// need not be laid out for all rows at once.
template <class Use>
void for_each_range(std::span<const ColumnData> keys, Use use) {
  constexpr int64_t kRangeRows = 16384;
  std::vector<SlotReader> readers;
  for (const ColumnData& key : keys) readers.emplace_back(key, key.type());
  const int64_t rows = keys.empty() ? 0 : keys[0].size();
  std::vector<Slice> slices(keys.size());
  for (int64_t from = 0; from < rows; from += kRangeRows) {
    const int64_t n = std::min(kRangeRows, rows - from);
    for (size_t c = 0; c < keys.size(); ++c) slices[c] = readers[c].read(from, n);
    use(slices.data(), from, n);
  }
}

}  // namespace

std::vector<int32_t> add_columns(GroupIndex& index, std::span<const ColumnData> keys) {
  std::vector<int32_t> group(keys.empty() ? 0 : static_cast<size_t>(keys[0].size()));
  for_each_range(keys, [&](const Slice* slices, int64_t from, int64_t n) {
    index.add(slices, n, group.data() + from);
  });
  return group;
}

std::vector<int32_t> find_columns(const GroupIndex& index, std::span<const ColumnData> keys) {
  std::vector<int32_t> group(keys.empty() ? 0 : static_cast<size_t>(keys[0].size()));
  for_each_range(keys, [&](const Slice* slices, int64_t from, int64_t n) {
    index.find(slices, n, group.data() + from);
  });
  return group;
}

GroupIds group_rows(std::span<const ColumnData> keys, NullKeys nulls) {
  std::vector<Type> types;
  for (const ColumnData& key : keys) types.push_back(key.type());
  GroupIndex index(std::move(types), nulls);
  GroupIds ids;
  ids.group = add_columns(index, keys);
  ids.first_rows = index.first_rows();
  return ids;
}

}  // namespace weft
