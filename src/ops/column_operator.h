/// Operators that need all rows of their domain at once: rank, lag, cumulative sums, rolling
/// windows, group-wise aggregates, lookups. Row-by-row functions are kernels instead.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weft/kernel.h"

namespace weft {

class ColumnOperator;
using ColumnOperatorPtr = std::shared_ptr<const ColumnOperator>;

/// One operator for given input types. Immutable, stateless and thread-safe; makes no threads.
class ColumnOperator {
 public:
  virtual ~ColumnOperator() = default;

  /// As make_column_operator knows it: "lag".
  virtual const std::string& name() const = 0;
  /// All parameters in one spelling, "n=1"; "" if there are none. With the name and the input types
  /// this tells any two operators apart: part of fingerprints.
  virtual const std::string& options() const = 0;
  virtual Type result() const = 0;

  /// Does each row's result depend on that row's inputs alone? Then it runs block by block, over
  /// micro-batches and per request like a row function.
  virtual bool row_wise() const { return false; }

  /// All n rows: one slice an argument (stride 0: a scalar; an object argument's slice points at
  /// the object), out as a kernel's. Texts and lists of the result may point into the arguments.
  /// Returns true if every row of the result is valid. Throws Error(kBadData, kInvalidArgument);
  /// RowError names a row.
  virtual bool run(const Slice* in, const Sink& out, int64_t n) const = 0;
};

/// The operator of this name for inputs of these types. Every operator may be told its rows' order
/// and keys: option `time` (true: the argument after its inputs is a time) and `keys` (so many
/// arguments at the end are keys). Throws Error(kInvalidArgument) for an unknown name or option
/// (naming the nearest), Error(kTypeMismatch) for a type it does not take.
ColumnOperatorPtr make_column_operator(std::string_view name, std::span<const Type> parameters,
                                       const Values& options);

/// A line of the documentation.
struct ColumnOperatorInfo {
  std::string name;
  std::string inputs;
  std::string options;  ///< "n: rows to go back"; "" if none
  std::string result;
  std::string summary;  ///< one sentence
};

/// All operators, sorted by name.
std::vector<ColumnOperatorInfo> column_operator_catalog();

}  // namespace weft
