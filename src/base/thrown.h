/// What a function of the user's threw, in words, whatever it is.
#pragma once

#include <exception>
#include <string>

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

}  // namespace weft
