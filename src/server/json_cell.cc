#include "server/json_cell.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "data/text_form.h"
#include "ops/utf8.h"

namespace weft {
namespace {

using JsonKind = JsonValue::Kind;

constexpr int64_t kMicro = 1'000'000;

std::string mismatch(Type type, const JsonValue& value) {
  return fmt::format("expected {}, found {}", type->name, value.shown());
}

// The whole text as a number.
template <class T>
bool read_whole(std::string_view text, T& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool integer_of(const JsonValue& value, int64_t& out) {
  switch (value.kind()) {
    case JsonKind::kInteger:
      out = value.integer();
      return true;
    case JsonKind::kDouble: {
      constexpr double kLimit = 9223372036854775808.0;
      const double number = value.number();
      if (number != std::floor(number) || number < -kLimit || number >= kLimit) return false;
      out = static_cast<int64_t>(number);
      return true;
    }
    case JsonKind::kText:
      return read_whole(value.text(), out);
    default:
      return false;
  }
}

bool double_of(const JsonValue& value, double& out) {
  switch (value.kind()) {
    case JsonKind::kInteger:
      out = static_cast<double>(value.integer());
      return true;
    case JsonKind::kUnsigned:
      out = static_cast<double>(value.large_integer());
      return true;
    case JsonKind::kDouble:
      out = value.number();
      return true;
    case JsonKind::kText:
      return read_whole(value.text(), out);  // "NaN", "Infinity", "-Infinity" too
    default:
      return false;
  }
}

bool bool_of(const JsonValue& value, bool& out) {
  if (value.kind() == JsonKind::kBool) {
    out = value.boolean();
    return true;
  }
  if (!value.is_text()) return false;
  const std::string_view text = value.text();
  out = text == "true" || text == "True";
  return out || text == "false" || text == "False";
}

bool time_of(const JsonValue& value, Time& out) {
  if (value.is_text()) {
    if (const auto time = parse_time(value.text())) {
      out = *time;
      return true;
    }
  }
  constexpr double kSecondsMax = 9e12;
  double seconds = 0;
  if (!double_of(value, seconds) || !(std::abs(seconds) < kSecondsMax)) return false;
  int64_t whole = 0;
  out = Time(Duration(integer_of(value, whole)
                          ? whole * kMicro
                          : static_cast<int64_t>(std::llround(seconds * double{kMicro}))));
  return true;
}

bool duration_of(const JsonValue& value, Duration& out) {
  if (!value.is_text()) return false;
  const auto duration = parse_duration(value.text());
  if (duration) out = *duration;
  return duration.has_value();
}

template <class T>
void put(void* slot, const T& value) {
  std::memcpy(slot, &value, sizeof value);
}
template <class T>
T get(const void* slot) {
  T value;
  std::memcpy(&value, slot, sizeof value);
  return value;
}

std::string set_slot(const JsonValue& value, Type type, void* slot, Arena& arena);

std::string set_list(const JsonValue& value, Type type, void* slot, Arena& arena) {
  if (!value.is_list()) return mismatch(type, value);
  const int64_t n = value.size();
  char* elements = arena.take_slots(type->element, n);
  char* at = elements;
  for (const JsonValue element : value) {
    if (element.is_null()) return fmt::format("a null in a {}", type->name);
    std::string problem = set_slot(element, type->element, at, arena);
    if (!problem.empty()) return problem;
    at += type->element->size;
  }
  put(slot, ListView{elements, n});
  return {};
}

template <class T, class Read>
std::string set_as(const JsonValue& value, Type type, void* slot, Read read) {
  T read_value{};
  if (!read(value, read_value)) return mismatch(type, value);
  put(slot, read_value);
  return {};
}

std::string set_slot(const JsonValue& value, Type type, void* slot, Arena& arena) {
  switch (type->kind) {
    case Kind::kBool:
      return set_as<bool>(value, type, slot, bool_of);
    case Kind::kInt32:
      return set_as<int32_t>(value, type, slot, [](const JsonValue& v, int32_t& out) {
        int64_t wide = 0;
        if (!integer_of(v, wide)) return false;
        out = static_cast<int32_t>(wide);
        return out == wide;
      });
    case Kind::kInt64:
      return set_as<int64_t>(value, type, slot, integer_of);
    case Kind::kFloat:
      return set_as<float>(value, type, slot, [](const JsonValue& v, float& out) {
        double wide = 0;
        if (!double_of(v, wide)) return false;
        out = static_cast<float>(wide);
        return !std::isinf(out) || std::isinf(wide);
      });
    case Kind::kDouble:
      return set_as<double>(value, type, slot, double_of);
    case Kind::kString:
      if (!value.is_text()) return mismatch(type, value);
      put(slot, arena.copy(value.text()));
      return {};
    case Kind::kTimestamp:
      return set_as<Time>(value, type, slot, time_of);
    case Kind::kDuration:
      return set_as<Duration>(value, type, slot, duration_of);
    case Kind::kList:
      return set_list(value, type, slot, arena);
    default:
      return fmt::format("values of type {} have no form in JSON", type->name);
  }
}

template <class T>
void append_number(T value, std::string& out) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const std::string_view text(digits, static_cast<size_t>(end - digits));
  out += text;
  // A client that reads 3 as an integer would change the type.
  if (text.find_first_of(".e") == text.npos) out += ".0";
}

void append_digits(int64_t value, int width, std::string& out) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i, value /= 10) {
    digits[i] = static_cast<char>('0' + value % 10);
  }
  out.append(digits, static_cast<size_t>(width));
}

void append_list(Type type, const ListView& list, JsonTimes times, std::string& out) {
  out += '[';
  const char* at = static_cast<const char*>(list.data);
  for (int64_t i = 0; i < list.size; ++i, at += type->element->size) {
    if (i > 0) out += ',';
    append_slot(type->element, at, times, out);
  }
  out += ']';
}

}  // namespace

std::string JsonCell::set(const JsonValue& value, Type type) {
  arena_.reset();
  if (type->size > sizeof bytes_) return fmt::format("{} has no form in JSON", type->name);
  return set_slot(value, type, bytes_, arena_);
}

bool has_cell_form(Type type) {
  if (type->kind == Kind::kList) return has_cell_form(type->element);
  return type->kind != Kind::kStruct && type->kind != Kind::kObject;
}

void append_integer(int64_t value, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_time(Time time, std::string& out) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) {  // RFC 3339 has four digits
    out += format_time(time);
    return;
  }
  const int64_t us = (time - day).count();
  append_digits(year, 4, out);
  out += '-';
  append_digits(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  append_digits(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  append_digits(us / (3600 * kMicro), 2, out);
  out += ':';
  append_digits(us / (60 * kMicro) % 60, 2, out);
  out += ':';
  append_digits(us / kMicro % 60, 2, out);
  if (const int64_t fraction = us % kMicro; fraction != 0) {
    out += '.';
    fraction % 1000 == 0 ? append_digits(fraction / 1000, 3, out) : append_digits(fraction, 6, out);
  }
  out += 'Z';
}

void append_text(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool ascii = utf8::is_ascii(text);
  out += '"';
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80 && !ascii) {
      const utf8::Point point = utf8::point_at(text, i);
      out += point.value >= utf8::kInvalid ? std::string_view("\xEF\xBF\xBD")
                                           : text.substr(i, static_cast<size_t>(point.size));
      i += static_cast<size_t>(point.size);
      continue;
    }
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte < 0x20) {
      out += byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : "\\u00";
      if (byte != '\n' && byte != '\t') {
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    } else {
      out += text[i];
    }
    ++i;
  }
  out += '"';
}

void append_slot(Type type, const void* slot, JsonTimes times, std::string& out) {
  switch (type->kind) {
    case Kind::kBool:
      out += get<bool>(slot) ? "true" : "false";
      return;
    case Kind::kInt32:
      return append_integer(get<int32_t>(slot), out);
    case Kind::kInt64:
      return append_integer(get<int64_t>(slot), out);
    case Kind::kFloat:
      return append_number(get<float>(slot), out);
    case Kind::kDouble:
      return append_number(get<double>(slot), out);
    case Kind::kString:
      return append_text(get<std::string_view>(slot), out);
    case Kind::kTimestamp:
      if (times == JsonTimes::kSeconds) {
        return append_integer(
            std::chrono::floor<std::chrono::seconds>(get<Time>(slot)).time_since_epoch().count(),
            out);
      }
      out += '"';
      append_time(get<Time>(slot), out);
      out += '"';
      return;
    case Kind::kDuration:
      return append_text(format_duration(get<Duration>(slot)), out);
    case Kind::kList:
      return append_list(type, get<ListView>(slot), times, out);
    default:
      out += "null";
  }
}

}  // namespace weft
