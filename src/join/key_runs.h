/// Rows of one key that lie together: tables clustered by key have few such runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weft/kernel.h"

namespace weft {

/// Finds where the keys of rows change. One object a thread.
class KeyRuns {
 public:
  /// No more rows at once.
  static constexpr uint32_t kRowsMax = 1024;
  /// With fewer rows a run, finding runs is not worth it.
  static constexpr uint32_t kRowsPerRun = 4;

  explicit KeyRuns(std::span<const Type> types);

  /// Looks at n rows from number `at` of the slices. False: the keys change so often, or are of
  /// such types, that rows are better taken one by one.
  bool find(const Slice* keys, int64_t at, uint32_t n);
  uint32_t size() const { return runs_; }
  /// [size() + 1] where each run begins, counted from `at`; the last is n. Runs of one key may
  /// follow each other; a row with a null among its keys is a run of its own.
  const uint32_t* begin() const { return begin_; }
  /// A slice for each key: [size()] the keys of the runs.
  const Slice* keys() const { return slices_.data(); }

 private:
  struct Column {
    uint32_t size = 0;  // of a slot; 0: the type cannot be compared here
    bool text = false;
    std::vector<char> slots;
    std::vector<uint64_t> valid;
  };
  void note_changes(const Slice& key, const Column& column, int64_t at, uint32_t from, uint32_t to);
  void copy_keys(const Slice* keys, int64_t at);

  std::vector<Column> columns_;
  std::vector<Slice> slices_;
  bool comparable_ = true;
  uint32_t runs_ = 0;
  uint32_t begin_[kRowsMax / kRowsPerRun + 1];
  uint8_t changes_[kRowsMax];
};

}  // namespace weft
