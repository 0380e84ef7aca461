/// What a function of the user's threw, in words, whatever it is.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace weft {

/// In a catch block only: what() of the exception that is handled; of anything else that it is
/// none.
inline std::string thrown_text() {
  try {
    throw;
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

/// In a catch block only: `outer` with the exception that is handled inside, for who looks for what
/// a function threw itself.
template <class E>
std::exception_ptr nested_in(E outer) {
  try {
    std::throw_with_nested(std::move(outer));
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace weft
