/// Enumerations by the names that C++ gives them.
#pragma once

#include <array>
#include <string>

#include "weft/driver.h"

namespace weft::python {

/// The one of these whose name it is. Throws Error(kInvalidArgument) that lists them.
template <class E, size_t N>
E named(const std::array<E, N>& all, std::string_view (*name_of)(E), std::string_view text,
        const char* what) {
  std::string names;
  for (const E e : all) {
    if (name_of(e) == text) return e;
    names += (names.empty() ? "" : ", ") + std::string(name_of(e));
  }
  throw Error(ErrorCode::kInvalidArgument,
              std::string(what) + " is one of " + names + ", not '" + std::string(text) + "'");
}

inline Shape shape_of_name(std::string_view text) {
  constexpr std::array kAll = {Shape::kRow,    Shape::kColumn,   Shape::kScalar, Shape::kSeries,
                               Shape::kObject, Shape::kParallel, Shape::kCollect};
  return named(kAll, &shape_name, text, "a shape");
}
inline Context context_of_name(std::string_view text) {
  constexpr std::array kAll = {Context::kBatch, Context::kStream, Context::kOnline};
  return named(kAll, &context_name, text, "a context");
}
inline Choice choice_of_name(std::string_view text) {
  constexpr std::array kAll = {Choice::kFitted, Choice::kGiven, Choice::kBatch, Choice::kStream};
  return named(kAll, &choice_name, text, "a choice");
}
inline Importance importance_of_name(std::string_view text) {
  constexpr std::array kAll = {Importance::kWarn, Importance::kFail, Importance::kQuarantine};
  return named(kAll, &importance_name, text, "an importance");
}
inline ErrorCode error_code_of_name(std::string_view text) {
  constexpr auto kAll = [] {
    std::array<ErrorCode, static_cast<size_t>(ErrorCode::kInternal) + 1> all{};
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<ErrorCode>(i);
    return all;
  }();
  return named(kAll, &error_code_name, text, "an error code");
}

}  // namespace weft::python
