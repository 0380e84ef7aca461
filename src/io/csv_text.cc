#include "io/csv_text.h"

#include <algorithm>
#include <cstring>

namespace weft {
namespace {

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Behind the line that `at` lies in.
size_t end_of_line(std::string_view text, size_t at) {
  const size_t end = text.find_first_of("\r\n", at);
  if (end == text.npos) return text.size();
  return end + (text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n' ? 2 : 1);
}

}  // namespace

void CsvRows::end_line() {
  if (at_ >= text_.size()) return;
  const char c = text_[at_++];
  if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++next_line_;
  complete_ = true;
}

bool CsvRows::next() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (dialect_.comment != '\0' && c == dialect_.comment) {
      at_ = end_of_line(text_, at_);
      ++next_line_;
    } else if (dialect_.skip_empty_lines && is_line_end(c)) {
      end_line();
    } else {
      break;
    }
  }
  cells_.clear();
  unescaped_used_ = 0;
  unclosed_ = false;
  complete_ = false;
  start_ = at_;
  line_ = next_line_;
  if (at_ >= text_.size()) return false;
  while (true) {
    read_cell();
    if (at_ >= text_.size()) return true;
    if (is_line_end(text_[at_])) {
      end_line();
      return true;
    }
    ++at_;  // the delimiter
    if (at_ == text_.size()) {
      cells_.push_back({});
      return true;
    }
  }
}

void CsvRows::read_cell() {
  if (dialect_.quote != '\0' && at_ < text_.size() && text_[at_] == dialect_.quote) {
    read_quoted();
    return;
  }
  const size_t from = at_;
  while (at_ < text_.size() && text_[at_] != dialect_.delimiter && !is_line_end(text_[at_])) ++at_;
  cells_.push_back({text_.substr(from, at_ - from), false});
}

void CsvRows::read_quoted() {
  if (unescaped_used_ == unescaped_.size()) unescaped_.emplace_back();
  std::string& cell = unescaped_[unescaped_used_++];
  cell.clear();
  ++at_;
  while (true) {
    const size_t close = text_.find(dialect_.quote, at_);
    const size_t stop = std::min(close, text_.size());
    next_line_ += count_lines(text_.substr(at_, stop - at_));
    cell += text_.substr(at_, stop - at_);
    at_ = stop;
    if (close == text_.npos) {
      unclosed_ = true;
      break;
    }
    ++at_;
    if (at_ >= text_.size() || text_[at_] != dialect_.quote) break;
    cell += dialect_.quote;
    ++at_;
  }
  const size_t from = at_;
  while (at_ < text_.size() && text_[at_] != dialect_.delimiter && !is_line_end(text_[at_])) ++at_;
  cell += text_.substr(from, at_ - from);
  cells_.push_back({cell, true});
}

std::string_view CsvRows::row_text() const {
  std::string_view row = text_.substr(start_, at_ - start_);
  while (!row.empty() && is_line_end(row.back())) row.remove_suffix(1);
  return row;
}

size_t complete_rows(std::string_view text, const CsvDialect& dialect) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (dialect.quote == '\0' || text.find(dialect.quote) == text.npos) {
    const size_t newline = text.rfind('\n');
    if (newline != text.npos) return newline + 1;
    const size_t carriage = text.rfind('\r');
    return carriage == text.npos ? 0 : carriage + 1;
  }
  // A quote opens a cell only at its start; elsewhere it is a character like others.
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  size_t complete = 0;
  bool row_start = true;
  while (at < end) {
    if (row_start && dialect.comment != '\0' && *at == dialect.comment) {
      while (at < end && !is_line_end(*at)) ++at;
    } else if (*at == dialect.quote) {
      do {
        at = static_cast<const char*>(
            std::memchr(at + 1, dialect.quote, static_cast<size_t>(end - at - 1)));
        if (!at) return complete;
        ++at;
      } while (at < end && *at == dialect.quote);
    }
    while (at < end && *at != dialect.delimiter && !is_line_end(*at)) ++at;
    if (at == end) return complete;
    row_start = is_line_end(*at);
    if (*at == '\r' && at + 1 < end && at[1] == '\n') ++at;
    ++at;
    if (row_start) complete = static_cast<size_t>(at - begin);
  }
  return complete;
}

int64_t count_lines(std::string_view text) {
  const auto newlines = std::ranges::count(text, '\n');
  return newlines > 0 ? newlines : std::ranges::count(text, '\r');
}

std::string without_comments(std::string_view text, const CsvDialect& dialect) {
  std::string out;
  out.reserve(text.size());
  CsvDialect plain = dialect;
  plain.skip_empty_lines = false;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == dialect.comment) {
      at = end_of_line(text, at);
      continue;
    }
    CsvRows rows(text.substr(at), plain);
    rows.next();
    out += text.substr(at, rows.end());
    at += rows.end();
  }
  return out;
}

}  // namespace weft
