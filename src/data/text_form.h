/// How single values are written as text and read back: numbers, times, durations, quoted text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/types.h"

namespace weft {

/// The shortest digits that read back to the same value; "nan", "inf", "-inf"; 3.0 keeps its ".0".
std::string format_number(double value);
std::string format_number(float value);
/// RFC 3339 in UTC: "2013-01-01T05:00:00Z", with ".5" or up to six digits where they are not zero.
std::string format_time(Time time);
/// Days, hours, minutes, seconds and parts: "3h", "1d2h", "90s" is "1m30s", "0s", "-5m", "1.5s".
std::string format_duration(Duration duration);
/// In double quotes, with \" \\ \n \t and \u00xx for control characters.
std::string quote(std::string_view text);

/// ISO 8601: "2013-01-01", "2013-01-01 05:00[:00[.123456]]" with T or a space, and Z or +hh[:]mm;
/// without a zone it is UTC. Nothing if it is not one, a day does not exist, or it does not fit.
std::optional<Time> parse_time(std::string_view text);
/// What format_duration writes; units d, h, m or min, s, ms, us.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace weft
