/// A progress bar on the terminal, for runs that take longer than a moment.
#pragma once

#include <chrono>
#include <mutex>

#include "cli/console.h"
#include "weft/driver.h"

namespace weft::cli {

/// Draws on stderr if it is a terminal, and only after half a second. Thread-safe; the destructor
/// clears the line.
class ProgressBar {
 public:
  explicit ProgressBar(const Console& console);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Total 0 if unknown.
  void update(std::string_view what, int64_t done, int64_t total);
  /// Hooks whose progress is shown here. They refer to this bar.
  Hooks hooks();
  /// The table, whose reading is shown here if it lies in a source.
  Table watched(const Table& table);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  const Console& console_;
  std::mutex mutex_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
  bool visible_ = false;
};

/// 336776 as "336,776".
std::string grouped(int64_t number);

}  // namespace weft::cli
