// Times by a pattern of strftime's letters: written and read.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "ops/time_zone.h"
#include "weft/calendar.h"
#include "weft/error.h"

namespace weft {
namespace {

using detail::kDayUs;

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

[[noreturn]] void bad_letter(const char* function, std::string_view pattern, char letter) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}: no meaning for %{} in \"{}\"", function,
                          letter ? std::string(1, letter) : "", pattern.substr(0, 100)));
}

// What a letter stands for in others.
std::string_view expanded(char letter) {
  switch (letter) {
    case 'F':
      return "%Y-%m-%d";
    case 'T':
      return "%H:%M:%S";
    case 'D':
      return "%m/%d/%y";
    case 'R':
      return "%H:%M";
    default:
      return {};
  }
}

char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// ---- writing ---------------------------------------------------------------------------------

void write(std::string& out, Time t, std::string_view pattern);

void write_letter(std::string& out, Time t, char letter, std::string_view pattern) {
  const auto add = [&out]<class... A>(fmt::format_string<A...> form, A&&... a) {
    fmt::format_to(std::back_inserter(out), form, std::forward<A>(a)...);
  };
  const auto two = [&out](int64_t number) {
    out += static_cast<char>('0' + number / 10);
    out += static_cast<char>('0' + number % 10);
  };
  switch (letter) {
    case 'Y':
      return year(t) < 0 ? add("-{:04}", -year(t)) : add("{:04}", year(t));
    case 'y':
      return two(detail::floor_rest(year(t), 100));
    case 'm':
      return two(month(t));
    case 'd':
      return two(day(t));
    case 'e':
      return add("{:2}", day(t));
    case 'H':
      return two(hour(t));
    case 'I':
      return two((hour(t) + 11) % 12 + 1);
    case 'p':
      return add("{}", hour(t) < 12 ? "AM" : "PM");
    case 'M':
      return two(minute(t));
    case 'S':
      return two(second(t));
    case 'f':
      return add("{:06}", microsecond(t));
    case 'j':
      return add("{:03}", day_of_year(t));
    case 'a':
      return add("{}", kDays[static_cast<size_t>(day_of_week(t))].substr(0, 3));
    case 'A':
      return add("{}", kDays[static_cast<size_t>(day_of_week(t))]);
    case 'b':
      return add("{}", kMonths[static_cast<size_t>(month(t) - 1)].substr(0, 3));
    case 'B':
      return add("{}", kMonths[static_cast<size_t>(month(t) - 1)]);
    case 'u':
      return add("{}", day_of_week(t) + 1);
    case 'w':
      return add("{}", (day_of_week(t) + 1) % 7);
    case 'G':
      return add("{:04}", iso_year(t));
    case 'V':
      return two(week(t));
    case 's':
      return add("{}", to_epoch_seconds(t));
    case 'z':
      return add("+0000");
    case 'Z':
      return add("UTC");
    case 'n':
      return add("\n");
    case 't':
      return add("\t");
    case '%':
      return add("%");
    default:
      break;
  }
  const std::string_view longer = expanded(letter);
  if (longer.empty()) bad_letter("format_time", pattern, letter);
  write(out, t, longer);
}

void write(std::string& out, Time t, std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
    } else {
      ++i;
      write_letter(out, t, i < pattern.size() ? pattern[i] : '\0', pattern);
    }
  }
}

// ---- reading ---------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  /// False if the text does not go on as the pattern says.
  bool read(std::string_view pattern) {
    for (size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if (c == '%') {
        ++i;
        if (!read_letter(i < pattern.size() ? pattern[i] : '\0', pattern)) return false;
      } else if (is_space(c)) {
        skip_spaces();
      } else if (!skip(c)) {
        return false;
      }
    }
    return true;
  }

  std::optional<Time> time() const {
    if (!left_.empty()) return std::nullopt;
    if (epoch_second_) return shifted(*epoch_second_);
    int64_t hour = hour_;
    if (afternoon_) {
      if (hour < 1 || hour > 12) return std::nullopt;
      hour = hour % 12 + (*afternoon_ ? 12 : 0);
    }
    int64_t days;
    if (day_of_year_) {
      if (*day_of_year_ > 365 + leap_year(year_)) return std::nullopt;
      days = days_from_date({year_, 1, 1}) + *day_of_year_ - 1;
    } else {
      if (day_ > month_days(year_, month_)) return std::nullopt;
      days = days_from_date({year_, month_, day_});
    }
    if (weekday_ && detail::floor_rest(days + 3, 7) != *weekday_) return std::nullopt;
    return shifted(days * 86400 + (hour * 60 + minute_) * 60 + second_);
  }

 private:
  std::optional<Time> shifted(int64_t seconds) const {
    int64_t us;
    if (__builtin_sub_overflow(seconds, offset_, &seconds) ||
        __builtin_mul_overflow(seconds, 1'000'000, &us) ||
        __builtin_add_overflow(us, microsecond_, &us)) {
      return std::nullopt;
    }
    return Time(Duration(us));
  }

  bool read_letter(char letter, std::string_view pattern) {
    switch (letter) {
      case 'Y':
        return read_year();
      case 'y':
        if (!number(year_, 0, 99, 2)) return false;
        year_ += year_ < 69 ? 2000 : 1900;
        return true;
      case 'm':
        return number(month_, 1, 12, 2);
      case 'e':
        skip_spaces();
        [[fallthrough]];
      case 'd':
        return number(day_, 1, 31, 2);
      case 'H':
        return number(hour_, 0, 23, 2);
      case 'I':
        return number(hour_, 1, 12, 2);
      case 'M':
        return number(minute_, 0, 59, 2);
      case 'S':
        return number(second_, 0, 59, 2);
      case 'j':
        return number(day_of_year_.emplace(), 1, 366, 3);
      case 'f':
        return read_fraction();
      case 's':
        return read_epoch();
      case 'z':
        return read_zone();
      case 'p':
        return read_half();
      case 'a':
      case 'A':
        return name(weekday_.emplace(), kDays, 0);
      case 'b':
      case 'B':
        return name(month_, kMonths, 1);
      case 'n':
      case 't':
        skip_spaces();
        return true;
      case '%':
        return skip('%');
      default:
        break;
    }
    const std::string_view longer = expanded(letter);
    if (longer.empty()) bad_letter("parse_time", pattern, letter);
    return read(longer);
  }

  bool skip(char c) {
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (!left_.empty() && is_space(left_[0])) left_.remove_prefix(1);
  }
  /// One to `digits_max` digits; says how many there were, or 0 if none or not within the bounds.
  size_t number(int64_t& to, int64_t min, int64_t max, size_t digits_max) {
    int64_t value = 0;
    size_t digits = 0;
    while (digits < std::min(digits_max, left_.size()) && left_[digits] >= '0' &&
           left_[digits] <= '9') {
      value = value * 10 + (left_[digits++] - '0');
    }
    if (value < min || value > max) return 0;
    left_.remove_prefix(digits);
    to = value;
    return digits;
  }
  bool read_year() {
    const bool negative = skip('-');
    if (!number(year_, 0, 9999, 4)) return false;
    if (negative) year_ = -year_;
    return true;
  }
  bool read_fraction() {
    size_t digits = number(microsecond_, 0, 999'999, 6);
    if (digits == 0) return false;
    for (; digits < 6; ++digits) microsecond_ *= 10;
    return true;
  }
  bool read_epoch() {
    const bool negative = skip('-');
    if (!number(epoch_second_.emplace(), 0, 9'999'999'999'999, 13)) return false;
    if (negative) epoch_second_ = -*epoch_second_;
    return true;
  }
  bool read_zone() {
    if (skip('Z') || skip('z')) return true;
    const bool negative = skip('-');
    if (!negative && !skip('+')) return false;
    int64_t hours = 0, minutes = 0;
    if (number(hours, 0, 23, 2) != 2) return false;
    skip(':');
    if (number(minutes, 0, 59, 2) != 2) return false;
    offset_ = (hours * 60 + minutes) * (negative ? -60 : 60);
    return true;
  }
  bool read_half() {
    if (left_.size() < 2 || lower_ascii(left_[1]) != 'm') return false;
    const char half = lower_ascii(left_[0]);
    if (half != 'a' && half != 'p') return false;
    afternoon_ = half == 'p';
    left_.remove_prefix(2);
    return true;
  }
  /// A name in full or its first three letters.
  template <size_t N>
  bool name(int64_t& to, const std::array<std::string_view, N>& names, int64_t first) {
    const auto starts = [this](std::string_view wanted) {
      return left_.size() >= wanted.size() &&
             std::ranges::equal(left_.substr(0, wanted.size()), wanted, {}, lower_ascii,
                                lower_ascii);
    };
    for (size_t i = 0; i < N; ++i) {
      for (const std::string_view wanted : {names[i], names[i].substr(0, 3)}) {
        if (!starts(wanted)) continue;
        left_.remove_prefix(wanted.size());
        to = static_cast<int64_t>(i) + first;
        return true;
      }
    }
    return false;
  }

  std::string_view left_;
  int64_t year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0;
  int64_t microsecond_ = 0, offset_ = 0;
  std::optional<int64_t> day_of_year_, weekday_, epoch_second_;
  std::optional<bool> afternoon_;
};

}  // namespace

std::string format_time(Time t, std::string_view pattern) {
  std::string out;
  write(out, t, pattern);
  return out;
}

std::optional<Time> parse_time(std::string_view text, std::string_view pattern) {
  Reader reader(text);
  if (!reader.read(pattern)) return std::nullopt;
  return reader.time();
}

}  // namespace weft
