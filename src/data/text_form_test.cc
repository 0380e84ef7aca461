#include "data/text_form.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace weft {
namespace {

Time at(int64_t us) { return Time(Duration(us)); }
constexpr auto kMin = std::numeric_limits<int64_t>::min();
constexpr auto kMax = std::numeric_limits<int64_t>::max();

TEST(TextFormTest, NumbersReadBack) {
  EXPECT_EQ(format_number(3.0), "3.0");
  EXPECT_EQ(format_number(-0.0), "-0.0");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(0.1F), "0.1");
  EXPECT_EQ(format_number(1e300), "1e+300");
  EXPECT_EQ(format_number(1.0 / 0.0), "inf");
  EXPECT_EQ(format_number(-1.0 / 0.0), "-inf");
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN()), "nan");
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (value != value) continue;
    ASSERT_EQ(std::strtod(format_number(value).c_str(), nullptr), value) << format_number(value);
  }
}

TEST(TextFormTest, Times) {
  EXPECT_EQ(format_time(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(at(-1)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(at(1'500'000)), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(format_time(at(951'782'400'000'000)), "2000-02-29T00:00:00Z");
  EXPECT_EQ(format_time(*parse_time("0000-01-01")), "0000-01-01T00:00:00Z");
  // Years past 9999 have more digits, as ISO 8601's expanded form has, with a sign.
  EXPECT_EQ(format_time(at(kMax)), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(format_time(at(kMin)), "-290308-12-21T19:59:05.224192Z");
}

TEST(TextFormTest, TimesAreReadInTheFormsOfIso8601) {
  const Time noon = *parse_time("2013-01-01T12:00:00Z");
  EXPECT_EQ(format_time(noon), "2013-01-01T12:00:00Z");
  for (const char* text : {"2013-01-01 12:00", "2013-01-01T12:00:00", "2013-01-01T12:00:00.000Z",
                           "2013-01-01T14:30+02:30", "2013-01-01 07:00:00-0500",
                           "2013-01-01T13:00:00+01", "2013-01-01T12:00:00,0000001"}) {
    EXPECT_EQ(parse_time(text), noon) << text;
  }
  EXPECT_EQ(format_time(*parse_time("1969-12-31T23:59:59.999999Z")), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(*parse_time("2013-01-01T00:30+01:00")), "2012-12-31T23:30:00Z");
}

TEST(TextFormTest, WhatIsNoTime) {
  for (const char* text : {"",
                           "2013",
                           "2013-01",
                           "2013-02-29",
                           "2013-13-01",
                           "2013-00-10",
                           "2013-01-32",
                           "13-01-01",
                           "2013-1-1",
                           "2013-01-01T",
                           "2013-01-01T12",
                           "2013-01-01T24:00",
                           "2013-01-01T12:60",
                           "2013-01-01T12:00:60",
                           "2013-01-01T12:00:00.",
                           "2013-01-01T12:00:00Zx",
                           "2013-01-01T12:00+",
                           "2013-01-01T12:00+1",
                           "2013-01-01T12:00+01:",
                           "2013-01-01T12:00+01:60",
                           "2013-01-01T12:00+16",
                           "2013-01-01T1:00",
                           "2013-01-01T12:0",
                           "2013/01/01",
                           " 2013-01-01",
                           "2013-01-01 ",
                           "2013-01-01x",
                           "20130101",
                           "2013-01-01T12:00:",
                           "2013-01-01T12:00:5",
                           "2013-01-01T12:00.5"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(TextFormTest, DurationsRoundTrip) {
  EXPECT_EQ(format_duration(Duration(0)), "0s");
  EXPECT_EQ(format_duration(Duration(3h)), "3h");
  EXPECT_EQ(format_duration(Duration(26h)), "1d2h");
  EXPECT_EQ(format_duration(Duration(90s)), "1m30s");
  EXPECT_EQ(format_duration(Duration(-5min)), "-5m");
  EXPECT_EQ(format_duration(Duration(1500ms)), "1.5s");
  EXPECT_EQ(format_duration(Duration(1)), "0.000001s");
  std::mt19937_64 random(8);
  for (int i = 0; i < 10'000; ++i) {
    const Duration d(static_cast<int64_t>(random()) >> random() % 63);
    ASSERT_EQ(parse_duration(format_duration(d)), d) << format_duration(d);
  }
  EXPECT_EQ(parse_duration(format_duration(Duration(kMax))), Duration(kMax));
  EXPECT_EQ(parse_duration(format_duration(Duration(kMin))), Duration(kMin));
}

TEST(TextFormTest, DurationsInEveryUnit) {
  EXPECT_EQ(parse_duration("1.5h"), Duration(90min));
  EXPECT_EQ(parse_duration("5min"), Duration(5min));
  EXPECT_EQ(parse_duration("5m"), Duration(5min));
  EXPECT_EQ(parse_duration("5ms"), Duration(5ms));
  EXPECT_EQ(parse_duration("5us"), Duration(5));
  EXPECT_EQ(parse_duration("0.5ms"), Duration(500));
  EXPECT_EQ(parse_duration("1d2h3m4s"), Duration(26h + 3min + 4s));
  for (const char* text : {"", "-", "5", "h", "1x", "1.h", "--1s", "1h ", "1 h", "200000000d",
                           "1h-5m", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(TextFormTest, QuotesWhatJsonQuotes) {
  EXPECT_EQ(quote("a\"b\\c\n\t\x01é"), "\"a\\\"b\\\\c\\n\\t\\u0001é\"");
}

}  // namespace
}  // namespace weft
