// What pandas and NumPy mean where Weft's own functions mean something else: NaN stands for what is
// missing, and travels through minima and maxima.
#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "ops/block_loops.h"
#include "ops/python_error.h"
#include "ops/row_function_table.h"

namespace weft {
namespace {

std::optional<double> null_if_nan(double x) {
  if (x != x) return {};
  return x;
}

struct NumpyMinimum {
  static double apply(double x, double y) { return (x <= y) | (x != x) ? x : y; }
};
struct NumpyMaximum {
  static double apply(double x, double y) { return (x >= y) | (x != x) ? x : y; }
};

int64_t pandas_int(double x) {
  if (!std::isfinite(x)) {
    throw PythonError("ValueError", "Cannot convert non-finite values (NA or inf) to integer");
  }
  const double whole = std::trunc(x);
  if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0)) {
    throw PythonError("OverflowError", "integer overflow: the value is beyond 64 bits");
  }
  return static_cast<int64_t>(whole);
}

double need_finite(double x) {
  if (!std::isinf(x)) return x;
  throw Error(
      ErrorCode::kBadData,
      "a quantile is infinite, or between an infinity and a number, which pandas may take for "
      "NaN: mark the function @untraced");
}

template <class T>
T need_value(std::optional<T> x) {
  if (x) return *x;
  throw Error(ErrorCode::kBadData,
              "is null, of which pandas would make another type: declare the input as float, or "
              "fill the nulls before");
}
std::string_view need_text(std::optional<std::string_view> x) {
  return need_value<std::string_view>(x);
}

// Both lists are of one length; the keys ascend.
template <class K, class V>
std::optional<V> map_value(K x, std::span<const K> keys, std::span<const V> values) {
  const auto at = std::lower_bound(keys.begin(), keys.end(), x);
  if (at == keys.end() || *at != x) return {};
  const auto i = static_cast<size_t>(at - keys.begin());
  if (i >= values.size()) throw Error(ErrorCode::kInvalidArgument, "map_value: a key has no value");
  return values[i];
}

template <class K>
void add_map(RowFunctionTable& table) {
  constexpr std::string_view kMap = "The value of a key, of two lists; null where it has none.";
  table.add<&map_value<K, double>>("map_value", kMap);
  table.add<&map_value<K, int64_t>>("map_value", kMap);
  table.add<&map_value<K, bool>>("map_value", kMap);
  table.add<&map_value<K, std::string_view>>("map_value", kMap);
}

}  // namespace

void register_pandas(RowFunctionTable& table) {
  table.add<&null_if_nan>("null_if_nan", "Null for NaN, else the number.");
  table.add("The smaller; NaN if one is NaN.",
            loops::map<NumpyMinimum, double, double, double>("numpy_minimum"));
  table.add("The larger; NaN if one is NaN.",
            loops::map<NumpyMaximum, double, double, double>("numpy_maximum"));
  table.add<&pandas_int>("pandas_int", "astype(int): NaN and infinities are an error.");
  table.add<&need_finite>("need_finite", "The number; an infinity is an error.");
  constexpr std::string_view kNeed = "The value; a null is an error.";
  table.add<&need_value<int64_t>>("need_value", kNeed);
  table.add<&need_value<int32_t>>("need_value", kNeed);
  table.add<&need_value<bool>>("need_value", kNeed);
  table.add<&need_value<Time>>("need_value", kNeed);
  table.add<&need_value<Duration>>("need_value", kNeed);
  table.add<&need_value<double>>("need_value", kNeed);
  table.add<&need_text>("need_value", kNeed);
  add_map<std::string_view>(table);
  add_map<int64_t>(table);
}

}  // namespace weft
