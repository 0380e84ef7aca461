#include "weft/calendar.h"

#include <cmath>
#include <utility>

#include "ops/time_zone.h"
#include "weft/error.h"
#include "weft/math.h"

namespace weft {
namespace {

using detail::days_of;
using detail::floor_quotient;
using detail::floor_rest;
using detail::kDayUs;
using detail::us_of;
using detail::us_of_day;

Date date_of(Time t) { return date_from_days(days_of(t)); }

[[noreturn]] void out_of_range(const char* function) {
  throw Error(ErrorCode::kBadData,
              std::string(function) + ": the time is beyond the years -290307 to 294246");
}

// x * y + z microseconds, checked.
Time time_from(int64_t x, int64_t y, int64_t z, const char* function) {
  int64_t us;
  if (__builtin_mul_overflow(x, y, &us) || __builtin_add_overflow(us, z, &us)) {
    out_of_range(function);
  }
  return Time(Duration(us));
}

// The Monday of ISO week 1 of a year, in days: the week that holds January 4.
int64_t first_monday(int64_t iso_year) {
  const int64_t fourth = days_from_date({iso_year, 1, 4});
  return fourth - floor_rest(fourth + 3, 7);
}

}  // namespace

// ---- parts -----------------------------------------------------------------------------------

int64_t year(Time t) { return date_of(t).year; }
int64_t quarter(Time t) { return (date_of(t).month + 2) / 3; }
int64_t month(Time t) { return date_of(t).month; }
int64_t day(Time t) { return date_of(t).day; }

int64_t day_of_year(Time t) {
  const int64_t days = days_of(t);
  return days - days_from_date({date_from_days(days).year, 1, 1}) + 1;
}

int64_t iso_year(Time t) {
  // The year of this week's Thursday.
  const int64_t days = days_of(t);
  return date_from_days(days - floor_rest(days + 3, 7) + 3).year;
}

int64_t week(Time t) { return (days_of(t) - first_monday(iso_year(t))) / 7 + 1; }

int64_t days_in_month(Time t) {
  const Date d = date_of(t);
  return month_days(d.year, d.month);
}

bool is_leap_year(Time t) { return leap_year(date_of(t).year); }
bool is_month_start(Time t) { return date_of(t).day == 1; }
bool is_month_end(Time t) {
  const Date d = date_of(t);
  return d.day == month_days(d.year, d.month);
}

int64_t year(Time t, std::string_view zone) { return year(to_local(t, zone)); }
int64_t quarter(Time t, std::string_view zone) { return quarter(to_local(t, zone)); }
int64_t month(Time t, std::string_view zone) { return month(to_local(t, zone)); }
int64_t day(Time t, std::string_view zone) { return day(to_local(t, zone)); }
int64_t day_of_year(Time t, std::string_view zone) { return day_of_year(to_local(t, zone)); }
int64_t hour(Time t, std::string_view zone) { return hour(to_local(t, zone)); }
int64_t minute(Time t, std::string_view zone) { return minute(to_local(t, zone)); }
int64_t day_of_week(Time t, std::string_view zone) { return day_of_week(to_local(t, zone)); }
bool is_weekend(Time t, std::string_view zone) { return is_weekend(to_local(t, zone)); }
int64_t week(Time t, std::string_view zone) { return week(to_local(t, zone)); }
int64_t iso_year(Time t, std::string_view zone) { return iso_year(to_local(t, zone)); }
int64_t days_in_month(Time t, std::string_view zone) { return days_in_month(to_local(t, zone)); }
bool is_leap_year(Time t, std::string_view zone) { return is_leap_year(to_local(t, zone)); }
bool is_month_start(Time t, std::string_view zone) { return is_month_start(to_local(t, zone)); }
bool is_month_end(Time t, std::string_view zone) { return is_month_end(to_local(t, zone)); }

double hour_sin(Time t) { return cyclic_sin(static_cast<double>(us_of_day(t)), kDayUs); }
double hour_cos(Time t) { return cyclic_cos(static_cast<double>(us_of_day(t)), kDayUs); }
double day_of_week_sin(Time t) { return cyclic_sin(static_cast<double>(day_of_week(t)), 7); }
double day_of_week_cos(Time t) { return cyclic_cos(static_cast<double>(day_of_week(t)), 7); }
double month_sin(Time t) { return cyclic_sin(static_cast<double>(month(t) - 1), 12); }
double month_cos(Time t) { return cyclic_cos(static_cast<double>(month(t) - 1), 12); }

// ---- rounding and moving ---------------------------------------------------------------------

namespace {

// The multiple below, and what t is past it.
std::pair<int64_t, int64_t> steps_and_rest(Time t, Duration step, const char* function) {
  if (step.count() <= 0) {
    throw Error(ErrorCode::kInvalidArgument, std::string(function) +
                                                 ": the step must be longer than 0, not " +
                                                 std::to_string(step.count()) + " us");
  }
  return {floor_quotient(us_of(t), step.count()), floor_rest(us_of(t), step.count())};
}

}  // namespace

Time floor_time(Time t, Duration step) {
  const auto [steps, rest] = steps_and_rest(t, step, "floor_time");
  return time_from(steps, step.count(), 0, "floor_time");
}

Time ceil_time(Time t, Duration step) {
  const auto [steps, rest] = steps_and_rest(t, step, "ceil_time");
  return time_from(steps + (rest > 0), step.count(), 0, "ceil_time");
}

Time round_time(Time t, Duration step) {
  const auto [steps, rest] = steps_and_rest(t, step, "round_time");
  const int64_t left = step.count() - rest;
  const bool up = rest > left || (rest == left && steps % 2 != 0);
  return time_from(steps + up, step.count(), 0, "round_time");
}

Time truncate(Time t, std::string_view unit) {
  constexpr const char* kFunction = "truncate";
  const auto start_of = [](Date d) { return time_from(days_from_date(d), kDayUs, 0, kFunction); };
  if (unit == "second") return floor_time(t, 1s);
  if (unit == "minute") return floor_time(t, 1min);
  if (unit == "hour") return floor_time(t, 1h);
  if (unit == "day") return floor_time(t, 24h);
  if (unit == "week") return time_from(days_of(t) - day_of_week(t), kDayUs, 0, kFunction);
  const Date d = date_of(t);
  if (unit == "month") return start_of({d.year, d.month, 1});
  if (unit == "quarter") return start_of({d.year, (d.month - 1) / 3 * 3 + 1, 1});
  if (unit == "year") return start_of({d.year, 1, 1});
  throw Error(ErrorCode::kInvalidArgument,
              "truncate: the unit must be year, quarter, month, week, day, hour, minute or second, "
              "not \"" +
                  std::string(unit.substr(0, 50)) + '"');
}

Time truncate(Time t, std::string_view unit, std::string_view zone) {
  // Whole hours repeat in autumn: below a day, local and UTC differ by the offset of t itself.
  const Duration offset = utc_offset(t, zone);
  const Time start = truncate(Time(t + offset), unit);
  if (unit == "hour" || unit == "minute" || unit == "second") return start - offset;
  return from_local(start, zone);
}

Time add_months(Time t, int64_t months) {
  const Date d = date_of(t);
  // Nothing that fits is further apart; so the sum below cannot overflow.
  if (months < -8'000'000 || months > 8'000'000) out_of_range("add_months");
  const int64_t month0 = d.year * 12 + d.month - 1 + months;
  const Date to{floor_quotient(month0, 12), floor_rest(month0, 12) + 1, d.day};
  const int64_t day = std::min(to.day, month_days(to.year, to.month));
  return time_from(days_from_date({to.year, to.month, day}), kDayUs, us_of_day(t), "add_months");
}

Time make_time(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
               double second) {
  const bool year_fits = year >= -300'000 && year <= 300'000;
  const bool date =
      year_fits && month >= 1 && month <= 12 && day >= 1 && day <= month_days(year, month);
  const bool clock =
      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  if (!date || !clock) {
    throw Error(ErrorCode::kBadData, "make_time: no such time: " + std::to_string(year) + "-" +
                                         std::to_string(month) + "-" + std::to_string(day) + " " +
                                         std::to_string(hour) + ":" + std::to_string(minute) + ":" +
                                         std::to_string(second));
  }
  const auto us = static_cast<int64_t>(round(second * 1e6)) + (hour * 60 + minute) * 60'000'000;
  return time_from(days_from_date({year, month, day}), kDayUs, us, "make_time");
}

// ---- differences -----------------------------------------------------------------------------

namespace {

// Two int64 times can lie further apart than int64 reaches.
double us_between(Time from, Time to) {
  __extension__ using Wide = __int128;
  return static_cast<double>(static_cast<Wide>(us_of(to)) - us_of(from));
}

}  // namespace

double seconds_between(Time from, Time to) { return us_between(from, to) / 1e6; }
double minutes_between(Time from, Time to) { return us_between(from, to) / 6e7; }
double hours_between(Time from, Time to) { return us_between(from, to) / 3.6e9; }
double days_between(Time from, Time to) { return us_between(from, to) / 8.64e10; }
int64_t dates_between(Time from, Time to) { return days_of(to) - days_of(from); }

int64_t months_between(Time from, Time to) {
  if (to < from) return -months_between(to, from);
  const Date a = date_of(from), b = date_of(to);
  const int64_t months = (b.year - a.year) * 12 + b.month - a.month;
  // Compared by hand and not by add_months, which has no time beyond the last.
  const int64_t same_day = std::min(a.day, month_days(b.year, b.month));
  const bool early = std::pair(b.day, us_of_day(to)) < std::pair(same_day, us_of_day(from));
  return months - early;
}

int64_t years_between(Time from, Time to) { return months_between(from, to) / 12; }

// ---- zones -----------------------------------------------------------------------------------

namespace {

constexpr int64_t kSecondUs = 1'000'000;

const TimeZone& zone_named(std::string_view name) {
  // Rows name the same zone again and again: keep the last one at hand, without the lock.
  thread_local std::string last_name;
  thread_local std::shared_ptr<const TimeZone> last;
  if (!last || name != last_name) {
    auto zone = time_zone(name);
    last_name = name;
    last = std::move(zone);
  }
  return *last;
}

}  // namespace

Duration utc_offset(Time t, std::string_view zone) {
  // And times of rows lie near each other: keep the last period too.
  thread_local const TimeZone* last = nullptr;
  thread_local TimeZone::Period period{};
  const TimeZone& z = zone_named(zone);
  const int64_t second = floor_quotient(us_of(t), kSecondUs);
  if (last != &z || second < period.from || second >= period.until) {
    period = z.period_at(second);
    last = &z;
  }
  return std::chrono::seconds(period.offset);
}

Time to_local(Time t, std::string_view zone) {
  return time_from(1, us_of(t), utc_offset(t, zone).count(), "to_local");
}

Time from_local(Time local, std::string_view zone) {
  const int64_t second = floor_quotient(us_of(local), kSecondUs);
  const int64_t instant = zone_named(zone).instant_of(second);
  return time_from(1, us_of(local), (instant - second) * kSecondUs, "from_local");
}

// ---- counts since the epoch ------------------------------------------------------------------

int64_t to_epoch_seconds(Time t) { return floor_quotient(us_of(t), 1'000'000); }
int64_t to_epoch_milliseconds(Time t) { return floor_quotient(us_of(t), 1'000); }
int64_t to_epoch_microseconds(Time t) { return us_of(t); }
Time from_epoch_seconds(int64_t seconds) {
  return time_from(seconds, 1'000'000, 0, "from_epoch_seconds");
}
Time from_epoch_milliseconds(int64_t milliseconds) {
  return time_from(milliseconds, 1'000, 0, "from_epoch_milliseconds");
}
Time from_epoch_microseconds(int64_t microseconds) { return Time(Duration(microseconds)); }

Time from_epoch_seconds(double seconds) {
  const double us = round(seconds * 1e6);
  if (!(us >= -0x1p63 && us < 0x1p63)) out_of_range("from_epoch_seconds");
  return Time(Duration(static_cast<int64_t>(us)));
}

}  // namespace weft
