/// Tables whose rows lie in pieces, row groups of files: read one by one, in any order, by threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weft/table.h"

namespace weft {

/// What is known of a column's values in a range of rows. Absent: unknown.
struct ValueRange {
  std::optional<Value> min;  ///< of values that are neither null nor NaN
  std::optional<Value> max;
  std::optional<int64_t> nulls;
  int64_t rows = 0;
};

/// What is known of one of the table's columns in some of its rows.
using RangeOf = std::function<ValueRange(const std::string& column)>;
/// Asked of files, then of the pieces of those that are left; false: none of the rows is wanted.
using MayHold = std::function<bool(const RangeOf& range_of)>;

struct Piece {
  int64_t first_row = 0;  ///< its number in the table
  int64_t rows = 0;
};

/// A piece that one thread reads.
class PieceReader {
 public:
  virtual ~PieceReader() = default;
  /// All its rows, in memory. May be called again for other columns. Throws Error(kBadData, kIo).
  virtual Table read(std::span<const std::string> columns) const = 0;
};

/// The pieces of a table that hold wanted rows. Immutable, thread-safe; what it shows stays the
/// same.
class Pieces {
 public:
  virtual ~Pieces() = default;
  /// By ascending rows, at least one each. Rows of pieces that are not wanted are counted.
  virtual std::span<const Piece> list() const = 0;
  /// Of the whole table.
  virtual int64_t num_rows() const = 0;
  /// The reader borrows this object.
  virtual std::unique_ptr<PieceReader> open(size_t piece) const = 0;
};

/// A source that may know its rows in pieces.
class PiecedSource : public TableSource {
 public:
  /// Null: it can only be read from front to back (a filter leaves rows out, a piece is so large
  /// that it should not be held).
  virtual std::shared_ptr<const Pieces> pieces(const MayHold& may_hold) const = 0;
};

/// The pieces of a table; null where it has none. A table in memory is cut into some.
std::shared_ptr<const Pieces> pieces_of(const Table& table, const MayHold& may_hold);

/// Pieces of which each column is another one of `inner`, perhaps converted: what sources are made
/// of that show another's rows otherwise.
using ReadColumns =
    std::function<Table(const PieceReader& inner, std::span<const std::string> columns)>;
std::shared_ptr<const Pieces> mapped_pieces(std::shared_ptr<const Pieces> inner, ReadColumns read);
/// Pieces of one table after those of the other. Null if one is.
std::shared_ptr<const Pieces> joined_pieces(std::vector<std::shared_ptr<const Pieces>> parts);

}  // namespace weft
