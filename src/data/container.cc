#include "weft/container.h"

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "weft/native.h"

namespace weft {
namespace {

[[noreturn]] void no_container(const Value& value, std::string_view wanted) {
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("expected {}, found {}", wanted,
                          value.type() ? value.type()->name : std::string("nothing")));
}

Value list_element(const Value& value, size_t i) {
  Arena arena;
  ListView list;
  value.type()->unbox(value.type(), value, &list, arena);
  if (i >= static_cast<size_t>(list.size)) return {};
  const Type element = value.type()->element;
  return element->box(element, static_cast<const char*>(list.data) + i * element->size);
}

Value struct_field(const Value& value, const std::string& key) {
  std::vector<std::string> names;
  for (const Field& field : value.type()->fields) {
    names.push_back(field.name);
    if (field.name != key) continue;
    Arena arena;
    std::vector<std::max_align_t> slot(field.type->size / sizeof(std::max_align_t) + 1);
    if (field.type->construct) field.type->construct(slot.data(), 1);
    const bool valid = field.load(value.data(), slot.data(), arena);
    Value r = valid ? field.type->box(field.type, slot.data()) : Value::null(field.type);
    if (field.type->destroy) field.type->destroy(slot.data(), 1);
    return r;
  }
  throw Error(ErrorCode::kBadData, fmt::format("{} has no field '{}'{}", value.type()->name, key,
                                               did_you_mean(key, names)));
}

Value make_list(Type type, std::span<const Value> values) {
  const Type element = type->element;
  Arena arena;
  char* data = arena.take_slots(element, static_cast<int64_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    element->unbox(element, values[i].as(element), data + i * element->size, arena);
  }
  const ListView list = {data, static_cast<int64_t>(values.size())};
  return type->box(type, &list);
}

}  // namespace

Value element_of(const Value& value, size_t i) {
  if (!value.has_value()) no_container(value, "a list, tuple or vector");
  size_t size = 0;
  if (value.type()->kind == Kind::kList) {
    if (Value element = list_element(value, i); element.has_value()) return element;
  } else if (const Container* container = value.type()->container) {
    size = container->size(value.data());
    if (i < size) return container->at(value.data(), i);
  } else {
    no_container(value, "a list, tuple or vector");
  }
  throw Error(ErrorCode::kBadData, fmt::format("element {} of a {} that has fewer: {}", i,
                                               value.type()->name, value.to_string()));
}

Value entry_of(const Value& value, const std::string& key) {
  if (!value.has_value()) no_container(value, "a map or struct");
  if (value.type()->kind == Kind::kStruct) return struct_field(value, key);
  const Container* container = value.type()->container;
  if (!container || !container->find) no_container(value, "a map or struct");
  Value entry = container->find(value.data(), key);
  if (entry.has_value() || entry.type()) return entry;
  throw Error(ErrorCode::kBadData,
              fmt::format("the {} has no entry '{}'", value.type()->name, key));
}

Value make_container(Type type, std::span<const std::string> keys, std::span<const Value> values) {
  if (type->kind == Kind::kList) return make_list(type, values);
  const Container* container = type->container;
  if (!container) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("{} is not a list, tuple, vector or map", type->name));
  }
  std::vector<Value> widened;
  for (size_t i = 0; i < values.size(); ++i) {
    const Type element = element_type(type, i);
    widened.push_back(element ? values[i].as(element) : values[i]);
  }
  return container->make(keys, widened);
}

Type element_type(Type type, size_t i) {
  if (!type) return nullptr;
  if (type->kind == Kind::kList) return type->element;
  if (!type->container) return nullptr;
  const auto& elements = type->container->elements;
  if (type->container->kind != Container::Kind::kTuple) return elements.front();
  return i < elements.size() ? elements[i] : nullptr;
}

}  // namespace weft
