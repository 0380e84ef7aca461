/// The memory of the machine, as far as this process may use it.
#pragma once

#include <cstdint>

namespace weft {

/// Bytes: what the machine has, or what its control group is allowed if that is less.
int64_t machine_memory();

}  // namespace weft
