/// Where the body of a feature leaves the promise of equal bits, found in its source text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

struct PromiseNote {
  int line = 0;         ///< within the text, from 0
  std::string message;  ///< "std::log gives other bits on other machines: weft::log does not"
};

/// C++ text of a function. Finds qualified calls of the C library's mathematics (whose last bits
/// differ by CPU and library; exactly rounded ones such as std::sqrt and std::fma do not), and of
/// what makes a function impure: clocks, random numbers, the environment. Comments and texts in
/// quotes are passed over. It reads names, not meanings: a call behind another function is not
/// seen.
std::vector<PromiseNote> find_promise_notes(std::string_view source);

}  // namespace weft::cli
