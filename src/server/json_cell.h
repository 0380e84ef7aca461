/// Single values between JSON and slots.
#pragma once

#include <string>
#include <string_view>

#include "server/json_tape.h"
#include "weft/types.h"

namespace weft {

/// Room for one value as a slot holds it. Not thread-safe.
class JsonCell {
 public:
  /// Takes a value that is not null. Integers, doubles and texts convert where nothing is lost:
  /// "1" is an int64, 3.0 too, 3 is a double; a time is RFC 3339 or seconds since the epoch.
  /// Returns "" or, with nothing to be read from slot(), what was expected and found.
  std::string set(const JsonValue& value, Type type);
  /// Good until the next set().
  const void* slot() const { return bytes_; }

 private:
  alignas(std::max_align_t) char bytes_[64] = {};
  Arena arena_;
};

/// Can a JsonCell hold values of the type, and can append_slot() write them?
bool has_cell_form(Type type);

enum class JsonTimes : uint8_t {
  kSeconds,  ///< whole seconds since the epoch, as Feast has them
  kText,     ///< RFC 3339
};
/// A slot as JSON: the shortest digits, with ".0" where a double is whole; NaN and infinities are
/// "NaN", "Infinity", "-Infinity"; durations are texts.
void append_slot(Type type, const void* slot, JsonTimes times, std::string& out);
/// RFC 3339 in UTC, with no, three or six digits of a second.
void append_time(Time time, std::string& out);
/// In quotes; bytes that are not UTF-8 become U+FFFD.
void append_text(std::string_view text, std::string& out);
void append_integer(int64_t value, std::string& out);

}  // namespace weft
