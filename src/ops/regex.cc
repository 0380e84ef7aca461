// Regular expressions: RE2, each pattern compiled once.
#include <re2/re2.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "weft/error.h"
#include "weft/text.h"

namespace weft {
namespace {

using Regex = std::shared_ptr<const re2::RE2>;
using re2::StringPiece;

constexpr size_t kPatternsMax = 1000;  // patterns that come from data must not fill the memory

Regex compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto regex =
      std::make_shared<const re2::RE2>(StringPiece(pattern.data(), pattern.size()), options);
  if (regex->ok()) return regex;
  throw Error(ErrorCode::kInvalidArgument, "not a regular expression: " + regex->error() + ": \"" +
                                               std::string(pattern.substr(0, 200)) + '"');
}

Regex shared_regex(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, Regex, std::less<>> compiled;
  {
    const std::lock_guard lock(mutex);
    const auto found = compiled.find(pattern);
    if (found != compiled.end()) return found->second;
  }
  Regex regex = compile(pattern);
  const std::lock_guard lock(mutex);
  if (compiled.size() >= kPatternsMax) compiled.clear();
  return compiled.emplace(std::string(pattern), std::move(regex)).first->second;
}

// A row function has few patterns and uses them in turn: the last ones of this thread are at hand
// without the lock. The reference holds until this thread asks for another pattern.
const re2::RE2& regex_of(std::string_view pattern) {
  struct Entry {
    std::string pattern;
    Regex regex;
  };
  thread_local std::array<Entry, 8> recent;
  thread_local size_t oldest = 0;
  for (const Entry& entry : recent) {
    if (entry.regex && entry.pattern == pattern) return *entry.regex;
  }
  Regex regex = shared_regex(pattern);
  Entry& entry = recent[oldest++ % recent.size()];
  entry = {std::string(pattern), std::move(regex)};
  return *entry.regex;
}

// RE2 tells a group without a part from an empty one by its pointer: even no text gets one.
StringPiece piece(std::string_view text) { return {text.data() ? text.data() : "", text.size()}; }

}  // namespace

bool regex_match(std::string_view text, std::string_view pattern) {
  return re2::RE2::FullMatch(piece(text), regex_of(pattern));
}

bool regex_contains(std::string_view text, std::string_view pattern) {
  return re2::RE2::PartialMatch(piece(text), regex_of(pattern));
}

std::optional<std::string_view> regex_extract(std::string_view text, std::string_view pattern,
                                              int64_t group) {
  const re2::RE2& regex = regex_of(pattern);
  const int groups = regex.NumberOfCapturingGroups();
  if (group < 0 || group > groups) {
    throw Error(ErrorCode::kInvalidArgument,
                "regex_extract: \"" + std::string(pattern.substr(0, 200)) + "\" has " +
                    std::to_string(groups) + " groups, not " + std::to_string(group));
  }
  std::vector<StringPiece> found(static_cast<size_t>(group) + 1);
  const int count = static_cast<int>(found.size());
  if (!regex.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, found.data(), count)) {
    return std::nullopt;
  }
  const StringPiece& taken = found.back();
  if (taken.data() == nullptr) return std::nullopt;
  return std::string_view(taken.data(), taken.size());
}

std::string regex_replace(std::string_view text, std::string_view pattern, std::string_view to) {
  const re2::RE2& regex = regex_of(pattern);
  std::string error;
  if (!regex.CheckRewriteString(piece(to), &error)) {
    throw Error(ErrorCode::kInvalidArgument, "regex_replace: " + error);
  }
  std::string out(text);
  re2::RE2::GlobalReplace(&out, regex, piece(to));
  return out;
}

}  // namespace weft
