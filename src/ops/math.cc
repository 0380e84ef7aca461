#include "weft/math.h"

#include <array>
#include <charconv>
#include <string>

#include "weft/error.h"

namespace weft {
namespace {

// 10^0 to 10^308, each the double nearest to it.
const std::array<double, 309>& powers_of_ten() {
  static const std::array<double, 309> powers = [] {
    std::array<double, 309> p{};
    for (size_t i = 0; i < p.size(); ++i) {
      const std::string text = "1e" + std::to_string(i);
      std::from_chars(text.data(), text.data() + text.size(), p[i]);
    }
    return p;
  }();
  return powers;
}

}  // namespace

double round(double x, int64_t digits) {
  if (digits == 0) return round(x);
  if (!is_finite(x) || digits > 308) return x;
  if (digits < -308) return std::copysign(0.0, x);
  const double scale = powers_of_ten()[static_cast<size_t>(digits < 0 ? -digits : digits)];
  if (digits < 0) {
    const double result = round(x / scale) * scale;
    return is_finite(result) ? result : x;
  }
  const double scaled = x * scale;
  return is_finite(scaled) ? round(scaled) / scale : x;
}

int64_t round(int64_t x, int64_t digits) {
  if (digits >= 0) return x;
  if (digits < -19) return 0;
  // Of 128 bits, since 10^19 is beyond int64 and so may the result be.
  __extension__ using Wide = __int128;
  Wide unit = 1;
  for (int64_t i = digits; i < 0; ++i) unit *= 10;
  Wide rest = x % unit;
  if (rest < 0) rest += unit;
  const Wide down = x - rest;
  const bool up = rest * 2 > unit || (rest * 2 == unit && down / unit % 2 != 0);
  const Wide result = up ? down + unit : down;
  if (result != static_cast<int64_t>(result)) detail::overflow("round", x, digits);
  return static_cast<int64_t>(result);
}

int64_t bucketize(double x, std::span<const double> edges) {
  int64_t below = 0;
  bool ascends = true;
  double previous = -HUGE_VAL;
  for (const double edge : edges) {
    ascends &= edge >= previous;
    below += edge <= x;
    previous = edge;
  }
  if (!ascends) {
    throw Error(ErrorCode::kInvalidArgument, "bucketize: the edges must ascend, without NaN");
  }
  return is_nan(x) ? static_cast<int64_t>(edges.size()) : below;
}

}  // namespace weft
