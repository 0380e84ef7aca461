#include "cli/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

constexpr size_t kCellWidthMax = 60;  // of data on a terminal

std::string inked(bool colored, Ink color, std::string_view text) {
  static constexpr std::array<int, 6> kCodes = {1, 2, 31, 32, 33, 36};
  if (!colored || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<size_t>(color)], text);
}

// One character of UTF-8 at `at`, which moves behind it. What is no UTF-8 counts byte by byte.
char32_t next_character(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  const size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  char32_t c = more == 0 ? first : first & (0x3FU >> more);
  for (size_t i = 1; i <= more; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) {
      ++at;
      return 0xFFFD;
    }
    c = (c << 6U) | (byte(at + i) & 0x3FU);
  }
  at += more + 1;
  return c;
}

// East Asian wide characters and emoji take two columns, combining marks none.
size_t width_of(char32_t c) {
  if ((c >= 0x300 && c <= 0x36F) || c == 0x200B || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) {
    return 0;
  }
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                    (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                    (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
                    (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::string Console::ink(Ink color, std::string_view text) const {
  return inked(out_color, color, text);
}

std::string Console::err_ink(Ink color, std::string_view text) const {
  return inked(err_color, color, text);
}

void Console::warn(std::string_view message) const {
  err << "weft: " << err_ink(Ink::kYellow, "warning:") << ' ' << printable(message) << '\n';
}

void Console::note(std::string_view message) const {
  err << "weft: " << printable(message) << '\n';
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const char32_t c = next_character(text, at);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(from, at - from);
    }
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) width += width_of(next_character(text, at));
  return width;
}

std::string cut_to_width(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  size_t used = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    used += width_of(next_character(text, at));
    if (used >= width) return std::string(text.substr(0, from)) + "…";
  }
  return std::string(text);
}

void TextTable::align_right(size_t column) {
  right_.resize(header_.size());
  right_[column] = true;
}

void TextTable::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::vector<size_t> TextTable::widths() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < header_.size(); ++c) {
    widths.push_back(display_width(header_[c]));
    for (const auto& row : rows_) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  return widths;
}

void TextTable::print(const Console& console, Overflow overflow) const {
  if (header_.empty()) return;
  std::vector<size_t> widths = this->widths();
  size_t dropped = 0;
  if (console.out_is_terminal) {
    size_t used = 0;
    for (size_t c = 0; c < widths.size(); ++c) {
      const size_t space = c == 0 ? 0 : 2;
      const bool last = c + 1 == widths.size();
      if (overflow == Overflow::kDropColumns) widths[c] = std::min(widths[c], kCellWidthMax);
      if (used + space + widths[c] > console.width) {
        if (overflow == Overflow::kDropColumns && c > 0) {
          dropped = widths.size() - c;
          widths.resize(c);
          break;
        }
        if (last) {
          const size_t left = console.width > used + space ? console.width - used - space : 0;
          widths[c] = std::max<size_t>(left, 8);
        }
      }
      used += space + widths[c];
    }
  }
  print_row(console, header_, widths, true);
  for (const auto& row : rows_) print_row(console, row, widths, false);
  if (dropped > 0) {
    console.out << console.ink(Ink::kDim, fmt::format("... and {} more column{}", dropped,
                                                      dropped == 1 ? "" : "s"))
                << '\n';
  }
}

void TextTable::print_row(const Console& console, const std::vector<std::string>& row,
                          const std::vector<size_t>& widths, bool is_header) const {
  std::string line;
  for (size_t c = 0; c < widths.size(); ++c) {
    const std::string cell = cut_to_width(row[c], widths[c]);
    const std::string space(widths[c] - display_width(cell), ' ');
    if (c > 0) line += "  ";
    const bool right = c < right_.size() && right_[c];
    const std::string text = is_header ? console.ink(Ink::kBold, cell) : cell;
    line += right ? space + text : text + space;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  console.out << line << '\n';
}

}  // namespace weft::cli
