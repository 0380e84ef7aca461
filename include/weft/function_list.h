/// The functions of math.h, text.h and calendar.h as a list, from which their forms for columns and
/// their kernels are made: one(result, name, parameter, summary), two and three with as many
/// parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/types.h"

namespace weft::function_list {
using Text = std::string_view;
using MaybeText = std::optional<std::string_view>;
using Texts = std::vector<std::string>;
using MaybeTime = std::optional<Time>;
}  // namespace weft::function_list

// clang-format off
#define WEFT_MATH_FUNCTIONS(one, two)                                                    \
  one(double, exp, double, "e to the x.")                                                \
  one(double, exp2, double, "2 to the x.")                                               \
  one(double, expm1, double, "exp(x) - 1 with all digits near 0.")                       \
  one(double, log, double, "The natural logarithm.")                                     \
  one(double, log2, double, "The logarithm to base 2.")                                  \
  one(double, log10, double, "The logarithm to base 10.")                                \
  one(double, log1p, double, "log(1 + x) with all digits near 0.")                       \
  one(double, sqrt, double, "The square root.")                                          \
  one(double, cbrt, double, "The cube root.")                                            \
  one(double, sin, double, "The sine of radians.")                                       \
  one(double, cos, double, "The cosine of radians.")                                     \
  one(double, tan, double, "The tangent of radians.")                                    \
  one(double, asin, double, "The arc sine.")                                             \
  one(double, acos, double, "The arc cosine.")                                           \
  one(double, atan, double, "The arc tangent.")                                          \
  one(double, sinh, double, "The hyperbolic sine.")                                      \
  one(double, cosh, double, "The hyperbolic cosine.")                                    \
  one(double, tanh, double, "The hyperbolic tangent.")                                   \
  one(double, sigmoid, double, "1 / (1 + exp(-x)).")                                     \
  one(double, floor, double, "The whole number below, as a double.")                     \
  one(double, ceil, double, "The whole number above, as a double.")                      \
  one(double, trunc, double, "The whole number towards 0, as a double.")                 \
  two(double, pow, double, double, "x to the y.")                                        \
  two(double, atan2, double, double, "The angle of the point (x, y), given y, x.")       \
  two(double, hypot, double, double, "sqrt(x * x + y * y).")                             \
  two(double, cyclic_sin, double, double, "sin(2 pi x / period): a place on a circle.")  \
  two(double, cyclic_cos, double, double, "cos(2 pi x / period): a place on a circle.")

#define WEFT_TEXT_FUNCTIONS(one, two, three)                                             \
  one(std::string, lower, function_list::Text, "In lower case.")                         \
  one(std::string, upper, function_list::Text, "In upper case.")                         \
  one(std::string, title, function_list::Text, "Each word's first letter in upper case.") \
  one(std::string, capitalize, function_list::Text, "The first letter in upper case.")   \
  one(int64_t, length, function_list::Text, "How many code points.")                     \
  one(int64_t, byte_length, function_list::Text, "How many bytes of UTF-8.")             \
  two(bool, contains, function_list::Text, function_list::Text, "Does the second occur in the first?") \
  two(bool, starts_with, function_list::Text, function_list::Text, "Does it start with the second?")   \
  two(bool, ends_with, function_list::Text, function_list::Text, "Does it end with the second?")       \
  one(function_list::Text, trim, function_list::Text, "Without white space at both ends.")  \
  one(function_list::Text, ltrim, function_list::Text, "Without white space at the start.") \
  one(function_list::Text, rtrim, function_list::Text, "Without white space at the end.")   \
  two(function_list::Text, trim, function_list::Text, function_list::Text, "")           \
  two(function_list::Text, ltrim, function_list::Text, function_list::Text, "")          \
  two(function_list::Text, rtrim, function_list::Text, function_list::Text, "")          \
  two(function_list::Text, substr, function_list::Text, int64_t, "Code points from a position, so many or all.") \
  three(function_list::Text, substr, function_list::Text, int64_t, int64_t, "")          \
  one(function_list::Texts, split, function_list::Text, "The pieces between separators, or white space.") \
  two(function_list::Texts, split, function_list::Text, function_list::Text, "")         \
  three(function_list::MaybeText, split_part, function_list::Text, function_list::Text, int64_t, "One of the pieces; -1 is the last.") \
  three(std::string, replace, function_list::Text, function_list::Text, function_list::Text, "Every occurrence of the second becomes the third.") \
  two(std::string, concat, function_list::Text, function_list::Text, "Texts side by side.") \
  three(std::string, concat, function_list::Text, function_list::Text, function_list::Text, "") \
  two(std::string, join, const function_list::Texts&, function_list::Text, "The texts of a list with a separator between them.") \
  one(std::string, reverse, function_list::Text, "The code points from last to first.")  \
  two(std::string, repeat, function_list::Text, int64_t, "So many times.")               \
  three(std::string, pad_left, function_list::Text, int64_t, function_list::Text, "Filled at the left up to a width.")   \
  three(std::string, pad_right, function_list::Text, int64_t, function_list::Text, "Filled at the right up to a width.") \
  two(bool, regex_match, function_list::Text, function_list::Text, "Does the whole text match the pattern?") \
  two(bool, regex_contains, function_list::Text, function_list::Text, "Does a part match the pattern?") \
  three(function_list::MaybeText, regex_extract, function_list::Text, function_list::Text, int64_t, "What a group took in the first match.") \
  three(std::string, regex_replace, function_list::Text, function_list::Text, function_list::Text, "Every match becomes the third.") \
  one(function_list::Texts, tokens, function_list::Text, "The words, in lower case.")    \
  two(function_list::Texts, ngrams, function_list::Text, int64_t, "All runs of n code points.") \
  two(function_list::Texts, word_ngrams, function_list::Text, int64_t, "All runs of n words.") \
  two(int64_t, levenshtein, function_list::Text, function_list::Text, "The edit distance.") \
  two(int64_t, damerau_levenshtein, function_list::Text, function_list::Text, "The edit distance with exchanges.") \
  two(double, jaro, function_list::Text, function_list::Text, "Jaro's similarity.")      \
  two(double, jaro_winkler, function_list::Text, function_list::Text, "Jaro's similarity, more for an equal start.") \
  two(double, jaccard, function_list::Text, function_list::Text, "Words in both, of words in either.") \
  two(double, trigram_cosine, function_list::Text, function_list::Text, "The cosine of the counts of 3-grams.") \
  one(int64_t, hash64, function_list::Text, "A stable hash of 64 bits.")                 \
  one(int64_t, hash64, int64_t, "")                                                      \
  two(int64_t, combine_hashes, int64_t, int64_t, "A hash of two hashes, in this order.") \
  two(int64_t, hash_bucket, function_list::Text, int64_t, "The hash modulo a number of buckets.") \
  two(int64_t, hash_bucket, int64_t, int64_t, "")                                        \
  two(std::string, cross, function_list::Text, function_list::Text, "Both as one category.") \
  two(int64_t, cross_hash, function_list::Text, function_list::Text, "Both as one category's hash.") \
  two(int64_t, cross_hash, int64_t, int64_t, "")

#define WEFT_ZONED(one, two, result, name, summary) \
  one(result, name, Time, summary)                  \
  two(result, name, Time, function_list::Text, "")

#define WEFT_CALENDAR_FUNCTIONS(one, two, three)                                         \
  WEFT_ZONED(one, two, int64_t, year, "The year, of UTC or in a zone.")                  \
  WEFT_ZONED(one, two, int64_t, quarter, "1 to 4.")                                      \
  WEFT_ZONED(one, two, int64_t, month, "1 to 12.")                                       \
  WEFT_ZONED(one, two, int64_t, day, "The day of the month, from 1.")                    \
  WEFT_ZONED(one, two, int64_t, day_of_year, "From 1.")                                  \
  WEFT_ZONED(one, two, int64_t, hour, "0 to 23.")                                        \
  WEFT_ZONED(one, two, int64_t, minute, "0 to 59.")                                      \
  one(int64_t, second, Time, "0 to 59.")                                                 \
  one(int64_t, microsecond, Time, "Below a second.")                                     \
  WEFT_ZONED(one, two, int64_t, day_of_week, "Monday is 0, Sunday 6.")                   \
  WEFT_ZONED(one, two, bool, is_weekend, "Saturday or Sunday.")                          \
  WEFT_ZONED(one, two, int64_t, week, "ISO 8601: 1 to 53.")                              \
  WEFT_ZONED(one, two, int64_t, iso_year, "The year its week belongs to.")               \
  WEFT_ZONED(one, two, int64_t, days_in_month, "28 to 31.")                              \
  WEFT_ZONED(one, two, bool, is_leap_year, "Has the year 366 days?")                     \
  WEFT_ZONED(one, two, bool, is_month_start, "On the first day of its month.")           \
  WEFT_ZONED(one, two, bool, is_month_end, "On the last day of its month.")              \
  one(double, hour_sin, Time, "The time of day on a circle.")                            \
  one(double, hour_cos, Time, "The time of day on a circle.")                            \
  one(double, day_of_week_sin, Time, "The day of the week on a circle.")                 \
  one(double, day_of_week_cos, Time, "The day of the week on a circle.")                 \
  one(double, month_sin, Time, "The month on a circle.")                                 \
  one(double, month_cos, Time, "The month on a circle.")                                 \
  two(Time, floor_time, Time, Duration, "The last multiple of a step not after it.")     \
  two(Time, ceil_time, Time, Duration, "The first multiple of a step not before it.")    \
  two(Time, round_time, Time, Duration, "The nearest multiple of a step, half to even.") \
  two(Time, truncate, Time, function_list::Text, "The start of its year, month, week, day, ...") \
  three(Time, truncate, Time, function_list::Text, function_list::Text, "")              \
  two(Time, add_months, Time, int64_t, "So many months on, the last day where it is shorter.") \
  two(double, seconds_between, Time, Time, "What has passed from one to the other.")     \
  two(double, minutes_between, Time, Time, "What has passed from one to the other.")     \
  two(double, hours_between, Time, Time, "What has passed from one to the other.")       \
  two(double, days_between, Time, Time, "Of 24 hours, with parts.")                      \
  two(int64_t, dates_between, Time, Time, "Midnights from one to the other.")            \
  two(int64_t, months_between, Time, Time, "Whole months from one to the other.")        \
  two(int64_t, years_between, Time, Time, "Whole years from one to the other.")          \
  two(Time, to_local, Time, function_list::Text, "The clock on the wall of a zone.")     \
  two(Time, from_local, Time, function_list::Text, "When that clock shows this.")        \
  two(Duration, utc_offset, Time, function_list::Text, "Local time less UTC.")           \
  one(int64_t, to_epoch_seconds, Time, "Since 1970, rounded down.")                      \
  one(int64_t, to_epoch_milliseconds, Time, "Since 1970, rounded down.")                 \
  one(int64_t, to_epoch_microseconds, Time, "Since 1970.")                               \
  one(Time, from_epoch_milliseconds, int64_t, "Of milliseconds since 1970.")             \
  one(Time, from_epoch_microseconds, int64_t, "Of microseconds since 1970.")             \
  two(std::string, format_time, Time, function_list::Text, "As text, with the letters of strftime.") \
  two(function_list::MaybeTime, parse_time, function_list::Text, function_list::Text, "From text, with the letters of strptime; null if it does not match.")
// clang-format on
