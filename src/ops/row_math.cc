// Elementary functions and rounding of doubles.
#include "ops/block_loops.h"
#include "ops/row_function_table.h"
#include "weft/function_list.h"
#include "weft/math.h"

namespace weft {

void register_math(RowFunctionTable& table) {
#define WEFT_ONE(result, name, A, summary) \
  table.add(summary, loops::long_map<static_cast<result (*)(A)>(&::weft::name), result, A>(#name));
#define WEFT_TWO(result, name, A, B, summary) \
  table.add(summary,                          \
            loops::long_map<static_cast<result (*)(A, B)>(&::weft::name), result, A, B>(#name));
  WEFT_MATH_FUNCTIONS(WEFT_ONE, WEFT_TWO)
#undef WEFT_ONE
#undef WEFT_TWO
  table.add(
      "Half to even, to the nearest whole number or so many digits.",
      loops::long_map<static_cast<double (*)(double)>(&::weft::round), double, double>("round"));
  table.add<static_cast<double (*)(double, int64_t)>(&::weft::round)>("round", "");
  table.add<static_cast<int64_t (*)(int64_t, int64_t)>(&::weft::round)>("round", "");
}

}  // namespace weft
