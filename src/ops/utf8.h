/// UTF-8 as code points; bytes that are not valid UTF-8 stand for themselves.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weft::utf8 {

/// One code point of a text. An invalid byte b is the point kInvalid + b, of size 1.
struct Point {
  int32_t value;
  int32_t size;
};
inline constexpr int32_t kInvalid = 0x110000;

inline bool is_ascii(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (word & 0x8080808080808080u) return false;
  }
  for (; i < text.size(); ++i) {
    if (text[i] & 0x80) return false;
  }
  return true;
}

/// The point that starts at byte i < text.size(). Refuses overlong forms, surrogates and what is
/// beyond U+10FFFF.
inline Point point_at(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const int32_t first = byte(i);
  if (first < 0x80) return {first, 1};
  const Point invalid{kInvalid + first, 1};
  const int32_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - i < static_cast<size_t>(size)) return invalid;
  int32_t value = first & (0x7f >> size);
  for (int32_t k = 1; k < size; ++k) {
    const int32_t next = byte(i + static_cast<size_t>(k));
    if ((next & 0xc0) != 0x80) return invalid;
    value = value << 6 | (next & 0x3f);
  }
  constexpr int32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kLeast[size] || surrogate || value >= kInvalid) return invalid;
  return {value, size};
}

/// The first byte of the point that ends before byte i > 0.
inline size_t before(std::string_view text, size_t i) {
  for (size_t back = 2; back <= 4 && back <= i; ++back) {
    if (static_cast<size_t>(point_at(text.substr(0, i), i - back).size) == back) return i - back;
  }
  return i - 1;
}

inline void append(std::string& to, int32_t point) {
  const auto put = [&to](int32_t byte) { to += static_cast<char>(byte); };
  if (point >= kInvalid) return put(point - kInvalid);
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

inline std::vector<int32_t> points(std::string_view text) {
  std::vector<int32_t> all;
  all.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Point p = point_at(text, i);
    all.push_back(p.value);
    i += static_cast<size_t>(p.size);
  }
  return all;
}

/// The byte where point number `count` starts; text.size() if there are not so many.
inline size_t byte_of(std::string_view text, int64_t count) {
  size_t i = 0;
  for (; count > 0 && i < text.size(); --count) i += static_cast<size_t>(point_at(text, i).size);
  return i;
}

}  // namespace weft::utf8
