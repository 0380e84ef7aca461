/// Native<T> of every type a row function may use, and the Type of a C++ type.
#pragma once

#include "weft/container.h"
#include "weft/record.h"

namespace weft {

template <class T>
void Native<T>::store(const T& value, T& stored, Arena& arena) {
  if constexpr (is_record<T>) {
    stored = value;
    detail::own_member(stored, arena);
  } else {
    static_cast<void>(arena);
    stored = value;
  }
}

namespace detail {

template <class T>
Value named(const Value& value, std::string_view name);

template <class T>
constexpr auto naming_of() -> Value (*)(const Value&, std::string_view) {
  if constexpr (requires { requires T::kNamedByNode; }) {
    return &named<T>;
  } else {
    return nullptr;
  }
}

}  // namespace detail

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
    static const Type type =
        object_type(cpp_name_of<U>(), detail::container_of<U>(), detail::naming_of<U>());
    return type;
  }
}

template <class T>
Value detail::named(const Value& value, std::string_view name) {
  T copy = value.get<T>();
  if (copy.name.empty()) copy.name = name;
  return Value::of(std::move(copy));
}

}  // namespace weft
