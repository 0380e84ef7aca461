/// Which pieces of a view's table a spine has a use for, told from what is known of their values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/pieces.h"
#include "join/join_spec.h"
#include "join/spine_index.h"

namespace weft {

/// The keys of a spine: all of them if it is short, else the smallest and the largest. Only
/// integers, times and texts: of other types every piece is wanted.
class SpineKeys {
 public:
  /// A column for each key, of the set's types.
  SpineKeys(const KeySet& set, std::span<const ColumnData> columns);
  /// May key number `k` of a row be one of the spine's?
  bool may_be(size_t k, const ValueRange& range) const;

 private:
  template <class T>
  struct Values {
    bool all = false;       // of the spine's, else the smallest and the largest
    std::vector<T> sorted;  // once they are all there

    void add(const T& value);
    void finish();
    bool meets(const T& low, const T& high) const;
  };
  struct Key {
    std::optional<Values<int64_t>> numbers;
    std::optional<Values<std::string>> texts;
  };
  std::vector<Key> keys_;
};

/// For a view whose rows are matched with the index: by its keys, and, unless reasons are asked
/// for, which speak of rows of any time, by its event time. Borrows all three.
MayHold wanted_pieces(const SpineIndex& index, const SpineKeys& keys, const ResolvedView& view);

}  // namespace weft
