// Regular expressions: PCRE2, each pattern compiled once.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "weft/error.h"
#include "weft/text.h"

namespace weft {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
using Regex = std::shared_ptr<const pcre2_code>;

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
using MatchData = std::unique_ptr<pcre2_match_data, FreeMatch>;

constexpr size_t kPatternsMax = 1000;  // patterns that come from data must not fill the memory

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> text = {};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR bytes(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data() ? text.data() : "");
}

Regex compile(std::string_view pattern) {
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code = pcre2_compile(bytes(pattern), pattern.size(),
                                   PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at, nullptr);
  if (!code) {
    throw Error(ErrorCode::kInvalidArgument, "not a regular expression: " + message_of(error) +
                                                 " at byte " + std::to_string(at) + ": \"" +
                                                 std::string(pattern.substr(0, 200)) + '"');
  }
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where there is no JIT, matching interprets
  return {code, FreeCode()};
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
const pcre2_code& regex_of(std::string_view pattern) {
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

// True if it matched; a pattern that needs too many steps is an error rather than a stand-still.
bool find(const pcre2_code& code, std::string_view text, uint32_t options, const MatchData& match) {
  const int found = pcre2_match(&code, bytes(text), text.size(), 0, options, match.get(), nullptr);
  if (found >= 0) return true;
  if (found == PCRE2_ERROR_NOMATCH) return false;
  throw Error(ErrorCode::kResourceLimit, "regular expression: " + message_of(found));
}

MatchData match_data(const pcre2_code& code) {
  return MatchData(pcre2_match_data_create_from_pattern(&code, nullptr));
}

int64_t group_count(const pcre2_code& code) {
  uint32_t groups = 0;
  pcre2_pattern_info(&code, PCRE2_INFO_CAPTURECOUNT, &groups);
  return groups;
}

// "\\1" as PCRE2 writes it: "${1}".
std::string substitution(std::string_view to, int64_t groups) {
  std::string out;
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] == '$') {
      out += "$$";
    } else if (to[i] != '\\') {
      out += to[i];
    } else if (++i < to.size() && to[i] == '\\') {
      out += '\\';
    } else if (i < to.size() && to[i] >= '0' && to[i] <= '9' && to[i] - '0' <= groups) {
      out += "${";
      out += to[i];
      out += '}';
    } else {
      throw Error(ErrorCode::kInvalidArgument,
                  "regex_replace: \"" + std::string(to.substr(0, 200)) +
                      "\" names a group the pattern does not have; it has " +
                      std::to_string(groups));
    }
  }
  return out;
}

}  // namespace

bool regex_match(std::string_view text, std::string_view pattern) {
  const pcre2_code& code = regex_of(pattern);
  return find(code, text, PCRE2_ANCHORED | PCRE2_ENDANCHORED, match_data(code));
}

bool regex_contains(std::string_view text, std::string_view pattern) {
  const pcre2_code& code = regex_of(pattern);
  return find(code, text, 0, match_data(code));
}

std::optional<std::string_view> regex_extract(std::string_view text, std::string_view pattern,
                                              int64_t group) {
  const pcre2_code& code = regex_of(pattern);
  const int64_t groups = group_count(code);
  if (group < 0 || group > groups) {
    throw Error(ErrorCode::kInvalidArgument,
                "regex_extract: \"" + std::string(pattern.substr(0, 200)) + "\" has " +
                    std::to_string(groups) + " groups, not " + std::to_string(group));
  }
  const MatchData match = match_data(code);
  if (!find(code, text, 0, match)) return std::nullopt;
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match.get()) + 2 * group;
  if (ends[0] == PCRE2_UNSET) return std::nullopt;
  return text.substr(ends[0], ends[1] - ends[0]);
}

std::string regex_replace(std::string_view text, std::string_view pattern, std::string_view to) {
  const pcre2_code& code = regex_of(pattern);
  const std::string with = substitution(to, group_count(code));
  std::string out(text.size() + with.size() + 64, '\0');
  for (;;) {
    PCRE2_SIZE size = out.size();
    const int done = pcre2_substitute(
        &code, bytes(text), text.size(), 0,
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY,
        nullptr, nullptr, bytes(with), with.size(), reinterpret_cast<PCRE2_UCHAR*>(out.data()),
        &size);
    if (done == PCRE2_ERROR_NOMEMORY) {
      out.resize(size + 1);  // what it says it needs
      continue;
    }
    if (done < 0) throw Error(ErrorCode::kResourceLimit, "regex_replace: " + message_of(done));
    out.resize(size);
    return out;
  }
}

}  // namespace weft
