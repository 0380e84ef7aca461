#include "weft/arithmetic.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "data/text_form.h"
#include "weft/error.h"

namespace weft {

// Both as NumPy computes them: fmod is exact, and x less its remainder divides without one.
double modulo(double x, double y) {
  const double rest = std::fmod(x, y);
  if (rest == 0) return std::copysign(rest, y);
  return (rest < 0) != (y < 0) ? rest + y : rest;
}

double floor_div(double x, double y) {
  if (y == 0) return x / y;
  const double rest = std::fmod(x, y);
  double quotient = (x - rest) / y;
  if (rest != 0 && (rest < 0) != (y < 0)) quotient -= 1.0;
  if (quotient == 0) return std::copysign(0.0, x / y);
  const double whole = std::floor(quotient);  // the division may have rounded: snap to the integer
  return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

namespace detail {
namespace {

std::string call(const char* function, int64_t x) {
  return std::string(function) + "(" + std::to_string(x) + ")";
}
std::string call(const char* function, int64_t x, int64_t y) {
  return std::string(function) + "(" + std::to_string(x) + ", " + std::to_string(y) + ")";
}

// from_chars knows no '+'.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  return plus ? text.substr(1) : text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
  });
}

}  // namespace

void overflow(const char* function, int64_t x, int64_t y) {
  throw Error(ErrorCode::kBadData, "integer overflow in " + call(function, x, y));
}
void overflow(const char* function, int64_t x) {
  throw Error(ErrorCode::kBadData, "integer overflow in " + call(function, x));
}
void division_by_zero(const char* function, int64_t x) {
  throw Error(ErrorCode::kBadData, "integer division by zero in " + call(function, x, 0));
}
void cast_failed(std::string_view value, std::string_view to) {
  throw Error(ErrorCode::kBadData,
              "cannot cast to " + std::string(to) + ": " + std::string(value.substr(0, 200)));
}

template <class T>
std::optional<T> number_from_text(std::string_view text) {
  text = without_plus(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc()) return value;
  if constexpr (std::is_floating_point_v<T>) {
    // Too large or too small for T: the infinity or zero that rounding to nearest gives.
    long double wide = 0;
    std::from_chars(text.data(), text.data() + text.size(), wide);
    if (wide != 0) return static_cast<T>(wide);
  }
  return std::nullopt;
}
template std::optional<int32_t> number_from_text<int32_t>(std::string_view);
template std::optional<int64_t> number_from_text<int64_t>(std::string_view);
template std::optional<float> number_from_text<float>(std::string_view);
template std::optional<double> number_from_text<double>(std::string_view);

std::optional<bool> bool_from_text(std::string_view text) {
  if (text == "1" || equals_ignoring_case(text, "true")) return true;
  if (text == "0" || equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

std::string text_of(double value) { return format_number(value); }
std::string text_of(float value) { return format_number(value); }
std::string text_of(int64_t value) { return std::to_string(value); }

}  // namespace detail
}  // namespace weft
