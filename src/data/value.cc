#include "weft/value.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "data/text_form.h"
#include "weft/native.h"

namespace weft {
namespace {

std::string list_to_string(const Value& value) {
  std::string out = "[";
  Arena arena;
  ListView list;
  value.type()->unbox(value.type(), value, &list, arena);
  const Type element = value.type()->element;
  for (int64_t i = 0; i < list.size; ++i) {
    if (i > 0) out += ", ";
    const char* at = static_cast<const char*>(list.data) + static_cast<size_t>(i) * element->size;
    out += element->box(element, at).to_string();
  }
  return out + "]";
}

std::string struct_to_string(const Value& value) {
  std::string out = "{";
  Arena arena;
  for (const Field& field : value.type()->fields) {
    if (out.size() > 1) out += ", ";
    std::vector<char> slot(field.type->size);
    if (field.type->construct) field.type->construct(slot.data(), 1);
    const bool valid = field.load(value.data(), slot.data(), arena);
    out +=
        field.name + ": " + (valid ? field.type->box(field.type, slot.data()).to_string() : "null");
    if (field.type->destroy) field.type->destroy(slot.data(), 1);
  }
  return out + "}";
}

// What a saver says, for one.
std::string values_to_string(const Values& values) {
  std::string out = "{";
  for (const auto& [name, value] : values) {
    out += (out.size() > 1 ? ", " : "") + name + ": " + value.to_string();
  }
  return out + "}";
}

double as_double(const Value& value) {
  switch (value.type()->kind) {
    case Kind::kInt32:
      return value.get<int32_t>();
    case Kind::kInt64:
      return static_cast<double>(value.get<int64_t>());
    case Kind::kFloat:
      return static_cast<double>(value.get<float>());
    default:
      return value.get<double>();
  }
}

template <class T>
std::optional<Value> exact_integer(const Value& value) {
  if (value.type()->kind == Kind::kInt32) return Value::of(T(value.get<int32_t>()));
  if (value.type()->kind == Kind::kInt64) {
    const int64_t v = value.get<int64_t>();
    if (v != static_cast<int64_t>(static_cast<T>(v))) return {};
    return Value::of(static_cast<T>(v));
  }
  const double v = as_double(value);
  if (!(v >= static_cast<double>(std::numeric_limits<T>::min()) &&
        v < -static_cast<double>(std::numeric_limits<T>::min())) ||
      v != std::floor(v)) {
    return {};
  }
  return Value::of(static_cast<T>(v));
}

// A double is rounded, as a decimal fraction in a text would be, and so is an int32, which widens
// to float; an int64 has to be exact.
std::optional<Value> nearest_float(const Value& value) {
  const double v = as_double(value);
  if (std::isfinite(v) && std::abs(v) > static_cast<double>(std::numeric_limits<float>::max())) {
    return {};
  }
  const auto rounded = static_cast<float>(v);
  const bool exact = value.type()->kind == Kind::kInt64;
  if (exact && (static_cast<double>(rounded) != v || std::abs(v) > 9007199254740992.0)) return {};
  return Value::of(rounded);
}

// Slot by slot, so that equality goes by the rules of the elements.
bool slots_equal(Type type, const void* a, const void* b) {
  return type->box(type, a).equals(type->box(type, b));
}

bool lists_equal(const Value& a, const Value& b) {
  Arena arena;
  ListView lists[2];
  a.type()->unbox(a.type(), a, &lists[0], arena);
  b.type()->unbox(b.type(), b, &lists[1], arena);
  if (lists[0].size != lists[1].size) return false;
  const Type element = a.type()->element;
  for (size_t i = 0; i < static_cast<size_t>(lists[0].size); ++i) {
    if (!slots_equal(element, static_cast<const char*>(lists[0].data) + i * element->size,
                     static_cast<const char*>(lists[1].data) + i * element->size)) {
      return false;
    }
  }
  return true;
}

bool structs_equal(const Value& a, const Value& b) {
  Arena arena;
  for (const Field& field : a.type()->fields) {
    char* slots = arena.take_slots(field.type, 2);
    char* second = slots + field.type->size;
    const bool valid = field.load(a.data(), slots, arena);
    if (valid != field.load(b.data(), second, arena)) return false;
    if (valid && !slots_equal(field.type, slots, second)) return false;
  }
  return true;
}

std::optional<Value> converted(const Value& value, Type to) {
  const Type from = value.type();
  if (from->is_number() && to->is_number()) {
    switch (to->kind) {
      case Kind::kInt32:
        return exact_integer<int32_t>(value);
      case Kind::kInt64:
        return exact_integer<int64_t>(value);
      case Kind::kFloat:
        return nearest_float(value);
      default:
        return Value::of(as_double(value));
    }
  }
  if (from->kind == Kind::kString && to->kind == Kind::kTimestamp) {
    if (const auto time = parse_time(value.get<std::string>())) return Value::of(*time);
    return {};
  }
  if (from->kind == Kind::kString && to->kind == Kind::kDuration) {
    if (const auto duration = parse_duration(value.get<std::string>())) return Value::of(*duration);
    return {};
  }
  if (from->kind == Kind::kList && to->kind == Kind::kList) {
    Arena arena;
    ListView list;
    from->unbox(from, value, &list, arena);
    const Type element = to->element;
    char* data = arena.take_slots(element, list.size);
    for (int64_t i = 0; i < list.size; ++i) {
      const auto at = static_cast<size_t>(i);
      const Value v = from->element->box(
          from->element, static_cast<const char*>(list.data) + at * from->element->size);
      element->unbox(element, v.as(element), data + at * element->size, arena);
    }
    const ListView out = {data, list.size};
    return to->box(to, &out);
  }
  return {};
}

}  // namespace

std::string Value::to_string() const {
  if (!object_) return "null";
  switch (type_->kind) {
    case Kind::kBool:
      return get<bool>() ? "true" : "false";
    case Kind::kInt32:
      return std::to_string(get<int32_t>());
    case Kind::kInt64:
      return std::to_string(get<int64_t>());
    case Kind::kFloat:
      return format_number(get<float>());
    case Kind::kDouble:
      return format_number(get<double>());
    case Kind::kString:
      return quote(get<std::string>());
    case Kind::kTimestamp:
      return format_time(get<Time>());
    case Kind::kDuration:
      return format_duration(get<Duration>());
    case Kind::kList:
      return list_to_string(*this);
    case Kind::kStruct:
      return struct_to_string(*this);
    case Kind::kObject:
      if (const auto* values = get_if<Values>()) return values_to_string(*values);
      return "<" + type_->name + ">";
  }
  return {};
}

Value Value::as(Type to) const {
  if (type_ == to) return *this;
  if (!object_) return Value::null(to);
  if (auto value = converted(*this, to)) return *value;
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("expected {}, found {} {}", to->name, type_->name, to_string()));
}

bool Value::equals(const Value& other) const {
  if (type_ != other.type_ || has_value() != other.has_value()) return false;
  if (object_ == other.object_) return true;
  switch (type_->kind) {
    case Kind::kObject:
      return false;
    case Kind::kFloat:
      return get<float>() == other.get<float>() ||
             (std::isnan(get<float>()) && std::isnan(other.get<float>()));
    case Kind::kDouble:
      return get<double>() == other.get<double>() ||
             (std::isnan(get<double>()) && std::isnan(other.get<double>()));
    case Kind::kList:
      return lists_equal(*this, other);
    case Kind::kStruct:
      return structs_equal(*this, other);
    // These print with all that tells them apart, so equal text is equal value.
    default:
      return to_string() == other.to_string();
  }
}

void Value::wrong_type(Type wanted) const {
  throw Error(ErrorCode::kTypeMismatch, fmt::format("expected {}, found {}", wanted->name,
                                                    !type_        ? "nothing"
                                                    : has_value() ? type_->name
                                                                  : "null " + type_->name));
}

}  // namespace weft
