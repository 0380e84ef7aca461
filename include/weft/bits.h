/// Validity words and bools: 64 rows at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weft::detail {

/// 64 validity bits to 64 bools and back.
inline void unpack_bits(uint64_t bits, bool* to) {
  for (int i = 0; i < 8; ++i) {
    uint64_t b = (bits >> (i * 8) & 0xff) * 0x0101010101010101ull & 0x8040201008040201ull;
    b = (b + 0x7f7f7f7f7f7f7f7full) >> 7 & 0x0101010101010101ull;
    std::memcpy(to + i * 8, &b, 8);
  }
}
inline uint64_t pack_bits(const bool* from) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) {
    uint64_t b;
    std::memcpy(&b, from + i * 8, 8);
    bits |= (b * 0x0102040810204080ull >> 56) << (i * 8);
  }
  return bits;
}

}  // namespace weft::detail
