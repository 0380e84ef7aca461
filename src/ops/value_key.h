/// Values as keys: equal values are equal keys, and hash to the same number on every machine and in
/// every version, because sketches that are stored depend on it.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "ops/aggregate_state.h"

namespace weft {

/// Mixes all bits: the finalizer of splitmix64 (S. Vigna).
inline uint64_t hash_key(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
/// XXH3, 64 bits.
uint64_t hash_key(std::string_view text);

/// Numbers, times and bools are keys of 64 bits, all NaN being one and -0.0 being 0.0; a text is
/// its own key.
template <class T>
struct ValueKey {
  using Kept = uint64_t;
  using View = uint64_t;
  static View of(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::bit_cast<uint64_t>(static_cast<double>(canonical(value)));
    } else {
      return static_cast<uint64_t>(static_cast<int64_t>(value));
    }
  }
  static View view(Kept key) { return key; }
  static T value(View key) {
    if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(std::bit_cast<double>(key));
    } else {
      return static_cast<T>(static_cast<int64_t>(key));
    }
  }
  static void write(View key, void* slot, Arena&) { write_slot(slot, value(key)); }
};
template <>
struct ValueKey<std::string_view> {
  using Kept = OwnedText;
  using View = std::string_view;
  static View of(std::string_view value) { return value; }
  static View view(const Kept& key) { return key.view(); }
  static std::string_view value(View key) { return key; }
  static void write(View key, void* slot, Arena& arena) { write_slot(slot, arena.copy(key)); }
};

}  // namespace weft
