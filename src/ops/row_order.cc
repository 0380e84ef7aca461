#include "ops/row_order.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "ops/group_ids.h"

namespace weft {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr int kDigitBits = 11;
constexpr size_t kDigits = size_t{1} << kDigitBits;
// Below this many rows a comparison sort is faster than passes over digits.
constexpr size_t kRadixMin = 512;

uint64_t code_of(int64_t x) { return static_cast<uint64_t>(x) ^ kSignBit; }
uint64_t code_of(double x) {
  if (x != x) return ~uint64_t{0};
  const auto bits = std::bit_cast<uint64_t>(x + 0.0);
  return bits & kSignBit ? ~bits : bits | kSignBit;
}

template <class T, class Wide>
void fill_codes(const Slice& slice, std::vector<uint64_t>& codes) {
  for (size_t i = 0; i < codes.size(); ++i) {
    codes[i] = code_of(static_cast<Wide>(slice.at<T>(static_cast<int64_t>(i))));
  }
}

// Texts get the rank of their value among the different ones.
std::vector<uint64_t> text_codes(const SlotColumn& column, int64_t n) {
  const GroupIds groups = group_rows({&column.type, 1}, &column.slice, n, NullKeys::kLeftOut);
  std::vector<std::string_view> values;
  for (const int64_t row : groups.first_rows) {
    values.push_back(column.slice.at<std::string_view>(row));
  }
  std::vector<int32_t> sorted(values.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::ranges::sort(sorted, {}, [&](int32_t g) { return values[static_cast<size_t>(g)]; });
  std::vector<uint64_t> rank(values.size());
  for (size_t r = 0; r < sorted.size(); ++r) rank[static_cast<size_t>(sorted[r])] = r;
  std::vector<uint64_t> codes(static_cast<size_t>(n));
  for (size_t i = 0; i < codes.size(); ++i) {
    if (groups.group[i] >= 0) codes[i] = rank[static_cast<size_t>(groups.group[i])];
  }
  return codes;
}

// Stable, by codes; rows come in by row number.
void sort_rows(std::vector<int32_t>& rows, std::span<const uint64_t> codes) {
  const auto code = [&](int32_t row) { return codes[static_cast<size_t>(row)]; };
  if (std::ranges::is_sorted(rows, {}, code)) return;
  if (rows.size() < kRadixMin) {
    std::ranges::stable_sort(rows, {}, code);
    return;
  }
  struct Item {
    uint64_t code;
    int32_t row;
  };
  uint64_t low = ~uint64_t{0}, high = 0;
  for (const int32_t row : rows) {
    low = std::min(low, code(row));
    high = std::max(high, code(row));
  }
  std::vector<Item> from(rows.size()), to(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) from[i] = {code(rows[i]) - low, rows[i]};
  for (int shift = 0; shift < 64 && ((high - low) >> shift) != 0; shift += kDigitBits) {
    size_t count[kDigits] = {};
    for (const Item& item : from) ++count[item.code >> shift & (kDigits - 1)];
    size_t at = 0;
    for (size_t& c : count) at += std::exchange(c, at);
    for (const Item& item : from) to[count[item.code >> shift & (kDigits - 1)]++] = item;
    from.swap(to);
  }
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = from[i].row;
}

}  // namespace

std::vector<uint64_t> sort_codes(const SlotColumn& column, int64_t n) {
  std::vector<uint64_t> codes(static_cast<size_t>(n));
  switch (column.type->kind) {
    case Kind::kBool:
      fill_codes<uint8_t, int64_t>(column.slice, codes);
      return codes;
    case Kind::kInt32:
      fill_codes<int32_t, int64_t>(column.slice, codes);
      return codes;
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      fill_codes<int64_t, int64_t>(column.slice, codes);
      return codes;
    case Kind::kFloat:
      fill_codes<float, double>(column.slice, codes);
      return codes;
    case Kind::kDouble:
      fill_codes<double, double>(column.slice, codes);
      return codes;
    case Kind::kString:
      return text_codes(column, n);
    default:
      throw Error(ErrorCode::kTypeMismatch, "values of " + column.type->name + " have no order");
  }
}

RowOrder order_rows(const RowGroups& groups, std::span<const uint64_t> codes) {
  const size_t n = groups.ids.size();
  std::vector<int32_t> sorted;
  sorted.reserve(n);
  for (size_t i = 0; i < n; ++i) {
    if (groups.ids[i] >= 0) sorted.push_back(static_cast<int32_t>(i));
  }
  if (!codes.empty()) sort_rows(sorted, codes);

  RowOrder order;
  order.begin.assign(static_cast<size_t>(groups.count) + 1, 0);
  for (const int32_t row : sorted) {
    ++order.begin[static_cast<size_t>(groups.ids[static_cast<size_t>(row)]) + 1];
  }
  std::partial_sum(order.begin.begin(), order.begin.end(), order.begin.begin());
  if (groups.count <= 1) {
    order.rows = std::move(sorted);
  } else {
    std::vector<int32_t> at(order.begin.begin(), order.begin.end() - 1);
    order.rows.resize(sorted.size());
    for (const int32_t row : sorted) {
      const auto group = static_cast<size_t>(groups.ids[static_cast<size_t>(row)]);
      order.rows[static_cast<size_t>(at[group]++)] = row;
    }
  }
  order.identity = order.rows.size() == n;
  for (size_t i = 0; i < order.rows.size() && order.identity; ++i) {
    order.identity = order.rows[i] == static_cast<int32_t>(i);
  }
  return order;
}

}  // namespace weft
