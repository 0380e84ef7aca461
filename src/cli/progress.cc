#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 500ms;
constexpr auto kInterval = 80ms;
constexpr int64_t kBarWidth = 30;

// Tells the bar how many rows have been read.
class WatchedReader : public BatchReader {
 public:
  WatchedReader(std::unique_ptr<BatchReader> reader, ProgressBar& bar, std::string what,
                int64_t total)
      : reader_(std::move(reader)), bar_(bar), what_(std::move(what)), total_(total) {}
  std::optional<Table> next() override {
    auto batch = reader_->next();
    if (batch) bar_.update(what_, done_ += batch->num_rows(), total_);
    return batch;
  }

 private:
  std::unique_ptr<BatchReader> reader_;
  ProgressBar& bar_;
  std::string what_;
  int64_t done_ = 0;
  int64_t total_;
};

class WatchedSource : public TableSource {
 public:
  WatchedSource(std::shared_ptr<const TableSource> source, ProgressBar& bar)
      : source_(std::move(source)), bar_(bar) {}
  const Schema& schema() const override { return source_->schema(); }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    return std::make_unique<WatchedReader>(source_->open(columns), bar_, describe(),
                                           num_rows().value_or(0));
  }
  std::string describe() const override { return source_->describe(); }
  std::optional<int64_t> num_rows() const override { return source_->num_rows(); }
  std::optional<int64_t> byte_size(std::span<const std::string> columns) const override {
    return source_->byte_size(columns);
  }

 private:
  std::shared_ptr<const TableSource> source_;
  ProgressBar& bar_;
};

}  // namespace

ProgressBar::ProgressBar(const Console& console) : console_(console) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::update(std::string_view what, int64_t done, int64_t total) {
  if (!console_.err_is_terminal) return;
  const std::scoped_lock lock(mutex_);
  const auto now = Clock::now();
  if (now - start_ < kPatience || now - drawn_ < kInterval) return;
  drawn_ = now;
  visible_ = true;
  std::string line = printable(what);
  if (total > 0) {
    const int64_t filled = std::clamp<int64_t>(done * kBarWidth / total, 0, kBarWidth);
    line +=
        fmt::format("  [{:=>{}}{:>{}}] {:>3}%  {} of {} rows", "", filled, "", kBarWidth - filled,
                    std::min<int64_t>(done * 100 / total, 100), grouped(done), grouped(total));
  } else {
    line += fmt::format("  {} rows", grouped(done));
  }
  console_.err << "\r\x1b[K" << cut_to_width(line, console_.width - 1) << std::flush;
}

Hooks ProgressBar::hooks() {
  Hooks hooks;
  hooks.progress = [this](std::string_view what, int64_t done, int64_t total) {
    update(what, done, total);
  };
  return hooks;
}

Table ProgressBar::watched(const Table& table) {
  if (!table.source()) return table;
  return Table(std::make_shared<WatchedSource>(table.source(), *this));
}

void ProgressBar::clear() {
  const std::scoped_lock lock(mutex_);
  if (visible_) console_.err << "\r\x1b[K" << std::flush;
  visible_ = false;
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t sign = digits.starts_with("-") ? 1 : 0;
  for (size_t at = digits.size(); at > sign + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace weft::cli
