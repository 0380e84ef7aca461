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
  info.list_boxing = detail::list_boxing<T>();
  return info;
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
  if (element->list_boxing) {
    info.box = element->list_boxing->box;
    info.unbox = element->list_boxing->unbox;
    info.list_boxing = element->list_boxing->nested;
  }
  return Interned::instance().add(std::move(info));
}

Type struct_type(TypeInfo info) { return Interned::instance().add(std::move(info)); }

Type object_type(std::string_view cpp_name, const Container* container,
                 Value (*named)(const Value&, std::string_view)) {
  TypeInfo info;
  info.named = named;
  info.kind = Kind::kObject;
  info.container = container;
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

char* Arena::take_slots(Type type, int64_t n) {
  char* slots = take(static_cast<size_t>(n) * type->size);
  if (type->construct) {
    type->construct(slots, n);
    own(slots, n, type->destroy);
  }
  return slots;
}

void Arena::destroy_owned() {
  if (owned_.empty()) return;
  for (const Owned& o : owned_) o.destroy(o.p, o.n);
  owned_.clear();
}

void Arena::swap(Arena& other) noexcept {
  std::swap(owned_, other.owned_);
  std::swap(chunks_, other.chunks_);
  std::swap(chunk_size_, other.chunk_size_);
  std::swap(at_, other.at_);
  std::swap(left_, other.left_);
}

void Arena::reset() {
  destroy_owned();
  if (chunks_.empty()) return;
  // The newest chunk is the largest but for single huge values: keep that one only.
  if (chunks_.size() > 1) chunks_.erase(chunks_.begin(), chunks_.end() - 1);
  at_ = chunks_.back().get();
  left_ = chunk_size_;
}

}  // namespace weft
