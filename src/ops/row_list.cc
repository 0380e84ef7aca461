// A value and a list of values: is_in, index_in, bucketize.
#include <algorithm>
#include <span>

#include "ops/row_function_table.h"
#include "weft/math.h"

namespace weft {
namespace {

// A short list is faster looked through than searched.
constexpr size_t kLinearMax = 8;

template <class E>
bool before(const E& x, const E& y) {
  if constexpr (std::is_floating_point_v<E>) {
    return x < y || (y != y && x == x);  // NaN last
  } else {
    return x < y;
  }
}

template <class E>
bool same(const E& x, const E& y) {
  return !before(x, y) && !before(y, x);
}

// Position in a list that ascends, or nothing.
template <class E>
std::optional<int64_t> position(const E& x, std::span<const E> sorted) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), x, before<E>);
  if (at == sorted.end() || !same(*at, x)) return {};
  return at - sorted.begin();
}

template <class E>
bool is_in(E x, std::span<const E> values) {
  return std::any_of(values.begin(), values.end(), [&](const E& v) { return v == x; });
}

template <class E>
bool is_in_sorted(E x, std::span<const E> values) {
  if (values.size() <= kLinearMax) return is_in(x, values);
  if constexpr (std::is_floating_point_v<E>) {
    if (x != x) return false;  // NaN equals nothing
  }
  return position(x, values).has_value();
}

template <class E>
std::optional<int64_t> index_in(E x, std::span<const E> sorted) {
  return position(x, sorted);
}

int64_t bucketize_double(double x, std::span<const double> edges) { return bucketize(x, edges); }

template <class E>
void add_lists(RowFunctionTable& table) {
  table.add<&is_in<E>>("is_in", "True if x is one of the values; a NaN is in no list.");
  table.add<&is_in_sorted<E>>("is_in_sorted", "The same of a list that ascends.");
  table.add<&index_in<E>>("index_in",
                          "The position of x in a list that ascends; null if it is not in it.");
}

}  // namespace

void register_lists(RowFunctionTable& table) {
  add_lists<bool>(table);
  add_lists<int32_t>(table);
  add_lists<int64_t>(table);
  add_lists<float>(table);
  add_lists<double>(table);
  add_lists<std::string_view>(table);
  add_lists<Time>(table);
  add_lists<Duration>(table);
  table.add<&bucketize_double>("bucketize", "How many of the edges, which ascend, are <= x.");
}

}  // namespace weft
