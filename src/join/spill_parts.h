/// Rows dealt out to files by key: the parts of a join that does not fit into memory.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "weft/kernel.h"
#include "weft/table.h"

namespace weft {

/// The part, below `parts`, of each of n keys; equal keys (of equal types) have equal parts. Lists
/// and structs are not told apart.
void part_of_keys(std::span<const Type> types, const Slice* keys, int64_t n, uint32_t parts,
                  uint32_t* part);

/// Writes tables of one schema one under another into a file without a name; finish() gives them
/// back as columns that are mapped from it, and the file goes with the last of them.
class SpillFile {
 public:
  explicit SpillFile(Schema schema);
  ~SpillFile();
  SpillFile(SpillFile&&) noexcept;

  /// Throws Error(kIo). Small tables are collected first.
  void append(const Table& rows);
  Table finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Deals the rows of blocks out to files, in order.
class SpilledParts {
 public:
  SpilledParts(const Schema& schema, uint32_t parts);
  /// part[i] of row i; rows of part `parts` or above are left out.
  void append(const Table& rows, std::span<const uint32_t> part);
  std::vector<Table> finish();

 private:
  std::vector<SpillFile> files_;
};

}  // namespace weft
