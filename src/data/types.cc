#include "weft/types.h"

#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "weft/native.h"

namespace weft {
namespace {

template <class T>
Value box_plain(Type, const void* stored) {
  return Value::of(T(*static_cast<const typename Native<T>::Stored*>(stored)));
}

template <class T>
void unbox_plain(Type, const Value& value, void* stored, Arena& arena) {
  using Stored = typename Native<T>::Stored;
  Native<T>::store(value.get<T>(), *static_cast<Stored*>(stored), arena);
}

template <class T>
TypeInfo scalar_info(Kind kind, const char* name) {
  TypeInfo info;
  info.kind = kind;
  info.name = name;
  info.size = sizeof(typename Native<T>::Stored);
  info.box = &box_plain<T>;
  info.unbox = &unbox_plain<T>;
  return info;
}

template <class T>
Value box_list_of(const ListView& list) {
  typename Native<std::vector<T>>::Scratch scratch;
  return Value::of(std::vector<T>(Native<std::vector<T>>::load(list, scratch)));
}

// A list of records or of lists has no C++ type of its own here: it is boxed as a ValueList.
Value box_list(Type type, const void* stored) {
  const auto& list = *static_cast<const ListView*>(stored);
  const Type element = type->element;
  switch (element->kind) {
    case Kind::kBool:
      return box_list_of<bool>(list);
    case Kind::kInt32:
      return box_list_of<int32_t>(list);
    case Kind::kInt64:
      return box_list_of<int64_t>(list);
    case Kind::kFloat:
      return box_list_of<float>(list);
    case Kind::kDouble:
      return box_list_of<double>(list);
    case Kind::kString:
      return box_list_of<std::string>(list);
    case Kind::kTimestamp:
      return box_list_of<Time>(list);
    case Kind::kDuration:
      return box_list_of<Duration>(list);
    default:
      break;
  }
  auto values = std::make_shared<ValueList>();
  const char* data = static_cast<const char*>(list.data);
  for (int64_t i = 0; i < list.size; ++i) {
    values->push_back(element->box(element, data + static_cast<size_t>(i) * element->size));
  }
  return Value::adopt(type, values);
}

template <class T>
void unbox_list_of(const Value& value, void* stored, Arena& arena) {
  Native<std::vector<T>>::store(value.get<std::vector<T>>(), *static_cast<ListView*>(stored),
                                arena);
}

void unbox_list(Type type, const Value& value, void* stored, Arena& arena) {
  const Type element = type->element;
  switch (element->kind) {
    case Kind::kBool:
      return unbox_list_of<bool>(value, stored, arena);
    case Kind::kInt32:
      return unbox_list_of<int32_t>(value, stored, arena);
    case Kind::kInt64:
      return unbox_list_of<int64_t>(value, stored, arena);
    case Kind::kFloat:
      return unbox_list_of<float>(value, stored, arena);
    case Kind::kDouble:
      return unbox_list_of<double>(value, stored, arena);
    case Kind::kString:
      return unbox_list_of<std::string>(value, stored, arena);
    case Kind::kTimestamp:
      return unbox_list_of<Time>(value, stored, arena);
    case Kind::kDuration:
      return unbox_list_of<Duration>(value, stored, arena);
    default:
      break;
  }
  const auto& values = *static_cast<const ValueList*>(value.data());
  char* data = arena.take(values.size() * element->size);
  if (element->construct) element->construct(data, static_cast<int64_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    element->unbox(element, values[i], data + i * element->size, arena);
  }
  *static_cast<ListView*>(stored) = {data, static_cast<int64_t>(values.size())};
}

// Lists, structs and objects that have been described so far. They live as long as the process,
// because a Type is an address.
class Interned {
 public:
  static Interned& instance() {
    static auto* interned = new Interned;  // NOLINT: outlives every static that holds a Type
    return *interned;
  }
  Type add(TypeInfo info) {
    const std::scoped_lock lock(mutex_);
    auto& slot = types_[info.name];
    if (!slot) slot = std::make_unique<TypeInfo>(std::move(info));
    return slot.get();
  }
  Type find(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    const auto it = types_.find(name);
    return it == types_.end() ? nullptr : it->second.get();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<TypeInfo>, std::less<>> types_;
};

}  // namespace

// The types are never destroyed: a Value in another static may still point at one.
#define WEFT_SCALAR_TYPE(function, T, kind, name)                           \
  Type function() {                                                         \
    static const TypeInfo* info = new TypeInfo(scalar_info<T>(kind, name)); \
    return info;                                                            \
  }
WEFT_SCALAR_TYPE(bool_type, bool, Kind::kBool, "bool")
WEFT_SCALAR_TYPE(int32_type, int32_t, Kind::kInt32, "int32")
WEFT_SCALAR_TYPE(int64_type, int64_t, Kind::kInt64, "int64")
WEFT_SCALAR_TYPE(float_type, float, Kind::kFloat, "float")
WEFT_SCALAR_TYPE(double_type, double, Kind::kDouble, "double")
WEFT_SCALAR_TYPE(string_type, std::string, Kind::kString, "string")
WEFT_SCALAR_TYPE(timestamp_type, Time, Kind::kTimestamp, "timestamp")
WEFT_SCALAR_TYPE(duration_type, Duration, Kind::kDuration, "duration")
#undef WEFT_SCALAR_TYPE

Type list_type(Type element) {
  TypeInfo info;
  info.kind = Kind::kList;
  info.name = "list<" + element->name + ">";
  info.size = sizeof(ListView);
  info.element = element;
  info.box = &box_list;
  info.unbox = &unbox_list;
  return Interned::instance().add(std::move(info));
}

Type struct_type(TypeInfo info) { return Interned::instance().add(std::move(info)); }

Type object_type(std::string_view cpp_name) {
  TypeInfo info;
  info.kind = Kind::kObject;
  info.name = std::string(cpp_name);
  if (info.name.starts_with("weft::")) info.name.erase(0, 6);
  return Interned::instance().add(std::move(info));
}

Type type_by_name(std::string_view name) {
  for (const Type type : {bool_type(), int32_type(), int64_type(), float_type(), double_type(),
                          string_type(), timestamp_type(), duration_type()}) {
    if (type->name == name) return type;
  }
  if (name.starts_with("list<") && name.ends_with(">")) {
    const Type element = type_by_name(name.substr(5, name.size() - 6));
    if (element) return list_type(element);
  }
  return nullptr;
}

Type described_type(std::string_view name) {
  if (const Type type = type_by_name(name)) return type;
  if (const Type type = Interned::instance().find(name)) return type;
  if (!name.starts_with("list<") || !name.ends_with(">")) return nullptr;
  const Type element = described_type(name.substr(5, name.size() - 6));
  return element ? list_type(element) : nullptr;
}

bool widens(Type from, Type to) {
  if (from == to) return true;
  switch (from->kind) {
    case Kind::kInt32:
      return to->kind == Kind::kInt64 || to->kind == Kind::kFloat || to->kind == Kind::kDouble;
    case Kind::kInt64:
    case Kind::kFloat:
      return to->kind == Kind::kDouble;
    default:
      return false;
  }
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {"", 0};  // never a null pointer: a view of it must be usable
  char* p = take(text.size());
  std::memcpy(p, text.data(), text.size());
  return {p, text.size()};
}

void Arena::grow(size_t n) {
  chunk_size_ = std::max(n, std::min<size_t>(std::max<size_t>(2 * chunk_size_, 4096), 1 << 20));
  chunks_.emplace_back(new char[chunk_size_]);
  at_ = chunks_.back().get();
  left_ = chunk_size_;
}

void Arena::reset() {
  if (chunks_.empty()) return;
  // The newest chunk is the largest but for single huge values: keep that one only.
  chunks_.erase(chunks_.begin(), chunks_.end() - 1);
  at_ = chunks_.back().get();
  left_ = chunk_size_;
}

}  // namespace weft
