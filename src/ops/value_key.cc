#include "ops/value_key.h"

#include <xxhash.h>

namespace weft {

uint64_t hash_key(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace weft
