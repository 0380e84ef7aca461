#include "exec/value_json.h"

#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <unordered_map>

#include "data/slots.h"
#include "data/text_form.h"
#include "weft/object_format.h"

namespace weft {

using nlohmann::json;

// ---- formats of objects ----------------------------------------------------------------------

namespace {

struct Formats {
  std::shared_mutex mutex;
  std::unordered_map<Type, std::shared_ptr<const ObjectFormat>> by_type;
};
Formats& formats() {
  static auto* formats = new Formats;  // NOLINT: outlives every static that registers one
  return *formats;
}

[[noreturn]] void no_format(Type type) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} has no text form: call register_object_format<{}>()", type->name,
                          type->name));
}

}  // namespace

void register_object_format(Type type, ObjectFormat format) {
  const std::unique_lock lock(formats().mutex);
  formats().by_type[type] = std::make_shared<const ObjectFormat>(std::move(format));
}

std::shared_ptr<const ObjectFormat> find_object_format(Type type) {
  const std::shared_lock lock(formats().mutex);
  const auto it = formats().by_type.find(type);
  return it == formats().by_type.end() ? nullptr : it->second;
}

// ---- to JSON ---------------------------------------------------------------------------------

namespace {

json number_to_json(double v) {
  if (std::isfinite(v)) return v;
  return std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
}

bool is_utf8(std::string_view text) {
  try {
    static_cast<void>(json(text).dump());
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

json text_to_json(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return {{"hex", hex}};
}

json time_to_json(Time time) {
  const int64_t us = time.time_since_epoch().count();
  // The text form has years of four digits.
  constexpr int64_t kFirst = -62'167'219'200'000'000;
  constexpr int64_t kLast = 253'402'300'799'999'999;
  if (us < kFirst || us > kLast) return us;
  return format_time(time);
}

json duration_to_json(Duration duration) {
  std::string text = format_duration(duration);
  if (parse_duration(text) == duration) return text;
  return duration.count();
}

json list_to_json(const Value& value) {
  Arena arena;
  ListView list;
  value.type()->unbox(value.type(), value, &list, arena);
  const Type element = value.type()->element;
  json out = json::array();
  const char* at = static_cast<const char*>(list.data);
  for (int64_t i = 0; i < list.size; ++i, at += element->size) {
    out.push_back(value_to_json(element->box(element, at)));
  }
  return out;
}

json struct_to_json(const Value& value) {
  json out = json::object();
  Arena arena;
  for (const Field& field : value.type()->fields) {
    SlotBuffer slot(field.type, 1);
    const bool valid = field.load(value.data(), slot.data(), arena);
    out[field.name] = valid ? value_to_json(field.type->box(field.type, slot.data())) : json();
  }
  return out;
}

// An element of any type says which it has.
json element_to_json(Type element, const Value& value) {
  if (element) return value_to_json(value);
  if (!value.type()) return {};
  return {{"type", value.type()->name}, {"value", value_to_json(value)}};
}

Type element_of_kind(const Container& container, size_t i) {
  return container.elements[container.kind == Container::Kind::kTuple ? i : 0];
}

json container_to_json(const Value& value) {
  const Container& container = *value.type()->container;
  const bool map = container.kind == Container::Kind::kMap;
  json out = map ? json::object() : json::array();
  const size_t size = container.size(value.data());
  for (size_t i = 0; i < size; ++i) {
    json element = element_to_json(element_of_kind(container, i), container.at(value.data(), i));
    if (map) {
      out[container.key(value.data(), i)] = std::move(element);
    } else {
      out.push_back(std::move(element));
    }
  }
  return out;
}

json object_to_json(const Value& value) {
  const auto format = find_object_format(value.type());
  if (!format && value.type()->container) return container_to_json(value);
  if (!format) no_format(value.type());
  try {
    return json::parse(format->to_json(value));
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kBadData, fmt::format("the format of {} does not write JSON: {}",
                                                 value.type()->name, e.what()));
  }
}

}  // namespace

bool has_json_form(Type type) {
  if (!type) return false;
  if (type->kind == Kind::kList) return has_json_form(type->element);
  if (type->kind == Kind::kStruct) return type->box != nullptr;
  if (!type->is_object() || find_object_format(type)) return true;
  if (!type->container) return false;
  for (const Type element : type->container->elements) {
    if (element && !has_json_form(element)) return false;
  }
  return true;
}

json value_to_json(const Value& value) {
  if (!value.has_value()) return {};
  switch (value.type()->kind) {
    case Kind::kBool:
      return value.get<bool>();
    case Kind::kInt32:
      return value.get<int32_t>();
    case Kind::kInt64:
      return value.get<int64_t>();
    case Kind::kFloat:
      return number_to_json(static_cast<double>(value.get<float>()));
    case Kind::kDouble:
      return number_to_json(value.get<double>());
    case Kind::kString:
      return text_to_json(value.get<std::string>());
    case Kind::kTimestamp:
      return time_to_json(value.get<Time>());
    case Kind::kDuration:
      return duration_to_json(value.get<Duration>());
    case Kind::kList:
      return list_to_json(value);
    case Kind::kStruct:
      return struct_to_json(value);
    case Kind::kObject:
      return object_to_json(value);
  }
  return {};
}

// ---- from JSON -------------------------------------------------------------------------------

namespace {

[[noreturn]] void unexpected(Type type, const json& found) {
  constexpr size_t kShownMax = 60;
  std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  throw Error(ErrorCode::kBadData, fmt::format("expected {}, found {}", type->name, text));
}

template <class T>
Value integer_from_json(Type type, const json& j) {
  if (!j.is_number_integer()) unexpected(type, j);
  // An unsigned number past the largest int64 would wrap.
  if (j.is_number_unsigned() &&
      j.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<T>::max())) {
    unexpected(type, j);
  }
  const auto v = j.get<int64_t>();
  if (v < std::numeric_limits<T>::min() || v > std::numeric_limits<T>::max()) unexpected(type, j);
  return Value::of(static_cast<T>(v));
}

double number_from_json(Type type, const json& j) {
  if (j.is_number()) return j.get<double>();
  if (j == "nan") return std::nan("");
  if (j == "inf") return INFINITY;
  if (j == "-inf") return -INFINITY;
  unexpected(type, j);
}

Value text_from_json(Type type, const json& j) {
  if (j.is_string()) return Value::of(j.get<std::string>());
  if (!j.is_object() || j.size() != 1 || !j.contains("hex") || !j["hex"].is_string()) {
    unexpected(type, j);
  }
  const auto hex = j["hex"].get<std::string>();
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::string byte = hex.substr(i, 2);
    if (byte.find_first_not_of("0123456789abcdef") != byte.npos) unexpected(type, j);
    bytes += static_cast<char>(std::stoi(byte, nullptr, 16));
  }
  if (hex.size() % 2 != 0) unexpected(type, j);
  return Value::of(std::move(bytes));
}

Value time_from_json(Type type, const json& j) {
  if (j.is_string()) {
    if (const auto time = parse_time(j.get<std::string>())) return Value::of(*time);
    unexpected(type, j);
  }
  return Value::of(Time(Duration(integer_from_json<int64_t>(type, j).get<int64_t>())));
}

Value duration_from_json(Type type, const json& j) {
  if (j.is_string()) {
    if (const auto duration = parse_duration(j.get<std::string>())) return Value::of(*duration);
    unexpected(type, j);
  }
  return Value::of(Duration(integer_from_json<int64_t>(type, j).get<int64_t>()));
}

Value list_from_json(Type type, const json& j) {
  if (!j.is_array()) unexpected(type, j);
  const Type element = type->element;
  SlotBuffer slots(element, static_cast<int64_t>(j.size()));
  char* at = slots.data();
  for (const json& item : j) {
    if (item.is_null()) unexpected(element, item);
    element->unbox(element, value_from_json(element, item), at, slots.arena());
    at += element->size;
  }
  const ListView list = {slots.data(), static_cast<int64_t>(j.size())};
  return type->box(type, &list);
}

Value struct_from_json(Type type, const json& j) {
  if (!j.is_object() || !type->box) unexpected(type, j);
  for (const auto& [name, value] : j.items()) {
    bool known = false;
    for (const Field& field : type->fields) known |= field.name == name;
    if (!known) {
      throw Error(ErrorCode::kBadData, fmt::format("{} has no field {}", type->name, name));
    }
  }
  SlotBuffer record(type, 1);
  for (const Field& field : type->fields) {
    const auto it = j.find(field.name);
    if (it == j.end() || (it->is_null() && !field.nullable)) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("the field {} of {} is missing", field.name, type->name));
    }
    if (it->is_null()) {
      field.store(record.data(), nullptr);
      continue;
    }
    SlotBuffer slot(field.type, 1);
    field.type->unbox(field.type, value_from_json(field.type, *it), slot.data(), record.arena());
    field.store(record.data(), slot.data());
  }
  return type->box(type, record.data());
}

Value element_from_json(Type element, const json& j) {
  if (element) {
    if (j.is_null()) unexpected(element, j);
    return value_from_json(element, j);
  }
  if (j.is_null()) return {};
  if (!j.is_object() || !j.contains("type") || !j.contains("value") || !j["type"].is_string()) {
    throw Error(ErrorCode::kBadData, "an element does not say its type");
  }
  const auto name = j["type"].get<std::string>();
  const Type type = described_type(name);
  if (!type) throw Error(ErrorCode::kUnsupported, "no loaded module describes " + name);
  return value_from_json(type, j["value"]);
}

Value container_from_json(Type type, const json& j) {
  const Container& container = *type->container;
  const bool map = container.kind == Container::Kind::kMap;
  const bool tuple = container.kind == Container::Kind::kTuple;
  if (map ? !j.is_object() : !j.is_array()) unexpected(type, j);
  if (tuple && j.size() != container.elements.size()) unexpected(type, j);
  std::vector<std::string> keys;
  std::vector<Value> values;
  for (const auto& [key, element] : j.items()) {
    if (map) keys.push_back(key);
    values.push_back(element_from_json(element_of_kind(container, values.size()), element));
  }
  return container.make(keys, values);
}

Value object_from_json(Type type, const json& j) {
  const auto format = find_object_format(type);
  if (!format && type->container) return container_from_json(type, j);
  if (!format) no_format(type);
  try {
    Value value = format->from_json(j.dump());
    if (value.type() == type) return value;
    throw Error(ErrorCode::kBadData, "its format made something else");
  } catch (const std::exception& e) {
    throw Error(ErrorCode::kBadData, fmt::format("reading {}: {}", type->name, e.what()));
  }
}

}  // namespace

Value value_from_json(Type type, const json& j) {
  if (j.is_null()) return Value::null(type);
  switch (type->kind) {
    case Kind::kBool:
      if (!j.is_boolean()) unexpected(type, j);
      return Value::of(j.get<bool>());
    case Kind::kInt32:
      return integer_from_json<int32_t>(type, j);
    case Kind::kInt64:
      return integer_from_json<int64_t>(type, j);
    case Kind::kFloat:
      return Value::of(static_cast<float>(number_from_json(type, j)));
    case Kind::kDouble:
      return Value::of(number_from_json(type, j));
    case Kind::kString:
      return text_from_json(type, j);
    case Kind::kTimestamp:
      return time_from_json(type, j);
    case Kind::kDuration:
      return duration_from_json(type, j);
    case Kind::kList:
      return list_from_json(type, j);
    case Kind::kStruct:
      return struct_from_json(type, j);
    case Kind::kObject:
      return object_from_json(type, j);
  }
  return {};
}

}  // namespace weft
