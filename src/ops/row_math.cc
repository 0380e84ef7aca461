// Elementary functions and rounding of doubles.
#include "ops/row_function_table.h"
#include "weft/math.h"

namespace weft {
namespace {

using Unary = double (*)(double);
using Binary = double (*)(double, double);

// clang-format off
void add_elementary(RowFunctionTable& table) {
#define WEFT_ADD(type, name) \
  table.add<static_cast<type>(&::weft::name)>(#name, "C's " #name ", within 1 ulp.");
  WEFT_ADD(Unary, exp) WEFT_ADD(Unary, exp2) WEFT_ADD(Unary, expm1) WEFT_ADD(Unary, log)
  WEFT_ADD(Unary, log2) WEFT_ADD(Unary, log10) WEFT_ADD(Unary, log1p) WEFT_ADD(Unary, cbrt)
  WEFT_ADD(Unary, sin) WEFT_ADD(Unary, cos) WEFT_ADD(Unary, tan) WEFT_ADD(Unary, asin)
  WEFT_ADD(Unary, acos) WEFT_ADD(Unary, atan) WEFT_ADD(Unary, sinh) WEFT_ADD(Unary, cosh)
  WEFT_ADD(Unary, tanh) WEFT_ADD(Binary, pow) WEFT_ADD(Binary, atan2) WEFT_ADD(Binary, hypot)
#undef WEFT_ADD
}
// clang-format on

}  // namespace

void register_math(RowFunctionTable& table) {
  add_elementary(table);
  table.add<static_cast<Unary>(&::weft::sqrt)>("sqrt", "The square root, rounded correctly.");
  table.add<&sigmoid>("sigmoid", "1 / (1 + exp(-x)).");
  table.add<static_cast<Unary>(&::weft::floor)>("floor", "The integer below, as a double.");
  table.add<static_cast<Unary>(&::weft::ceil)>("ceil", "The integer above, as a double.");
  table.add<static_cast<Unary>(&::weft::trunc)>("trunc", "The integer towards 0, as a double.");
  table.add<static_cast<Unary>(&::weft::round)>(
      "round", "The nearest integer, half to even, as a double; or so many decimal digits.");
  table.add<static_cast<double (*)(double, int64_t)>(&::weft::round)>("round", "");
  table.add<static_cast<int64_t (*)(int64_t, int64_t)>(&::weft::round)>("round", "");
  table.add<&cyclic_sin>("cyclic_sin", "sin(2 pi x / period): a place on a circle.");
  table.add<&cyclic_cos>("cyclic_cos", "cos(2 pi x / period): a place on a circle.");
}

}  // namespace weft
