// One type from another: cast_int64(x), which fails where a value has no place, and
// try_cast_int64(x), which makes a null of it.
#include "ops/block_loops.h"
#include "ops/row_function_table.h"
#include "weft/arithmetic.h"

namespace weft {
namespace {

template <class To>
struct Convert {
  static To apply(auto x) {
    if constexpr (std::is_same_v<decltype(x), int64_t> && std::is_same_v<To, double>) {
      return loops::to_double(x);
    } else {
      return static_cast<To>(x);
    }
  }
};

template <class To, class From>
To cast_value(From x) {
  return cast<To, From>(x);
}
template <class To, class From>
std::optional<To> try_cast_value(From x) {
  return try_cast<To, From>(x);
}

// Cannot fail: rounding to floating point, integers to wider ones, bools.
template <class To, class From>
inline constexpr bool kAlwaysFits =
    std::is_arithmetic_v<From> && std::is_arithmetic_v<To> &&
    (std::is_floating_point_v<To> || std::is_same_v<From, bool> ||
     (std::is_same_v<To, int64_t> && std::is_same_v<From, int32_t>));

template <class To, class From>
void add_cast(RowFunctionTable& table, const std::string& to) {
  const std::string summary = "x as " + to;
  if constexpr (kAlwaysFits<To, From> && !std::is_same_v<To, bool>) {
    table.add(summary + ".", loops::map<Convert<To>, To, From>("cast_" + to));
    table.add(summary + ".", loops::map<Convert<To>, To, From>("try_cast_" + to));
  } else {
    table.add<&cast_value<To, From>>("cast_" + to,
                                     summary + "; an error where it has no place there.");
    table.add<&try_cast_value<To, From>>("try_cast_" + to,
                                         summary + "; null where it has no place there.");
  }
}

template <class To>
void add_casts(RowFunctionTable& table) {
  const std::string to = type_of<To>()->name;
  add_cast<To, bool>(table, to);
  add_cast<To, int32_t>(table, to);
  add_cast<To, int64_t>(table, to);
  add_cast<To, float>(table, to);
  add_cast<To, double>(table, to);
  add_cast<To, std::string_view>(table, to);
}

}  // namespace

void register_casts(RowFunctionTable& table) {
  add_casts<bool>(table);
  add_casts<int32_t>(table);
  add_casts<int64_t>(table);
  add_casts<float>(table);
  add_casts<double>(table);
  add_casts<std::string>(table);
}

}  // namespace weft
