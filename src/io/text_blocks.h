/// The text of a file in blocks of whole rows, and the first rows one by one.
#pragma once

#include <arrow/io/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/csv_text.h"
#include "weft/read.h"

namespace weft {

struct TextBlock {
  std::shared_ptr<const std::string> text;  ///< whole rows
  int64_t first_line = 1;
};

/// Reads about a megabyte at a time, decompressed by the end of the name. Lines without cells are
/// rows of a dialect without a quote. Not thread-safe.
class TextBlocks {
 public:
  TextBlocks(std::string path, std::string format, const CsvDialect& dialect,
             std::shared_ptr<ReadStats> stats);

  /// Passes over a byte order mark and lines. Throws Error(kBadData) for UTF-16.
  void skip_head(int64_t lines);
  /// The cells of the next row, for the header; empty at the end.
  std::vector<std::string> take_row();
  /// The same, but the row stays.
  std::vector<std::string> peek_row();
  void set_dialect(const CsvDialect& dialect) { dialect_ = dialect; }

  /// The next rows; nothing at the end. Throws Error(kBadData, kIo).
  std::optional<TextBlock> next();

 private:
  void drop(const CsvRows& rows);
  void fill(size_t size);
  TextBlock cut(size_t size);

  std::string path_;
  std::string format_;
  CsvDialect dialect_;
  std::shared_ptr<arrow::io::InputStream> stream_;
  std::string rest_;
  int64_t line_ = 1;
  bool at_end_ = false;
};

}  // namespace weft
