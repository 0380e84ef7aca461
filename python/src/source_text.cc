#include "source_text.h"

#include <algorithm>

namespace weft::python {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The end of the text literal whose quote stands at `at`; of one that is not closed, the end.
size_t end_of_literal(std::string_view text, size_t at) {
  const char quote = text[at];
  const bool triple = text.substr(at, 3) == std::string(3, quote);
  const std::string_view close = text.substr(at, triple ? 3 : 1);
  for (size_t i = at + close.size(); i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text.substr(i, close.size()) == close) {
      return i + close.size();
    }
  }
  return text.size();
}

// Where the function itself begins, after its decorators.
size_t begin_of_def(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with("def ") || line.starts_with("async def ")) return at;
    at += line.size() + 1;
  }
  return 0;
}

class Normalizer {
 public:
  explicit Normalizer(std::string_view text) : text_(text.substr(begin_of_def(text))) {}

  std::string run() {
    while (at_ < text_.size()) step();
    while (out_.ends_with('\n')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\n') {
      end_line();
    } else if (c == '\\' && text_.substr(at_ + 1, 1) == "\n") {
      at_ += 2;
      space_ = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
      if (at_line_begin_) ++depth_;
      space_ = true;
    } else if (c == '"' || c == '\'') {
      literal();
    } else {
      if (c == '(' || c == '[' || c == '{') ++brackets_;
      if (c == ')' || c == ']' || c == '}') --brackets_;
      if (c == ':' && brackets_ == 0) signature_is_over_ = true;
      put(text_.substr(at_, 1));
      ++at_;
    }
  }

  void end_line() {
    ++at_;
    space_ = true;
    if (brackets_ > 0) return;
    if (!at_line_begin_) out_ += '\n';
    at_line_begin_ = true;
    space_ = false;
    depth_ = 0;
  }

  // A text literal that is a statement, the first of the body, is documentation.
  void literal() {
    const size_t end = end_of_literal(text_, at_);
    const bool documentation = at_line_begin_ && signature_is_over_ && !documented_;
    if (documentation) {
      const size_t next = text_.find_first_not_of(" \t\r", end);
      if (next == text_.npos || text_[next] == '\n' || text_[next] == '#') {
        documented_ = true;
        at_ = end;
        return;
      }
    }
    put(text_.substr(at_, end - at_));
    at_ = end;
  }

  void put(std::string_view piece) {
    if (at_line_begin_) {
      out_.append(depth_, ' ');
      if (signature_is_over_) documented_ = true;
    } else if (space_ && !out_.empty() && is_word(out_.back()) && is_word(piece.front())) {
      out_ += ' ';
    }
    at_line_begin_ = space_ = false;
    out_ += piece;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string out_;
  int brackets_ = 0;
  size_t depth_ = 0;
  bool at_line_begin_ = true;
  bool space_ = false;
  bool signature_is_over_ = false;
  bool documented_ = false;
};

}  // namespace

std::string normalized_python(std::string_view text) { return Normalizer(text).run(); }

}  // namespace weft::python
