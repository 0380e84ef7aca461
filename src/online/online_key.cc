#include "online/online_key.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "data/arrow.h"
#include "online/online_store.h"

namespace weft {
namespace {

constexpr size_t kNumberBytes = 8;

void append_number(std::string& key, int64_t value) {
  const uint64_t turned = static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
  char bytes[kNumberBytes];
  for (size_t i = 0; i < kNumberBytes; ++i) {
    bytes[i] = static_cast<char>(turned >> (8 * (kNumberBytes - 1 - i)));
  }
  key.append(bytes, kNumberBytes);
}

void append_real(std::string& key, double value) {
  if (value == 0) value = 0;  // -0.0 is the same key
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  append_number(key, std::bit_cast<int64_t>(value));
}

void append_text(std::string& key, std::string_view text) {
  size_t n = text.size();
  for (; n >= 0x80; n >>= 7) key.push_back(static_cast<char>(n | 0x80));
  key.push_back(static_cast<char>(n));
  key.append(text);
}

template <class T>
T load(const void* slot) {
  T value;
  std::memcpy(&value, slot, sizeof(T));
  return value;
}

// What decides about the bytes of a part.
Kind key_kind(Type type) {
  switch (type->kind) {
    case Kind::kInt32:
      return Kind::kInt64;
    case Kind::kFloat:
      return Kind::kDouble;
    default:
      return type->kind;
  }
}

class KeyBytes {
 public:
  explicit KeyBytes(std::string_view key) : left_(key) {}

  int64_t number() {
    const std::string_view bytes = take(kNumberBytes);
    uint64_t turned = 0;
    for (const char c : bytes) turned = turned << 8 | static_cast<uint8_t>(c);
    return static_cast<int64_t>(turned ^ (uint64_t{1} << 63));
  }
  double real() { return std::bit_cast<double>(number()); }
  bool boolean() { return take(1)[0] != 0; }
  std::string_view text() {
    size_t n = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1)[0]);
      if (shift > 56) damaged();
      n |= static_cast<size_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return take(n);
    }
  }
  bool empty() const { return left_.empty(); }
  [[noreturn]] static void damaged() {
    throw Error(ErrorCode::kBadData, "a key of the online store is damaged");
  }

 private:
  std::string_view take(size_t n) {
    if (n > left_.size()) damaged();
    const std::string_view taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }

  std::string_view left_;
};

Value decode_part(Type type, KeyBytes& bytes) {
  switch (type->kind) {
    case Kind::kBool:
      return Value::of(bytes.boolean());
    case Kind::kInt32: {
      const int64_t value = bytes.number();
      if (value != static_cast<int32_t>(value)) KeyBytes::damaged();
      return Value::of(static_cast<int32_t>(value));
    }
    case Kind::kInt64:
      return Value::of(bytes.number());
    case Kind::kFloat:
      return Value::of(static_cast<float>(bytes.real()));
    case Kind::kDouble:
      return Value::of(bytes.real());
    case Kind::kString:
      return Value::of(std::string(bytes.text()));
    case Kind::kTimestamp:
      return Value::of(Time(Duration(bytes.number())));
    case Kind::kDuration:
      return Value::of(Duration(bytes.number()));
    default:
      KeyBytes::damaged();
  }
}

}  // namespace

void check_key_schema(const Schema& keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].type || keys[i].type->kind >= Kind::kList) {
      throw Error(ErrorCode::kUnsupported,
                  "the key '" + keys[i].name + "' is of type " +
                      (keys[i].type ? keys[i].type->name : "unknown") +
                      "; keys are numbers, texts, bools, timestamps or durations");
    }
    for (size_t j = 0; j < i; ++j) {
      if (keys[j].name == keys[i].name) {
        throw Error(ErrorCode::kInvalidArgument, "the key '" + keys[i].name + "' comes twice");
      }
    }
  }
}

bool same_keys(const Schema& a, const Schema& b) {
  return std::ranges::equal(a, b, [](const ColumnSchema& left, const ColumnSchema& right) {
    return left.name == right.name && key_kind(left.type) == key_kind(right.type);
  });
}

void append_key_part(std::string& key, Type type, const void* slot) {
  switch (type->kind) {
    case Kind::kBool:
      return key.push_back(load<bool>(slot) ? 1 : 0);
    case Kind::kInt32:
      return append_number(key, load<int32_t>(slot));
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return append_number(key, load<int64_t>(slot));
    case Kind::kFloat:
      return append_real(key, static_cast<double>(load<float>(slot)));
    case Kind::kDouble:
      return append_real(key, load<double>(slot));
    case Kind::kString:
      return append_text(key, load<std::string_view>(slot));
    default:
      WEFT_CHECK(false && "check_key_schema() has refused it");
  }
}

std::optional<std::string> encode_key(const Schema& keys, std::span<const Value> values) {
  WEFT_CHECK(keys.size() == values.size());
  std::string key;
  Arena arena;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!values[i].has_value()) return std::nullopt;
    try {
      const Value value = values[i].as(keys[i].type);
      alignas(std::string_view) char slot[sizeof(std::string_view)];
      keys[i].type->unbox(keys[i].type, value, slot, arena);
      append_key_part(key, keys[i].type, slot);
    } catch (const Error& error) {
      throw Error(error.code(), "key '" + keys[i].name + "': " + error.message());
    }
  }
  return key;
}

std::vector<Value> decode_key(const Schema& keys, std::string_view key) {
  KeyBytes bytes(key);
  std::vector<Value> values;
  for (const ColumnSchema& part : keys) values.push_back(decode_part(part.type, bytes));
  if (!bytes.empty()) KeyBytes::damaged();
  return values;
}

OnlineKeys::OnlineKeys(const Schema& keys, const Table& rows)
    : null_(static_cast<size_t>(rows.num_rows())) {
  std::vector<FlatColumn> columns;
  for (const ColumnSchema& part : keys) {
    try {
      columns.emplace_back(rows.column(part.name).as(part.type));
    } catch (const Error& error) {
      throw Error(error.code(), "key '" + part.name + "': " + error.message());
    }
  }
  std::vector<Slice> slices;
  for (const FlatColumn& column : columns) slices.push_back(column.slice());
  const int64_t n = rows.num_rows();
  ends_.reserve(static_cast<size_t>(n));
  bytes_.reserve(static_cast<size_t>(n) * keys.size() * kNumberBytes);
  for (int64_t row = 0; row < n; ++row) {
    const size_t start = bytes_.size();
    for (size_t i = 0; i < slices.size(); ++i) {
      if (!slices[i].is_valid(row)) {
        null_[static_cast<size_t>(row)] = true;
        bytes_.resize(start);
        break;
      }
      append_key_part(bytes_, keys[i].type, slices[i].data + row * slices[i].stride);
    }
    ends_.push_back(bytes_.size());
  }
}

}  // namespace weft
