/// How the key columns of a row become the bytes by which it is found.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/table.h"

namespace weft {

/// The types of the keys decide about the bytes: int32 and int64 of one number are the same key,
/// float and double too, and -0.0 is 0.0, NaN is NaN. One part after another:
///
///   int32, int64, timestamp, duration   8 bytes, highest first, the sign bit turned over
///   float, double                       8 bytes of the double
///   bool                                1 byte
///   string                              length as a varint (7 bits a byte, lowest first), bytes
///
/// So no two keys of one schema have the same bytes. Throws Error(kUnsupported) for other types,
/// Error(kInvalidArgument) for a name that comes twice.
void check_key_schema(const Schema& keys);
/// Do keys of these schemas have the same bytes? Names matter, too.
bool same_keys(const Schema& a, const Schema& b);

/// Appends one part; `slot` holds a value of `type` as Native<T>::Stored does.
void append_key_part(std::string& key, Type type, const void* slot);
/// The key of one request, with a value for each of `keys`, in order; nothing if one is null.
/// Throws Error(kTypeMismatch) where a value does not convert to the key's type.
std::optional<std::string> encode_key(const Schema& keys, std::span<const Value> values);
/// The values of a key. Throws Error(kBadData).
std::vector<Value> decode_key(const Schema& keys, std::string_view key);

/// The keys of many rows, one after another in one buffer. Cheap to move.
class OnlineKeys {
 public:
  /// The columns named in `keys`, widened to their types; others are let be. Throws
  /// Error(kNotFound, kTypeMismatch).
  OnlineKeys(const Schema& keys, const Table& rows);

  int64_t size() const { return static_cast<int64_t>(ends_.size()); }
  bool is_null(int64_t i) const { return null_[static_cast<size_t>(i)]; }
  std::string_view at(int64_t i) const {
    const auto k = static_cast<size_t>(i);
    const size_t from = k ? ends_[k - 1] : 0;
    return {bytes_.data() + from, ends_[k] - from};
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
  std::vector<bool> null_;
};

}  // namespace weft
