/// Time zones of the IANA database: offsets from UTC at an instant and for a local time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Days since the epoch of a date, and back, in the Gregorian calendar for all years.
struct Date {
  int64_t year;
  int64_t month;  ///< 1 to 12
  int64_t day;    ///< from 1
};
constexpr bool leap_year(int64_t y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); }
constexpr int64_t month_days(int64_t y, int64_t m) {
  constexpr std::array<int8_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<size_t>(m - 1)] + (m == 2 && leap_year(y));
}
// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March.
constexpr int64_t days_from_date(Date d) {
  const int64_t y = d.year - (d.month <= 2);
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t yoe = y - era * 400;
  const int64_t doy = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}
constexpr Date date_from_days(int64_t days) {
  const int64_t z = days + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  return {yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1};
}

/// One zone, immutable. All numbers are seconds; instants are since the epoch, UTC.
class TimeZone {
 public:
  /// Reads a TZif file's bytes (RFC 8536, versions 1 to 4) with its footer, so that the rule in
  /// force goes on for ever. Nothing if they are damaged.
  static std::optional<TimeZone> parse(std::string_view bytes);

  /// An offset and the instants for which it holds: from <= instant < until.
  struct Period {
    int64_t from;
    int64_t until;
    int64_t offset;
  };
  Period period_at(int64_t instant) const;
  int64_t offset_at(int64_t instant) const { return period_at(instant).offset; }
  /// The instant of a local time; ambiguous: the first, missing: with the offset before the gap.
  int64_t instant_of(int64_t local) const;

 private:
  // When within a year a rule's clock changes: POSIX's Mm.w.d, Jn or n, and the time of day.
  struct Change {
    enum Kind { kWeekday, kNthWithoutLeap, kNth } kind;
    int64_t month, week, day;
    int64_t second;  // of that day, by the clock that is in force before the change
    int64_t local_second(int64_t year) const;
  };
  struct Rule {
    int64_t standard, summer;                      // offsets
    std::optional<std::array<Change, 2>> changes;  // to summer, to standard; none: always standard
    Period period_at(int64_t instant) const;
  };
  class RuleReader;

  std::vector<int64_t> instants_;  // ascending
  std::vector<int64_t> offsets_;   // [instants + 1]: before the first, then from each on
  std::optional<Rule> rule_;       // from the last instant on
};

/// The zone of that name, read once per process and kept. Throws Error(kInvalidArgument) if the
/// database has no such name, Error(kBadData) if its file is damaged. Thread-safe.
std::shared_ptr<const TimeZone> time_zone(std::string_view name);

}  // namespace weft
