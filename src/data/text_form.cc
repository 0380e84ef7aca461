#include "data/text_form.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace weft {
namespace {

template <class T>
std::string shortest(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text;
}

// Reads exactly `digits` digits.
bool read_digits(std::string_view& text, size_t digits, int64_t& value) {
  value = 0;
  if (text.size() < digits) return false;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

// Reads 1 to `digits_max` digits; false if there is none.
bool read_int(std::string_view& text, size_t digits_max, int64_t& value) {
  size_t n = 0;
  value = 0;
  while (n < digits_max && n < text.size() && text[n] >= '0' && text[n] <= '9') {
    value = value * 10 + (text[n++] - '0');
  }
  text.remove_prefix(n);
  return n > 0;
}

bool read_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// A fraction of a second in microseconds; digits past the sixth are cut off.
bool read_fraction(std::string_view& text, int64_t& us) {
  us = 0;
  int64_t unit = 100'000;
  size_t n = 0;
  for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n, unit /= 10) {
    us += (text[n] - '0') * unit;
  }
  text.remove_prefix(n);
  return n > 0;
}

bool read_zone(std::string_view& text, int64_t& offset_minutes) {
  offset_minutes = 0;
  if (text.empty() || read_char(text, "Z")) return true;
  const bool minus = text[0] == '-';
  int64_t hours = 0;
  int64_t minutes = 0;
  if (!read_char(text, "+-") || !read_digits(text, 2, hours)) return false;
  const bool colon = read_char(text, ":");
  if ((colon || !text.empty()) && !read_digits(text, 2, minutes)) return false;
  if (hours > 15 || minutes > 59) return false;
  offset_minutes = (hours * 60 + minutes) * (minus ? -1 : 1);
  return true;
}

}  // namespace

std::string format_number(double value) { return shortest(value); }
std::string format_number(float value) { return shortest(value); }

std::string format_time(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  // std::chrono::year ends at 32767, an int64 of microseconds at 294247: the calendar repeats
  // every 400 years, so the date is looked up in the cycle that starts with 2000.
  constexpr int64_t kCycleDays = 146'097;
  const int64_t since_2000 = day.time_since_epoch().count() - 10'957;
  const int64_t cycle = since_2000 / kCycleDays - (since_2000 % kCycleDays < 0);
  const year_month_day date(day - days(cycle * kCycleDays));
  const int64_t year = int(date.year()) + cycle * 400;
  const char* sign = year < 0 ? "-" : year > 9999 ? "+" : "";
  // Not time - day: the start of the first day of all is before the first microsecond of all.
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t count = time.time_since_epoch().count() % kDay;
  const hh_mm_ss clock(Duration(count < 0 ? count + kDay : count));
  std::string text =
      fmt::format("{}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", sign, std::abs(year),
                  unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                  clock.minutes().count(), clock.seconds().count());
  if (const auto us = clock.subseconds().count(); us != 0) {
    std::string fraction = fmt::format(".{:06}", us);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "Z";
}

std::string format_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  std::string text = duration < Duration::zero() ? "-" : "";
  // Unsigned, because the lowest int64 has no positive twin.
  const int64_t count = duration.count();
  auto us = count < 0 ? ~static_cast<uint64_t>(count) + 1 : static_cast<uint64_t>(count);
  const std::pair<uint64_t, const char*> units[] = {
      {86'400'000'000, "d"}, {3'600'000'000, "h"}, {60'000'000, "m"}};
  for (const auto& [size, unit] : units) {
    if (us >= size) text += std::to_string(us / size) + unit;
    us %= size;
  }
  if (us == 0) return text;
  text += std::to_string(us / 1'000'000);
  if (us % 1'000'000 != 0) {
    std::string fraction = fmt::format(".{:06}", us % 1'000'000);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  return text + "s";
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

std::optional<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  int64_t y = 0;
  int64_t mo = 0;
  int64_t d = 0;
  const bool date_ok = read_digits(text, 4, y) && read_char(text, "-") &&
                       read_digits(text, 2, mo) && read_char(text, "-") && read_digits(text, 2, d);
  if (!date_ok) return {};
  const year_month_day date(year(static_cast<int>(y)), month(static_cast<unsigned>(mo)),
                            day(static_cast<unsigned>(d)));
  if (!date.ok()) return {};
  int64_t h = 0;
  int64_t mi = 0;
  int64_t s = 0;
  int64_t us = 0;
  int64_t offset_minutes = 0;
  if (!text.empty()) {
    if (!read_char(text, "T ") || !read_digits(text, 2, h) || !read_char(text, ":") ||
        !read_digits(text, 2, mi)) {
      return {};
    }
    if (read_char(text, ":")) {
      if (!read_digits(text, 2, s)) return {};
      if (read_char(text, ".,") && !read_fraction(text, us)) return {};
    }
    if (!read_zone(text, offset_minutes)) return {};
  }
  if (!text.empty() || h > 23 || mi > 59 || s > 59) return {};
  return Time(sys_days(date)) + hours(h) + minutes(mi - offset_minutes) + seconds(s) +
         microseconds(us);
}

std::optional<Duration> parse_duration(std::string_view text) {
  const bool minus = !text.empty() && text[0] == '-';
  if (minus) text.remove_prefix(1);
  if (text.empty()) return {};
  int64_t total = 0;
  while (!text.empty()) {
    int64_t whole = 0;
    int64_t millionths = 0;
    if (!read_int(text, 18, whole)) return {};
    if (read_char(text, ".") && !read_fraction(text, millionths)) return {};
    static constexpr std::pair<std::string_view, int64_t> kUnits[] = {
        {"min", 60'000'000},  {"ms", 1'000},     {"us", 1},       {"d", 86'400'000'000},
        {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}};
    int64_t unit = 0;
    for (const auto& [name, size] : kUnits) {
      if (!text.starts_with(name)) continue;
      unit = size;
      text.remove_prefix(name.size());
      break;
    }
    if (unit == 0) return {};
    // Below a second a fraction of microseconds is cut off; a day has 8.64e10 of them, so two
    // steps.
    const int64_t part = unit / 1'000'000 * millionths + unit % 1'000'000 * millionths / 1'000'000;
    // Added with its sign: the lowest int64 has no positive twin.
    if (__builtin_mul_overflow(minus ? -whole : whole, unit, &whole) ||
        __builtin_add_overflow(total, whole, &total) ||
        __builtin_add_overflow(total, minus ? -part : part, &total)) {
      return {};
    }
  }
  return Duration(total);
}

}  // namespace weft
