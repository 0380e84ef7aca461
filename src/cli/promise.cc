#include "cli/promise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

// Those that Weft has with equal bits everywhere, and those that it has not.
constexpr std::array<std::string_view, 23> kWeftMath = {
    "exp",  "exp2", "expm1", "log",   "log2", "log10", "log1p", "cbrt",
    "pow",  "sin",  "cos",   "tan",   "asin", "acos",  "atan",  "atan2",
    "sinh", "cosh", "tanh",  "hypot", "expf", "logf",  "powf"};
constexpr std::array<std::string_view, 12> kOtherMath = {
    "asinh",  "acosh",    "atanh", "erf",          "erfc",         "tgamma",
    "lgamma", "lgamma_r", "beta",  "riemann_zeta", "cyl_bessel_j", "expint"};
constexpr std::array<std::string_view, 13> kImpure = {
    "rand",         "random_device", "mt19937",  "mt19937_64", "default_random_engine",
    "system_clock", "steady_clock",  "time",     "getenv",     "this_thread",
    "gettimeofday", "clock",         "localtime"};

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Where a comment or literal that begins at `at` ends; `at` if there is none. Raw strings end at
// their own delimiter.
size_t end_of_passage(std::string_view s, size_t at) {
  const auto after = [&](std::string_view end, size_t from) {
    const size_t found = s.find(end, from);
    return found == s.npos ? s.size() : found + end.size();
  };
  if (s.substr(at, 2) == "//") return std::min(s.find('\n', at), s.size());
  if (s.substr(at, 2) == "/*") return after("*/", at + 2);
  if (s.substr(at, 2) == "R\"") {
    const size_t open = s.find('(', at);
    if (open == s.npos) return s.size();
    return after(fmt::format("){}\"", s.substr(at + 2, open - at - 2)), open);
  }
  const bool is_quote = s[at] == '"' || (s[at] == '\'' && (at == 0 || !is_word(s[at - 1])));
  if (!is_quote) return at;
  size_t end = at + 1;
  while (end < s.size() && s[end] != s[at]) end += s[end] == '\\' ? 2 : 1;
  return std::min(end + 1, s.size());
}

// What to say of a name that is qualified as in the global namespace or std.
std::string message_of(std::string_view qualified, std::string_view name) {
  const auto among = [name](const auto& names) {
    return std::ranges::find(names, name) != names.end();
  };
  if (among(kWeftMath)) {
    std::string_view plain = name;
    if (plain.ends_with('f')) plain.remove_suffix(1);
    return fmt::format("{} may give other bits on another machine; weft::{} gives the same on all",
                       qualified, plain);
  }
  if (among(kOtherMath)) {
    return fmt::format("{} may give other bits on another machine", qualified);
  }
  if (among(kImpure)) {
    return fmt::format(
        "{} makes the feature depend on more than its inputs: batch, stream and "
        "online will differ",
        qualified);
  }
  return "";
}

}  // namespace

std::vector<PromiseNote> find_promise_notes(std::string_view source) {
  std::vector<PromiseNote> notes;
  int line = 0;
  for (size_t at = 0; at < source.size();) {
    const size_t end = end_of_passage(source, at);
    if (end > at) {
      line += static_cast<int>(std::ranges::count(source.substr(at, end - at), '\n'));
      at = end;
      continue;
    }
    if (source[at] == '\n') ++line;
    const bool starts = is_word(source[at]) || source.substr(at, 2) == "::";
    if (!starts) {
      ++at;
      continue;
    }
    // The whole name with its qualification: "std::chrono::system_clock".
    size_t last = at;
    size_t to = at;
    while (to < source.size()) {
      if (is_word(source[to])) {
        ++to;
      } else if (source.substr(to, 2) == "::") {
        to += 2;
        last = to;
      } else {
        break;
      }
    }
    const std::string_view qualified = source.substr(at, to - at);
    const bool is_foreign = qualified.starts_with("std::") || qualified.starts_with("::");
    const std::string message =
        is_foreign ? message_of(qualified, source.substr(last, to - last)) : std::string();
    if (!message.empty()) {
      notes.push_back({line, message});
    } else if (is_foreign && last > at) {
      // "std::chrono::system_clock::now": the part before the last says it.
      const std::string_view outer = qualified.substr(0, last - at - 2);
      const size_t colon = outer.rfind("::");
      const std::string_view name = colon == outer.npos ? outer : outer.substr(colon + 2);
      if (std::string text = message_of(outer, name); !text.empty()) notes.push_back({line, text});
    }
    at = std::max(to, at + 1);
  }
  return notes;
}

}  // namespace weft::cli
