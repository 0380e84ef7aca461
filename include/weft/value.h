/// Value: any C++ value with its type, as it passes between functions, config, inputs and results.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/error.h"
#include "weft/types.h"

namespace weft {

/// A list of row values, one Value each (null elements are not allowed).
using ValueList = std::vector<Value>;

template <class T>
struct BoxedAs {
  using type = T;
};
template <>
struct BoxedAs<std::string_view> {
  using type = std::string;
};
template <>
struct BoxedAs<const char*> {
  using type = std::string;
};
template <class T>
struct BoxedAs<std::span<const T>> {
  using type = std::vector<typename BoxedAs<T>::type>;
};
template <class T>
struct BoxedAs<std::vector<T>> {
  using type = std::vector<typename BoxedAs<T>::type>;
};
/// What a Value holds for T: text is std::string, a span is a vector.
template <class T>
using boxed_t = typename BoxedAs<std::decay_t<T>>::type;

/// An immutable value of any type, shared when copied. Empty (`!has_value()`) stands for null.
/// Thread-safe as long as the held type's const access is.
class Value {
 public:
  Value() = default;

  template <class T>
  static Value of(T&& v) {
    using B = boxed_t<T>;
    Value r;
    r.type_ = type_of<B>();
    if constexpr (is_record<B>) {
      return r.type_->box(r.type_, &v);  // texts and lists it borrows are copied
    } else if constexpr (std::is_constructible_v<B, T&&>) {
      r.object_ = std::make_shared<const B>(std::forward<T>(v));
    } else {
      r.object_ = std::make_shared<const B>(copied_list<B>(v));
    }
    return r;
  }
  /// A null of a known type.
  static Value null(Type type) {
    Value r;
    r.type_ = type;
    return r;
  }

  /// A value of `type` that somebody already owns (a struct whose texts lie in an arena beside it).
  static Value adopt(Type type, std::shared_ptr<const void> object) {
    Value r;
    r.type_ = type;
    r.object_ = std::move(object);
    return r;
  }

  /// Throws Error(kTypeMismatch) if it holds another type or is null.
  template <class T>
  const T& get() const {
    static_assert(std::is_same_v<T, boxed_t<T>>, "weft: a Value holds std::string and std::vector");
    if (type_ != type_of<T>() || !object_) wrong_type(type_of<T>());
    return *static_cast<const T*>(object_.get());
  }
  template <class T>
  const T* get_if() const {
    static_assert(std::is_same_v<T, boxed_t<T>>, "weft: a Value holds std::string and std::vector");
    return type_ == type_of<T>() ? static_cast<const T*>(object_.get()) : nullptr;
  }

  bool has_value() const { return object_ != nullptr; }
  Type type() const { return type_; }  ///< null if nothing is known of it
  const void* data() const { return object_.get(); }

  /// As a person reads it: 3, 2.5, "text", 2013-01-01T05:00:00Z, [1, 2], {a: 1}; null; <Type>.
  std::string to_string() const;
  /// The value as `to`, widened if types allow; throws Error(kTypeMismatch) otherwise. Integers and
  /// doubles convert both ways where no digit is lost, so that JSON and YAML numbers fit.
  Value as(Type to) const;
  /// Equal type and equal value; NaN equals NaN. Objects are equal if they are the same object.
  bool equals(const Value& other) const;

 private:
  template <class B, class L>
  static B copied_list(const L& list) {
    B out;
    for (const auto& element : list) {
      if constexpr (std::is_constructible_v<typename B::value_type, decltype(element)>) {
        out.push_back(typename B::value_type(element));
      } else {
        out.push_back(copied_list<typename B::value_type>(element));
      }
    }
    return out;
  }
  [[noreturn]] void wrong_type(Type wanted) const;

  Type type_ = nullptr;
  std::shared_ptr<const void> object_;
};

/// Names to values: config, inputs, overrides, results.
using Values = std::map<std::string, Value, std::less<>>;

}  // namespace weft
