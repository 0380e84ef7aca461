// Python's str.upper(), str.lower() and str() of numbers: Unicode's full mappings, where text.h has
// one code point for one.
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "ops/python_error.h"
#include "ops/row_function_table.h"
#include "ops/utf8.h"
#include "weft/text.h"

namespace weft {
namespace {

struct Expansion {
  int32_t point;
  const char* upper;
};
// Code points whose upper case is several, from Unicode's SpecialCasing.txt. Ascending.
// clang-format off
constexpr Expansion kUpper[] = {
    {0xdf, "\x53\x53"}, {0x149, "\xca\xbc\x4e"}, {0x1f0, "\x4a\xcc\x8c"},
    {0x390, "\xce\x99\xcc\x88\xcc\x81"}, {0x3b0, "\xce\xa5\xcc\x88\xcc\x81"},
    {0x587, "\xd4\xb5\xd5\x92"}, {0x1e96, "\x48\xcc\xb1"}, {0x1e97, "\x54\xcc\x88"},
    {0x1e98, "\x57\xcc\x8a"}, {0x1e99, "\x59\xcc\x8a"}, {0x1e9a, "\x41\xca\xbe"},
    {0x1f50, "\xce\xa5\xcc\x93"}, {0x1f52, "\xce\xa5\xcc\x93\xcc\x80"},
    {0x1f54, "\xce\xa5\xcc\x93\xcc\x81"}, {0x1f56, "\xce\xa5\xcc\x93\xcd\x82"},
    {0x1f80, "\xe1\xbc\x88\xce\x99"}, {0x1f81, "\xe1\xbc\x89\xce\x99"},
    {0x1f82, "\xe1\xbc\x8a\xce\x99"}, {0x1f83, "\xe1\xbc\x8b\xce\x99"},
    {0x1f84, "\xe1\xbc\x8c\xce\x99"}, {0x1f85, "\xe1\xbc\x8d\xce\x99"},
    {0x1f86, "\xe1\xbc\x8e\xce\x99"}, {0x1f87, "\xe1\xbc\x8f\xce\x99"},
    {0x1f88, "\xe1\xbc\x88\xce\x99"}, {0x1f89, "\xe1\xbc\x89\xce\x99"},
    {0x1f8a, "\xe1\xbc\x8a\xce\x99"}, {0x1f8b, "\xe1\xbc\x8b\xce\x99"},
    {0x1f8c, "\xe1\xbc\x8c\xce\x99"}, {0x1f8d, "\xe1\xbc\x8d\xce\x99"},
    {0x1f8e, "\xe1\xbc\x8e\xce\x99"}, {0x1f8f, "\xe1\xbc\x8f\xce\x99"},
    {0x1f90, "\xe1\xbc\xa8\xce\x99"}, {0x1f91, "\xe1\xbc\xa9\xce\x99"},
    {0x1f92, "\xe1\xbc\xaa\xce\x99"}, {0x1f93, "\xe1\xbc\xab\xce\x99"},
    {0x1f94, "\xe1\xbc\xac\xce\x99"}, {0x1f95, "\xe1\xbc\xad\xce\x99"},
    {0x1f96, "\xe1\xbc\xae\xce\x99"}, {0x1f97, "\xe1\xbc\xaf\xce\x99"},
    {0x1f98, "\xe1\xbc\xa8\xce\x99"}, {0x1f99, "\xe1\xbc\xa9\xce\x99"},
    {0x1f9a, "\xe1\xbc\xaa\xce\x99"}, {0x1f9b, "\xe1\xbc\xab\xce\x99"},
    {0x1f9c, "\xe1\xbc\xac\xce\x99"}, {0x1f9d, "\xe1\xbc\xad\xce\x99"},
    {0x1f9e, "\xe1\xbc\xae\xce\x99"}, {0x1f9f, "\xe1\xbc\xaf\xce\x99"},
    {0x1fa0, "\xe1\xbd\xa8\xce\x99"}, {0x1fa1, "\xe1\xbd\xa9\xce\x99"},
    {0x1fa2, "\xe1\xbd\xaa\xce\x99"}, {0x1fa3, "\xe1\xbd\xab\xce\x99"},
    {0x1fa4, "\xe1\xbd\xac\xce\x99"}, {0x1fa5, "\xe1\xbd\xad\xce\x99"},
    {0x1fa6, "\xe1\xbd\xae\xce\x99"}, {0x1fa7, "\xe1\xbd\xaf\xce\x99"},
    {0x1fa8, "\xe1\xbd\xa8\xce\x99"}, {0x1fa9, "\xe1\xbd\xa9\xce\x99"},
    {0x1faa, "\xe1\xbd\xaa\xce\x99"}, {0x1fab, "\xe1\xbd\xab\xce\x99"},
    {0x1fac, "\xe1\xbd\xac\xce\x99"}, {0x1fad, "\xe1\xbd\xad\xce\x99"},
    {0x1fae, "\xe1\xbd\xae\xce\x99"}, {0x1faf, "\xe1\xbd\xaf\xce\x99"},
    {0x1fb2, "\xe1\xbe\xba\xce\x99"}, {0x1fb3, "\xce\x91\xce\x99"}, {0x1fb4, "\xce\x86\xce\x99"},
    {0x1fb6, "\xce\x91\xcd\x82"}, {0x1fb7, "\xce\x91\xcd\x82\xce\x99"},
    {0x1fbc, "\xce\x91\xce\x99"}, {0x1fc2, "\xe1\xbf\x8a\xce\x99"}, {0x1fc3, "\xce\x97\xce\x99"},
    {0x1fc4, "\xce\x89\xce\x99"}, {0x1fc6, "\xce\x97\xcd\x82"},
    {0x1fc7, "\xce\x97\xcd\x82\xce\x99"}, {0x1fcc, "\xce\x97\xce\x99"},
    {0x1fd2, "\xce\x99\xcc\x88\xcc\x80"}, {0x1fd3, "\xce\x99\xcc\x88\xcc\x81"},
    {0x1fd6, "\xce\x99\xcd\x82"}, {0x1fd7, "\xce\x99\xcc\x88\xcd\x82"},
    {0x1fe2, "\xce\xa5\xcc\x88\xcc\x80"}, {0x1fe3, "\xce\xa5\xcc\x88\xcc\x81"},
    {0x1fe4, "\xce\xa1\xcc\x93"}, {0x1fe6, "\xce\xa5\xcd\x82"},
    {0x1fe7, "\xce\xa5\xcc\x88\xcd\x82"}, {0x1ff2, "\xe1\xbf\xba\xce\x99"},
    {0x1ff3, "\xce\xa9\xce\x99"}, {0x1ff4, "\xce\x8f\xce\x99"}, {0x1ff6, "\xce\xa9\xcd\x82"},
    {0x1ff7, "\xce\xa9\xcd\x82\xce\x99"}, {0x1ffc, "\xce\xa9\xce\x99"}, {0xfb00, "\x46\x46"},
    {0xfb01, "\x46\x49"}, {0xfb02, "\x46\x4c"}, {0xfb03, "\x46\x46\x49"},
    {0xfb04, "\x46\x46\x4c"}, {0xfb05, "\x53\x54"}, {0xfb06, "\x53\x54"},
    {0xfb13, "\xd5\x84\xd5\x86"}, {0xfb14, "\xd5\x84\xd4\xb5"}, {0xfb15, "\xd5\x84\xd4\xbb"},
    {0xfb16, "\xd5\x8e\xd5\x86"}, {0xfb17, "\xd5\x84\xd4\xbd"},
};
// clang-format on

const char* expansion(int32_t point) {
  const auto* at = std::ranges::lower_bound(kUpper, point, {}, &Expansion::point);
  return at != std::end(kUpper) && at->point == point ? at->upper : nullptr;
}

std::string python_upper(std::string_view text) {
  if (utf8::is_ascii(text)) return upper(text);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const utf8::Point p = utf8::point_at(text, i);
    if (const char* several = expansion(p.value)) {
      out += several;
    } else {
      utf8::append(out, p.value < utf8::kInvalid ? utf8proc_toupper(p.value) : p.value);
    }
    i += static_cast<size_t>(p.size);
  }
  return out;
}

constexpr int32_t kCapitalSigma = 0x3a3;
constexpr int32_t kDottedCapitalI = 0x130;

struct Range {
  int32_t first, last;
};
bool is_in(std::span<const Range> ranges, int32_t point) {
  return std::ranges::any_of(ranges, [&](Range r) { return point >= r.first && point <= r.last; });
}

// Unicode's Case_Ignorable: what does not part a word.
bool is_ignored(int32_t point) {
  static constexpr Range kRanges[] = {
      {0x27, 0x27},     {0x2e, 0x2e},     {0x3a, 0x3a},     {0xb7, 0xb7},
      {0x387, 0x387},   {0x55f, 0x55f},   {0x5f4, 0x5f4},   {0x2018, 0x2019},
      {0x2024, 0x2024}, {0x2027, 0x2027}, {0xfe13, 0xfe13}, {0xfe52, 0xfe52},
      {0xfe55, 0xfe55}, {0xff07, 0xff07}, {0xff0e, 0xff0e}, {0xff1a, 0xff1a}};
  if (point >= utf8::kInvalid) return false;
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return is_in(kRanges, point);
  }
}

// Unicode's Cased, of what is not ignored.
bool is_cased(int32_t point) {
  static constexpr Range kRanges[] = {{0xaa, 0xaa},      {0xba, 0xba},       {0x2160, 0x217f},
                                      {0x24b6, 0x24e9},  {0x1f130, 0x1f149}, {0x1f150, 0x1f169},
                                      {0x1f170, 0x1f189}};
  if (point >= utf8::kInvalid) return false;
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      return is_in(kRanges, point);
  }
}

// A sigma at the end of a word has a form of its own.
bool ends_word(std::span<const int32_t> points, size_t at) {
  size_t before = at;
  while (before > 0 && is_ignored(points[before - 1])) --before;
  if (before == 0 || !is_cased(points[before - 1])) return false;
  size_t after = at + 1;
  while (after < points.size() && is_ignored(points[after])) ++after;
  return after == points.size() || !is_cased(points[after]);
}

std::string python_lower(std::string_view text) {
  if (utf8::is_ascii(text)) return lower(text);
  const std::vector<int32_t> points = utf8::points(text);
  std::string out;
  for (size_t i = 0; i < points.size(); ++i) {
    const int32_t p = points[i];
    if (p == kDottedCapitalI) {
      out += "i\xcc\x87";
    } else if (p == kCapitalSigma && ends_word(points, i)) {
      out += "\xcf\x82";
    } else {
      utf8::append(out, p < utf8::kInvalid ? utf8proc_tolower(p) : p);
    }
  }
  return out;
}

// repr(): the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
std::string text_of_float(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(x),
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));
  const size_t e = text.find('e');
  int exponent = 0;
  const std::string_view power = text.substr(e + 1);
  std::from_chars(power.data() + (power[0] == '+'), power.data() + power.size(), exponent);
  std::string digits;
  std::ranges::copy_if(text.substr(0, e), std::back_inserter(digits),
                       [](char c) { return c != '.'; });
  std::string out = std::signbit(x) ? "-" : "";
  const auto size = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (size > 1) out += "." + digits.substr(1);
    const int n = exponent < 0 ? -exponent : exponent;
    return out + (exponent < 0 ? "e-" : "e+") + (n < 10 ? "0" : "") + std::to_string(n);
  }
  const auto zeros = [](int n) { return std::string(static_cast<size_t>(n), '0'); };
  if (exponent < 0) return out + "0." + zeros(-exponent - 1) + digits;
  if (size <= exponent + 1) return out + digits + zeros(exponent + 1 - size) + ".0";
  const auto point = static_cast<size_t>(exponent + 1);
  return out + digits.substr(0, point) + "." + digits.substr(point);
}
std::string_view text_of_bool(bool x) { return x ? "True" : "False"; }

std::string_view character(std::string_view text, int64_t i) {
  const std::string_view found = i < -length(text) ? std::string_view() : substr(text, i, 1);
  if (found.empty()) throw PythonError("IndexError", "string index out of range");
  return found;
}

}  // namespace

void register_python_text(RowFunctionTable& table) {
  table.add<&python_upper>("python_upper", "Python's str.upper: one letter may become several.");
  table.add<&python_lower>("python_lower", "Python's str.lower, which knows the last sigma.");
  table.add<&text_of_float>("python_text", "Python's str() of a float or a bool.");
  table.add<&text_of_bool>("python_text", "");
  table.add<&character>("python_character", "The character at a place; beyond the text an error.");
}

}  // namespace weft
