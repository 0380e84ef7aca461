/// The moment as of which all three programs compute: the same in each, so that answers are equal.
#pragma once

#include <weft/types.h>

namespace survey {

inline constexpr weft::Time kExecutionTime =
    weft::Time(std::chrono::sys_days(std::chrono::year(2024) / 6 / 1));

}  // namespace survey
