/// The grammar of CSV: rows, cells and lines, as exactly as an error message needs them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct CsvDialect {
  char delimiter = ',';
  char quote = '"';     ///< '\0': none
  char comment = '\0';  ///< '\0': none
  bool skip_empty_lines = true;
};

struct CsvCell {
  std::string_view text;  ///< unquoted
  bool quoted = false;
};

/// Walks over the rows of a text that starts at the start of a row. Borrows the text. The rules are
/// those of Arrow's parser: what follows a closing quote belongs to the cell.
class CsvRows {
 public:
  CsvRows(std::string_view text, const CsvDialect& dialect, int64_t first_line = 1)
      : text_(text), dialect_(dialect), next_line_(first_line) {}

  /// The next row, passing over comments and empty lines; false at the end.
  bool next();

  int64_t line() const { return line_; }  ///< of the row's start, from 1
  int64_t next_line() const { return next_line_; }
  size_t end() const { return at_; }  ///< offset behind the row's line end
  const std::vector<CsvCell>& cells() const { return cells_; }
  /// As it stands in the file, without the line end.
  std::string_view row_text() const;
  bool unclosed_quote() const { return unclosed_; }
  /// Does a line end close the row, or only the end of the text?
  bool complete() const { return complete_; }

 private:
  void read_cell();
  void read_quoted();
  void end_line();

  std::string_view text_;
  CsvDialect dialect_;
  int64_t next_line_;
  int64_t line_ = 0;
  size_t start_ = 0;
  size_t at_ = 0;
  std::vector<CsvCell> cells_;
  std::deque<std::string> unescaped_;
  size_t unescaped_used_ = 0;
  bool unclosed_ = false;
  bool complete_ = false;
};

/// Bytes of `text`, which starts at the start of a row, up to the end of its last complete row. A
/// \r at the very end is not taken for a line end: a \n may follow.
size_t complete_rows(std::string_view text, const CsvDialect& dialect);

/// Line ends in `text`: \n, or \r where there is no \n.
int64_t count_lines(std::string_view text);

/// `text` without comment lines.
std::string without_comments(std::string_view text, const CsvDialect& dialect);

}  // namespace weft
