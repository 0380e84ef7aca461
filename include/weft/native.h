/// Native<T>: how a C++ parameter or result lies in a slot, for each type a row function may use.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "weft/container.h"

namespace weft {

/// Stored: what the slot holds. Scratch: what load() needs to keep alive for one call. Anything not
/// listed below is a record (if is_record) or an object, which a row function takes by const&.
template <class T>
struct Native {
  using Stored = T;
  using Scratch = std::tuple<>;
  static constexpr bool kRow = is_record<T>;
  static constexpr bool kNullable = false;
  static const T& load(const T& stored, Scratch&) { return stored; }
  static void store(const T& value, T& stored, Arena& arena);
};

template <class T>
struct PlainNative {
  using Stored = T;
  using Scratch = std::tuple<>;
  static constexpr bool kRow = true;
  static constexpr bool kNullable = false;
  static T load(T stored, Scratch&) { return stored; }
  static void store(T value, T& stored, Arena&) { stored = value; }
};

template <>
struct Native<bool> : PlainNative<bool> {};
template <>
struct Native<int32_t> : PlainNative<int32_t> {};
template <>
struct Native<int64_t> : PlainNative<int64_t> {};
template <>
struct Native<float> : PlainNative<float> {};
template <>
struct Native<double> : PlainNative<double> {};
template <>
struct Native<Time> : PlainNative<Time> {};
template <>
struct Native<Duration> : PlainNative<Duration> {};
/// As a result it must point into an argument or at static text.
template <>
struct Native<std::string_view> : PlainNative<std::string_view> {};

template <>
struct Native<std::string> {
  using Stored = std::string_view;
  using Scratch = std::string;
  static constexpr bool kRow = true;
  static constexpr bool kNullable = false;
  static const std::string& load(Stored stored, Scratch& scratch) { return scratch.assign(stored); }
  static void store(std::string_view value, Stored& stored, Arena& arena) {
    stored = arena.copy(value);
  }
};

template <class E>
struct Native<std::vector<E>> {
  using Stored = ListView;
  using Scratch = std::vector<E>;
  using Element = Native<E>;
  static constexpr bool kRow = Element::kRow && !Element::kNullable;
  static constexpr bool kNullable = false;
  static const std::vector<E>& load(const Stored& stored, Scratch& scratch) {
    const auto* data = static_cast<const typename Element::Stored*>(stored.data);
    scratch.clear();
    scratch.reserve(static_cast<size_t>(stored.size));
    for (int64_t i = 0; i < stored.size; ++i) {
      typename Element::Scratch element;
      scratch.push_back(E(Element::load(data[i], element)));
    }
    return scratch;
  }
  static void store(const std::vector<E>& value, Stored& stored, Arena& arena) {
    using S = typename Element::Stored;
    auto* data = reinterpret_cast<S*>(arena.take(value.size() * sizeof(S)));
    for (size_t i = 0; i < value.size(); ++i) {
      new (data + i) S();
      Element::store(value[i], data[i], arena);
    }
    stored = {data, static_cast<int64_t>(value.size())};
  }
};

/// A borrowed list: numbers, times, bools and std::string_view, as they lie in the column.
template <class E>
struct Native<std::span<const E>> {
  using Stored = ListView;
  using Scratch = std::tuple<>;
  static constexpr bool kRow = std::is_same_v<typename Native<E>::Stored, E>;
  static constexpr bool kNullable = false;
  static std::span<const E> load(const Stored& stored, Scratch&) {
    return {static_cast<const E*>(stored.data), static_cast<size_t>(stored.size)};
  }
  static void store(std::span<const E> value, Stored& stored, Arena&) {
    stored = {value.data(), static_cast<int64_t>(value.size())};
  }
};

template <class T>
struct Native<std::optional<T>> : Native<T> {
  static constexpr bool kNullable = true;
};

template <class T>
struct WithoutOptional {
  using type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
  using type = T;
};
template <class T>
using native = Native<std::remove_cvref_t<T>>;
template <class T>
using inner_t = typename WithoutOptional<std::remove_cvref_t<T>>::type;

// ---- fields of records, without macros -------------------------------------------------------

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
template <class T>
inline constexpr bool is_borrowed_list = false;
template <class E>
inline constexpr bool is_borrowed_list<std::span<const E>> = true;

}  // namespace detail

template <class T>
void Native<T>::store(const T& value, T& stored, Arena& arena) {
  if constexpr (is_record<T>) {
    // A borrowed text or list would outlive what it points into: copy each into the arena.
    stored = value;
    auto own = [&](auto& member) {
      using F = std::remove_cvref_t<decltype(member)>;
      if constexpr (std::is_same_v<F, std::string_view>) {
        member = arena.copy(member);
      } else if constexpr (std::is_same_v<F, std::optional<std::string_view>>) {
        if (member) member = arena.copy(*member);
      } else if constexpr (detail::is_borrowed_list<F>) {
        using E = typename detail::ListElement<F>::type;
        auto* copy = reinterpret_cast<E*>(arena.take(member.size_bytes()));
        std::uninitialized_copy(member.begin(), member.end(), copy);
        member = F(copy, member.size());
      }
    };
    std::apply([&](auto&... member) { (own(member), ...); }, detail::tie_fields(stored));
  } else {
    static_cast<void>(arena);
    stored = value;
  }
}

template <class T>
Type type_of() {
  using U = inner_t<T>;
  if constexpr (std::is_same_v<U, bool>) {
    return bool_type();
  } else if constexpr (std::is_same_v<U, int32_t>) {
    return int32_type();
  } else if constexpr (std::is_same_v<U, int64_t>) {
    return int64_type();
  } else if constexpr (std::is_same_v<U, float>) {
    return float_type();
  } else if constexpr (std::is_same_v<U, double>) {
    return double_type();
  } else if constexpr (std::is_same_v<U, std::string> || std::is_same_v<U, std::string_view>) {
    return string_type();
  } else if constexpr (std::is_same_v<U, Time>) {
    return timestamp_type();
  } else if constexpr (std::is_same_v<U, Duration>) {
    return duration_type();
  } else if constexpr (requires { typename detail::ListElement<U>::type; }) {
    using E = typename detail::ListElement<U>::type;
    if constexpr (Native<U>::kRow) {
      static const Type type = list_type(type_of<E>());
      return type;
    } else {
      static const Type type = object_type(cpp_name_of<U>(), detail::container_of<U>());
      return type;
    }
  } else if constexpr (is_record<U>) {
    return detail::record_type<U>();
  } else {
    static const Type type = object_type(cpp_name_of<U>(), detail::container_of<U>());
    return type;
  }
}

}  // namespace weft
