/// Rows by key and by order: dense ids of equal keys, codes that sort as values do, and rows sorted
/// by (group, code, row number).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weft/kernel.h"

namespace weft {

/// A column that is a key, or part of one.
struct KeyColumn {
  Slice slice;
  Type type = nullptr;
};

/// Which rows are alike. Null equals null, NaN equals NaN, -0.0 equals 0.0.
struct RowGroups {
  std::vector<int32_t> ids;  ///< [n] dense, in the order in which keys first come; -1: left out
  int64_t count = 0;
};

/// Throws Error(kResourceLimit) for more than 2^31 - 1 rows.
void check_row_count(int64_t n);

/// All rows in one group if there are no keys. Cost: O(n) expected.
RowGroups group_rows(std::span<const KeyColumn> keys, int64_t n);

/// One hash a row, equal for equal keys of whatever columns.
std::vector<uint64_t> hash_rows(std::span<const KeyColumn> keys, int64_t n);
/// Row `i` of one side and `j` of the other; types are equal pairwise.
bool equal_rows(std::span<const KeyColumn> a, int64_t i, std::span<const KeyColumn> b, int64_t j);
bool has_null(std::span<const KeyColumn> keys, int64_t i);

/// Codes that compare as the values do: NaN last, -0.0 as 0.0, texts by bytes, false before true.
/// Those of null rows mean nothing. Throws Error(kTypeMismatch) for lists and structs.
std::vector<uint64_t> sort_codes(const KeyColumn& column, int64_t n);

/// Rows sorted by (group, code, row number), without those of group -1.
struct RowOrder {
  std::vector<int32_t> rows;
  std::vector<int32_t> begin;  ///< [groups + 1] where each group starts in `rows`
  bool identity = false;       ///< rows[i] == i

  int64_t groups() const { return static_cast<int64_t>(begin.size()) - 1; }
};

/// `codes` empty: by row number alone. Cost: O(n) if codes ascend already, else of a radix sort.
RowOrder order_rows(const RowGroups& groups, std::span<const uint64_t> codes);

}  // namespace weft
