/// Random stores, to which random things happen: whenever all of history was brought online, online
/// answers are history's as of now.
#pragma once

#include <cstdint>

namespace weft::random_store {

/// One store a seed, everything of which follows from the seed; a failure names it, and says what
/// happened. Needs a GoogleTest to run in.
void run_random_stores(uint64_t first_seed, uint64_t count);

}  // namespace weft::random_store
