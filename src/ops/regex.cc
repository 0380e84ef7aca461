// Regular expressions: PCRE2, each pattern compiled once.
//
// A pattern that is to match the whole text is compiled for that: as an option of the match it
// would keep the compiled code from being used.
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

constexpr size_t kPatternsMax = 1000;  // patterns that come from data must not fill the memory
// A pattern that goes back and forth without end is stopped after so many steps and so much memory.
constexpr uint32_t kStepsMax = 10'000'000;
constexpr uint32_t kHeapKibMax = 1024 * 1024;
constexpr size_t kStackMax = 16 << 20;

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_compile_context* p) const { pcre2_compile_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
};
using Code = std::unique_ptr<pcre2_code, Free>;
using MatchData = std::unique_ptr<pcre2_match_data, Free>;
using MatchContext = std::unique_ptr<pcre2_match_context, Free>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Free>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Free>;

// Immutable once made; any thread may match with it.
struct Regex {
  Code code;
  uint32_t groups = 0;
};
using RegexPtr = std::shared_ptr<const Regex>;

enum class Extent : char { kPart = 'p', kWhole = 'w' };

std::string shown(std::string_view pattern) {
  return '"' + std::string(pattern.substr(0, 200)) + '"';
}

std::string error_text(int error) {
  std::array<unsigned char, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR bytes_of(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data() ? text.data() : "");
}

RegexPtr compile(std::string_view pattern, Extent extent) {
  // $ is the end of the text only, and lines end with \n whatever the library was built with.
  uint32_t options =
      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
  if (extent == Extent::kWhole) options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
  const CompileContext context(pcre2_compile_context_create(nullptr));
  if (context) pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  size_t at = 0;
  auto regex = std::make_shared<Regex>();
  regex->code.reset(
      pcre2_compile(bytes_of(pattern), pattern.size(), options, &error, &at, context.get()));
  if (!regex->code) {
    throw Error(ErrorCode::kInvalidArgument, "not a regular expression: " + error_text(error) +
                                                 " at byte " + std::to_string(at) + ": " +
                                                 shown(pattern));
  }
  pcre2_jit_compile(regex->code.get(), PCRE2_JIT_COMPLETE);  // where it cannot, it is interpreted
  pcre2_pattern_info(regex->code.get(), PCRE2_INFO_CAPTURECOUNT, &regex->groups);
  return regex;
}

RegexPtr shared_regex(std::string_view pattern, Extent extent) {
  static std::mutex mutex;
  static std::map<std::string, RegexPtr, std::less<>> compiled;
  const std::string key = static_cast<char>(extent) + std::string(pattern);
  {
    const std::lock_guard lock(mutex);
    const auto found = compiled.find(key);
    if (found != compiled.end()) return found->second;
  }
  RegexPtr regex = compile(pattern, extent);
  const std::lock_guard lock(mutex);
  if (compiled.size() >= kPatternsMax) compiled.clear();
  return compiled.emplace(key, std::move(regex)).first->second;
}

// A row function has few patterns and uses them in turn: the last ones of this thread are at hand
// without the lock. The reference holds until this thread asks for another pattern.
const Regex& regex_of(std::string_view pattern, Extent extent) {
  struct Entry {
    std::string pattern;
    Extent extent;
    RegexPtr regex;
  };
  thread_local std::array<Entry, 8> recent;
  thread_local size_t oldest = 0;
  for (const Entry& entry : recent) {
    if (entry.regex && entry.extent == extent && entry.pattern == pattern) return *entry.regex;
  }
  RegexPtr regex = shared_regex(pattern, extent);
  Entry& entry = recent[oldest++ % recent.size()];
  entry = {std::string(pattern), extent, std::move(regex)};
  return *entry.regex;
}

// Looks for matches in one text; what it needs for that belongs to the thread.
class Matcher {
 public:
  Matcher(const Regex& regex, std::string_view text, std::string_view pattern)
      : regex_(regex), text_(text), pattern_(pattern) {
    Scratch& s = scratch();
    // What the interpreter took from the heap stays in the match data: that is not kept.
    if (!s.data || s.interpreted || pcre2_get_ovector_count(s.data.get()) < regex.groups + 1) {
      s.data.reset(pcre2_match_data_create(regex.groups + 1, nullptr));
      s.interpreted = false;
    }
  }

  /// Looks for the first match.
  bool find() {
    int result = match(0);
    // The stack of compiled patterns has an end; the interpreter takes the heap.
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = match(PCRE2_NO_JIT);
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0) fail(result);
    taken_ = static_cast<uint32_t>(result);
    return true;
  }

  /// The text with `with`, as PCRE2 writes replacements, in place of every match.
  std::string substituted(const std::string& with) {
    std::string out(text_.size() + with.size() + 64, '\0');
    uint32_t options = 0;
    for (;;) {
      size_t size = out.size();
      const int done = substitute(with, options, out, size);
      if (done == PCRE2_ERROR_JIT_STACKLIMIT && options == 0) {
        options = PCRE2_NO_JIT;
      } else if (done == PCRE2_ERROR_NOMEMORY && size > out.size()) {
        if (size > static_cast<size_t>(kTextBytesMax)) {
          throw Error(ErrorCode::kResourceLimit,
                      "regex_replace: the result is too long: " + std::to_string(size) + " bytes");
        }
        out.resize(size);  // what it says it needs
      } else if (done < 0) {
        fail(done);
      } else {
        out.resize(size);
        return out;
      }
    }
  }

  /// What a group took in the match; nothing if it had no part in it.
  std::optional<std::string_view> group(uint32_t number) const {
    if (number >= taken_ || ends()[2 * number] == PCRE2_UNSET) return std::nullopt;
    const size_t begin = ends()[2 * number], end = ends()[2 * number + 1];
    return text_.substr(begin, end > begin ? end - begin : 0);  // \K can put the end first
  }

 private:
  struct Scratch {
    MatchData data;
    JitStack stack{pcre2_jit_stack_create(32 << 10, kStackMax, nullptr)};
    MatchContext context{pcre2_match_context_create(nullptr)};
    bool interpreted = false;

    Scratch() {
      pcre2_set_match_limit(context.get(), kStepsMax);
      pcre2_set_heap_limit(context.get(), kHeapKibMax);
      pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    }
  };
  static Scratch& scratch() {
    thread_local Scratch s;
    return s;
  }
  static const size_t* ends() { return pcre2_get_ovector_pointer(scratch().data.get()); }
  int match(uint32_t options) {
    scratch().interpreted |= (options & PCRE2_NO_JIT) != 0;
    return pcre2_match(regex_.code.get(), bytes_of(text_), text_.size(), 0, options,
                       scratch().data.get(), scratch().context.get());
  }
  int substitute(const std::string& with, uint32_t options, std::string& out, size_t& size) {
    options |=
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY;
    scratch().interpreted |= (options & PCRE2_NO_JIT) != 0;
    return pcre2_substitute(regex_.code.get(), bytes_of(text_), text_.size(), 0, options,
                            scratch().data.get(), scratch().context.get(), bytes_of(with),
                            with.size(), reinterpret_cast<PCRE2_UCHAR*>(out.data()), &size);
  }
  [[noreturn]] void fail(int error) const {
    throw Error(ErrorCode::kResourceLimit, "regular expression " + shown(pattern_) +
                                               " on a text of " + std::to_string(text_.size()) +
                                               " bytes: " + error_text(error));
  }

  const Regex& regex_;
  std::string_view text_;
  std::string_view pattern_;
  uint32_t taken_ = 0;
};

bool found(std::string_view text, std::string_view pattern, Extent extent) {
  return Matcher(regex_of(pattern, extent), text, pattern).find();
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
  return found(text, pattern, Extent::kWhole);
}

bool regex_contains(std::string_view text, std::string_view pattern) {
  return found(text, pattern, Extent::kPart);
}

std::optional<std::string_view> regex_extract(std::string_view text, std::string_view pattern,
                                              int64_t group) {
  const Regex& regex = regex_of(pattern, Extent::kPart);
  if (group < 0 || group > regex.groups) {
    throw Error(ErrorCode::kInvalidArgument, "regex_extract: " + shown(pattern) + " has " +
                                                 std::to_string(regex.groups) + " groups, not " +
                                                 std::to_string(group));
  }
  Matcher matcher(regex, text, pattern);
  if (!matcher.find()) return std::nullopt;
  return matcher.group(static_cast<uint32_t>(group));
}

std::string regex_replace(std::string_view text, std::string_view pattern, std::string_view to) {
  const Regex& regex = regex_of(pattern, Extent::kPart);
  const std::string with = substitution(to, regex.groups);
  return Matcher(regex, text, pattern).substituted(with);
}

}  // namespace weft
