#include "graph/source_text.h"

#include <algorithm>
#include <cctype>

namespace weft {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

// What a stretch of C++ text is.
enum class Part { kCode, kComment, kLiteral };

// Calls f(part, begin, end) for stretches that make up the whole text.
template <class F>
class Scanner {
 public:
  Scanner(std::string_view text, F f) : text_(text), f_(f) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '/' && peek(1) == '/') {
        emit(Part::kComment, line_comment_end());
      } else if (c == '/' && peek(1) == '*') {
        const size_t end = text_.find("*/", at_ + 2);
        emit(Part::kComment, end == text_.npos ? text_.size() : end + 2);
      } else if (c == '"' && is_raw()) {
        emit(Part::kLiteral, raw_end());
      } else if (c == '"' || (c == '\'' && !is_digit_separator())) {
        emit(Part::kLiteral, quoted_end(c));
      } else {
        ++at_;
      }
    }
    flush(at_);
  }

 private:
  char peek(size_t n) const { return at_ + n < text_.size() ? text_[at_ + n] : '\0'; }
  void flush(size_t end) {
    if (end > code_) f_(Part::kCode, code_, end);
  }
  void emit(Part part, size_t end) {
    flush(at_);
    f_(part, at_, end);
    at_ = code_ = end;
  }
  size_t line_comment_end() const {
    size_t end = text_.find('\n', at_);
    while (end != text_.npos && text_[end - 1] == '\\') end = text_.find('\n', end + 1);
    return end == text_.npos ? text_.size() : end;
  }
  bool is_raw() const {
    if (at_ == 0 || text_[at_ - 1] != 'R') return false;
    size_t begin = at_ - 1;
    while (begin > 0 && is_word(text_[begin - 1])) --begin;
    const auto prefix = text_.substr(begin, at_ - begin);
    return prefix == "R" || prefix == "LR" || prefix == "uR" || prefix == "UR" || prefix == "u8R";
  }
  size_t raw_end() const {
    const size_t open = text_.find('(', at_);
    if (open == text_.npos) return text_.size();
    const std::string close = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
    const size_t end = text_.find(close, open);
    return end == text_.npos ? text_.size() : end + close.size();
  }
  size_t quoted_end(char quote) const {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    return std::min(end + 1, text_.size());
  }
  // 1'000'000; but u8'x' and L'x' are literals.
  bool is_digit_separator() const {
    if (at_ == 0 || !is_word(text_[at_ - 1])) return false;
    size_t begin = at_;
    while (begin > 0 && (is_word(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
    return std::isdigit(static_cast<unsigned char>(text_[begin])) != 0;
  }

  std::string_view text_;
  F f_;
  size_t at_ = 0;
  size_t code_ = 0;
};

template <class F>
void scan(std::string_view text, F f) {
  Scanner<F>(text, f).run();
}

// The text with comments and literals blanked out, character for character; line ends stay.
std::string code_only(std::string_view text) {
  std::string code(text);
  scan(text, [&](Part part, size_t begin, size_t end) {
    if (part == Part::kCode) return;
    for (size_t i = begin; i < end; ++i) {
      if (code[i] != '\n') code[i] = part == Part::kLiteral ? '"' : ' ';
    }
  });
  // A #define may speak of FEATURE: it is no feature.
  for (size_t line = 0; line < code.size();) {
    size_t end = std::min(code.find('\n', line), code.size());
    const size_t first = code.find_first_not_of(" \t", line);
    if (first < end && code[first] == '#') {
      while (end < code.size() && code[end - 1] == '\\') {
        end = std::min(code.find('\n', end + 1), code.size());
      }
      for (size_t i = line; i < end; ++i) {
        if (code[i] != '\n') code[i] = ' ';
      }
    }
    line = end + 1;
  }
  return code;
}

// Past the bracket that closes the one at `open`; npos if there is none.
size_t past_bracket(std::string_view code, size_t open) {
  int depth = 0;
  for (size_t i = open; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') {
      if (--depth == 0) return i + 1;
    }
  }
  return std::string_view::npos;
}

// The macro's second argument: FEATURE(std::pair<a, b>, name, ...) does not compile, so the first
// one ends at the first comma outside of brackets.
std::string second_argument(std::string_view code, size_t open) {
  int depth = 0;
  size_t begin = 0;
  for (size_t i = open; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c != ',' || depth != 1) continue;
    if (begin == 0) {
      begin = i + 1;
      continue;
    }
    std::string_view name = code.substr(begin, i - begin);
    const size_t first = name.find_first_not_of(" \t\n");
    if (first == name.npos) return {};
    name.remove_prefix(first);
    return std::string(name.substr(0, name.find_first_of(" \t\n")));
  }
  return {};
}

// The comment lines that end right above `begin`, which is where a line starts.
std::string doc_above(std::string_view file, size_t begin) {
  std::vector<std::string> lines;
  while (begin > 0) {
    const size_t end = begin - 1;
    const size_t previous = end == 0 ? file.npos : file.rfind('\n', end - 1);
    const size_t start = previous == file.npos ? 0 : previous + 1;
    std::string_view line = file.substr(start, end - start);
    const size_t first = line.find_first_not_of(" \t");
    if (first == line.npos || !line.substr(first).starts_with("//")) break;
    line.remove_prefix(std::min(line.find_first_not_of('/', first), line.size()));
    if (line.starts_with(' ')) line.remove_prefix(1);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) {
      line.remove_suffix(1);
    }
    lines.emplace_back(line);
    begin = start;
  }
  std::string doc;
  for (size_t i = lines.size(); i-- > 0;) doc += lines[i] + (i > 0 ? "\n" : "");
  return doc;
}

size_t line_start(std::string_view file, size_t at) {
  const size_t end = at == 0 ? file.npos : file.rfind('\n', at - 1);
  return end == file.npos ? 0 : end + 1;
}

bool may_run_together(char a, char b) {
  if (is_word(a) || is_word(b)) return is_word(a) && is_word(b);
  return std::ispunct(static_cast<unsigned char>(a)) != 0 &&
         std::ispunct(static_cast<unsigned char>(b)) != 0 && a == b;
}

}  // namespace

namespace {

// Where the next FEATURE, LOADER or SAVER is.
size_t next_macro(std::string_view code, size_t from) {
  return std::min(
      {code.find("FEATURE", from), code.find("LOADER", from), code.find("SAVER", from)});
}

}  // namespace

std::vector<FeatureText> find_features(std::string_view file) {
  const std::string code = code_only(file);
  const std::string_view view = code;
  std::vector<FeatureText> features;
  int line = 1;
  size_t counted = 0;
  for (size_t at = 0; (at = next_macro(view, at)) != view.npos;) {
    const size_t begin = at;
    at = view.find_first_not_of("ADEFLORSTUV", begin);  // past its name
    const size_t open = view.find_first_not_of(" \t\n", at);
    if (open == view.npos || view[open] != '(' || (begin > 0 && is_word(view[begin - 1]))) continue;
    const size_t close = past_bracket(view, open);
    const size_t body = close == view.npos ? close : view.find_first_not_of(" \t\r\n", close);
    if (body == view.npos || view[body] != '{') continue;
    const size_t end = past_bracket(view, body);
    if (end == view.npos) continue;
    line += static_cast<int>(std::count(file.begin() + static_cast<std::ptrdiff_t>(counted),
                                        file.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    counted = begin;
    features.push_back({second_argument(view, open), line, file.substr(begin, end - begin),
                        doc_above(file, line_start(file, begin))});
    at = end;
  }
  return features;
}

std::string normalized_source(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  scan(text, [&](Part part, size_t begin, size_t end) {
    if (part == Part::kComment) {
      gap = true;
      return;
    }
    for (size_t i = begin; i < end; ++i) {
      const char c = text[i];
      if (part == Part::kCode && std::isspace(static_cast<unsigned char>(c))) {
        gap = true;
        continue;
      }
      if (gap && !out.empty() && may_run_together(out.back(), c)) out += ' ';
      gap = false;
      out += c;
    }
  });
  return out;
}

std::string text_between(std::string_view file, const std::vector<FeatureText>& features) {
  std::string rest;
  size_t at = 0;
  for (const FeatureText& feature : features) {
    const auto begin = static_cast<size_t>(feature.text.data() - file.data());
    rest += file.substr(at, begin - at);
    rest += '\n';
    at = begin + feature.text.size();
  }
  rest += file.substr(at);
  return normalized_source(rest);
}

}  // namespace weft
