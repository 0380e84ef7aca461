#include "weft/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <thread>

#include "ops/utf8.h"
#include "weft/error.h"
#include "weft/kernel.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kBroken = "a\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf\xe2\x82";

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "nothing thrown";
}

std::string random_bytes(std::mt19937_64& random, size_t size_max) {
  std::string text(random() % size_max, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string random_text(std::mt19937_64& random, size_t size_max, size_t alphabet) {
  constexpr const char* kLetters[] = {"a", "b", "é", "日", "😀", " ", "Z", "ß"};
  std::string text;
  for (size_t n = random() % size_max; n > 0; --n) text += kLetters[random() % alphabet];
  return text;
}

// ---- UTF-8 ----------------------------------------------------------------------------------

TEST(Utf8Test, InvalidBytesAreOnePointEach) {
  // ff, a c3 without more, a surrogate, beyond U+10FFFF, an overlong form, a cut one.
  EXPECT_EQ(length(kBroken), 2 + 1 + 1 + 3 + 4 + 2 + 2);
  EXPECT_EQ(length("é日😀"), 3);
  EXPECT_EQ(length("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"), 3);
  EXPECT_EQ(byte_length("é"), 2);
  EXPECT_EQ(length(""), 0);
  EXPECT_EQ(lower(kBroken), kBroken);
  EXPECT_EQ(substr(kBroken, 1, 1), "\xff");
  EXPECT_THAT(ngrams("\xff\xc3(", 2), ElementsAre("\xff\xc3", "\xc3("));
}

TEST(Utf8Test, PointsMakeTheTextAgain) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const std::string text = random_bytes(random, 40) + random_text(random, 8, 8);
    const auto points = utf8::points(text);
    std::string again;
    for (const int32_t p : points) utf8::append(again, p);
    EXPECT_EQ(again, text) << seed;
    EXPECT_EQ(length(text), static_cast<int64_t>(points.size())) << seed;
    // Backwards over the same borders.
    size_t end = text.size(), steps = 0;
    for (; end > 0; ++steps) end = utf8::before(text, end);
    if (steps != points.size()) {
      // Only where a valid point follows what could have begun it.
      EXPECT_NE(std::ranges::find_if(points, [](int32_t p) { return p >= utf8::kInvalid; }),
                points.end())
          << seed;
    }
  }
}

TEST(Utf8Test, NothingFailsOnAnyBytes) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const std::string a = random_bytes(random, 24), b = random_bytes(random, 24);
    for (const auto& text : {upper(a), lower(a), title(a), capitalize(a), reverse(a)}) {
      EXPECT_LE(text.size(), 3 * a.size() + 3) << seed;
    }
    EXPECT_EQ(join(split(a, "\x80"), "\x80"), a) << seed;
    EXPECT_EQ(levenshtein(a, b), levenshtein(b, a)) << seed;
    EXPECT_LE(damerau_levenshtein(a, b), levenshtein(a, b)) << seed;
    EXPECT_GE(jaro_winkler(a, b), 0) << seed;
    EXPECT_LE(jaccard(a, b), 1) << seed;
    EXPECT_LE(trigram_cosine(a, b), 1) << seed;
    static_cast<void>(regex_contains(a, "\\pL+."));
    static_cast<void>(trim(a));
    static_cast<void>(tokens(a));
    EXPECT_EQ(length(pad_left(substr(a, -3, 2), 5)), 5) << seed;
  }
}

// ---- case -----------------------------------------------------------------------------------

TEST(CaseTest, MapsOnePointToOne) {
  EXPECT_EQ(lower("ÀÉÎ ŒUVRE ΑΒΓ ABC"), "àéî œuvre αβγ abc");
  EXPECT_EQ(upper("àéî œuvre αβγ abc"), "ÀÉÎ ŒUVRE ΑΒΓ ABC");
  EXPECT_EQ(lower("Hello, World 42!"), "hello, world 42!");
  EXPECT_EQ(upper("[`{z@"), "[`{Z@");
  EXPECT_EQ(title("they're bill's 3rd ǆungla"), "They'Re Bill'S 3Rd ǅungla");
  EXPECT_EQ(capitalize("éCOLE nORMALE"), "École normale");
  EXPECT_EQ(lower(""), "");
}

// ---- parts ----------------------------------------------------------------------------------

TEST(PartsTest, TrimKnowsUnicodesSpacesAndAnyCharacters) {
  EXPECT_EQ(trim(" \t\u00a0\u2003a b\u3000\n"), "a b");
  EXPECT_EQ(ltrim("  a "), "a ");
  EXPECT_EQ(rtrim("  a "), "  a");
  EXPECT_EQ(trim("é-x-é", "é-"), "x");
  EXPECT_EQ(ltrim("xxaxx", "x"), "axx");
  EXPECT_EQ(rtrim("xxaxx", "x"), "xxa");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim("abc", ""), "abc");
}

TEST(PartsTest, SlicesOfATemporaryOwnTheirText) {
  static_assert(std::is_same_v<decltype(trim(std::string())), std::string>);
  static_assert(std::is_same_v<decltype(trim("a")), std::string_view>);
  const std::string text = " A ";
  static_assert(std::is_same_v<decltype(trim(text)), std::string_view>);
  EXPECT_EQ(trim(lower(text)), "a");
  EXPECT_EQ(substr(lower("ABC"), 1), "bc");
  EXPECT_EQ(split_part(lower("A,B"), ",", 1), "b");
  EXPECT_EQ(regex_extract(lower("ABC"), "b(.)", 1), "c");
}

TEST(PartsTest, SubstrCountsPointsAndFromTheEnd) {
  struct Case {
    const char* text;
    int64_t start, count;
    const char* wanted;
  };
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const Case cases[] = {{"abcdef", 1, 3, "bcd"},  {"abcdef", -2, 5, "ef"},
                        {"abcdef", 6, 1, ""},     {"abcdef", 9, 1, ""},
                        {"abc", -5, 2, "ab"},     {"abc", 0, 0, ""},
                        {"abc", 1, -1, ""},       {"é日😀x", 1, 2, "日😀"},
                        {"é日😀x", -2, 9, "😀x"}, {"é日", -7, 1, "é"},
                        {"é日", 2, 1, ""},        {"abc", kMax, kMax, ""},
                        {"é日", kMax, kMax, ""},  {"abc", -kMax - 1, kMax, "abc"}};
  for (const auto& [text, start, count, wanted] : cases) {
    EXPECT_EQ(substr(text, start, count), wanted) << text << " " << start << " " << count;
  }
  EXPECT_EQ(substr("é日😀", 1), "日😀");
  EXPECT_EQ(substr("é日😀", -1), "😀");
}

TEST(PartsTest, SplitKeepsEmptyPieces) {
  EXPECT_THAT(split("a,,b,", ","), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ","), ElementsAre(""));
  EXPECT_THAT(split("a::b", "::"), ElementsAre("a", "b"));
  EXPECT_THAT(split(" a\u00a0 b\n"), ElementsAre("a", "b"));
  EXPECT_THAT(split(" \t "), IsEmpty());
  EXPECT_EQ(error_of([] { return split("a", ""); }),
            "invalid_argument: split: the separator is empty");
}

TEST(PartsTest, SplitPartAgreesWithSplit) {
  for (const char* text : {"a,b,,c", "", ",", "aaaaa", "x"}) {
    for (const char* separator : {",", "aa"}) {
      const auto parts = split(text, separator);
      const auto n = static_cast<int64_t>(parts.size());
      for (int64_t i = 0; i < n; ++i) {
        EXPECT_EQ(split_part(text, separator, i), parts[static_cast<size_t>(i)]) << text << i;
        EXPECT_EQ(split_part(text, separator, i - n), parts[static_cast<size_t>(i)]) << text << i;
      }
      EXPECT_EQ(split_part(text, separator, n), std::nullopt);
      EXPECT_EQ(split_part(text, separator, -n - 1), std::nullopt);
    }
  }
}

TEST(PartsTest, ContainsAndEnds) {
  EXPECT_TRUE(contains("abc", "") && contains("abc", "bc") && !contains("abc", "ac"));
  EXPECT_TRUE(starts_with("abc", "ab") && !starts_with("abc", "abcd"));
  EXPECT_TRUE(ends_with("abc", "bc") && !ends_with("abc", "ab"));
}

// ---- making ---------------------------------------------------------------------------------

TEST(MakeTextTest, ReplaceJoinReversePadRepeat) {
  EXPECT_EQ(replace("aaaa", "aa", "b"), "bb");
  EXPECT_EQ(replace("abc", "", "x"), "abc");
  EXPECT_EQ(replace("a.b.c", ".", ""), "abc");
  EXPECT_EQ(concat("a", ""), "a");
  EXPECT_EQ(concat("a", "b", "c"), "abc");
  EXPECT_EQ(join(split("a b c"), "-"), "a-b-c");
  EXPECT_EQ(join(std::vector<std::string>{}, "-"), "");
  const std::string_view parts[] = {"x", "", "y"};
  EXPECT_EQ(join(parts, ","), "x,,y");
  EXPECT_EQ(reverse("aé日"), "日éa");
  EXPECT_EQ(reverse("abc"), "cba");
  EXPECT_EQ(repeat("ab", 3), "ababab");
  EXPECT_EQ(repeat("ab", -3), "");
  EXPECT_EQ(repeat("", std::numeric_limits<int64_t>::max()), "");
  EXPECT_EQ(pad_left("7", 3, "0"), "007");
  EXPECT_EQ(pad_right("é", 3, "日"), "é日日");
  EXPECT_EQ(pad_left("long", 2), "long");
  EXPECT_EQ(pad_left("x", std::numeric_limits<int64_t>::min()), "x");
  EXPECT_EQ(error_of([] { return pad_left("x", 3, "ab"); }),
            "invalid_argument: pad_left: the fill must be one character, not \"ab\"");
  EXPECT_EQ(error_of([] { return repeat("ab", int64_t{1} << 62); }),
            "resource_limit: repeat: the result would be longer than 1073741824 bytes");
  EXPECT_THROW(pad_right("x", std::numeric_limits<int64_t>::max()), Error);
}

TEST(MakeTextTest, ReverseTwiceIsTheText) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    std::mt19937_64 random(seed);
    const std::string text = random_text(random, 30, 8);
    EXPECT_EQ(reverse(reverse(text)), text) << seed;
  }
}

// ---- regular expressions --------------------------------------------------------------------

TEST(RegexTest, MatchExtractReplace) {
  EXPECT_TRUE(regex_match("2024-01", "\\d{4}-\\d\\d"));
  EXPECT_FALSE(regex_match("x2024-01", "\\d{4}-\\d\\d"));
  EXPECT_TRUE(regex_contains("x2024-01", "\\d{4}-\\d\\d"));
  EXPECT_TRUE(regex_match("日本", ".."));
  EXPECT_EQ(regex_extract("N14228 UA", "([A-Z])(\\d+)"), "N14228");
  EXPECT_EQ(regex_extract("N14228 UA", "([A-Z])(\\d+)", 2), "14228");
  EXPECT_EQ(regex_extract("abc", "x"), std::nullopt);
  EXPECT_EQ(regex_extract("b", "(a)?b", 1), std::nullopt);
  EXPECT_EQ(regex_extract("b", "(a*)b", 1), "");
  EXPECT_EQ(regex_extract(std::string_view(), "(a*)", 1), "");
  EXPECT_EQ(regex_replace("a1b22", "(\\d+)", "<\\1>"), "a<1>b<22>");
  EXPECT_EQ(regex_replace("abc", "x*", "-"), "-a-b-c-");
}

TEST(RegexTest, WrongPatternsAreErrors) {
  EXPECT_EQ(
      error_of([] { return regex_match("a", "(a"); }),
      "invalid_argument: not a regular expression: missing closing parenthesis at byte 2: \"(a\"");
  EXPECT_EQ(error_of([] { return regex_extract("a", "(a)", 2); }),
            "invalid_argument: regex_extract: \"(a)\" has 1 groups, not 2");
  EXPECT_THROW(regex_extract("a", "a", -1), Error);
  EXPECT_THROW(regex_replace("a", "a", "\\2"), Error);
}

TEST(RegexTest, LongTextsAndEndsOfTexts) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "ab";
  EXPECT_TRUE(regex_match(text, "(ab)*"));
  EXPECT_TRUE(regex_contains(text, "^(ab)*$"));
  EXPECT_EQ(regex_replace(text, "^(ab)*$", "<\\1>"), "<ab>");
  EXPECT_FALSE(regex_contains("a\n", "a$"));
  EXPECT_TRUE(regex_contains("a\nb", "(?m)a$"));
  EXPECT_FALSE(regex_match("a\n", "a"));
  EXPECT_FALSE(regex_match("ab", "a"));
  EXPECT_TRUE(regex_match("ab", "a|ab")) << "another way to match is tried where one ends early";
  EXPECT_EQ(regex_replace("aaa", "a", "$1\\\\"), "$1\\$1\\$1\\");
}

TEST(RegexTest, WhatNeverEndsIsStopped) {
  EXPECT_THAT(error_of([] { return regex_match(std::string(60, 'a') + "b", "(a+)+"); }),
              HasSubstr("limit"));
}

TEST(RegexTest, ManyThreadsAndManyPatterns) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 1500; ++i) {
        const std::string number = std::to_string((i * 7 + t) % 1200);
        EXPECT_TRUE(regex_match("x" + number, "x" + number));
        EXPECT_FALSE(regex_match("y", "x" + number));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

// ---- words ----------------------------------------------------------------------------------

TEST(WordsTest, TokensAndNgrams) {
  EXPECT_THAT(tokens("Don't stop, ÉCOLE-42!"), ElementsAre("don", "t", "stop", "école", "42"));
  EXPECT_THAT(tokens("... "), IsEmpty());
  EXPECT_THAT(tokens("e\u0301t\u00e9"), ElementsAre("e\u0301t\u00e9"));  // a mark is part of a word
  EXPECT_THAT(ngrams("aé日b", 2), ElementsAre("aé", "é日", "日b"));
  EXPECT_THAT(ngrams("ab", 3), IsEmpty());
  EXPECT_THAT(ngrams("ab", 2), ElementsAre("ab"));
  EXPECT_THAT(ngrams("", 1), IsEmpty());
  EXPECT_THAT(word_ngrams("The quick brown fox", 3),
              ElementsAre("the quick brown", "quick brown fox"));
  EXPECT_THAT(word_ngrams("one", 2), IsEmpty());
  EXPECT_THAT(word_ngrams("one", std::numeric_limits<int64_t>::max()), IsEmpty());
  EXPECT_EQ(error_of([] { return ngrams("ab", 0); }),
            "invalid_argument: ngrams: n must be at least 1, not 0");
}

// ---- similarity -----------------------------------------------------------------------------

// From rapidfuzz: Levenshtein, DamerauLevenshtein, Jaro and JaroWinkler.
TEST(SimilarityTest, AgreesWithRapidfuzz) {
  struct Case {
    const char *a, *b;
    int64_t edits, edits_with_exchange;
    double jaro, jaro_winkler;
  };
  const Case cases[] = {
      {"kitten", "sitting", 3, 3, 0.746031746031746, 0.746031746031746},
      {"", "abc", 3, 3, 0.0, 0.0},
      {"ca", "abc", 3, 2, 0.0, 0.0},
      {"abcdef", "badcfe", 4, 3, 0.8333333333333334, 0.8333333333333334},
      {"martha", "marhta", 2, 1, 0.9444444444444445, 0.9611111111111111},
      {"dixon", "dicksonx", 4, 4, 0.7666666666666666, 0.8133333333333332},
      {"duane", "dwayne", 2, 2, 0.8222222222222223, 0.8400000000000001},
      {"naïve", "naive", 1, 1, 0.8666666666666667, 0.8933333333333333},
      {"a", "a", 0, 0, 1.0, 1.0},
      {"ab", "ba", 2, 1, 0.0, 0.0},
      {"jellyfish", "smellyfish", 2, 2, 0.8962962962962964, 0.8962962962962964},
      {"abc", "xyz", 3, 3, 0.0, 0.0},
      {"", "", 0, 0, 1.0, 1.0},
      {"aaaa", "aa", 2, 2, 0.8333333333333334, 0.8666666666666667},
      {"New York", "Newark", 3, 3, 0.8194444444444445, 0.8736111111111112},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(levenshtein(c.a, c.b), c.edits) << c.a << " " << c.b;
    EXPECT_EQ(damerau_levenshtein(c.a, c.b), c.edits_with_exchange) << c.a << " " << c.b;
    EXPECT_NEAR(jaro(c.a, c.b), c.jaro, 1e-15) << c.a << " " << c.b;
    EXPECT_NEAR(jaro_winkler(c.a, c.b), c.jaro_winkler, 1e-15) << c.a << " " << c.b;
  }
}

// The definition by Lowrance and Wagner, with the whole matrix; `exchange` false: Levenshtein's.
int64_t edits(const std::vector<int32_t>& a, const std::vector<int32_t>& b, bool exchange) {
  const size_t n = a.size(), m = b.size();
  std::vector<std::vector<int64_t>> d(n + 1, std::vector<int64_t>(m + 1));
  for (size_t i = 0; i <= n; ++i) {
    for (size_t j = 0; j <= m; ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = static_cast<int64_t>(i + j);
        continue;
      }
      d[i][j] =
          std::min({d[i - 1][j - 1] + (a[i - 1] != b[j - 1]), d[i - 1][j] + 1, d[i][j - 1] + 1});
      for (size_t k = 1; exchange && k < i; ++k) {
        for (size_t l = 1; l < j; ++l) {
          if (a[k - 1] != b[j - 1] || a[i - 1] != b[l - 1]) continue;
          const auto between = static_cast<int64_t>((i - k - 1) + 1 + (j - l - 1));
          d[i][j] = std::min(d[i][j], d[k - 1][l - 1] + between);
        }
      }
    }
  }
  return d[n][m];
}

TEST(SimilarityTest, DistancesAgreeWithTheirDefinition) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const size_t alphabet = 2 + random() % 3;
    const std::string a = random_text(random, 12, alphabet), b = random_text(random, 12, alphabet);
    const auto x = utf8::points(a), y = utf8::points(b);
    EXPECT_EQ(levenshtein(a, b), edits(x, y, false)) << seed << " " << a << " " << b;
    EXPECT_EQ(damerau_levenshtein(a, b), edits(x, y, true)) << seed << " " << a << " " << b;
  }
}

TEST(SimilarityTest, OfTokensAndTrigrams) {
  EXPECT_EQ(jaccard("the cat sat", "The dog sat, sat!"), 0.5);
  EXPECT_EQ(jaccard("", "..."), 1);
  EXPECT_EQ(jaccard("a", ""), 0);
  EXPECT_EQ(trigram_cosine("abc", "abc"), 1);
  EXPECT_EQ(trigram_cosine("", ""), 1);
  EXPECT_EQ(trigram_cosine("", "a"), 0);
  EXPECT_EQ(trigram_cosine("ab", "ab"), 1);
  EXPECT_EQ(trigram_cosine("abc", "xyz"), 0);
  EXPECT_DOUBLE_EQ(trigram_cosine("abcd", "abce"), 0.5);
  EXPECT_DOUBLE_EQ(trigram_cosine("aaaa", "aaab"), 2 / std::sqrt(4.0 * 2.0));
}

// ---- hashes ---------------------------------------------------------------------------------

// From python-xxhash. A change here breaks every stored hash.
TEST(HashTest, IsXxh3OfAFixedForm) {
  EXPECT_EQ(hash64(""), 3244421341483603138);
  EXPECT_EQ(hash64("weft"), 1571846661585518722);
  EXPECT_EQ(hash64(std::string(1000, 'x')), -4565375157376599422);
  EXPECT_EQ(hash64(int64_t{3}), 5589565451239960189);
  EXPECT_EQ(hash64(-1), 5841669975847748627);
  EXPECT_EQ(hash64(0.0), -4072596861322023719);
  EXPECT_EQ(hash64(-0.0), hash64(0.0));
  EXPECT_EQ(hash64(1.5), 2693614958850487384);
  EXPECT_EQ(hash64(std::nan("")), 767333564151873895);
  EXPECT_EQ(hash64(-std::nan("7")), hash64(std::nan("")));
  EXPECT_EQ(hash64(int32_t{3}), hash64(int64_t{3}));
}

TEST(HashTest, BucketsAreWithinTheirNumber) {
  EXPECT_EQ(hash_bucket("weft", 1000), static_cast<int64_t>(1571846661585518722ull % 1000));
  EXPECT_EQ(hash_bucket(3, 1), 0);
  std::map<int64_t, int> counts;
  for (int64_t i = 0; i < 10'000; ++i) ++counts[hash_bucket(i, 10)];
  EXPECT_EQ(counts.size(), 10u);
  for (const auto& [bucket, count] : counts) {
    EXPECT_TRUE(bucket >= 0 && bucket < 10);
    EXPECT_NEAR(count, 1000, 150);
  }
  EXPECT_EQ(error_of([] { return hash_bucket(1.5, 0); }),
            "invalid_argument: hash_bucket: there must be at least 1 bucket, not 0");
}

TEST(HashTest, CrossesTellTheirPartsApart) {
  EXPECT_EQ(cross("JFK", "UA"), "JFK_x_UA");
  EXPECT_NE(cross_hash("a", "b_x_c"), cross_hash("a_x_b", "c"));
  EXPECT_NE(cross_hash("a", "b"), cross_hash("b", "a"));
  EXPECT_EQ(cross_hash(int64_t{1}, int64_t{2}), combine_hashes(hash64(1), hash64(2)));
}

TEST(TextKernelTest, AreLifted) {
  Arena arena;
  const std::string_view in[] = {" A b", "", "é "};
  const KernelPtr kernel =
      kernel_of<static_cast<std::string_view (*)(std::string_view)>(&trim)>("trim");
  std::string_view out[3];
  uint64_t valid[1] = {~uint64_t{0}};
  const Slice slice{reinterpret_cast<const char*>(in), nullptr, sizeof(std::string_view)};
  EXPECT_TRUE(kernel->block(nullptr, &slice, {out, valid, &arena, false}, 3));
  EXPECT_THAT(out, ElementsAre("A b", "", "é"));
}

TEST(TextTest, LongTexts) {
  const std::string text = repeat("é日", 1'000'000);
  EXPECT_EQ(length(text), 2'000'000);
  EXPECT_EQ(byte_length(upper(text)), byte_length(text));
  EXPECT_EQ(substr(text, -1), "日");
  EXPECT_EQ(split(text, "日").size(), 1'000'001u);
  EXPECT_TRUE(regex_match(text, "(é日)*"));
}

}  // namespace
}  // namespace weft
