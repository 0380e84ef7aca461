/// Times as people read them: parts, rounding, differences, zones, texts. On one Time.
///
/// A Time is microseconds since the Unix epoch, UTC, without leap seconds, in the Gregorian
/// calendar however far back. Every part is of UTC unless a zone is named. A zone is a name of the
/// IANA database ("America/New_York"), read once from /usr/share/zoneinfo, or from $TZDIR; an
/// unknown one is Error(kInvalidArgument). Results that int64 microseconds cannot hold are
/// Error(kBadData). Nulls never get here: a null makes a null.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/types.h"

namespace weft {

namespace detail {

inline constexpr int64_t kDayUs = 86'400'000'000;

/// Rounds down, also before the epoch; y > 0.
constexpr int64_t floor_quotient(int64_t x, int64_t y) { return x / y - (x % y < 0); }
constexpr int64_t floor_rest(int64_t x, int64_t y) { return x % y + (x % y < 0 ? y : 0); }

inline int64_t us_of(Time t) { return t.time_since_epoch().count(); }
inline int64_t days_of(Time t) { return floor_quotient(us_of(t), kDayUs); }
inline int64_t us_of_day(Time t) { return floor_rest(us_of(t), kDayUs); }

}  // namespace detail

// ---- parts -----------------------------------------------------------------------------------

int64_t year(Time t);
int64_t quarter(Time t);      ///< 1 to 4
int64_t month(Time t);        ///< 1 to 12
int64_t day(Time t);          ///< of the month, from 1
int64_t day_of_year(Time t);  ///< from 1
inline int64_t hour(Time t) { return detail::us_of_day(t) / 3'600'000'000; }
inline int64_t minute(Time t) { return detail::us_of_day(t) / 60'000'000 % 60; }
inline int64_t second(Time t) { return detail::us_of_day(t) / 1'000'000 % 60; }
inline int64_t microsecond(Time t) { return detail::us_of_day(t) % 1'000'000; }  ///< below a second
/// Monday is 0, Sunday 6.
inline int64_t day_of_week(Time t) { return detail::floor_rest(detail::days_of(t) + 3, 7); }
inline bool is_weekend(Time t) { return day_of_week(t) >= 5; }  ///< Saturday or Sunday
int64_t week(Time t);      ///< ISO 8601: 1 to 53; week 1 holds the year's first Thursday
int64_t iso_year(Time t);  ///< the year that week(t) belongs to
int64_t days_in_month(Time t);
bool is_leap_year(Time t);
bool is_month_start(Time t);  ///< on the first day of its month, at any hour
bool is_month_end(Time t);    ///< on the last

/// The same of the local time in a zone.
int64_t year(Time t, std::string_view zone);
int64_t quarter(Time t, std::string_view zone);
int64_t month(Time t, std::string_view zone);
int64_t day(Time t, std::string_view zone);
int64_t day_of_year(Time t, std::string_view zone);
int64_t hour(Time t, std::string_view zone);
int64_t minute(Time t, std::string_view zone);
int64_t day_of_week(Time t, std::string_view zone);
bool is_weekend(Time t, std::string_view zone);
int64_t week(Time t, std::string_view zone);
int64_t iso_year(Time t, std::string_view zone);
int64_t days_in_month(Time t, std::string_view zone);
bool is_leap_year(Time t, std::string_view zone);
bool is_month_start(Time t, std::string_view zone);
bool is_month_end(Time t, std::string_view zone);

/// Places on a circle, so that 23:59 lies next to 0:00, Sunday next to Monday, December next to
/// January. The hour counts with its minutes and seconds; day and month count whole.
double hour_sin(Time t);
double hour_cos(Time t);
double day_of_week_sin(Time t);
double day_of_week_cos(Time t);
double month_sin(Time t);
double month_cos(Time t);

// ---- rounding and moving ---------------------------------------------------------------------

/// To a multiple of `step` since the epoch: the last one not after t, the first one not before t,
/// the nearest (halfway: the even multiple, as pandas). Throws Error(kInvalidArgument) if step <=
/// 0.
Time floor_time(Time t, Duration step);
Time ceil_time(Time t, Duration step);
Time round_time(Time t, Duration step);
/// The start of the year, quarter, month, week (Monday), day, hour, minute or second that t is in.
/// Throws Error(kInvalidArgument) for another unit.
Time truncate(Time t, std::string_view unit);
/// The same in local time: with "day", the instant of the last local midnight.
Time truncate(Time t, std::string_view unit, std::string_view zone);
/// Same day and time of day so many months on (or back); the last day where the month is shorter:
/// January 31 and one month is February 28 or 29.
Time add_months(Time t, int64_t months);

/// Throws Error(kBadData) if there is no such day or time of day. 0 <= second < 60, with parts.
Time make_time(int64_t year, int64_t month, int64_t day, int64_t hour = 0, int64_t minute = 0,
               double second = 0);

// ---- differences -----------------------------------------------------------------------------

/// What has passed from one time to the other; negative if `to` is earlier.
double seconds_between(Time from, Time to);
double minutes_between(Time from, Time to);
double hours_between(Time from, Time to);
double days_between(Time from, Time to);  ///< of 24 hours, with parts
/// Midnights from one to the other: 1 from today 23:59 to tomorrow 00:01.
int64_t dates_between(Time from, Time to);
/// Whole months and years, as ages count: 0 to the day before the date comes round, so
/// add_months(from, months_between(from, to)) is the last such time not after `to` (if from <= to).
int64_t months_between(Time from, Time to);
int64_t years_between(Time from, Time to);

// ---- zones -----------------------------------------------------------------------------------

/// The clock on the wall of a zone at t, as a Time whose UTC parts read as that clock.
Time to_local(Time t, std::string_view zone);
/// The instant when that clock shows `local`. Where it shows it twice (autumn), the first; where it
/// never does (spring), as if the clock had not yet been put forward: 02:30 is what becomes 03:30.
/// These are Python's rules for fold = 0.
Time from_local(Time local, std::string_view zone);
/// Local time less UTC: -4h or -5h in New York.
Duration utc_offset(Time t, std::string_view zone);

// ---- counts since the epoch, texts
// ---------------------------------------------------------------

int64_t to_epoch_seconds(Time t);  ///< rounded down
int64_t to_epoch_milliseconds(Time t);
int64_t to_epoch_microseconds(Time t);
Time from_epoch_seconds(int64_t seconds);
Time from_epoch_seconds(double seconds);  ///< to the nearest microsecond; NaN is an error
Time from_epoch_milliseconds(int64_t milliseconds);
Time from_epoch_microseconds(int64_t microseconds);

/// With the letters of Python's strftime in English: %Y %m %d %H %M %S %f (6 digits) %y %j %a %A %b
/// %B %p %I %u %w %G %V %F (%Y-%m-%d) %T (%H:%M:%S) %D (%m/%d/%y) %R (%H:%M) %e %s (seconds since
/// the epoch) %z (+0000) %Z (UTC) %n %t %%. Years have at least four digits. Throws
/// Error(kInvalidArgument) for another letter.
std::string format_time(Time t, std::string_view pattern);
/// Reads what such a pattern writes; null if the whole text does not match it, a day does not exist
/// or weekday and date disagree. Also reads fewer digits (1/2/2024), %f of 1 to 6 digits, %z as Z,
/// +hhmm or +hh:mm, names in any case, any white space for a space. %y: 69 to 99 are 19xx, 00 to 68
/// 20xx. What the pattern leaves out is 1970-01-01 00:00:00 UTC.
/// Throws Error(kInvalidArgument) for a letter that cannot be read (%G %V %u %w %Z among them).
std::optional<Time> parse_time(std::string_view text, std::string_view pattern);

}  // namespace weft
