/// Parameter names of a function, read at compile time out of its stringified parameter list.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft::detail {

enum class Fault : uint8_t { kNone, kUnnamed, kUnparsed };

/// Offsets, not views: a template argument must be structural.
template <size_t N>
struct ParsedNames {
  std::array<uint16_t, N> begin{};
  std::array<uint16_t, N> size{};
  Fault fault = Fault::kNone;
  bool has_defaults = false;
};

consteval bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

template <size_t N>
class NameParser {
 public:
  consteval explicit NameParser(std::string_view text) : text_(text.substr(0, text.size() - 1)) {}

  consteval ParsedNames<N> parse() {
    int depth = 0;
    bool quoted = false;
    for (size_t k = start_; k < text_.size(); ++k) {
      const char c = text_[k];
      if (c == '"' && text_[k - 1] != '\\') quoted = !quoted;
      if (quoted) continue;
      const bool in_default = equals_ != text_.npos;  // there, < and > may be comparisons
      if (c == '(' || c == '[' || c == '{' || (c == '<' && !in_default)) {
        ++depth;
      } else if (c == ')' || c == ']' || c == '}' || (c == '>' && !in_default)) {
        --depth;
      } else if (c == '=' && depth == 0 && !in_default) {
        names_.has_defaults = true;
        equals_ = k;
      } else if (c == ',' && depth == 0 && (count_ + 1 < N || !in_default)) {
        take(k);
        start_ = k + 1;
        equals_ = text_.npos;
      }
    }
    if (N > 0) take(text_.size());
    if (count_ != N) names_.fault = Fault::kUnparsed;
    return names_;
  }

 private:
  consteval void take(size_t end) {
    const auto part = text_.substr(start_, (equals_ == text_.npos ? end : equals_) - start_);
    size_t e = part.size();
    while (e > 0 && part[e - 1] == ' ') --e;
    size_t b = e;
    while (b > 0 && is_identifier(part[b - 1])) --b;
    const auto name = part.substr(b, e - b);
    size_t t = b;
    while (t > 0 && part[t - 1] == ' ') --t;
    const auto type = part.substr(0, t);
    for (const std::string_view word :
         {"double", "float", "int", "long", "bool", "char", "const", "short", "unsigned", ""}) {
      if (name == word) names_.fault = Fault::kUnnamed;
    }
    if (type.empty() || type.back() == ':' || type == "const") names_.fault = Fault::kUnnamed;
    if (count_ < N) {
      names_.begin[count_] = static_cast<uint16_t>(start_ + b);
      names_.size[count_] = static_cast<uint16_t>(name.size());
    }
    ++count_;
  }

  std::string_view text_;
  size_t start_ = 1;  // past the opening bracket
  size_t equals_ = std::string_view::npos;
  size_t count_ = 0;
  ParsedNames<N> names_;
};

template <size_t N>
consteval ParsedNames<N> parse_parameters(std::string_view text) {
  return NameParser<N>(text).parse();
}

}  // namespace weft::detail
