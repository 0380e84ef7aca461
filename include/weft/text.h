/// Texts: case, slices, splitting, patterns, similarity, hashes. Plain functions on row values.
///
/// Texts are UTF-8, and lengths and positions count code points. A byte that is not part of valid
/// UTF-8 counts as one code point, is kept as it is and equals only itself: nothing here fails on
/// it. Results are the same in every locale. Nulls never get here: a null makes a null; a result
/// that is std::optional may be null by itself.
///
/// A result that is a std::string_view borrows from the argument. Of a temporary std::string, as in
/// trim(lower(name)), the same functions give a std::string of its own.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/types.h"

namespace weft {

// ---- case: one code point for one, by Unicode's simple mappings
// -------------------------------------

std::string lower(std::string_view text);
std::string upper(std::string_view text);
/// The first letter of each run of letters in upper (title) case, the others lower, as str.title().
std::string title(std::string_view text);
/// The first code point in upper (title) case, the others lower.
std::string capitalize(std::string_view text);

// ---- size and parts ----------------------------------------------------------------------------

int64_t length(std::string_view text);  ///< code points
inline int64_t byte_length(std::string_view text) { return static_cast<int64_t>(text.size()); }

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}
inline bool starts_with(std::string_view text, std::string_view part) {
  return text.starts_with(part);
}
inline bool ends_with(std::string_view text, std::string_view part) { return text.ends_with(part); }

/// Without white space (Unicode's), or without the code points in `chars`, at both ends, at the
/// start or at the end.
std::string_view trim(std::string_view text);
std::string_view ltrim(std::string_view text);
std::string_view rtrim(std::string_view text);
std::string_view trim(std::string_view text, std::string_view chars);
std::string_view ltrim(std::string_view text, std::string_view chars);
std::string_view rtrim(std::string_view text, std::string_view chars);

/// `count` code points from position `start` (from 0; negative: from the end), or all from there.
/// What lies outside the text is left out: substr("abc", -5, 2) is "ab", substr("abc", 5) is "".
/// A negative count is 0.
std::string_view substr(std::string_view text, int64_t start);
std::string_view substr(std::string_view text, int64_t start, int64_t count);

/// The pieces between separators, also empty ones: split("a,,b", ",") has 3, split("", ",") one.
/// Throws Error(kInvalidArgument) if the separator is empty.
std::vector<std::string> split(std::string_view text, std::string_view separator);
/// The runs of anything but white space: none are empty.
std::vector<std::string> split(std::string_view text);
/// One of those pieces, by its number from 0; negative: from the end, -1 is the last. Null if there
/// are not so many. Throws Error(kInvalidArgument) if the separator is empty.
std::optional<std::string_view> split_part(std::string_view text, std::string_view separator,
                                           int64_t part);

// ---- making texts ------------------------------------------------------------------------------

/// A result of more than this many bytes is Error(kResourceLimit).
inline constexpr int64_t kTextBytesMax = int64_t{1} << 30;

/// Every occurrence, from the left, without overlap. An empty `from` occurs nowhere.
std::string replace(std::string_view text, std::string_view from, std::string_view to);
std::string concat(std::string_view a, std::string_view b);
std::string concat(std::string_view a, std::string_view b, std::string_view c);
std::string join(std::span<const std::string_view> parts, std::string_view separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string reverse(std::string_view text);                ///< by code points
std::string repeat(std::string_view text, int64_t times);  ///< "" if times <= 0
/// Filled up to `width` code points at the left or right; a longer text stays.
/// Throws Error(kInvalidArgument) if `fill` is not one code point.
std::string pad_left(std::string_view text, int64_t width, std::string_view fill = " ");
std::string pad_right(std::string_view text, int64_t width, std::string_view fill = " ");

// ---- regular expressions -----------------------------------------------------------------------
// The syntax is PCRE2's (man pcre2syntax). A pattern is compiled once and kept. Throws
// Error(kInvalidArgument) if it does not parse, Error(kResourceLimit) if a match takes too many
// steps. Thread-safe.

bool regex_match(std::string_view text, std::string_view pattern);     ///< the whole text
bool regex_contains(std::string_view text, std::string_view pattern);  ///< some part of it
/// What the group (0: all of it) took in the first match; null if there is no match or the group
/// had no part in it. Throws Error(kInvalidArgument) if the pattern has no such group.
std::optional<std::string_view> regex_extract(std::string_view text, std::string_view pattern,
                                              int64_t group = 0);
/// Every match; in `to`, \1 to \9 stand for groups, \0 for the match and \\ for a backslash.
std::string regex_replace(std::string_view text, std::string_view pattern, std::string_view to);

// ---- words and n-grams -------------------------------------------------------------------------

/// The runs of letters, marks and digits, in lower case: tokens("Don't stop!") is don, t, stop.
std::vector<std::string> tokens(std::string_view text);
/// All runs of n code points, in order: ngrams("abcd", 3) is abc, bcd. None if the text is shorter.
/// Throws Error(kInvalidArgument) if n < 1.
std::vector<std::string> ngrams(std::string_view text, int64_t n);
/// All runs of n tokens, joined by spaces.
std::vector<std::string> word_ngrams(std::string_view text, int64_t n);

// ---- similarity --------------------------------------------------------------------------------
// By code points, upper and lower case apart; all are symmetric. Cost of the first four: the
// product of the two lengths.

/// The least number of insertions, deletions and replacements that make one of the other.
int64_t levenshtein(std::string_view a, std::string_view b);
/// The same, an exchange of two neighbours counting as one as well (unrestricted: a metric).
int64_t damerau_levenshtein(std::string_view a, std::string_view b);
/// 0 to 1. Two empty texts: 1.
double jaro(std::string_view a, std::string_view b);
/// Jaro's, and where that is above 0.7, a tenth of what lacks to 1 for each equal code point at the
/// start, of at most 4.
double jaro_winkler(std::string_view a, std::string_view b);
/// Of the sets of tokens: those in both, of those in either. Neither has one: 1.
double jaccard(std::string_view a, std::string_view b);
/// Cosine of the counts of 3-grams; a text of 1 or 2 code points is one gram. Both empty: 1, one:
/// 0.
double trigram_cosine(std::string_view a, std::string_view b);

// ---- hashes ------------------------------------------------------------------------------------
// Stable: the same in every process, version and machine, so they may be stored.

/// XXH3's 64 bits of the text's bytes, or of the 8 bytes, lowest first, of a number; -0.0 is 0.0
/// and all NaN are one. An integer and the equal double differ.
int64_t hash64(std::string_view text);
int64_t hash64(int64_t x);
int64_t hash64(double x);
inline int64_t hash64(int32_t x) { return hash64(int64_t{x}); }
/// Of two hashes, in this order.
int64_t combine_hashes(int64_t a, int64_t b);

/// hash64 as an unsigned number, modulo `buckets`: 0 to buckets - 1.
/// Throws Error(kInvalidArgument) if buckets < 1.
int64_t hash_bucket(std::string_view text, int64_t buckets);
int64_t hash_bucket(int64_t x, int64_t buckets);
int64_t hash_bucket(double x, int64_t buckets);
inline int64_t hash_bucket(int32_t x, int64_t buckets) { return hash_bucket(int64_t{x}, buckets); }

/// A feature cross: both values as one category, "a_x_b", or as a hash, which tells ("a", "b_x_c")
/// from ("a_x_b", "c").
std::string cross(std::string_view a, std::string_view b);
int64_t cross_hash(std::string_view a, std::string_view b);
int64_t cross_hash(int64_t a, int64_t b);

// ---- slices of temporaries ---------------------------------------------------------------------

#define WEFT_OWNED_SLICE(name)                                      \
  template <std::same_as<std::string> S, class... A>                \
  std::string name(S&& text, const A&... arguments) {               \
    return std::string(name(std::string_view(text), arguments...)); \
  }
#define WEFT_OWNED_OPTIONAL_SLICE(name)                                                       \
  template <std::same_as<std::string> S, class... A>                                          \
  std::optional<std::string> name(S&& text, const A&... arguments) {                          \
    const std::optional<std::string_view> slice = name(std::string_view(text), arguments...); \
    return slice ? std::optional<std::string>(*slice) : std::nullopt;                         \
  }
WEFT_OWNED_SLICE(trim)
WEFT_OWNED_SLICE(ltrim)
WEFT_OWNED_SLICE(rtrim)
WEFT_OWNED_SLICE(substr)
WEFT_OWNED_OPTIONAL_SLICE(split_part)
WEFT_OWNED_OPTIONAL_SLICE(regex_extract)
#undef WEFT_OWNED_SLICE
#undef WEFT_OWNED_OPTIONAL_SLICE

}  // namespace weft
