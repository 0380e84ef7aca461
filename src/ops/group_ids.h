/// Numbers the distinct keys of rows: the core of group-by, distinct, joins and group-wise
/// operators.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "weft/kernel.h"
#include "weft/table.h"

namespace weft {

/// What a null among the keys of a row means.
enum class NullKeys : uint8_t {
  kEqual,    ///< null equals null: such rows form groups
  kLeftOut,  ///< the row belongs to no group
};

/// Gives each distinct key a number: 0, 1, 2, ... in the order in which keys first appear. A key is
/// one value of each key column; any row type will do. NaN equals NaN and -0.0 equals 0.0.
/// Cost: O(rows), expected; memory O(groups). One thread at a time, but find() is const and may run
/// in many.
class GroupIndex {
 public:
  static constexpr int32_t kNone = -1;

  /// At most 63 key columns; none at all makes one group. Throws Error(kTypeMismatch) for objects.
  explicit GroupIndex(std::vector<Type> types, NullKeys nulls = NullKeys::kEqual);
  ~GroupIndex();
  GroupIndex(GroupIndex&&) noexcept;
  GroupIndex& operator=(GroupIndex&&) noexcept;

  /// Writes the group of each of n rows, making groups for keys not seen before. `keys` has a slice
  /// for each type (stride 0: one value for all rows); they are borrowed for the call. Throws
  /// Error(kResourceLimit) past 2^31 - 1 groups.
  void add(const Slice* keys, int64_t n, int32_t* group);
  /// As add(), but a key not seen gives kNone.
  void find(const Slice* keys, int64_t n, int32_t* group) const;

  int32_t size() const;
  /// [size()] where each group first appeared: rows counted over all calls of add().
  const std::vector<int64_t>& first_rows() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct GroupIds {
  std::vector<int32_t> group;       ///< [rows] GroupIndex::kNone for rows left out
  std::vector<int64_t> first_rows;  ///< [groups]

  int32_t size() const { return static_cast<int32_t>(first_rows.size()); }
};

/// The groups of n rows in slot form.
GroupIds group_rows(std::span<const Type> types, const Slice* keys, int64_t n,
                    NullKeys nulls = NullKeys::kEqual);
/// The groups of the rows of columns of one length.
GroupIds group_rows(std::span<const ColumnData> keys, NullKeys nulls = NullKeys::kEqual);

/// As GroupIndex::add and find, over all rows of columns of one length.
std::vector<int32_t> add_columns(GroupIndex& index, std::span<const ColumnData> keys);
std::vector<int32_t> find_columns(const GroupIndex& index, std::span<const ColumnData> keys);

}  // namespace weft
