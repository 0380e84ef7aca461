/// How a struct becomes a row value, its fields found without macros, and how lists are boxed.
#pragma once

#include "weft/slot.h"

namespace weft {

namespace detail {

// A pointer to a member of a never-defined object is a template argument, and the compiler prints
// its name; g++ 12 and clang 19 both do.
template <class T>
struct Holder {
  T value;
};
template <class T>
extern const Holder<T> ghost;
template <class P>
struct Pointer {
  P p;
};
template <auto P>
consteval std::string_view
field_name() {  // gcc "...::Trip::distance)}; ...", clang "....distance}]"
  std::string_view s = __PRETTY_FUNCTION__;
  size_t end = s.rfind('}');
  if (s[end - 1] == ')') --end;
  size_t begin = end;
  while (s[begin - 1] != ':' && s[begin - 1] != '.') --begin;
  return s.substr(begin, end - begin);
}

struct AnyField {
  template <class T>
  operator T() const;  // NOLINT: declared only, to count initializers
};
inline constexpr size_t kMaxFields = 12;
template <class T, class... A>
consteval size_t count_fields() {
  if constexpr (sizeof...(A) <= kMaxFields && requires { T{A{}..., AnyField{}}; }) {
    return count_fields<T, A..., AnyField>();
  } else {
    return sizeof...(A);
  }
}

template <class T>
constexpr auto tie_fields(T& t) {
  constexpr size_t n = count_fields<std::remove_const_t<T>>();
  static_assert(n >= 1 && n <= kMaxFields, "weft: a record has 1 to 12 fields");
#define WEFT_TIE(count, ...)      \
  if constexpr (n == count) {     \
    auto& [__VA_ARGS__] = t;      \
    return std::tie(__VA_ARGS__); \
  }
  WEFT_TIE(1, a)
  WEFT_TIE(2, a, b)
  WEFT_TIE(3, a, b, c)
  WEFT_TIE(4, a, b, c, d)
  WEFT_TIE(5, a, b, c, d, e)
  WEFT_TIE(6, a, b, c, d, e, f)
  WEFT_TIE(7, a, b, c, d, e, f, g)
  WEFT_TIE(8, a, b, c, d, e, f, g, h)
  WEFT_TIE(9, a, b, c, d, e, f, g, h, i)
  WEFT_TIE(10, a, b, c, d, e, f, g, h, i, j)
  WEFT_TIE(11, a, b, c, d, e, f, g, h, i, j, k)
  WEFT_TIE(12, a, b, c, d, e, f, g, h, i, j, k, l)
#undef WEFT_TIE
}
template <class T, size_t I>
using field_t =
    std::remove_cvref_t<std::tuple_element_t<I, decltype(tie_fields(std::declval<T&>()))>>;

template <class T, size_t I>
bool load_field(const void* record, void* slot, Arena& arena) {
  using F = field_t<T, I>;
  const F& member = std::get<I>(tie_fields(*static_cast<const T*>(record)));
  auto& stored = *static_cast<typename Native<F>::Stored*>(slot);
  if constexpr (Native<F>::kNullable) {
    if (!member) return false;
    Native<F>::store(*member, stored, arena);
  } else {
    Native<F>::store(member, stored, arena);
  }
  return true;
}

template <class T, size_t I>
void store_field(void* record, const void* slot) {
  using F = field_t<T, I>;
  F& member = std::get<I>(tie_fields(*static_cast<T*>(record)));
  if (slot == nullptr) {
    member = F{};
    return;
  }
  typename Native<F>::Scratch scratch;
  member =
      inner_t<F>(Native<F>::load(*static_cast<const typename Native<F>::Stored*>(slot), scratch));
}

template <class T, size_t I>
Field describe_field(const T& example) {
  using F = field_t<T, I>;
  static_assert(Native<F>::kRow, "weft: the fields of a record are row values");
  const auto& member = std::get<I>(tie_fields(example));
  return {std::string(field_name<Pointer{&std::get<I>(tie_fields(ghost<T>.value))}>()),
          type_of<inner_t<F>>(),
          Native<F>::kNullable,
          static_cast<size_t>(reinterpret_cast<const char*>(&member) -
                              reinterpret_cast<const char*>(&example)),
          &load_field<T, I>,
          &store_field<T, I>};
}

// A borrowed text or list would outlive what it points into: copies each into the arena.
template <class T>
void own_member(T& member, Arena& arena);
template <class E>
void own_member(std::span<const E>& list, Arena& arena);
template <class E>
void own_member(std::vector<E>& list, Arena& arena);
template <class T>
void own_member(std::optional<T>& member, Arena& arena);
inline void own_member(std::string_view& text, Arena& arena) { text = arena.copy(text); }

template <class T>
void own_member(T& member, Arena& arena) {
  if constexpr (is_record<T>) {
    std::apply([&](auto&... m) { (own_member(m, arena), ...); }, tie_fields(member));
  }
}
template <class E>
void own_member(std::span<const E>& list, Arena& arena) {
  auto* copy = reinterpret_cast<E*>(arena.take(list.size_bytes()));
  std::uninitialized_copy(list.begin(), list.end(), copy);
  own_slots(copy, list.size(), arena);
  for (size_t i = 0; i < list.size(); ++i) own_member(copy[i], arena);
  list = {copy, list.size()};
}
template <class E>
void own_member(std::vector<E>& list, Arena& arena) {
  if constexpr (!std::is_same_v<E, bool>) {
    for (E& element : list) own_member(element, arena);
  }
}
template <class T>
void own_member(std::optional<T>& member, Arena& arena) {
  if (member) own_member(*member, arena);
}

template <class T>
Value box_list(Type type, const void* stored) {
  struct Owned {
    std::vector<T> list;
    Arena arena;
  };
  auto owned = std::make_shared<Owned>();
  typename Native<std::vector<T>>::Scratch scratch;
  owned->list = Native<std::vector<T>>::load(*static_cast<const ListView*>(stored), scratch);
  own_member(owned->list, owned->arena);
  return Value::adopt(type, std::shared_ptr<const void>(owned, &owned->list));
}
template <class T>
void unbox_list(Type, const Value& value, void* stored, Arena& arena) {
  Native<std::vector<T>>::store(value.get<std::vector<T>>(), *static_cast<ListView*>(stored),
                                arena);
}
template <class T, int Depth = 1>
const ListBoxing* list_boxing() {
  static constexpr int kDepthMax = 3;
  if constexpr (Depth < kDepthMax) {
    static const ListBoxing boxing = {&box_list<T>, &unbox_list<T>,
                                      list_boxing<std::vector<T>, Depth + 1>()};
    return &boxing;
  } else {
    static const ListBoxing boxing = {&box_list<T>, &unbox_list<T>, nullptr};
    return &boxing;
  }
}

/// Texts and lists of a record are copied into an arena that lives as long as the copy.
template <class T>
Value box_record(Type type, const void* stored) {
  struct Owned {
    T record;
    Arena arena;
  };
  auto owned = std::make_shared<Owned>(Owned{*static_cast<const T*>(stored), {}});
  Native<T>::store(*static_cast<const T*>(stored), owned->record, owned->arena);
  return Value::adopt(type, std::shared_ptr<const void>(owned, &owned->record));
}

template <class T>
Type record_type() {
  static const Type type = [] {
    TypeInfo info;
    info.kind = Kind::kStruct;
    info.name = std::string(cpp_name_of<T>());
    info.size = sizeof(T);
    static const T example{};
    [&]<size_t... I>(std::index_sequence<I...>) {
      (info.fields.push_back(describe_field<T, I>(example)), ...);
    }(std::make_index_sequence<count_fields<T>()>());
    info.box = &box_record<T>;
    info.unbox = [](Type, const Value& value, void* slot, Arena& arena) {
      Native<T>::store(value.get<T>(), *static_cast<T*>(slot), arena);
    };
    info.list_boxing = list_boxing<T>();
    info.construct = [](void* p, int64_t n) {
      std::uninitialized_value_construct_n(static_cast<T*>(p), n);
    };
    info.destroy = [](void* p, int64_t n) { std::destroy_n(static_cast<T*>(p), n); };
    return struct_type(std::move(info));
  }();
  return type;
}

template <class T>
struct ListElement {};
template <class E>
struct ListElement<std::vector<E>> {
  using type = E;
};
template <class E>
struct ListElement<std::span<const E>> {
  using type = E;
};

}  // namespace detail

}  // namespace weft
