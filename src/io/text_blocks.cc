#include "io/text_blocks.h"

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <fmt/format.h>

#include "io/input.h"

namespace weft {
namespace {

constexpr size_t kBlockBytes = 1 << 20;
constexpr size_t kRowBytesMax = 256 << 20;  // a longer row is an unclosed quote

}  // namespace

TextBlocks::TextBlocks(std::string path, std::string format, const CsvDialect& dialect,
                       std::shared_ptr<ReadStats> stats)
    : path_(std::move(path)),
      format_(std::move(format)),
      dialect_(dialect),
      stream_(open_stream(path_, std::move(stats))) {}

void TextBlocks::skip_head(int64_t lines) {
  fill(kBlockBytes);
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.erase(0, 3);
  if (rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF")) {
    throw Error(
        ErrorCode::kBadData,
        fmt::format("{}:1: expected text in UTF-8, found UTF-16; convert the file first", path_));
  }
  for (int64_t i = 0; i < lines; ++i) {
    const CsvDialect whole_lines{.delimiter = '\0', .quote = '\0', .skip_empty_lines = false};
    CsvRows line(rest_, whole_lines, line_);
    if (!line.next()) return;
    drop(line);
  }
}

std::vector<std::string> TextBlocks::take_row() {
  CsvRows rows(rest_, dialect_, line_);
  if (!rows.next()) return {};
  if (rows.unclosed_quote()) {
    throw Error(ErrorCode::kBadData,
                fmt::format("{}:{}: a quote is opened here and not closed", path_, rows.line()));
  }
  std::vector<std::string> cells;
  for (const CsvCell& cell : rows.cells()) cells.emplace_back(cell.text);
  drop(rows);
  return cells;
}

std::vector<std::string> TextBlocks::peek_row() {
  const std::string rest = rest_;
  const int64_t line = line_;
  auto cells = take_row();
  rest_ = rest;
  line_ = line;
  return cells;
}

std::optional<TextBlock> TextBlocks::next() {
  size_t wanted = kBlockBytes;
  while (true) {
    fill(wanted);
    if (rest_.empty()) return {};
    const size_t complete = at_end_ ? rest_.size() : complete_rows(rest_, dialect_);
    if (complete > 0) return cut(complete);
    wanted = 2 * rest_.size();
    if (rest_.size() > kRowBytesMax) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{}:{}: a row longer than {} MB; is a quote not closed?", path_,
                              line_, kRowBytesMax >> 20));
    }
  }
}

void TextBlocks::drop(const CsvRows& rows) {
  line_ = rows.next_line();
  rest_.erase(0, rows.end());
}

void TextBlocks::fill(size_t size) {
  if (at_end_ || rest_.size() >= size) return;
  size_t have = rest_.size();
  rest_.resize(size);
  while (have < size) {
    const auto n = stream_->Read(static_cast<int64_t>(size - have), rest_.data() + have);
    throw_if_unreadable(n.status(), path_, format_);
    if (*n == 0) {
      at_end_ = true;
      break;
    }
    have += static_cast<size_t>(*n);
  }
  rest_.resize(have);
}

TextBlock TextBlocks::cut(size_t size) {
  std::string left = rest_.substr(size);
  rest_.resize(size);
  TextBlock block{std::make_shared<const std::string>(std::move(rest_)), line_};
  rest_ = std::move(left);
  line_ += count_lines(*block.text);
  return block;
}

}  // namespace weft
