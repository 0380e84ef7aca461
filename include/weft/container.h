/// Tuples, vectors and maps as values: their elements, and values of them.
#pragma once

#include <array>
#include <tuple>

#include "weft/value.h"

namespace weft {

/// Element i of a list, tuple, pair, array or vector, or of a map in the order of its keys. Throws
/// Error(kTypeMismatch) if it is none of these, Error(kBadData) if there are fewer elements.
Value element_of(const Value& container, size_t i);
/// The entry of a map, or the field of a struct. Throws Error(kTypeMismatch), and Error(kBadData)
/// with the nearest key.
Value entry_of(const Value& container, const std::string& key);
/// A list, vector, tuple or (with a key for each value) a map of these values, which are widened to
/// its element type. Throws Error(kTypeMismatch).
Value make_container(Type type, std::span<const std::string> keys, std::span<const Value> values);
/// The type of element i (of any, for a sequence or map); null: unknown, or no container.
Type element_type(Type container, size_t i = 0);

namespace detail {

/// What a container's element is called: null for a Value, which may be anything.
template <class T>
Type type_of_element() {
  if constexpr (std::is_same_v<T, Value>) {
    return nullptr;
  } else {
    return type_of<T>();
  }
}
template <class T>
Value box_element(const T& element) {
  if constexpr (std::is_same_v<T, Value>) {
    return element;
  } else {
    return Value::of(element);
  }
}
template <class T>
const T& unbox_element(const Value& value) {
  if constexpr (std::is_same_v<T, Value>) {
    return value;
  } else {
    return value.get<T>();
  }
}

template <class U>
struct ContainerOf {
  static const Container* get() { return nullptr; }
};

template <class U, class... E>
struct TupleContainer {
  template <size_t... I>
  static Value at_index(const U& object, size_t i, std::index_sequence<I...>) {
    Value r;
    ((i == I ? void(r = box_element<E>(std::get<I>(object))) : void()), ...);
    return r;
  }
  template <size_t... I>
  static Value make_from(std::span<const Value> v, std::index_sequence<I...>) {
    return Value::of(U{unbox_element<E>(v[I])...});
  }
  static const Container* get() {
    static const Container container = {
        Container::Kind::kTuple,
        {type_of_element<E>()...},
        [](const void*) { return sizeof...(E); },
        [](const void* object, size_t i) {
          return at_index(*static_cast<const U*>(object), i, std::index_sequence_for<E...>());
        },
        nullptr,
        [](std::span<const std::string>, std::span<const Value> values) {
          return make_from(values, std::index_sequence_for<E...>());
        }};
    return &container;
  }
};
// Elements are handed out as copies: a tuple of unique_ptr is an object like others.
template <class... E>
  requires(std::is_copy_constructible_v<E> && ...)
struct ContainerOf<std::tuple<E...>> : TupleContainer<std::tuple<E...>, E...> {};
template <class A, class B>
  requires(std::is_copy_constructible_v<A> && std::is_copy_constructible_v<B>)
struct ContainerOf<std::pair<A, B>> : TupleContainer<std::pair<A, B>, A, B> {};
template <class E, class Indices>
struct ArrayContainer;
template <class E, size_t... I>
struct ArrayContainer<E, std::index_sequence<I...>> {
  template <size_t>
  using Same = E;
  using type = TupleContainer<std::array<E, sizeof...(I)>, Same<I>...>;
};
template <class E, size_t N>
  requires std::is_copy_constructible_v<E>
struct ContainerOf<std::array<E, N>> : ArrayContainer<E, std::make_index_sequence<N>>::type {};

template <class E>
  requires std::is_copy_constructible_v<E>
struct ContainerOf<std::vector<E>> {
  using U = std::vector<E>;
  static const Container* get() {
    static const Container container = {
        Container::Kind::kSequence,
        {type_of_element<E>()},
        [](const void* object) { return static_cast<const U*>(object)->size(); },
        [](const void* object, size_t i) {
          return box_element<E>((*static_cast<const U*>(object))[i]);
        },
        nullptr,
        [](std::span<const std::string>, std::span<const Value> values) {
          U list;
          list.reserve(values.size());
          for (const Value& v : values) list.push_back(unbox_element<E>(v));
          return Value::of(std::move(list));
        }};
    return &container;
  }
};

template <class E, class... Rest>
  requires std::is_copy_constructible_v<E>
struct ContainerOf<std::map<std::string, E, Rest...>> {
  using U = std::map<std::string, E, Rest...>;
  static const Container* get() {
    static const Container container = {
        Container::Kind::kMap,
        {type_of_element<E>()},
        [](const void* object) { return static_cast<const U*>(object)->size(); },
        [](const void* object, size_t i) {
          return box_element<E>(
              std::next(static_cast<const U*>(object)->begin(), static_cast<std::ptrdiff_t>(i))
                  ->second);
        },
        [](const void* object, const std::string& key) {
          const auto found = static_cast<const U*>(object)->find(key);
          return found == static_cast<const U*>(object)->end() ? Value()
                                                               : box_element<E>(found->second);
        },
        [](std::span<const std::string> keys, std::span<const Value> values) {
          U map;
          for (size_t i = 0; i < keys.size(); ++i)
            map.emplace(keys[i], unbox_element<E>(values[i]));
          return Value::of(std::move(map));
        },
        [](const void* object, size_t i) -> const std::string& {
          return std::next(static_cast<const U*>(object)->begin(), static_cast<std::ptrdiff_t>(i))
              ->first;
        }};
    return &container;
  }
};

template <class U>
const Container* container_of() {
  return ContainerOf<U>::get();
}

}  // namespace detail
}  // namespace weft
