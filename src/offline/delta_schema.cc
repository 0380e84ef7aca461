#include "offline/delta_schema.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <set>

#include "base/nearest_name.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "offline/delta_actions.h"

namespace weft::delta {
namespace {

using nlohmann::json;
using ArrowType = std::shared_ptr<arrow::DataType>;

constexpr int64_t kDayUs = int64_t{86'400'000'000};
constexpr char kTypeKey[] = "weft.type";
constexpr char kDayOfKey[] = "weft.dayOf";
constexpr std::string_view kNotInNames = " ,;{}()\n\t=";

// A type in the data files, and what Weft makes of it.
struct Both {
  ArrowType stored;
  ArrowType shown;
};

std::optional<Both> decimal_of(const std::string& name) {
  int precision = 0;
  int scale = 0;
  const char* at = name.data() + std::string_view("decimal(").size();
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(at, end, precision);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') return {};
  at = first.ptr + 1;
  while (at != end && *at == ' ') ++at;
  if (std::from_chars(at, end, scale).ec != std::errc()) return {};
  const auto type = arrow::Decimal128Type::Make(precision, scale);
  if (!type.ok()) return {};
  return Both{*type, arrow::float64()};
}

std::optional<Both> primitive_of(const std::string& name, const std::string& hint) {
  const ArrowType time = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  if (name == "boolean") return Both{arrow::boolean(), arrow::boolean()};
  if (name == "byte") return Both{arrow::int8(), arrow::int32()};
  if (name == "short") return Both{arrow::int16(), arrow::int32()};
  if (name == "integer") return Both{arrow::int32(), arrow::int32()};
  if (name == "long" && hint == "duration") {
    return Both{arrow::int64(), arrow::duration(arrow::TimeUnit::MICRO)};
  }
  if (name == "long") return Both{arrow::int64(), arrow::int64()};
  if (name == "float") return Both{arrow::float32(), arrow::float32()};
  if (name == "double") return Both{arrow::float64(), arrow::float64()};
  if (name == "string") return Both{arrow::utf8(), arrow::utf8()};
  if (name == "binary") return Both{arrow::binary(), arrow::utf8()};
  if (name == "timestamp") return Both{time, time};
  if (name == "timestamp_ntz") return Both{arrow::timestamp(arrow::TimeUnit::MICRO), time};
  if (name == "date") return Both{arrow::date32(), time};
  if (name.starts_with("decimal(")) return decimal_of(name);
  return {};
}

std::string hint_of(const json& metadata) {
  const auto found = metadata.find(kTypeKey);
  return found != metadata.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string hint_of_element(const std::string& hint) {
  return hint.starts_with("list<") && hint.ends_with('>') ? hint.substr(5, hint.size() - 6) : "";
}

std::optional<Both> types_of(const json& type, const std::string& hint) {
  if (type.is_string()) return primitive_of(type.get<std::string>(), hint);
  const auto kind = type.at("type").get<std::string>();
  if (kind == "array") {
    const auto element = types_of(type.at("elementType"), hint_of_element(hint));
    if (!element) return {};
    return Both{arrow::list(element->stored), arrow::list(element->shown)};
  }
  if (kind != "struct") return {};
  arrow::FieldVector stored;
  arrow::FieldVector shown;
  for (const json& field : type.at("fields")) {
    const auto name = field.at("name").get<std::string>();
    const auto types = types_of(field.at("type"), hint_of(field.value("metadata", json::object())));
    if (!types) return {};
    stored.push_back(arrow::field(name, types->stored));
    shown.push_back(arrow::field(name, types->shown));
  }
  return Both{arrow::struct_(stored), arrow::struct_(shown)};
}

Column parse_column(const json& field) {
  Column column;
  column.name = field.at("name").get<std::string>();
  column.type = field.at("type");
  column.nullable = field.value("nullable", true);
  const auto metadata = field.find("metadata");
  column.metadata = metadata != field.end() && metadata->is_object() ? *metadata : json::object();
  if (const auto types = types_of(column.type, hint_of(column.metadata))) {
    column.weft = type_from_arrow(*types->shown, column.name);
    column.stored = types->stored;
  }
  return column;
}

json field_json(const std::string& name, json type, bool nullable, json metadata) {
  return {{"name", name},
          {"type", std::move(type)},
          {"nullable", nullable},
          {"metadata", std::move(metadata)}};
}

bool holds_duration(Type type) {
  return type->kind == Kind::kDuration || (type->element && holds_duration(type->element));
}

json metadata_of(Type type) {
  json metadata = json::object();
  if (holds_duration(type)) metadata[kTypeKey] = type->name;
  return metadata;
}

json type_to_json(Type type) {
  switch (type->kind) {
    case Kind::kBool:
      return "boolean";
    case Kind::kInt32:
      return "integer";
    case Kind::kInt64:
    case Kind::kDuration:
      return "long";
    case Kind::kFloat:
      return "float";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kTimestamp:
      return "timestamp";
    case Kind::kList:
      return {
          {"type", "array"}, {"elementType", type_to_json(type->element)}, {"containsNull", true}};
    case Kind::kStruct: {
      json fields = json::array();
      for (const Field& field : type->fields) {
        fields.push_back(
            field_json(field.name, type_to_json(field.type), true, metadata_of(field.type)));
      }
      return {{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case Kind::kObject:
      break;
  }
  throw Error(ErrorCode::kTypeMismatch, type->name + " is an object, and cannot lie in a column");
}

bool holds(const arrow::DataType& type, arrow::Type::type id) {
  if (type.id() == id) return true;
  return std::ranges::any_of(type.fields(),
                             [&](const auto& field) { return holds(*field->type(), id); });
}

arrow::Datum cast(const arrow::Datum& values, const ArrowType& type, const std::string& doing) {
  static std::once_flag once;
  std::call_once(once,
                 [] { throw_if_failed(arrow::compute::Initialize(), "starting Arrow compute"); });
  return value_or_throw(arrow::compute::Cast(values, type), doing);
}

int64_t floor_day(int64_t us) { return us >= 0 ? us / kDayUs : -((-us - 1) / kDayUs) - 1; }

// Arrow's own cast would cut the time of the day off.
std::shared_ptr<arrow::ChunkedArray> dates_of(const Column& column, const ColumnData& data) {
  arrow::Date32Builder builder;
  for (const auto& chunk : data.arrow()->chunks()) {
    const auto& times = static_cast<const arrow::TimestampArray&>(*chunk);
    for (int64_t i = 0; i < times.length(); ++i) {
      if (times.IsNull(i)) {
        throw_if_failed(builder.AppendNull(), "making dates");
        continue;
      }
      if (times.Value(i) % kDayUs != 0) {
        throw Error(ErrorCode::kBadData,
                    fmt::format("column {} is a date in the table: expected midnight, found {}",
                                quote(column.name), format_time(Time(Duration(times.Value(i))))));
      }
      throw_if_failed(builder.Append(static_cast<int32_t>(floor_day(times.Value(i)))),
                      "making dates");
    }
  }
  return std::make_shared<arrow::ChunkedArray>(value_or_throw(builder.Finish(), "making dates"));
}

Error bad_partition(const Column& column, const std::string& text) {
  return Error(ErrorCode::kBadData,
               fmt::format("partition column {}: expected {}, found {}", quote(column.name),
                           column.type.dump(), quote(text)));
}

template <class T>
Value number_of(const Column& column, const std::string& text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) throw bad_partition(column, text);
  return Value::of(value);
}

template <class T>
std::string finite_text(const Column& column, T value) {
  if (std::isfinite(value)) return format_number(value);
  throw Error(ErrorCode::kBadData, fmt::format("{} cannot be a value of the partition column {}",
                                               format_number(value), quote(column.name)));
}

// "2013-01-01 05:00:00.123456": the one form that all readers know.
std::string time_text(Time time) {
  std::string text = format_time(time);
  text[text.find('T')] = ' ';
  text.pop_back();
  return text;
}

}  // namespace

std::string Column::day_of() const {
  const auto found = metadata.find(kDayOfKey);
  return found != metadata.end() && found->is_string() ? found->get<std::string>() : "";
}

TableSchema TableSchema::parse(const std::string& text, const std::string& where) {
  try {
    std::vector<Column> columns;
    const json parsed = json::parse(text);
    for (const json& field : parsed.at("fields")) columns.push_back(parse_column(field));
    return TableSchema(std::move(columns));
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kBadData, fmt::format("{}: the schema is damaged: {}", where, e.what()));
  }
}

std::string TableSchema::to_text() const {
  json fields = json::array();
  for (const Column& column : columns_) {
    fields.push_back(field_json(column.name, column.type, column.nullable, column.metadata));
  }
  return json{{"type", "struct"}, {"fields", std::move(fields)}}.dump();
}

const Column* TableSchema::find(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name, &Column::name);
  return found == columns_.end() ? nullptr : &*found;
}

Schema TableSchema::readable() const {
  Schema out;
  for (const Column& column : columns_) {
    if (column.weft) out.push_back({column.name, column.weft});
  }
  return out;
}

Column column_of(const ColumnSchema& column) {
  return parse_column(
      field_json(column.name, type_to_json(column.type), true, metadata_of(column.type)));
}

Column day_column(const std::string& name, const std::string& of) {
  return parse_column(field_json(name, "date", true, {{kDayOfKey, of}}));
}

void check_names(const TableSchema& schema, size_t from) {
  std::set<std::string> seen;
  for (const Column& column : schema.columns()) {
    const bool is_new = static_cast<size_t>(&column - schema.columns().data()) >= from;
    const bool usable =
        !column.name.empty() && column.name.find_first_of(kNotInNames) == std::string::npos;
    if (is_new && !usable) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("a column of a Delta table cannot be called {}: expected a name "
                              "without spaces and any of ,;{{}}()=",
                              quote(column.name)));
    }
    std::string folded = column.name;
    std::ranges::transform(folded, folded.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!seen.insert(folded).second && is_new) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("a Delta table has one column of a name whatever its case: {} comes "
                              "twice",
                              quote(column.name)));
    }
  }
}

std::shared_ptr<arrow::ChunkedArray> to_stored(const Column& column, const ColumnData& data) {
  if (data.arrow()->type()->Equals(*column.stored)) return data.arrow();
  const bool is_date = column.stored->id() == arrow::Type::DATE32;
  if (holds(*column.stored, arrow::Type::DECIMAL128) ||
      (!is_date && holds(*column.stored, arrow::Type::DATE32)) ||
      column.primitive() == "timestamp_ntz") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("column {} is {} in the table, which Weft reads but does not write",
                            quote(column.name), column.type.dump()));
  }
  if (is_date) return dates_of(column, data);
  return cast(data.arrow(), column.stored, fmt::format("column {}", quote(column.name)))
      .chunked_array();
}

ColumnData from_stored(const Column& column, std::shared_ptr<arrow::ChunkedArray> found) {
  const ArrowType shown = type_to_arrow(column.weft);
  const bool duration = holds(*shown, arrow::Type::DURATION);
  const bool dates = holds(*found->type(), arrow::Type::DATE32);
  if (duration && !dates && !found->type()->Equals(*shown)) {
    found = cast(found, shown, fmt::format("column {}", quote(column.name))).chunked_array();
  }
  return ColumnData::from_arrow(std::move(found), column.name).as(column.weft);
}

std::optional<std::string> partition_text(const Column& column, const Value& value) {
  if (!value.has_value()) return {};
  switch (column.weft->kind) {
    case Kind::kBool:
      return value.get<bool>() ? "true" : "false";
    case Kind::kInt32:
      return fmt::format("{}", value.get<int32_t>());
    case Kind::kInt64:
      return fmt::format("{}", value.get<int64_t>());
    case Kind::kDuration:
      return fmt::format("{}", value.get<Duration>().count());
    case Kind::kFloat:
      return finite_text(column, value.get<float>());
    case Kind::kDouble:
      return finite_text(column, value.get<double>());
    case Kind::kTimestamp: {
      const std::string text = time_text(value.get<Time>());
      return column.is_date() ? text.substr(0, text.find(' ')) : text;
    }
    case Kind::kString:
      break;
    default:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column {} of type {} cannot give partitions", quote(column.name),
                              column.weft->name));
  }
  const auto& text = value.get<std::string>();
  if (text.empty() || !is_utf8(text)) {
    throw Error(ErrorCode::kBadData,
                fmt::format("partition column {}: expected a text in UTF-8 that is not empty, "
                            "since Delta tables read the empty one as null; found {}",
                            quote(column.name), quote(text)));
  }
  return text;
}

Value partition_value(const Column& column, const std::optional<std::string>& text) {
  if (!text) return Value::null(column.weft);
  switch (column.weft->kind) {
    case Kind::kBool:
      if (*text != "true" && *text != "false") throw bad_partition(column, *text);
      return Value::of(*text == "true");
    case Kind::kInt32:
      return number_of<int32_t>(column, *text);
    case Kind::kInt64:
      return number_of<int64_t>(column, *text);
    case Kind::kFloat:
      return number_of<float>(column, *text);
    case Kind::kDouble:
      return number_of<double>(column, *text);
    case Kind::kDuration:
      return Value::of(Duration(number_of<int64_t>(column, *text).get<int64_t>()));
    case Kind::kTimestamp: {
      const auto time = parse_time(*text);
      if (!time) throw bad_partition(column, *text);
      return Value::of(*time);
    }
    case Kind::kString:
      return Value::of(*text);
    default:
      throw bad_partition(column, *text);
  }
}

ColumnData days_of(const ColumnData& times) {
  std::vector<std::optional<Time>> days;
  days.reserve(static_cast<size_t>(times.size()));
  for (const auto& chunk : times.arrow()->chunks()) {
    const auto& values = static_cast<const arrow::TimestampArray&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) {
      auto& day = days.emplace_back();
      if (values.IsValid(i)) day = Time(Duration(floor_day(values.Value(i)) * kDayUs));
    }
  }
  return ColumnData::of(days);
}

}  // namespace weft::delta
