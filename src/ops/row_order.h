/// The order of rows: codes that sort as values do, and rows sorted by (group, code, row number).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weft/kernel.h"

namespace weft {

/// Which rows are alike.
struct RowGroups {
  std::vector<int32_t> ids;  ///< [n] below `count`; -1: left out
  int64_t count = 0;
};

/// One column in slot form.
struct SlotColumn {
  Slice slice;
  Type type = nullptr;
};

/// Codes that compare as the values do: NaN last, -0.0 as 0.0, texts by bytes, false before true.
/// Those of null rows mean nothing. Throws Error(kTypeMismatch) for lists and structs.
std::vector<uint64_t> sort_codes(const SlotColumn& column, int64_t n);

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
