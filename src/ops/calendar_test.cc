#include "weft/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "ops/time_zone.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr Time kMinTime(Duration(std::numeric_limits<int64_t>::min()));
constexpr Time kMaxTime(Duration(std::numeric_limits<int64_t>::max()));

Time at(std::string_view text) {
  for (const char* pattern : {"%FT%T.%f", "%FT%T", "%FT%R", "%F"}) {
    if (const auto t = parse_time(text, pattern)) return *t;
  }
  ADD_FAILURE() << "not a time: " << text;
  return {};
}
std::string shown(Time t) { return format_time(t, "%FT%T.%f"); }

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "nothing thrown";
}

// Any time whose neighbourhood still fits.
Time random_time(std::mt19937_64& random) {
  const auto us = static_cast<int64_t>(random()) >> (random() % 12);
  return Time(Duration(us / 2));
}

// ---- parts -----------------------------------------------------------------------------------

struct Parts {
  int64_t us;
  // year, quarter, month, day, hour, minute, second, microsecond, day of week, day of year, week,
  // ISO year, days in month, leap year, month end
  int64_t parts[15];
};

// From pandas.Timestamp.
constexpr Parts kParts[] = {
    {0, {1970, 1, 1, 1, 0, 0, 0, 0, 3, 1, 1, 1970, 31, 0, 0}},
    {-1, {1969, 4, 12, 31, 23, 59, 59, 999999, 2, 365, 1, 1970, 31, 0, 1}},
    {951827445000001, {2000, 1, 2, 29, 12, 30, 45, 1, 1, 60, 9, 2000, 29, 1, 1}},
    {-2203894800000000, {1900, 1, 2, 28, 23, 0, 0, 0, 2, 59, 9, 1900, 28, 0, 1}},
    {1735516800000000, {2024, 4, 12, 30, 0, 0, 0, 0, 0, 365, 1, 2025, 31, 1, 0}},
    {1735689599000000, {2024, 4, 12, 31, 23, 59, 59, 0, 1, 366, 1, 2025, 31, 1, 1}},
    {1609632000000000, {2021, 1, 1, 3, 0, 0, 0, 0, 6, 3, 53, 2020, 31, 0, 0}},
    {1609718400000000, {2021, 1, 1, 4, 0, 0, 0, 0, 0, 4, 1, 2021, 31, 0, 0}},
    {1451606400000000, {2016, 1, 1, 1, 0, 0, 0, 0, 4, 1, 53, 2015, 31, 1, 0}},
    {1609372800000000, {2020, 4, 12, 31, 0, 0, 0, 0, 3, 366, 53, 2020, 31, 1, 1}},
    {-9223286400000000, {1677, 3, 9, 22, 0, 0, 0, 0, 2, 265, 38, 1677, 30, 0, 0}},
    {9223286400000000, {2262, 2, 4, 11, 0, 0, 0, 0, 4, 101, 15, 2262, 30, 0, 0}},
    {1798761600000001, {2027, 1, 1, 1, 0, 0, 0, 1, 4, 1, 53, 2026, 31, 0, 0}},
    {1677542400000000, {2023, 1, 2, 28, 0, 0, 0, 0, 1, 59, 9, 2023, 28, 0, 1}},
    {930722828900000, {1999, 2, 6, 30, 6, 7, 8, 900000, 2, 181, 26, 1999, 30, 0, 1}},
    {8485029721327973, {2238, 4, 11, 18, 8, 42, 1, 327973, 6, 322, 46, 2238, 30, 0, 0}},
    {-1716792035880859, {1915, 3, 8, 7, 17, 19, 24, 119141, 5, 219, 31, 1915, 31, 0, 0}},
    {-8109272639561818, {1713, 1, 1, 10, 16, 16, 0, 438182, 1, 10, 2, 1713, 31, 0, 0}},
    {6149836622520594, {2164, 4, 11, 17, 15, 57, 2, 520594, 5, 322, 46, 2164, 30, 1, 0}},
    {-7263607181634991, {1739, 4, 10, 29, 11, 20, 18, 365009, 3, 302, 44, 1739, 31, 0, 0}},
    {1750541312280087, {2025, 2, 6, 21, 21, 28, 32, 280087, 5, 172, 25, 2025, 30, 0, 0}},
    {7781078052021535, {2216, 3, 7, 28, 18, 34, 12, 21535, 6, 210, 30, 2216, 31, 1, 0}},
    {-5039517556467873, {1810, 2, 4, 22, 6, 0, 43, 532127, 6, 112, 16, 1810, 30, 0, 0}},
    {-7414553324062159, {1735, 1, 1, 16, 9, 51, 15, 937841, 6, 16, 2, 1735, 31, 0, 0}},
    {-1286085236685315, {1929, 1, 3, 31, 18, 6, 3, 314685, 6, 90, 13, 1929, 31, 0, 1}},
    {-4560551223633246, {1825, 2, 6, 25, 20, 12, 56, 366754, 5, 176, 25, 1825, 30, 0, 0}},
    {1165027665383847, {2006, 4, 12, 2, 2, 47, 45, 383847, 5, 336, 48, 2006, 31, 0, 0}},
};

TEST(CalendarPartsTest, AgreeWithPandas) {
  for (const auto& [us, p] : kParts) {
    const Time t{Duration(us)};
    const int64_t got[] = {year(t),          quarter(t),      month(t),       day(t),
                           hour(t),          minute(t),       second(t),      microsecond(t),
                           day_of_week(t),   day_of_year(t),  week(t),        iso_year(t),
                           days_in_month(t), is_leap_year(t), is_month_end(t)};
    EXPECT_THAT(got, testing::ElementsAreArray(p)) << us;
    EXPECT_EQ(is_weekend(t), day_of_week(t) >= 5) << us;
    EXPECT_EQ(is_month_start(t), day(t) == 1) << us;
  }
}

TEST(CalendarPartsTest, ReachTheLastTimes) {
  EXPECT_EQ(year(kMinTime), -290308);
  EXPECT_EQ(year(kMaxTime), 294247);
  EXPECT_EQ(hour(kMinTime), 19);
  EXPECT_EQ(week(kMaxTime), 1);
}

TEST(CalendarPartsTest, MakeATimeOfPartsAgain) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const Time t = random_time(random);
    const auto exact = static_cast<double>(second(t)) + static_cast<double>(microsecond(t)) / 1e6;
    EXPECT_EQ(make_time(year(t), month(t), day(t), hour(t), minute(t), exact), t) << seed;
    const Date monday_of_week = date_from_days(detail::days_of(t) - day_of_week(t) + 3);
    EXPECT_EQ(iso_year(t), monday_of_week.year) << seed;
  }
}

TEST(CalendarPartsTest, ThereIsNoThirtiethOfFebruary) {
  EXPECT_EQ(error_of([] { return make_time(2024, 2, 30); }),
            "bad_data: make_time: no such time: 2024-2-30 0:0:0.000000");
  EXPECT_THROW(make_time(2023, 2, 29), Error);
  EXPECT_THROW(make_time(2024, 13, 1), Error);
  EXPECT_THROW(make_time(2024, 1, 1, 24), Error);
  EXPECT_THROW(make_time(2024, 1, 1, 0, 0, 60), Error);
  EXPECT_THROW(make_time(2024, 1, 1, 0, 0, std::nan("")), Error);
  EXPECT_THROW(make_time(300'000, 1, 1), Error);
  EXPECT_EQ(make_time(2013, 1, 1, 5, 15), at("2013-01-01T05:15"));
}

TEST(CalendarPartsTest, CyclesMeetAtTheirEnds) {
  EXPECT_EQ(hour_sin(at("2024-05-05T06:00")), 1);
  EXPECT_EQ(hour_cos(at("1969-05-05T12:00")), -1);
  EXPECT_EQ(month_cos(at("2024-01-31")), 1);
  EXPECT_EQ(month_sin(at("2024-04-30")), 1);
  EXPECT_EQ(day_of_week_cos(at("2024-05-06")), 1);
  EXPECT_DOUBLE_EQ(day_of_week_sin(at("2024-05-07")), 0.7818314824680298);
}

// ---- rounding and moving ---------------------------------------------------------------------

TEST(RoundTimeTest, RoundsDownBeforeTheEpochToo) {
  const Time t = at("1969-12-31T23:52:30");  // -450 s
  EXPECT_EQ(floor_time(t, 5min), at("1969-12-31T23:50"));
  EXPECT_EQ(ceil_time(t, 5min), at("1969-12-31T23:55"));
  EXPECT_EQ(round_time(t, 5min), at("1969-12-31T23:50"));  // halfway: -2 steps, not -1
  EXPECT_EQ(floor_time(Time(-1us), 1s), Time(-1s));
  EXPECT_EQ(ceil_time(Time(-1us), 1s), Time(0s));
  EXPECT_EQ(ceil_time(Time(5s), 5s), Time(5s));
  EXPECT_EQ(round_time(at("2024-01-01T00:02:30"), 5min), at("2024-01-01T00:00"));
  EXPECT_EQ(round_time(at("2024-01-01T00:07:30"), 5min), at("2024-01-01T00:10"));
  EXPECT_EQ(round_time(at("2024-01-01T00:02:31"), 5min), at("2024-01-01T00:05"));
}

TEST(RoundTimeTest, RefusesWhatHasNoMeaningOrDoesNotFit) {
  EXPECT_EQ(error_of([] { return floor_time(Time(), 0s); }),
            "invalid_argument: floor_time: the step must be longer than 0, not 0 us");
  EXPECT_THROW(round_time(Time(), -1s), Error);
  EXPECT_THROW(floor_time(kMinTime, 24h), Error);
  EXPECT_THROW(ceil_time(kMaxTime, 24h), Error);
  EXPECT_EQ(floor_time(kMaxTime, 1us), kMaxTime);
}

TEST(TruncateTest, GoesToTheStartOfTheUnit) {
  const Time t = at("2024-08-15T13:45:59.5");
  const std::pair<const char*, const char*> cases[] = {
      {"year", "2024-01-01"},         {"quarter", "2024-07-01"},
      {"month", "2024-08-01"},        {"week", "2024-08-12"},
      {"day", "2024-08-15"},          {"hour", "2024-08-15T13:00"},
      {"minute", "2024-08-15T13:45"}, {"second", "2024-08-15T13:45:59"}};
  for (const auto& [unit, wanted] : cases) EXPECT_EQ(truncate(t, unit), at(wanted)) << unit;
  EXPECT_EQ(truncate(at("1969-12-31T23:59"), "week"), at("1969-12-29"));
  EXPECT_EQ(truncate(at("1969-11-30"), "quarter"), at("1969-10-01"));
  EXPECT_EQ(error_of([&] { return truncate(t, "fortnight"); }),
            "invalid_argument: truncate: the unit must be year, quarter, month, week, day, hour, "
            "minute or second, not \"fortnight\"");
}

TEST(TruncateTest, InAZoneGoesToLocalMidnight) {
  const auto zone = "America/New_York";
  EXPECT_EQ(truncate(at("2013-07-04T03:00"), "day", zone), at("2013-07-03T04:00"));
  EXPECT_EQ(truncate(at("2013-03-10T12:00"), "day", zone), at("2013-03-10T05:00"));
  EXPECT_EQ(truncate(at("2013-03-31T12:00"), "month", zone), at("2013-03-01T05:00"));
  // The second 01:xx of that night stays in its own hour.
  EXPECT_EQ(truncate(at("2013-11-03T06:45"), "hour", zone), at("2013-11-03T06:00"));
  EXPECT_EQ(truncate(at("2013-11-03T05:45"), "hour", zone), at("2013-11-03T05:00"));
  EXPECT_EQ(truncate(at("2024-01-01T00:40"), "hour", "Asia/Kathmandu"), at("2024-01-01T00:15"));
}

TEST(AddMonthsTest, KeepsTheDayOrTakesTheLast) {
  EXPECT_EQ(add_months(at("2024-01-31T10:00"), 1), at("2024-02-29T10:00"));
  EXPECT_EQ(add_months(at("2023-01-31"), 1), at("2023-02-28"));
  EXPECT_EQ(add_months(at("2024-03-31"), -1), at("2024-02-29"));
  EXPECT_EQ(add_months(at("2024-02-29"), 12), at("2025-02-28"));
  EXPECT_EQ(add_months(at("1970-01-15"), -13), at("1968-12-15"));
  EXPECT_THROW(add_months(kMaxTime, 1), Error);
  EXPECT_THROW(add_months(Time(), std::numeric_limits<int64_t>::max()), Error);
}

// ---- differences -----------------------------------------------------------------------------

TEST(DifferenceTest, ElapsedAndCalendar) {
  EXPECT_EQ(seconds_between(Time(1s), Time(-500ms)), -1.5);
  EXPECT_EQ(hours_between(at("2024-01-01"), at("2024-01-02")), 24);
  EXPECT_EQ(minutes_between(at("2024-01-01"), at("2024-01-01T00:30")), 30);
  EXPECT_EQ(days_between(at("2024-01-01"), at("2024-01-02T12:00")), 1.5);
  EXPECT_EQ(seconds_between(kMinTime, kMaxTime), 18446744073709.551615);
  EXPECT_EQ(dates_between(at("2024-01-01T23:59"), at("2024-01-02T00:01")), 1);
  EXPECT_EQ(dates_between(at("1970-01-01"), at("1969-12-31T23:59")), -1);
  EXPECT_EQ(years_between(at("2000-02-29"), at("2018-02-28")), 18);  // the last day counts
  EXPECT_EQ(years_between(at("2000-03-01"), at("2018-02-28T23:59")), 17);
  EXPECT_EQ(months_between(at("2024-01-31"), at("2024-02-29")), 1);
  EXPECT_EQ(months_between(at("2024-01-31T10:00"), at("2024-02-29T09:00")), 0);
  EXPECT_EQ(months_between(at("2024-03-15"), at("2024-01-15")), -2);
}

TEST(DifferenceTest, MonthsBetweenIsTheMostThatCanBeAdded) {
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    std::mt19937_64 random(seed);
    const Time a = at("1990-01-01") + Duration(static_cast<int64_t>(random() % (1ull << 50)));
    const Time b = a + Duration(static_cast<int64_t>(random() % (1ull << (40 + seed % 11))));
    const int64_t months = months_between(a, b);
    EXPECT_LE(add_months(a, months), b) << seed;
    EXPECT_GT(add_months(a, months + 1), b) << seed;
  }
}

// ---- zones -----------------------------------------------------------------------------------

struct Offset {
  const char* zone;
  const char* utc;
  int64_t seconds;
};

// From Python's zoneinfo. Past 2037 only the rule at the end of a zone's file speaks.
constexpr Offset kOffsets[] = {
    {"America/New_York", "1960-07-01T00:00", -14400},
    {"America/New_York", "2013-03-10T06:59:59", -18000},
    {"America/New_York", "2013-03-10T07:00:00", -14400},
    {"America/New_York", "2024-11-03T05:30", -14400},
    {"America/New_York", "2024-11-03T06:30", -18000},
    {"America/New_York", "2011-12-30T10:00", -18000},
    {"America/New_York", "2050-07-01T12:00", -14400},
    {"America/New_York", "2099-01-15T12:00", -18000},
    {"America/New_York", "2041-03-31T01:00:00", -14400},
    {"America/New_York", "2041-03-31T00:59:59", -14400},
    {"Europe/Dublin", "1960-07-01T00:00", 3600},
    {"Europe/Dublin", "2013-03-10T06:59:59", 0},
    {"Europe/Dublin", "2013-03-10T07:00:00", 0},
    {"Europe/Dublin", "2024-11-03T05:30", 0},
    {"Europe/Dublin", "2024-11-03T06:30", 0},
    {"Europe/Dublin", "2011-12-30T10:00", 0},
    {"Europe/Dublin", "2050-07-01T12:00", 3600},
    {"Europe/Dublin", "2099-01-15T12:00", 0},
    {"Europe/Dublin", "2041-03-31T01:00:00", 3600},
    {"Europe/Dublin", "2041-03-31T00:59:59", 0},
    {"Australia/Lord_Howe", "1960-07-01T00:00", 36000},
    {"Australia/Lord_Howe", "2013-03-10T06:59:59", 39600},
    {"Australia/Lord_Howe", "2013-03-10T07:00:00", 39600},
    {"Australia/Lord_Howe", "2024-11-03T05:30", 39600},
    {"Australia/Lord_Howe", "2024-11-03T06:30", 39600},
    {"Australia/Lord_Howe", "2011-12-30T10:00", 39600},
    {"Australia/Lord_Howe", "2050-07-01T12:00", 37800},
    {"Australia/Lord_Howe", "2099-01-15T12:00", 39600},
    {"Australia/Lord_Howe", "2041-03-31T01:00:00", 39600},
    {"Australia/Lord_Howe", "2041-03-31T00:59:59", 39600},
    {"Asia/Kathmandu", "1960-07-01T00:00", 19800},
    {"Asia/Kathmandu", "2024-11-03T05:30", 20700},
    {"Asia/Kathmandu", "2050-07-01T12:00", 20700},
    {"Asia/Kathmandu", "2041-03-31T00:59:59", 20700},
    {"America/Sao_Paulo", "1960-07-01T00:00", -10800},
    {"America/Sao_Paulo", "2013-03-10T06:59:59", -10800},
    {"America/Sao_Paulo", "2013-03-10T07:00:00", -10800},
    {"America/Sao_Paulo", "2024-11-03T05:30", -10800},
    {"America/Sao_Paulo", "2024-11-03T06:30", -10800},
    {"America/Sao_Paulo", "2011-12-30T10:00", -7200},
    {"America/Sao_Paulo", "2050-07-01T12:00", -10800},
    {"America/Sao_Paulo", "2099-01-15T12:00", -10800},
    {"America/Sao_Paulo", "2041-03-31T01:00:00", -10800},
    {"America/Sao_Paulo", "2041-03-31T00:59:59", -10800},
    {"Africa/Casablanca", "1960-07-01T00:00", 0},
    {"Africa/Casablanca", "2013-03-10T06:59:59", 0},
    {"Africa/Casablanca", "2013-03-10T07:00:00", 0},
    {"Africa/Casablanca", "2024-11-03T05:30", 3600},
    {"Africa/Casablanca", "2024-11-03T06:30", 3600},
    {"Africa/Casablanca", "2011-12-30T10:00", 0},
    {"Africa/Casablanca", "2050-07-01T12:00", 3600},
    {"Africa/Casablanca", "2099-01-15T12:00", 3600},
    {"Africa/Casablanca", "2041-03-31T01:00:00", 3600},
    {"Africa/Casablanca", "2041-03-31T00:59:59", 3600},
    {"Pacific/Apia", "1960-07-01T00:00", -39600},
    {"Pacific/Apia", "2013-03-10T06:59:59", 50400},
    {"Pacific/Apia", "2013-03-10T07:00:00", 50400},
    {"Pacific/Apia", "2024-11-03T05:30", 46800},
    {"Pacific/Apia", "2024-11-03T06:30", 46800},
    {"Pacific/Apia", "2011-12-30T10:00", 50400},
    {"Pacific/Apia", "2050-07-01T12:00", 46800},
    {"Pacific/Apia", "2099-01-15T12:00", 46800},
    {"Pacific/Apia", "2041-03-31T01:00:00", 46800},
    {"Pacific/Apia", "2041-03-31T00:59:59", 46800},
    {"UTC", "1960-07-01T00:00", 0},
    {"UTC", "2013-03-10T06:59:59", 0},
    {"UTC", "2013-03-10T07:00:00", 0},
    {"UTC", "2024-11-03T05:30", 0},
    {"UTC", "2024-11-03T06:30", 0},
    {"UTC", "2011-12-30T10:00", 0},
    {"UTC", "2050-07-01T12:00", 0},
    {"UTC", "2099-01-15T12:00", 0},
    {"UTC", "2041-03-31T01:00:00", 0},
    {"UTC", "2041-03-31T00:59:59", 0},
    {"Asia/Tehran", "1960-07-01T00:00", 12600},
    {"Asia/Tehran", "2013-03-10T06:59:59", 12600},
    {"Asia/Tehran", "2013-03-10T07:00:00", 12600},
    {"Asia/Tehran", "2024-11-03T05:30", 12600},
    {"Asia/Tehran", "2024-11-03T06:30", 12600},
    {"Asia/Tehran", "2011-12-30T10:00", 12600},
    {"Asia/Tehran", "2050-07-01T12:00", 12600},
    {"Asia/Tehran", "2099-01-15T12:00", 12600},
    {"Asia/Tehran", "2041-03-31T01:00:00", 12600},
    {"Asia/Tehran", "2041-03-31T00:59:59", 12600},
};

TEST(TimeZoneTest, OffsetsAgreeWithPython) {
  for (const auto& [zone, utc, seconds] : kOffsets) {
    EXPECT_EQ(utc_offset(at(utc), zone), std::chrono::seconds(seconds)) << zone << " " << utc;
  }
}

TEST(TimeZoneTest, LocalTimesAgreeWithPythonsFoldZero) {
  const char* cases[][3] = {
      {"America/New_York", "2013-03-10T02:30", "2013-03-10T07:30:00"},
      {"America/New_York", "2013-11-03T01:30", "2013-11-03T05:30:00"},
      {"America/New_York", "2013-07-04T12:00", "2013-07-04T16:00:00"},
      {"Europe/Dublin", "2041-03-31T01:30", "2041-03-31T01:30:00"},
      {"Europe/Dublin", "2041-10-27T01:30", "2041-10-27T00:30:00"},
      {"Australia/Lord_Howe", "2024-04-07T01:45", "2024-04-06T14:45:00"},
      {"Australia/Lord_Howe", "2024-10-06T02:15", "2024-10-05T15:45:00"},
      {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00"},
      {"America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T03:30:00"},
  };
  for (const auto& [zone, local, utc] : cases) {
    EXPECT_EQ(shown(from_local(at(local), zone)), shown(at(utc))) << zone << " " << local;
  }
}

TEST(TimeZoneTest, ThereAndBackIsTheSameButInTheRepeatedHour) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const char* zones[] = {"America/New_York", "Europe/Dublin", "Australia/Lord_Howe",
                           "Asia/Tokyo",       "Pacific/Apia",  "America/St_Johns"};
    const char* zone = zones[random() % std::size(zones)];
    const Time t = at("1971-01-01") + Duration(static_cast<int64_t>(random() % (1ull << 52)));
    const Time back = from_local(to_local(t, zone), zone);
    EXPECT_EQ(to_local(back, zone), to_local(t, zone)) << seed << zone;
    EXPECT_TRUE(back == t || t - back == 1h || t - back == 30min) << seed << zone << shown(t);
  }
}

TEST(TimeZoneTest, PartsInAZone) {
  const Time t = at("2024-01-01T04:30");
  const auto zone = "America/New_York";
  EXPECT_EQ(year(t, zone), 2023);
  EXPECT_EQ(quarter(t, zone), 4);
  EXPECT_EQ(month(t, zone), 12);
  EXPECT_EQ(day(t, zone), 31);
  EXPECT_EQ(day_of_year(t, zone), 365);
  EXPECT_EQ(hour(t, zone), 23);
  EXPECT_EQ(minute(t, "Asia/Kathmandu"), 15);
  EXPECT_EQ(day_of_week(t, zone), 6);
  EXPECT_TRUE(is_weekend(t, zone));
  EXPECT_EQ(week(t, zone), 52);
  EXPECT_EQ(iso_year(t, zone), 2023);
  EXPECT_EQ(days_in_month(t, zone), 31);
  EXPECT_FALSE(is_leap_year(t, zone));
  EXPECT_TRUE(is_month_end(t, zone));
  EXPECT_TRUE(is_month_start(t, "Europe/Paris"));
}

TEST(TimeZoneTest, UnknownNamesAreRefused) {
  for (const char* name :
       {"", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "america/new york"}) {
    EXPECT_THROW(to_local(Time(), name), Error) << name;
  }
  EXPECT_THAT(error_of([] { return hour(Time(), "Mars/Olympus"); }),
              testing::StartsWith("invalid_argument: no time zone \"Mars/Olympus\" in "));
  EXPECT_THROW(to_local(kMaxTime, "Asia/Tokyo"), Error);
}

TEST(TimeZoneTest, DamagedFilesAreRefused) {
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse("TZif"));
  // Every shortening of a file with one type and no change, and a type out of range.
  std::string file = "TZif2" + std::string(15, '\0') + std::string(23, '\0');
  file[20 + 19] = 1;  // one type
  file.append("\0", 1);
  file = file.substr(0, 44);
  file[39] = 1;
  const std::string block = file + std::string(6, '\0');
  const std::string whole = block + block + "\nUTC0\n";
  EXPECT_TRUE(TimeZone::parse(whole));
  for (size_t size = 0; size < 2 * block.size(); ++size) {
    EXPECT_FALSE(TimeZone::parse(whole.substr(0, size))) << size;
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    static_cast<void>(TimeZone::parse(damaged));  // whatever it says, it comes back
  }
}

TEST(TimeZoneTest, ManyThreadsMayAsk) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (const auto& [zone, utc, seconds] : kOffsets) {
        EXPECT_EQ(utc_offset(at(utc), zone), std::chrono::seconds(seconds));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

// ---- counts, texts ---------------------------------------------------------------------------

TEST(EpochTest, CountsRoundDown) {
  EXPECT_EQ(to_epoch_seconds(Time(-1us)), -1);
  EXPECT_EQ(to_epoch_milliseconds(Time(1999us)), 1);
  EXPECT_EQ(to_epoch_microseconds(Time(-7us)), -7);
  EXPECT_EQ(from_epoch_seconds(int64_t{-5}), Time(-5s));
  EXPECT_EQ(from_epoch_seconds(1.5), Time(1500ms));
  EXPECT_EQ(from_epoch_milliseconds(3), Time(3ms));
  EXPECT_EQ(from_epoch_microseconds(3), Time(3us));
  EXPECT_THROW(from_epoch_seconds(std::numeric_limits<int64_t>::max()), Error);
  EXPECT_THROW(from_epoch_seconds(std::nan("")), Error);
  EXPECT_THROW(from_epoch_seconds(1e300), Error);
}

TEST(TimeTextTest, WritesEveryLetter) {
  const Time t = at("2024-02-09T15:04:05.000678");
  EXPECT_EQ(format_time(t, "%Y|%m|%d|%H|%M|%S|%f|%y|%j"), "2024|02|09|15|04|05|000678|24|040");
  EXPECT_EQ(format_time(t, "%a|%A|%b|%B|%p|%I|%u|%w"), "Fri|Friday|Feb|February|PM|03|5|5");
  EXPECT_EQ(format_time(t, "%G-W%V|%F|%T|%D|%R|%e|%s|%z|%Z|%%"),
            "2024-W06|2024-02-09|15:04:05|02/09/24|15:04| 9|1707491045|+0000|UTC|%");
  EXPECT_EQ(format_time(make_time(-44, 3, 15), "%Y"), "-0044");
  EXPECT_EQ(format_time(at("2024-01-01T00:30"), "%I:%M %p"), "12:30 AM");
  EXPECT_EQ(error_of([&] { return format_time(t, "%Q"); }),
            "invalid_argument: format_time: no meaning for %Q in \"%Q\"");
  EXPECT_THROW(format_time(t, "100%"), Error);
}

TEST(TimeTextTest, ReadsWhatPeopleWrite) {
  const char* cases[][3] = {
      {"9 feb 2024 3:04:05 pm", "%d %b %Y %I:%M:%S %p", "2024-02-09T15:04:05"},
      {"Friday,  February 9 2024", "%A, %B %d %Y", "2024-02-09"},
      {"2024-040", "%Y-%j", "2024-02-09"},
      {"2024-02-09T15:04:05.5+02:00", "%FT%T.%f%z", "2024-02-09T13:04:05.5"},
      {"20240209", "%Y%m%d", "2024-02-09"},
      {"68-01-01", "%y-%m-%d", "2068-01-01"},
      {"69-01-01", "%y-%m-%d", "1969-01-01"},
      {"12:30 AM", "%I:%M %p", "1970-01-01T00:30"},
      {"-5", "%s", "1969-12-31T23:59:55"},
      {"2024-02-09Z", "%F%z", "2024-02-09"},
      {"100%", "%M0%%", "1970-01-01T00:10"},
  };
  for (const auto& [text, pattern, wanted] : cases) {
    const auto t = parse_time(text, pattern);
    ASSERT_TRUE(t) << text;
    EXPECT_EQ(shown(*t), shown(at(wanted))) << text;
  }
}

TEST(TimeTextTest, ReadsNothingElse) {
  const char* cases[][2] = {
      {"2024-02-30", "%F"},
      {"2024-13-01", "%F"},
      {"2024-02-09 ", "%F"},
      {"2024-02-09x", "%F"},
      {"", "%F"},
      {"24:00", "%R"},
      {"13:00 PM", "%I:%M %p"},
      {"0:10 am", "%H:%M %p"},
      {"Mon 2024-02-09", "%a %F"},
      {"2023-366", "%Y-%j"},
      {"1.", "%S.%f"},
      {"Foo 1", "%b %d"},
      {"2024-02-09+2", "%F%z"},
  };
  for (const auto& [text, pattern] : cases) {
    EXPECT_EQ(parse_time(text, pattern), std::nullopt) << text;
  }
  EXPECT_THROW(parse_time("2024", "%G"), Error);
}

TEST(TimeTextTest, WhatIsWrittenIsReadAgain) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const Time t(Duration(static_cast<int64_t>(random() % (1ull << 57)) - (1ll << 55)));
    for (const char* pattern : {"%FT%T.%f%z", "%A %d %B %Y %I:%M:%S.%f %p", "%Y %j %H%M%S%f"}) {
      EXPECT_EQ(parse_time(format_time(t, pattern), pattern), t) << seed << " " << pattern;
    }
  }
}

}  // namespace
}  // namespace weft
