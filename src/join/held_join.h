/// A join whose spine, index and result are held in memory; views in sources stream.
#pragma once

#include "join/match.h"
#include "join/wanted_pieces.h"

namespace weft {

using NamedColumns = std::vector<std::pair<std::string, ColumnData>>;

/// The columns of the set, as its types.
std::vector<ColumnData> key_columns_of(const Table& rows, const KeySet& set);

/// A spine in memory, of which indexes are made: one for each set of keys.
class HeldSpine {
 public:
  HeldSpine(const Spine& spine, ThreadPool& pool, int threads);

  const Table& rows() const { return rows_; }
  SpineIndex index(const KeySet& set) const;
  SpineKeys keys(const KeySet& set) const;

 private:
  Table rows_;
  std::optional<ColumnData> time_;
  int64_t at_us_ = 0;
  ThreadPool& pool_;
  int threads_;
};

/// Adds what a view gives to each row of the index's spine. `table` is the view's, `types` are
/// those of its keys.
void add_view(const SpineIndex& index, const ResolvedView& view, const ViewTable& table,
              std::span<const Type> types, bool known, ThreadPool& pool, int threads,
              NamedColumns& out);

/// The whole join.
Table join_held(const Spine& spine, const JoinSpec& spec, ThreadPool& pool, int threads);

}  // namespace weft
