/// Which rows of a table go, and files without them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "offline/delta_log.h"
#include "offline/delta_writer.h"

namespace weft::delta {

/// Decides on rows by some of their columns. Immutable, thread-safe.
class RowRule {
 public:
  virtual ~RowRule() = default;
  /// Columns that must be read to decide.
  virtual const std::vector<std::string>& columns() const = 0;
  /// False only if the file surely holds no row that goes.
  virtual bool may_hold(const AddFile& file) const = 0;
  /// True if all its rows go, as can be told without reading them.
  virtual bool surely_all(const AddFile&) const { return false; }
  /// The rows that stay, in order.
  virtual Table kept(const Table& rows) const = 0;
};

/// Rows that meet all conditions. Throws as bind_filter() does.
std::unique_ptr<RowRule> rule_of_filter(std::shared_ptr<const Snapshot> snapshot,
                                        const Filter& filter, const std::string& table);
/// Rows that agree with a row of `keys` in all of its columns; null agrees with nothing. Throws
/// Error(kNotFound, kTypeMismatch, kInvalidArgument).
std::unique_ptr<RowRule> rule_of_keys(std::shared_ptr<const Snapshot> snapshot, const Table& keys,
                                      const std::string& table);

/// The files that hold rows that go; what stays of them goes to `writer`.
struct Removal {
  std::vector<RemoveFile> files;
  int64_t rows = 0;  ///< -1: not known
  int64_t kept = 0;  ///< written anew
};
Removal remove_by(const RowRule& rule, std::shared_ptr<const Snapshot> snapshot,
                  const std::string& table, int64_t now_ms, DataWriter& writer);

RemoveFile removal_of(const AddFile& file, int64_t now_ms);
/// "year >= 2013 and gate is null".
std::string to_string(const Filter& filter);

}  // namespace weft::delta
