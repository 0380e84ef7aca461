// The functions of text.h as kernels.
#include "ops/row_function_table.h"
#include "weft/function_list.h"
#include "weft/text.h"

namespace weft {

void register_text(RowFunctionTable& table) {
#define WEFT_ONE(result, name, A, summary) \
  table.add<static_cast<result (*)(A)>(&::weft::name)>(#name, summary);
#define WEFT_TWO(result, name, A, B, summary) \
  table.add<static_cast<result (*)(A, B)>(&::weft::name)>(#name, summary);
#define WEFT_THREE(result, name, A, B, C, summary) \
  table.add<static_cast<result (*)(A, B, C)>(&::weft::name)>(#name, summary);
  WEFT_TEXT_FUNCTIONS(WEFT_ONE, WEFT_TWO, WEFT_THREE)
#undef WEFT_ONE
#undef WEFT_TWO
#undef WEFT_THREE
}

}  // namespace weft
