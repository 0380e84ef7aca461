// How much two texts are alike.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "ops/utf8.h"
#include "weft/text.h"

namespace weft {
namespace {

using Points = std::span<const int32_t>;

struct Pair {
  std::vector<int32_t> all_a, all_b;
  Points a, b;
};

Pair points_of(std::string_view a, std::string_view b) {
  Pair pair{utf8::points(a), utf8::points(b), {}, {}};
  pair.a = pair.all_a;
  pair.b = pair.all_b;
  return pair;
}

// What two texts have in common at both ends changes no edit distance.
Pair differing_points(std::string_view a, std::string_view b) {
  Pair p = points_of(a, b);
  const auto head = std::ranges::mismatch(p.a, p.b).in1 - p.a.begin();
  p.a = p.a.subspan(static_cast<size_t>(head));
  p.b = p.b.subspan(static_cast<size_t>(head));
  while (!p.a.empty() && !p.b.empty() && p.a.back() == p.b.back()) {
    p.a = p.a.first(p.a.size() - 1);
    p.b = p.b.first(p.b.size() - 1);
  }
  return p;
}

}  // namespace

int64_t levenshtein(std::string_view a, std::string_view b) {
  const Pair p = differing_points(a, b);
  std::vector<int64_t> row(p.b.size() + 1);  // distances of a's first i points to all starts of b
  std::iota(row.begin(), row.end(), 0);
  for (const int32_t point : p.a) {
    int64_t diagonal = row[0]++;
    for (size_t j = 0; j < p.b.size(); ++j) {
      const int64_t replaced = diagonal + (point != p.b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

// Chunchun Zhao and Sartaj Sahni, "Linear space string correction algorithm using the
// Damerau-Levenshtein distance" (2020): of the matrix only two rows and, for each column, the one
// value that an exchange ending there would start from.
int64_t damerau_levenshtein(std::string_view a, std::string_view b) {
  const Pair p = differing_points(a, b);
  const auto n = static_cast<int64_t>(p.a.size()), m = static_cast<int64_t>(p.b.size());
  const int64_t never = std::max(n, m) + 1;
  // Column j is at [j + 1], so that column -1 can be asked for.
  std::vector<int64_t> row(static_cast<size_t>(m) + 2), above(row.size(), never),
      from(row.size(), never);
  row[0] = never;
  std::iota(row.begin() + 1, row.end(), 0);
  std::unordered_map<int32_t, int64_t> last_row;  // where a point was last seen in a; absent: -1
  for (int64_t i = 1; i <= n; ++i) {
    std::swap(row, above);
    const int32_t point = p.a[static_cast<size_t>(i - 1)];
    int64_t last_column = -1;
    int64_t two_up = row[1];  // of column j - 1, two rows up
    int64_t exchange = never;
    row[1] = i;
    for (int64_t j = 1; j <= m; ++j) {
      const auto at = static_cast<size_t>(j + 1);
      const int32_t other = p.b[static_cast<size_t>(j - 1)];
      int64_t best = std::min({above[at - 1] + (point != other), row[at - 1] + 1, above[at] + 1});
      if (point == other) {
        last_column = j;
        from[at] = above[at - 2];
        exchange = two_up;
      } else {
        const auto seen = last_row.find(other);
        const int64_t k = seen == last_row.end() ? -1 : seen->second;
        if (j - last_column == 1) {
          best = std::min(best, from[at] + (i - k));
        } else if (i - k == 1) {
          best = std::min(best, exchange + (j - last_column));
        }
      }
      two_up = row[at];
      row[at] = best;
    }
    last_row[point] = i;
  }
  return row.back();
}

double jaro(std::string_view text_a, std::string_view text_b) {
  const Pair p = points_of(text_a, text_b);
  const size_t n = p.a.size(), m = p.b.size();
  if (n == 0 && m == 0) return 1;
  if (n == 0 || m == 0) return 0;
  // Points match if they are equal and not further apart than half the longer text.
  const size_t reach = std::max(n, m) / 2 > 0 ? std::max(n, m) / 2 - 1 : 0;
  std::vector<bool> taken(m);
  std::vector<int32_t> matched;
  for (size_t i = 0; i < n; ++i) {
    const size_t first = i > reach ? i - reach : 0, last = std::min(m, i + reach + 1);
    for (size_t j = first; j < last; ++j) {
      if (taken[j] || p.a[i] != p.b[j]) continue;
      taken[j] = true;
      matched.push_back(p.a[i]);
      break;
    }
  }
  if (matched.empty()) return 0;
  size_t out_of_order = 0, k = 0;
  for (size_t j = 0; j < m; ++j) {
    if (taken[j]) out_of_order += p.b[j] != matched[k++];
  }
  const auto c = static_cast<double>(matched.size());
  const auto exchanged = static_cast<double>(out_of_order / 2);
  return (c / static_cast<double>(n) + c / static_cast<double>(m) + (c - exchanged) / c) / 3;
}

double jaro_winkler(std::string_view a, std::string_view b) {
  const double similarity = jaro(a, b);
  if (similarity <= 0.7) return similarity;
  const Pair p = points_of(a, b);
  const auto common = std::ranges::mismatch(p.a, p.b).in1 - p.a.begin();
  const auto prefix = static_cast<double>(std::min<std::ptrdiff_t>(4, common));
  return similarity + prefix * 0.1 * (1 - similarity);
}

namespace {

// The number of equal items of two sorted lists without repeats.
size_t common_count(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  size_t both = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    const auto order = *i <=> *j;
    both += order == 0;
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  return both;
}

std::vector<std::string> token_set(std::string_view text) {
  std::vector<std::string> set = tokens(text);
  std::ranges::sort(set);
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

// A run of up to three points in one number; a point and 1 fit 21 bits.
using Gram = uint64_t;

std::vector<Gram> sorted_trigrams(std::string_view text) {
  static_assert(utf8::kInvalid + 0x100 < 1 << 21);
  std::vector<Gram> grams;
  Gram gram = 0;
  size_t points = 0;
  for (const int32_t point : utf8::points(text)) {
    gram = (gram << 21 | static_cast<Gram>(point + 1)) & ((Gram{1} << 63) - 1);
    if (++points >= 3) grams.push_back(gram);
  }
  if (grams.empty() && points > 0) grams.push_back(gram);
  std::ranges::sort(grams);
  return grams;
}

// The sum over grams of how often it is in a times how often it is in b.
double product_of_counts(const std::vector<Gram>& a, const std::vector<Gram>& b) {
  double sum = 0;  // of integers: exact
  size_t j = 0;
  for (size_t i = 0; i < a.size();) {
    const Gram gram = a[i];
    size_t in_a = 0, in_b = 0;
    for (; i < a.size() && a[i] == gram; ++i) ++in_a;
    while (j < b.size() && b[j] < gram) ++j;
    for (; j < b.size() && b[j] == gram; ++j) ++in_b;
    sum += static_cast<double>(in_a) * static_cast<double>(in_b);
  }
  return sum;
}

}  // namespace

double jaccard(std::string_view a, std::string_view b) {
  const auto set_a = token_set(a), set_b = token_set(b);
  if (set_a.empty() && set_b.empty()) return 1;
  const size_t both = common_count(set_a, set_b);
  return static_cast<double>(both) / static_cast<double>(set_a.size() + set_b.size() - both);
}

double trigram_cosine(std::string_view a, std::string_view b) {
  if (a.empty() && b.empty()) return 1;
  const auto grams_a = sorted_trigrams(a), grams_b = sorted_trigrams(b);
  const double squares = product_of_counts(grams_a, grams_a) * product_of_counts(grams_b, grams_b);
  return squares == 0 ? 0 : std::min(1.0, product_of_counts(grams_a, grams_b) / std::sqrt(squares));
}

}  // namespace weft
