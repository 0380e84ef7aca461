// == != < <= > >=. With a null the result is null; a NaN compares false (and != true).
#include "ops/block_loops.h"
#include "ops/row_function_table.h"

namespace weft {
namespace {

struct Equal {
  static constexpr std::string_view kName = "equal";
  static constexpr std::string_view kSummary = "x == y; null if one is null.";
  static bool apply(auto x, auto y) { return x == y; }
};
struct NotEqual {
  static constexpr std::string_view kName = "not_equal";
  static constexpr std::string_view kSummary = "x != y; null if one is null.";
  static bool apply(auto x, auto y) { return x != y; }
};
struct Less {
  static constexpr std::string_view kName = "less";
  static constexpr std::string_view kSummary = "x < y; false for NaN, null if one is null.";
  static bool apply(auto x, auto y) { return x < y; }
};
struct LessEqual {
  static constexpr std::string_view kName = "less_equal";
  static constexpr std::string_view kSummary = "x <= y; false for NaN, null if one is null.";
  static bool apply(auto x, auto y) { return x <= y; }
};
struct Greater {
  static constexpr std::string_view kName = "greater";
  static constexpr std::string_view kSummary = "x > y; false for NaN, null if one is null.";
  static bool apply(auto x, auto y) { return x > y; }
};
struct GreaterEqual {
  static constexpr std::string_view kName = "greater_equal";
  static constexpr std::string_view kSummary = "x >= y; false for NaN, null if one is null.";
  static bool apply(auto x, auto y) { return x >= y; }
};

template <class Op>
bool of_texts(std::string_view x, std::string_view y) {
  return Op::apply(x, y);
}

template <class Op>
void add_comparison(RowFunctionTable& table) {
  [&]<class... T>(std::tuple<T...>*) {
    (table.add(Op::kSummary, loops::map<Op, bool, T, T>(Op::kName)), ...);
  }(static_cast<std::tuple<bool, int32_t, int64_t, float, double, Time, Duration>*>(nullptr));
  // Where a text is null its view may dangle: this one looks at validity first.
  table.add<&of_texts<Op>>(Op::kName, Op::kSummary);
}

}  // namespace

void register_comparisons(RowFunctionTable& table) {
  add_comparison<Equal>(table);
  add_comparison<NotEqual>(table);
  add_comparison<Less>(table);
  add_comparison<LessEqual>(table);
  add_comparison<Greater>(table);
  add_comparison<GreaterEqual>(table);
}

}  // namespace weft
