/// Rows dealt out to files by key: the parts of a join that does not fit into memory.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weft/kernel.h"
#include "weft/table.h"

namespace weft {

/// Deals keys out to parts, equal ones to the same. Where the first key is an integer, a time or a
/// text, parts are ranges of it, so that a table that is clustered by it can be read part by part;
/// else they go by a hash, which does not tell lists and structs apart.
class KeyParts {
 public:
  /// About `parts` parts, at most. `sample` holds some first keys of the rows that are to be dealt
  /// out evenly; it is not read where there are no keys.
  KeyParts(std::vector<Type> types, uint32_t parts, const ColumnData& sample);

  static bool takes_ranges(std::span<const Type> types);
  uint32_t size() const { return parts_; }
  bool are_ranges() const { return ranges_; }
  /// The part of each of n keys, below size().
  void find(const Slice* keys, int64_t n, uint32_t* part) const;

 private:
  std::vector<Type> types_;
  uint32_t parts_;
  bool ranges_ = false;
  std::vector<int64_t> numbers_;    // [parts - 1] part p begins at number p - 1
  std::vector<std::string> texts_;  // the same, of texts
};

/// Rows that are mapped from a file without a name, which goes with them; or few, in memory.
struct SpilledRows {
  Table rows;
  std::shared_ptr<arrow::Buffer> mapped = nullptr;  ///< null: in memory

  /// What was read of them counts as the process' memory until then, though the system may take it
  /// back; it can be read again.
  void let_go() const;
};

/// Writes tables of one schema one under another into a file.
class SpillFile {
 public:
  explicit SpillFile(Schema schema);
  ~SpillFile();
  SpillFile(SpillFile&&) noexcept;

  /// Throws Error(kIo). Small tables are collected first.
  void append(const Table& rows);
  SpilledRows finish();

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
  std::vector<SpilledRows> finish();

 private:
  std::vector<SpillFile> files_;
};

}  // namespace weft
