#include "io/postgres_text.h"

#include <arrow/api.h>
#include <arrow/util/value_parsing.h>
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "data/arrow.h"
#include "data/text_form.h"
#include "io/json_text.h"

namespace weft {
namespace {

struct OidRow {
  uint32_t oid;
  const char* type;  // Weft's name
};
// From PostgreSQL's catalog pg_type, whose numbers never change.
constexpr OidRow kOids[] = {{16, "bool"},
                            {20, "int64"},
                            {21, "int32"},
                            {23, "int32"},
                            {26, "int64"},
                            {700, "float"},
                            {701, "double"},
                            {1700, "double"},
                            {1082, "timestamp"},
                            {1114, "timestamp"},
                            {1184, "timestamp"},
                            {1186, "duration"},
                            {1083, "duration"},
                            {1000, "list<bool>"},
                            {1005, "list<int32>"},
                            {1007, "list<int32>"},
                            {1016, "list<int64>"},
                            {1021, "list<float>"},
                            {1022, "list<double>"},
                            {1231, "list<double>"},
                            {1009, "list<string>"},
                            {1015, "list<string>"},
                            {1182, "list<timestamp>"},
                            {1115, "list<timestamp>"},
                            {1185, "list<timestamp>"},
                            {1187, "list<duration>"}};

template <class T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

template <class T>
std::optional<T> real_of(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<T>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<T>::infinity();
  return number_of<T>(text);
}

// "04:05:06.789", hours of any size; microseconds.
std::optional<int64_t> clock_us(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  const size_t first = text.find(':');
  const size_t second = text.find(':', first == text.npos ? first : first + 1);
  if (first == text.npos || second == text.npos) return {};
  const auto hours = number_of<int64_t>(text.substr(0, first));
  const auto minutes = number_of<int64_t>(text.substr(first + 1, second - first - 1));
  auto rest = text.substr(second + 1);
  int64_t part = 0;
  if (const size_t dot = rest.find('.'); dot != rest.npos) {
    std::string digits(rest.substr(dot + 1));
    if (digits.empty() || digits.size() > 6) return {};
    digits.resize(6, '0');
    const auto parsed = number_of<int64_t>(digits);
    if (!parsed) return {};
    part = *parsed;
    rest = rest.substr(0, dot);
  }
  const auto seconds = number_of<int64_t>(rest);
  if (!hours || !minutes || !seconds) return {};
  const int64_t us = ((*hours * 60 + *minutes) * 60 + *seconds) * 1'000'000 + part;
  return minus ? -us : us;
}

// "3 days 04:05:06.789", "-1 days +02:03:04"; years and months have no fixed length.
std::optional<int64_t> interval_us(std::string_view text) {
  int64_t total = 0;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (word.find(':') != word.npos) {
      const auto us = clock_us(word);
      if (!us || space != text.size()) return {};
      return total + *us;
    }
    text.remove_prefix(std::min(space + 1, text.size()));
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view unit = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto count = number_of<int64_t>(word.starts_with('+') ? word.substr(1) : word);
    if (!count || !unit.starts_with("day")) return {};
    total += *count * 86'400'000'000;
  }
  return total;
}

template <class Builder, class T>
bool appended(arrow::ArrayBuilder& builder, const std::optional<T>& value) {
  if (!value) return false;
  throw_if_failed(static_cast<Builder&>(builder).Append(*value), "reading PostgreSQL");
  return true;
}

// "{1,NULL,\"a b\"}", one dimension.
bool append_array(arrow::ListBuilder& builder, Type element, std::string_view text) {
  throw_if_failed(builder.Append(), "reading PostgreSQL");
  if (!text.starts_with('{') || !text.ends_with('}')) return false;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    std::string value;
    bool quoted = false;
    size_t at = 0;
    if (text[0] == '{') return false;
    if (text[0] == '"') {
      quoted = true;
      for (at = 1; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        if (at < text.size()) value += text[at];
      }
      ++at;
    } else {
      at = std::min(text.find(','), text.size());
      value = text.substr(0, at);
    }
    if (!quoted && value == "NULL") {
      throw_if_failed(builder.value_builder()->AppendNull(), "reading PostgreSQL");
    } else if (!append_postgres(*builder.value_builder(), element, value)) {
      return false;
    }
    if (at < text.size() && text[at] != ',') return false;
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return true;
}

std::string array_text(const arrow::ListArray& list, int64_t row) {
  const auto& values = *list.values();
  const auto cells = make_cell_writer(values, TextForm::kCsv);
  const bool quote_all = values.type_id() == arrow::Type::STRING;
  std::string out = "{";
  for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
    if (i > list.value_offset(row)) out += ',';
    if (cells->is_null(i)) {
      out += "NULL";
      continue;
    }
    std::string cell;
    cells->append(i, cell);
    if (!quote_all) {
      out += cell == "inf" ? "Infinity" : cell == "-inf" ? "-Infinity" : cell;
      continue;
    }
    out += '"';
    for (const char c : cell) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

// A value of an array that is no null, as PostgreSQL reads it.
void append_plain(const arrow::Array& array, int64_t row, std::string& out) {
  switch (array.type_id()) {
    case arrow::Type::DURATION:
      out += fmt::format("{} microseconds",
                         static_cast<const arrow::DurationArray&>(array).Value(row));
      return;
    case arrow::Type::LIST:
      // Lists of lists and of structs are jsonb.
      if (static_cast<const arrow::ListArray&>(array).value_type()->num_fields() == 0) {
        out += array_text(static_cast<const arrow::ListArray&>(array), row);
        return;
      }
      break;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: {
      std::string text;
      make_cell_writer(array, TextForm::kCsv)->append(row, text);
      out += text == "inf" ? "Infinity" : text == "-inf" ? "-Infinity" : text;
      return;
    }
    default:
      break;
  }
  make_cell_writer(array, TextForm::kCsv)->append(row, out);
}

}  // namespace

Type type_of_oid(uint32_t oid) {
  for (const auto& row : kOids) {
    if (row.oid == oid) return type_by_name(row.type);
  }
  return string_type();
}

std::string postgres_type_name(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return "boolean";
    case Kind::kInt32:
      return "integer";
    case Kind::kInt64:
      return "bigint";
    case Kind::kFloat:
      return "real";
    case Kind::kDouble:
      return "double precision";
    case Kind::kString:
      return "text";
    case Kind::kTimestamp:
      return "timestamp with time zone";
    case Kind::kDuration:
      return "interval";
    case Kind::kList: {
      const Kind element = type->element->kind;
      const bool plain = element != Kind::kList && element != Kind::kStruct;
      return plain ? postgres_type_name(type->element) + "[]" : "jsonb";
    }
    default:
      return "jsonb";
  }
}

uint32_t oid_of(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return 16;
    case Kind::kInt32:
      return 23;
    case Kind::kInt64:
      return 20;
    case Kind::kFloat:
      return 700;
    case Kind::kDouble:
      return 701;
    case Kind::kTimestamp:
      return 1184;
    case Kind::kDuration:
      return 1186;
    default:
      return 0;
  }
}

bool append_postgres(arrow::ArrayBuilder& builder, Type type, std::string_view text) {
  switch (type->kind) {
    case Kind::kBool:
      if (text != "t" && text != "f") return false;
      return appended<arrow::BooleanBuilder>(builder, std::optional(text == "t"));
    case Kind::kInt32:
      return appended<arrow::Int32Builder>(builder, number_of<int32_t>(text));
    case Kind::kInt64:
      return appended<arrow::Int64Builder>(builder, number_of<int64_t>(text));
    case Kind::kFloat:
      return appended<arrow::FloatBuilder>(builder, real_of<float>(text));
    case Kind::kDouble:
      return appended<arrow::DoubleBuilder>(builder, real_of<double>(text));
    case Kind::kString:
      return appended<arrow::StringBuilder>(builder, std::optional(text));
    case Kind::kTimestamp: {
      const auto time = parse_time(text);
      return time && appended<arrow::TimestampBuilder>(
                         builder, std::optional(time->time_since_epoch().count()));
    }
    case Kind::kDuration:
      return appended<arrow::DurationBuilder>(builder, interval_us(text));
    case Kind::kList:
      if (text.starts_with('{')) {
        return append_array(static_cast<arrow::ListBuilder&>(builder), type->element, text);
      }
      [[fallthrough]];
    default: {
      const auto value = nlohmann::json::parse(text, nullptr, false);
      return !value.is_discarded() && append_json(builder, value).empty();
    }
  }
}

std::string postgres_text(const Value& value) {
  const auto one = ColumnData::of_values(value.type(), std::span(&value, 1)).arrow()->chunk(0);
  std::string text;
  append_plain(*one, 0, text);
  return text;
}

bool append_copy_field(const arrow::Array& array, int64_t row, std::string& out) {
  if (array.IsNull(row)) {
    out += "\\N";
    return true;
  }
  const size_t from = out.size();
  append_plain(array, row, out);
  const std::string_view text = std::string_view(out).substr(from);
  if (text.find_first_of(std::string_view("\\\t\n\r\0", 5)) == text.npos) return true;
  const std::string field(text);
  out.resize(from);
  for (const char c : field) {
    switch (c) {
      case '\0':
        return false;
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
  return true;
}

}  // namespace weft
