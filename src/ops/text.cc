#include "weft/text.h"

#include <utf8proc.h>

#include <algorithm>

#include "ops/utf8.h"
#include "weft/error.h"

namespace weft {
namespace {

using utf8::is_ascii;
using utf8::Point;
using utf8::point_at;

size_t bytes(Point p) { return static_cast<size_t>(p.size); }

utf8proc_category_t category(int32_t point) {
  return point < utf8::kInvalid ? utf8proc_category(point) : UTF8PROC_CATEGORY_CN;
}
bool is_letter(int32_t point) {
  const auto c = category(point);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}
bool is_word(int32_t point) {  // letters, marks and numbers, which utf8proc numbers in this order
  if (point < 0x80) {
    return (point >= '0' && point <= '9') || ((point | 0x20) >= 'a' && (point | 0x20) <= 'z');
  }
  const auto c = category(point);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO;
}
bool is_space(int32_t point) {
  if (point < 0x80) return point == ' ' || (point >= '\t' && point <= '\r');
  const auto c = category(point);
  return point == 0x85 || c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL ||
         c == UTF8PROC_CATEGORY_ZP;
}

int32_t lowered(int32_t p) { return p < utf8::kInvalid ? utf8proc_tolower(p) : p; }
int32_t uppered(int32_t p) { return p < utf8::kInvalid ? utf8proc_toupper(p) : p; }
int32_t titled(int32_t p) { return p < utf8::kInvalid ? utf8proc_totitle(p) : p; }

// map(point) of every point.
template <class Map>
std::string mapped(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Point p = point_at(text, i);
    utf8::append(out, map(p.value));
    i += bytes(p);
  }
  return out;
}

void require_size(const char* function, size_t n, size_t times) {
  const auto max = static_cast<size_t>(kTextBytesMax);
  if (n == 0 || times <= max / n) return;
  throw Error(ErrorCode::kResourceLimit, std::string(function) +
                                             ": the result would be longer than " +
                                             std::to_string(kTextBytesMax) + " bytes");
}

void require_separator(const char* function, std::string_view separator) {
  if (separator.empty()) {
    throw Error(ErrorCode::kInvalidArgument, std::string(function) + ": the separator is empty");
  }
}

void require_n(const char* function, int64_t n) {
  if (n < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string(function) + ": n must be at least 1, not " + std::to_string(n));
  }
}

}  // namespace

// ---- case ------------------------------------------------------------------------------------

std::string lower(std::string_view text) {
  if (!is_ascii(text)) return mapped(text, lowered);
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 0x20 : 0));
  return out;
}

std::string upper(std::string_view text) {
  if (!is_ascii(text)) return mapped(text, uppered);
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c - ((c >= 'a' && c <= 'z') ? 0x20 : 0));
  return out;
}

std::string title(std::string_view text) {
  bool in_word = false;
  return mapped(text, [&in_word](int32_t p) {
    const bool starts = !in_word;
    in_word = is_letter(p);
    return starts ? titled(p) : lowered(p);
  });
}

std::string capitalize(std::string_view text) {
  bool first = true;
  return mapped(text, [&first](int32_t p) {
    const bool starts = first;
    first = false;
    return starts ? titled(p) : lowered(p);
  });
}

// ---- size and parts --------------------------------------------------------------------------

int64_t length(std::string_view text) {
  if (is_ascii(text)) return byte_length(text);
  int64_t n = 0;
  for (size_t i = 0; i < text.size(); ++n) i += bytes(point_at(text, i));
  return n;
}

namespace {

template <class Drop>
std::string_view ltrimmed(std::string_view text, Drop drop) {
  while (!text.empty()) {
    const Point p = point_at(text, 0);
    if (!drop(p.value)) break;
    text.remove_prefix(bytes(p));
  }
  return text;
}

template <class Drop>
std::string_view rtrimmed(std::string_view text, Drop drop) {
  while (!text.empty()) {
    const size_t last = utf8::before(text, text.size());
    if (!drop(point_at(text, last).value)) break;
    text = text.substr(0, last);
  }
  return text;
}

// Is a point among those of a text?
auto among(std::string_view chars) {
  return [chars](int32_t point) {
    for (size_t i = 0; i < chars.size();) {
      const Point p = point_at(chars, i);
      if (p.value == point) return true;
      i += bytes(p);
    }
    return false;
  };
}

}  // namespace

std::string_view trim(std::string_view text) {
  return rtrimmed(ltrimmed(text, is_space), is_space);
}
std::string_view ltrim(std::string_view text) { return ltrimmed(text, is_space); }
std::string_view rtrim(std::string_view text) { return rtrimmed(text, is_space); }
std::string_view trim(std::string_view text, std::string_view chars) {
  return rtrimmed(ltrimmed(text, among(chars)), among(chars));
}
std::string_view ltrim(std::string_view text, std::string_view chars) {
  return ltrimmed(text, among(chars));
}
std::string_view rtrim(std::string_view text, std::string_view chars) {
  return rtrimmed(text, among(chars));
}

std::string_view substr(std::string_view text, int64_t start, int64_t count) {
  if (count <= 0) return {};
  if (is_ascii(text)) {
    const int64_t size = byte_length(text);
    const int64_t from = std::clamp<int64_t>(start < 0 ? start + size : start, 0, size);
    return text.substr(static_cast<size_t>(from), static_cast<size_t>(count));
  }
  if (start < 0) start = std::max<int64_t>(0, start + length(text));
  text.remove_prefix(utf8::byte_of(text, start));
  return text.substr(0, utf8::byte_of(text, count));
}

std::string_view substr(std::string_view text, int64_t start) {
  return substr(text, start, byte_length(text));
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  require_separator("split", separator);
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != text.npos; from = at + separator.size()) {
    parts.emplace_back(text.substr(from, at - from));
  }
  parts.emplace_back(text.substr(from));
  return parts;
}

namespace {

// add(run) for each longest run of points that belong.
template <class Belongs, class Add>
void for_each_run(std::string_view text, Belongs belongs, Add add) {
  size_t from = 0, i = 0;
  while (i < text.size()) {
    const Point p = point_at(text, i);
    if (!belongs(p.value)) {
      if (i > from) add(text.substr(from, i - from));
      from = i + bytes(p);
    }
    i += bytes(p);
  }
  if (i > from) add(text.substr(from, i - from));
}

}  // namespace

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for_each_run(
      text, [](int32_t p) { return !is_space(p); },
      [&parts](std::string_view run) { parts.emplace_back(run); });
  return parts;
}

std::optional<std::string_view> split_part(std::string_view text, std::string_view separator,
                                           int64_t part) {
  require_separator("split_part", separator);
  if (part <
      0) {  // counted from the end; pieces are cut from the left all the same ("aaa" by "aa")
    int64_t pieces = 1;
    for (size_t at = 0; (at = text.find(separator, at)) != text.npos; at += separator.size()) {
      ++pieces;
    }
    part += pieces;
    if (part < 0) return std::nullopt;
  }
  for (; part > 0; --part) {
    const size_t at = text.find(separator);
    if (at == text.npos) return std::nullopt;
    text.remove_prefix(at + separator.size());
  }
  return text.substr(0, text.find(separator));
}

// ---- making texts ----------------------------------------------------------------------------

std::string replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  if (from.empty()) return out.assign(text);
  size_t start = 0;
  for (size_t at; (at = text.find(from, start)) != text.npos; start = at + from.size()) {
    out.append(text.substr(start, at - start)).append(to);
    require_size("replace", out.size(), 1);
  }
  return out.append(text.substr(start));
}

std::string concat(std::string_view a, std::string_view b) {
  std::string out;
  out.reserve(a.size() + b.size());
  return out.append(a).append(b);
}

std::string concat(std::string_view a, std::string_view b, std::string_view c) {
  std::string out;
  out.reserve(a.size() + b.size() + c.size());
  return out.append(a).append(b).append(c);
}

namespace {

template <class Parts>
std::string joined(const Parts& parts, std::string_view separator) {
  size_t size = 0;
  for (const auto& part : parts) size += part.size() + separator.size();
  std::string out;
  out.reserve(size);
  bool first = true;
  for (const auto& part : parts) {
    if (!first) out += separator;
    out += part;
    first = false;
  }
  return out;
}

}  // namespace

std::string join(std::span<const std::string_view> parts, std::string_view separator) {
  return joined(parts, separator);
}
std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return joined(parts, separator);
}

std::string reverse(std::string_view text) {
  if (is_ascii(text)) return {text.rbegin(), text.rend()};
  std::string out(text.size(), '\0');
  size_t to = text.size();
  for (size_t i = 0; i < text.size();) {
    const size_t size = bytes(point_at(text, i));
    to -= size;
    text.copy(out.data() + to, size, i);
    i += size;
  }
  return out;
}

std::string repeat(std::string_view text, int64_t times) {
  std::string out;
  if (times <= 0) return out;
  require_size("repeat", text.size(), static_cast<size_t>(times));
  if (text.empty()) return out;
  out.reserve(text.size() * static_cast<size_t>(times));
  for (int64_t i = 0; i < times; ++i) out += text;
  return out;
}

namespace {

std::string padding(const char* function, std::string_view text, int64_t width,
                    std::string_view fill) {
  if (length(fill) != 1) {
    throw Error(ErrorCode::kInvalidArgument, std::string(function) +
                                                 ": the fill must be one character, not \"" +
                                                 std::string(fill.substr(0, 50)) + '"');
  }
  const int64_t missing = width - std::min(width, length(text));
  if (missing > 0) require_size(function, fill.size(), static_cast<size_t>(missing));
  return repeat(fill, missing);
}

}  // namespace

std::string pad_left(std::string_view text, int64_t width, std::string_view fill) {
  return padding("pad_left", text, width, fill).append(text);
}
std::string pad_right(std::string_view text, int64_t width, std::string_view fill) {
  return std::string(text) + padding("pad_right", text, width, fill);
}

// ---- words and n-grams -----------------------------------------------------------------------

std::vector<std::string> tokens(std::string_view text) {
  std::vector<std::string> words;
  for_each_run(text, is_word, [&words](std::string_view run) { words.push_back(lower(run)); });
  return words;
}

std::vector<std::string> ngrams(std::string_view text, int64_t n) {
  require_n("ngrams", n);
  std::vector<std::string> grams;
  size_t end = utf8::byte_of(text, n - 1);
  for (size_t i = 0; end < text.size();) {
    end += bytes(point_at(text, end));
    grams.emplace_back(text.substr(i, end - i));
    i += bytes(point_at(text, i));
  }
  return grams;
}

std::vector<std::string> word_ngrams(std::string_view text, int64_t n) {
  require_n("word_ngrams", n);
  const std::vector<std::string> words = tokens(text);
  std::vector<std::string> grams;
  const auto size = static_cast<size_t>(n);
  for (size_t i = 0; size <= words.size() && i <= words.size() - size; ++i) {
    std::string gram = words[i];
    for (size_t k = 1; k < size; ++k) gram.append(" ").append(words[i + k]);
    grams.push_back(std::move(gram));
  }
  return grams;
}

}  // namespace weft
