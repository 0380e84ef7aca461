// Row functions for cases/: every type, null rule and shape of value.
#include <weft/weft.h>

#include <cmath>

namespace rows {
struct Trip {
  double distance = 0;
  int64_t seconds = 0;
  std::string city = {};
  std::optional<double> tip = {};
};
}  // namespace rows
template <>
inline constexpr bool weft::is_record<rows::Trip> = true;

namespace rows {
using namespace weft;

FEATURE(double, sum, (double x, double y)) { return x + y; }
FEATURE(double, ratio, (double x, double y)) { return x / y; }
FEATURE(float, narrow_sum, (float u, float v)) { return u + v; }
FEATURE(int, int_sum, (int i, int j)) { return i + j; }
FEATURE(int64_t, quotient, (int64_t k, int64_t m)) { return k / m; }
FEATURE(double, widened, (double k)) { return k * 0.5; }
FEATURE(bool, greater, (double x, double y)) { return x > y; }
FEATURE(bool, both, (bool p, bool q)) { return p && q; }
FEATURE(std::optional<double>, first_known, (std::optional<double> x, std::optional<double> y)) {
  return x ? x : y;
}
FEATURE(std::optional<double>, positive, (double x)) {
  if (x > 0) return x;
  return std::nullopt;
}
FEATURE(double, logarithm, (double x)) { return weft::log(x); }
FEATURE(double, chain, (double sum, double ratio, double logarithm)) {
  return weft::sin(sum) * ratio + logarithm;
}

FEATURE(std::string, shout, (std::string_view text)) {
  return std::string(text) + "! and again " + std::string(text);
}
FEATURE(std::string_view, head, (std::string_view shout)) { return shout.substr(0, 3); }
FEATURE(int64_t, letters, (const std::string& head)) { return static_cast<int64_t>(head.size()); }
FEATURE(std::optional<std::string>, not_empty, (std::string_view text)) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

FEATURE(Time, next_day, (Time at)) { return at + 24h; }
FEATURE(Duration, waited, (Time at, Time until)) { return until - at; }

FEATURE(std::vector<double>, embedding, (double x, double y)) { return {x, y, x * y}; }
FEATURE(double, norm, (std::span<const double> embedding)) {
  double total = 0;
  for (const double e : embedding) total += e * e;
  return std::sqrt(total);
}
FEATURE(std::vector<std::string>, words, (std::string_view text)) {
  std::vector<std::string> words;
  for (const char c : text) words.emplace_back(1, c);
  return words;
}
FEATURE(int64_t, word_count, (const std::vector<std::string>& words)) {
  return static_cast<int64_t>(words.size());
}

FEATURE(Trip, trip, (double x, int64_t k, std::string_view text, std::optional<double> y),
        extract_fields("distance", "city", "tip")) {
  return {std::abs(x), k, std::string(text), y};
}
FEATURE(double, speed, (const Trip& trip, double distance)) {
  return distance / static_cast<double>(trip.seconds + 1);
}

FEATURE(int64_t, checked, (double x)) {
  if (x > 100) throw std::runtime_error("more than 100");
  return static_cast<int64_t>(x);
}
FEATURE(int64_t, forgiving, (double x), on_error(null)) {
  if (x > 100) throw std::runtime_error("more than 100");
  return static_cast<int64_t>(x);
}
FEATURE(double, scaled, (double x, double factor = 3)) { return x * factor; }

FEATURE(double, fare__flat, (double x), when("mode", "flat")) { return x; }
FEATURE(double, fare__surge, (double x, double y), when("mode", "surge")) { return x * y; }
FEATURE(double, times, (double z, double factor),
        parameterize(variant("x_twice", {{"z", source("x")}, {"factor", value(2.0)}}),
                     variant("y_thrice", {{"z", source("y")}, {"factor", value(3.0)}}))) {
  return z * factor;
}
FEATURE(double, largest, (const std::vector<double>& candidates),
        inject({{"candidates", group(source("x"), source("y"), value(0.5))}})) {
  return *std::max_element(candidates.begin(), candidates.end());
}

static double plus(double value, double more) { return value + more; }
FEATURE(double, piped, (double x),
        pipe_output(step<&plus>("plus", value(1.0)), step<&plus>("plus", source("y")))) {
  return x * 10;
}
}  // namespace rows
