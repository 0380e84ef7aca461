// Equal keys to dense ids by hashing, column by column.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "ops/row_order.h"

namespace weft {
namespace {

constexpr uint64_t kNullHash = 0x9ae16a3b2f90404full;
constexpr int64_t kPrefetchRows = 16;

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  return x ^ (x >> 32);
}

uint64_t hash_bytes(std::string_view text) {
  uint64_t h = 0x2127599bf4325c37ull ^ (text.size() * 0x880355f21e6d1965ull);
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    h = (h ^ mix(word)) * 0x880355f21e6d1965ull;
  }
  uint64_t rest = 0;
  if (i < text.size()) std::memcpy(&rest, text.data() + i, text.size() - i);
  return mix(h ^ mix(rest));
}

template <class T>
uint64_t bits_of_number(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    if (x != x) return 0x7ff8000000000000ull;
    return std::bit_cast<uint64_t>(static_cast<double>(x) + 0.0);
  } else {
    return static_cast<uint64_t>(static_cast<int64_t>(x));
  }
}

// Calls f with a slot's C++ type; ListView for lists and structs, which go value by value.
template <class F>
auto with_key_type(Type type, const F& f) {
  switch (type->kind) {
    case Kind::kBool:
      return f(std::type_identity<uint8_t>());
    case Kind::kInt32:
      return f(std::type_identity<int32_t>());
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return f(std::type_identity<int64_t>());
    case Kind::kFloat:
      return f(std::type_identity<float>());
    case Kind::kDouble:
      return f(std::type_identity<double>());
    case Kind::kString:
      return f(std::type_identity<std::string_view>());
    default:
      return f(std::type_identity<ListView>());
  }
}

uint64_t hash_slot(Type type, const char* slot);
bool equal_slots(Type type, const char* a, const char* b);

uint64_t hash_nested(Type type, const char* slot) {
  if (type->kind == Kind::kStruct) {
    // By its texts: a struct is a rare key.
    return hash_bytes(type->box(type, slot).to_string());
  }
  const auto& list = *reinterpret_cast<const ListView*>(slot);
  uint64_t h = mix(static_cast<uint64_t>(list.size));
  for (int64_t i = 0; i < list.size; ++i) {
    const auto at = static_cast<size_t>(i) * type->element->size;
    h = mix(h ^ hash_slot(type->element, static_cast<const char*>(list.data) + at));
  }
  return h;
}

bool equal_nested(Type type, const char* a, const char* b) {
  if (type->kind == Kind::kStruct) return type->box(type, a).equals(type->box(type, b));
  const auto& x = *reinterpret_cast<const ListView*>(a);
  const auto& y = *reinterpret_cast<const ListView*>(b);
  if (x.size != y.size) return false;
  for (int64_t i = 0; i < x.size; ++i) {
    const auto at = static_cast<size_t>(i) * type->element->size;
    if (!equal_slots(type->element, static_cast<const char*>(x.data) + at,
                     static_cast<const char*>(y.data) + at)) {
      return false;
    }
  }
  return true;
}

uint64_t hash_slot(Type type, const char* slot) {
  return with_key_type(type, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      return hash_bytes(*reinterpret_cast<const T*>(slot));
    } else if constexpr (std::is_same_v<T, ListView>) {
      return hash_nested(type, slot);
    } else {
      return mix(bits_of_number(*reinterpret_cast<const T*>(slot)));
    }
  });
}

bool equal_slots(Type type, const char* a, const char* b) {
  return with_key_type(type, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      return *reinterpret_cast<const T*>(a) == *reinterpret_cast<const T*>(b);
    } else if constexpr (std::is_same_v<T, ListView>) {
      return equal_nested(type, a, b);
    } else {
      return bits_of_number(*reinterpret_cast<const T*>(a)) ==
             bits_of_number(*reinterpret_cast<const T*>(b));
    }
  });
}

void add_hashes(const KeyColumn& key, std::vector<uint64_t>& hashes, bool first) {
  const auto n = static_cast<int64_t>(hashes.size());
  with_key_type(key.type, [&]<class T>(std::type_identity<T>) {
    for (int64_t i = 0; i < n; ++i) {
      uint64_t h = kNullHash;
      if (key.slice.is_valid(i)) {
        const char* slot = key.slice.data + i * key.slice.stride;
        if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, ListView>) {
          h = hash_slot(key.type, slot);
        } else {
          h = mix(bits_of_number(*reinterpret_cast<const T*>(slot)));
        }
      }
      auto& to = hashes[static_cast<size_t>(i)];
      to = first ? h : mix(to * 31 + h);
    }
  });
}

// Small ranges of integers need no hashing: id by value.
bool group_by_value(const KeyColumn& key, int64_t n, RowGroups& groups) {
  if (key.slice.stride == 0 || n == 0) return false;
  const bool wide = key.type->size == 8;
  const auto value = [&](int64_t i) {
    return wide ? key.slice.at<int64_t>(i) : int64_t{key.slice.at<int32_t>(i)};
  };
  int64_t low = std::numeric_limits<int64_t>::max();
  int64_t high = std::numeric_limits<int64_t>::min();
  for (int64_t i = 0; i < n; ++i) {
    if (!key.slice.is_valid(i)) continue;
    low = std::min(low, value(i));
    high = std::max(high, value(i));
  }
  uint64_t range = 0;
  if (low <= high) range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  if (range == 0 && low <= high) return false;
  if (range > static_cast<uint64_t>(n) * 2 + 1024) return false;
  std::vector<int32_t> id_of(range + 1, -1);  // the last is null's
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t at = key.slice.is_valid(i)
                            ? static_cast<uint64_t>(value(i)) - static_cast<uint64_t>(low)
                            : range;
    int32_t& id = id_of[at];
    if (id < 0) id = static_cast<int32_t>(groups.count++);
    groups.ids[static_cast<size_t>(i)] = id;
  }
  return true;
}

// Open addressing over (hash, group); keys are compared with the first row of the group.
class GroupTable {
 public:
  GroupTable(std::span<const KeyColumn> keys, std::span<const uint64_t> hashes)
      : keys_(keys), hashes_(hashes), slots_(1024, -1) {}

  void prefetch(int64_t row) const { __builtin_prefetch(&slots_[place(hash(row))]); }

  int32_t find_or_add(int64_t row) {
    if (2 * first_rows_.size() >= slots_.size()) grow();
    const uint64_t h = hash(row);
    for (size_t at = place(h);; at = (at + 1) & (slots_.size() - 1)) {
      const int32_t group = slots_[at];
      if (group < 0) {
        slots_[at] = static_cast<int32_t>(first_rows_.size());
        first_rows_.push_back(static_cast<int32_t>(row));
        return slots_[at];
      }
      const int64_t other = first_rows_[static_cast<size_t>(group)];
      if (hash(other) == h && equal_rows(keys_, row, keys_, other)) return group;
    }
  }
  int64_t size() const { return std::ssize(first_rows_); }

 private:
  uint64_t hash(int64_t row) const { return hashes_[static_cast<size_t>(row)]; }
  size_t place(uint64_t h) const { return h & (slots_.size() - 1); }
  void grow() {
    slots_.assign(slots_.size() * 4, -1);
    for (size_t group = 0; group < first_rows_.size(); ++group) {
      size_t at = place(hash(first_rows_[group]));
      while (slots_[at] >= 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = static_cast<int32_t>(group);
    }
  }

  std::span<const KeyColumn> keys_;
  std::span<const uint64_t> hashes_;
  std::vector<int32_t> slots_;
  std::vector<int32_t> first_rows_;
};

}  // namespace

void check_row_count(int64_t n) {
  if (n > std::numeric_limits<int32_t>::max()) {
    throw Error(
        ErrorCode::kResourceLimit,
        "an operator over all rows takes at most 2147483647 rows, not " + std::to_string(n));
  }
}

std::vector<uint64_t> hash_rows(std::span<const KeyColumn> keys, int64_t n) {
  std::vector<uint64_t> hashes(static_cast<size_t>(n));
  bool first = true;
  for (const KeyColumn& key : keys) {
    add_hashes(key, hashes, first);
    first = false;
  }
  return hashes;
}

bool equal_rows(std::span<const KeyColumn> a, int64_t i, std::span<const KeyColumn> b, int64_t j) {
  for (size_t k = 0; k < a.size(); ++k) {
    const Slice& x = a[k].slice;
    const Slice& y = b[k].slice;
    const bool valid = x.is_valid(i);
    if (valid != y.is_valid(j)) return false;
    if (valid && !equal_slots(a[k].type, x.data + i * x.stride, y.data + j * y.stride)) {
      return false;
    }
  }
  return true;
}

bool has_null(std::span<const KeyColumn> keys, int64_t i) {
  return std::ranges::any_of(keys, [i](const KeyColumn& key) { return !key.slice.is_valid(i); });
}

RowGroups group_rows(std::span<const KeyColumn> keys, int64_t n) {
  check_row_count(n);
  RowGroups groups;
  groups.ids.assign(static_cast<size_t>(n), 0);
  if (keys.empty()) {
    groups.count = n > 0 ? 1 : 0;
    return groups;
  }
  const Kind kind = keys[0].type->kind;
  const bool integer = kind == Kind::kInt32 || kind == Kind::kInt64 || kind == Kind::kTimestamp ||
                       kind == Kind::kDuration;
  if (keys.size() == 1 && integer && group_by_value(keys[0], n, groups)) return groups;
  const auto hashes = hash_rows(keys, n);
  GroupTable table(keys, hashes);
  for (int64_t i = 0; i < n; ++i) {
    if (i + kPrefetchRows < n) table.prefetch(i + kPrefetchRows);
    groups.ids[static_cast<size_t>(i)] = table.find_or_add(i);
  }
  groups.count = table.size();
  return groups;
}

}  // namespace weft
