#include "base/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace weft {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

// Optimal string alignment: three rows of the edit matrix are enough.
size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view wanted, std::span<const std::string> names) {
  const std::string wanted_lower = lower(wanted);
  const size_t edits_max = std::max<size_t>(1, wanted.size() / 3);
  const std::string* best = nullptr;
  std::pair<size_t, size_t> best_edits;
  for (const std::string& name : names) {
    const std::pair edits(edits_between(wanted_lower, lower(name)), edits_between(wanted, name));
    // As many edits as letters leave nothing of the name.
    if (edits.first > edits_max || edits.first >= std::max(wanted.size(), name.size())) continue;
    if (best && edits >= best_edits) continue;
    best = &name;
    best_edits = edits;
  }
  return best ? *best : std::string();
}

std::string did_you_mean(std::string_view wanted, std::span<const std::string> names) {
  const std::string name = nearest_name(wanted, names);
  return name.empty() ? std::string() : "; did you mean '" + name + "'?";
}

}  // namespace weft
