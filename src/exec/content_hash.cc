#include "exec/content_hash.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/arrow.h"
#include "exec/value_json.h"

namespace weft {
namespace {

std::string hex_of(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

// One stream of bytes: how it is cut into updates does not show.
class Stream {
 public:
  Stream() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void add(const void* data, size_t n) { XXH3_128bits_update(state_.get(), data, n); }
  void add(int64_t number) { add(&number, sizeof(number)); }
  std::string digest() const { return hex_of(XXH3_128bits_digest(state_.get())); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

// What the rows of a column are made of: the bytes of values, and lengths and positions of nulls.
class ColumnHash {
 public:
  void add(const arrow::Array& array) {
    nulls(array);
    values(array);
    row_ += array.length();
  }
  std::string digest() const { return bytes_.digest() + shape_.digest(); }

 private:
  void nulls(const arrow::Array& array) {
    if (array.null_count() == 0) return;
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) shape_.add(row_ + i);
    }
  }

  void values(const arrow::Array& array) {
    switch (array.type_id()) {
      case arrow::Type::BOOL:
        return bools(static_cast<const arrow::BooleanArray&>(array));
      case arrow::Type::INT32:
        return numbers<int32_t>(array);
      case arrow::Type::INT64:
      case arrow::Type::TIMESTAMP:
      case arrow::Type::DURATION:
        return numbers<int64_t>(array);
      case arrow::Type::FLOAT:
        return numbers<float>(array);
      case arrow::Type::DOUBLE:
        return numbers<double>(array);
      case arrow::Type::STRING:
        return texts(static_cast<const arrow::StringArray&>(array));
      case arrow::Type::LARGE_STRING:
        return texts(static_cast<const arrow::LargeStringArray&>(array));
      case arrow::Type::LIST:
        return lists(static_cast<const arrow::ListArray&>(array));
      case arrow::Type::LARGE_LIST:
        return lists(static_cast<const arrow::LargeListArray&>(array));
      case arrow::Type::STRUCT:
        return structs(static_cast<const arrow::StructArray&>(array));
      default:
        throw Error(ErrorCode::kUnsupported,
                    "columns of " + array.type()->ToString() + " have no version");
    }
  }

  void bools(const arrow::BooleanArray& array) {
    for (int64_t i = 0; i < array.length(); ++i) {
      const char bit = array.IsValid(i) && array.Value(i) ? 1 : 0;
      bytes_.add(&bit, 1);
    }
  }

  // As they lie where that is canonical, else block by block through a copy that is.
  template <class T>
  void numbers(const arrow::Array& array) {
    const T* data = array.data()->GetValues<T>(1);
    const int64_t n = array.length();
    if (array.null_count() == 0 && !std::is_floating_point_v<T>) {
      return bytes_.add(data, static_cast<size_t>(n) * sizeof(T));
    }
    constexpr int64_t kBlock = 1024;
    T block[kBlock];
    for (int64_t from = 0; from < n; from += kBlock) {
      const int64_t size = std::min(kBlock, n - from);
      for (int64_t i = 0; i < size; ++i) {
        T v = data[from + i];
        if constexpr (std::is_floating_point_v<T>) {
          if (v != v) v = std::numeric_limits<T>::quiet_NaN();
        }
        block[i] = array.IsNull(from + i) ? T() : v;
      }
      bytes_.add(block, static_cast<size_t>(size) * sizeof(T));
    }
  }

  template <class Array>
  void texts(const Array& array) {
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) continue;
      const auto text = array.GetView(i);
      shape_.add(static_cast<int64_t>(text.size()));
      bytes_.add(text.data(), text.size());
    }
  }

  template <class Array>
  void lists(const Array& array) {
    ColumnHash elements;
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) continue;
      shape_.add(static_cast<int64_t>(array.value_length(i)));
      elements.add(*array.value_slice(i));
    }
    add_child(elements);
  }

  void structs(const arrow::StructArray& array) {
    const auto fields = value_or_throw(array.Flatten(), "hashing a struct");
    for (const auto& field : fields) {
      ColumnHash child;
      child.add(*field);
      add_child(child);
    }
  }

  void add_child(const ColumnHash& child) {
    const std::string digest = child.digest();
    shape_.add(digest.data(), digest.size());
  }

  Stream bytes_;
  Stream shape_;
  int64_t row_ = 0;
};

}  // namespace

std::string bytes_hash(std::string_view bytes) {
  return hex_of(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string content_hash(const ColumnData& column) {
  ColumnHash hash;
  const auto& chunks = column.arrow();
  const auto id = chunks->type()->id();
  const bool nested =
      id == arrow::Type::LIST || id == arrow::Type::LARGE_LIST || id == arrow::Type::STRUCT;
  if (nested && chunks->num_chunks() > 1) {
    hash.add(*value_or_throw(arrow::Concatenate(chunks->chunks()), "hashing a column"));
  } else {
    for (const auto& chunk : chunks->chunks()) hash.add(*chunk);
  }
  return bytes_hash(
      fmt::format("column\n{}\n{}\n{}", column.type()->name, column.size(), hash.digest()));
}

std::string content_hash(const Value& value) {
  if (const auto* column = value.get_if<ColumnData>()) return content_hash(*column);
  if (const auto* table = value.get_if<Table>()) {
    std::string text = fmt::format("table\n{}\n", table->num_rows());
    const Table loaded = table->load();
    for (const auto& name : loaded.names()) {
      text += fmt::format("{}:{}\n{}\n", name.size(), name, content_hash(loaded.column(name)));
    }
    return bytes_hash(text);
  }
  const std::string type = value.type() ? value.type()->name : "";
  return bytes_hash(fmt::format("value\n{}\n{}", type, value_to_json(value).dump()));
}

}  // namespace weft
