// Hashes that may be stored: XXH3 of a fixed form of each value.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "weft/error.h"
#include "weft/text.h"

namespace weft {
namespace {

int64_t hash_of(const void* data, size_t size) {
  return static_cast<int64_t>(XXH3_64bits(data, size));
}

uint64_t lowest_byte_first(uint64_t x) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(x);
  return x;
}

int64_t bucket(int64_t hash, int64_t buckets) {
  if (buckets < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "hash_bucket: there must be at least 1 bucket, not " + std::to_string(buckets));
  }
  return static_cast<int64_t>(static_cast<uint64_t>(hash) % static_cast<uint64_t>(buckets));
}

}  // namespace

int64_t hash64(std::string_view text) { return hash_of(text.data(), text.size()); }

int64_t hash64(int64_t x) {
  const uint64_t bytes = lowest_byte_first(static_cast<uint64_t>(x));
  return hash_of(&bytes, sizeof(bytes));
}

int64_t hash64(double x) {
  if (x == 0) x = 0.0;
  if (std::isnan(x)) x = std::numeric_limits<double>::quiet_NaN();
  return hash64(std::bit_cast<int64_t>(x));
}

int64_t combine_hashes(int64_t a, int64_t b) {
  const uint64_t bytes[] = {lowest_byte_first(static_cast<uint64_t>(a)),
                            lowest_byte_first(static_cast<uint64_t>(b))};
  return hash_of(bytes, sizeof(bytes));
}

int64_t hash_bucket(std::string_view text, int64_t buckets) {
  return bucket(hash64(text), buckets);
}
int64_t hash_bucket(int64_t x, int64_t buckets) { return bucket(hash64(x), buckets); }
int64_t hash_bucket(double x, int64_t buckets) { return bucket(hash64(x), buckets); }

std::string cross(std::string_view a, std::string_view b) { return concat(a, "_x_", b); }
int64_t cross_hash(std::string_view a, std::string_view b) {
  return combine_hashes(hash64(a), hash64(b));
}
int64_t cross_hash(int64_t a, int64_t b) { return combine_hashes(hash64(a), hash64(b)); }

}  // namespace weft
