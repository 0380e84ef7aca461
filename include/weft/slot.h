/// How a C++ parameter or result lies in a slot, for each type a row function may use.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "weft/value.h"

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

namespace detail {
/// The arena destroys what lies in it, where that is more than to forget it.
template <class S>
void own_slots(S* slots, size_t n, Arena& arena) {
  if constexpr (!std::is_trivially_destructible_v<S>) {
    arena.own(slots, static_cast<int64_t>(n),
              [](void* p, int64_t count) { std::destroy_n(static_cast<S*>(p), count); });
  }
}
}  // namespace detail

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

/// A vector of objects is an object itself.
template <class E>
  requires(Native<E>::kRow && !Native<E>::kNullable)
struct Native<std::vector<E>> {
  using Stored = ListView;
  using Scratch = std::vector<E>;
  using Element = Native<E>;
  static constexpr bool kRow = true;
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
    std::uninitialized_value_construct_n(data, value.size());
    detail::own_slots(data, value.size(), arena);
    for (size_t i = 0; i < value.size(); ++i) Element::store(value[i], data[i], arena);
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

}  // namespace weft
