/// Rows of a table on their way into the store: by key, the newest of each, encoded when asked for.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/arrow.h"
#include "online/online_key.h"
#include "online/row_codec.h"

namespace weft {

/// Names of the columns that a write reads: keys, times, and those of the view's features that the
/// rows have. Throws Error(kNotFound, kTypeMismatch) for times that are not there or none.
std::vector<std::string> columns_to_write(const OnlineView& view, const Schema& rows,
                                          const OnlineRowColumns& columns);
/// The features of the view that rows of this schema have, in the order of the view.
std::vector<OnlineColumn> features_in(const OnlineView& view, const Schema& rows);

/// Immutable. Entries are in the order of their keys.
class RowBatch {
 public:
  /// `rows` in memory. Throws Error(kNotFound, kTypeMismatch).
  RowBatch(const OnlineView& view, const Table& rows, const OnlineRowColumns& columns);

  /// Of the rows that are left out here: older, no_key; written is 0.
  const OnlineWriteReport& report() const { return report_; }
  /// The columns the rows have; append() takes a schema of them.
  const std::vector<OnlineColumn>& features() const { return features_; }

  size_t size() const { return entries_.size(); }
  int64_t row(size_t i) const { return entries_[i].row; }  ///< of the table
  std::string_view key(size_t i) const { return keys_.at(entries_[i].row); }
  const RowOrder& order(size_t i) const { return entries_[i].order; }
  void append(std::string& out, const RowSchema& schema, size_t i) const;

 private:
  struct Entry {
    int64_t row = 0;
    uint64_t prefix = 0;  // of the key, by which most are told apart
    RowOrder order;
  };
  std::vector<Entry> keyed_rows(const Table& rows, const OnlineRowColumns& columns);
  bool is_same_key(const Entry& a, const Entry& b) const;
  void keep_newest();

  OnlineWriteReport report_;
  std::vector<OnlineColumn> features_;
  OnlineKeys keys_;
  bool has_short_keys_ = false;  // of all keys the prefix says all
  std::vector<FlatColumn> values_;
  std::vector<Slice> slices_;
  std::vector<Entry> entries_;
};

}  // namespace weft
