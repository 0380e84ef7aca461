#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 500ms;
constexpr auto kInterval = 80ms;
constexpr int64_t kBarWidth = 30;

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
