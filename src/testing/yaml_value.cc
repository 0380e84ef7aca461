#include "testing/yaml_value.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "data/slots.h"

namespace weft {
namespace {

SourceLocation place(const YAML::Node& node, const std::string& file) {
  return {file, node.Mark().line + 1};
}

template <class T>
bool parse(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const char* begin = text.starts_with("+") ? text.data() + 1 : text.data();
  const auto result = std::from_chars(begin, end, value);
  return result.ec == std::errc() && result.ptr == end;
}

Value scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  // A quoted text is a text, whatever it looks like.
  if (node.Tag() == "!") return Value::of(text);
  if (text == "true") return Value::of(true);
  if (text == "false") return Value::of(false);
  if (text == ".nan" || text == "nan" || text == "NaN") return Value::of(std::nan(""));
  if (text == ".inf" || text == "inf") return Value::of(HUGE_VAL);
  if (text == "-.inf" || text == "-inf") return Value::of(-HUGE_VAL);
  int64_t integer = 0;
  if (parse(text, integer)) return Value::of(integer);
  double number = 0;
  if (parse(text, number)) return Value::of(number);
  return Value::of(text);
}

// Elements of one type make a list of that type; numbers of two types become doubles.
Value list_of(const ValueList& values) {
  Type element = nullptr;
  bool mixed = false;
  for (const Value& value : values) {
    if (!value.has_value() || value.type()->is_object()) {
      mixed = true;
    } else if (!element) {
      element = value.type();
    } else if (element != value.type()) {
      if (widens(element, value.type())) {
        element = value.type();
      } else if (!widens(value.type(), element)) {
        mixed = true;
      }
    }
  }
  if (mixed || !element) return Value::of(values);
  Arena arena;
  char* data = arena.take(values.size() * element->size);
  for (size_t i = 0; i < values.size(); ++i) {
    element->unbox(element, values[i].as(element), data + i * element->size, arena);
  }
  const ListView list = {data, static_cast<int64_t>(values.size())};
  const Type type = list_type(element);
  return type->box(type, &list);
}

}  // namespace

Value value_from_yaml(const YAML::Node& node, const std::string& file) {
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return {};
    case YAML::NodeType::Scalar:
      return scalar(node);
    case YAML::NodeType::Sequence: {
      ValueList values;
      for (const auto& item : node) values.push_back(value_from_yaml(item, file));
      return list_of(values);
    }
    case YAML::NodeType::Map:
      return Value::of(values_from_yaml(node, file));
  }
  throw Error(ErrorCode::kBadData, "no YAML value", place(node, file));
}

Values values_from_yaml(const YAML::Node& node, const std::string& file) {
  if (!node || node.IsNull()) return {};
  if (!node.IsMap()) {
    throw Error(ErrorCode::kBadData, "expected `name: value` pairs", place(node, file));
  }
  Values values;
  for (const auto& item : node) {
    values[item.first.Scalar()] = value_from_yaml(item.second, file);
  }
  return values;
}

Value value_as(const Value& value, Type type) {
  if (!value.has_value()) return Value::null(type);
  if (!type || value.type() == type) return value;
  if (const auto* values = value.get_if<ValueList>(); values && type->kind == Kind::kList) {
    Arena arena;
    char* data = arena.take_slots(type->element, static_cast<int64_t>(values->size()));
    for (size_t i = 0; i < values->size(); ++i) {
      const Value element = value_as((*values)[i], type->element);
      type->element->unbox(type->element, element, data + i * type->element->size, arena);
    }
    const ListView list = {data, static_cast<int64_t>(values->size())};
    return type->box(type, &list);
  }
  if (const auto* fields = value.get_if<Values>(); fields && type->kind == Kind::kStruct) {
    SlotBuffer record(type, 1);
    for (const Field& field : type->fields) {
      const auto it = fields->find(field.name);
      SlotBuffer slot(field.type, 1);
      if (it == fields->end() || !it->second.has_value()) {
        if (field.nullable) continue;
        throw Error(ErrorCode::kBadData,
                    fmt::format("{} needs a value of its field {}", type->name, field.name));
      }
      field.type->unbox(field.type, value_as(it->second, field.type), slot.data(), slot.arena());
      field.store(record.data(), slot.data());
    }
    return type->box(type, record.data());
  }
  return value.as(type);
}

}  // namespace weft
