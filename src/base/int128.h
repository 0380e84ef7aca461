/// 128-bit integers, which -Wpedantic wants to be asked for by name once.
#pragma once

namespace weft {

__extension__ using int128_t = __int128;
__extension__ using uint128_t = unsigned __int128;

}  // namespace weft
