/// The makers behind make_column_operator, and what their operators share.
#pragma once

#include <string>
#include <vector>

#include "ops/column_operator.h"
#include "ops/row_order.h"

namespace weft {

/// Reads options, checks them and spells them for fingerprints.
class OperatorOptions {
 public:
  OperatorOptions(std::string_view name, const Values& given) : name_(name), given_(given) {}

  /// Throw Error(kInvalidArgument) for a value of another type or outside [low, high]. One that
  /// equals its default is not spelled.
  int64_t integer(std::string_view option, int64_t otherwise, int64_t low, int64_t high);
  bool flag(std::string_view option);
  std::string text(std::string_view option, std::string_view otherwise,
                   std::span<const std::string_view> choices = {});
  std::optional<Duration> duration(std::string_view option);
  /// The option must be there.
  std::string required_text(std::string_view option);
  std::vector<std::string> texts(std::string_view option);
  std::vector<double> numbers(std::string_view option);
  bool has(std::string_view option) const { return given_.contains(option); }
  /// All options that start with `prefix`, without it.
  Values with_prefix(std::string_view prefix);

  /// Throws Error(kInvalidArgument) if more was given than was read.
  void check_all_read() const;
  /// "n=1, method=dense"
  const std::string& spelled() const { return text_; }
  const std::string& name() const { return name_; }

  [[noreturn]] void fail(std::string_view option, const std::string& what) const;
  void spell(std::string_view option, std::string_view value);

 private:
  const Value* find(std::string_view option);
  template <class T>
  T as(std::string_view option, const Value& value, std::string_view what) const;

  std::string name_;
  const Values& given_;
  std::vector<std::string> read_;
  std::string text_;
};

/// What every operator is told.
struct OperatorSignature {
  std::string name;
  std::string options;
  Type result = nullptr;
};

class BasicOperator : public ColumnOperator {
 public:
  const std::string& name() const final { return signature_.name; }
  const std::string& options() const final { return signature_.options; }
  Type result() const final { return signature_.result; }

 protected:
  explicit BasicOperator(OperatorSignature signature) : signature_(std::move(signature)) {}

 private:
  OperatorSignature signature_;
};

/// How arguments are laid out: the operator's inputs, then its rows' time if the option `time` is
/// set, then so many keys as the option `keys` says.
struct ArgumentLayout {
  std::vector<Type> inputs;
  bool has_time = false;
  std::vector<Type> keys;
  bool unbound = false;  ///< keys of a domain that is not known yet: run() cannot be called

  /// Reads the two options. Throws Error(kTypeMismatch) if the time is none.
  static ArgumentLayout read(std::span<const Type> parameters, OperatorOptions& options);
  /// Throws Error(kInvalidArgument) if there are not so many inputs.
  void need_inputs(std::string_view name, size_t count) const;

  /// Rows by (key, time, row number). A row without a time is in no group.
  RowOrder order(const Slice* in, int64_t n) const;
  /// Groups alone.
  RowGroups groups(const Slice* in, int64_t n) const;
};

/// Rows that nothing is written to become null: all bits of `out` cleared, ones past the end.
void clear_all_valid(const Sink& out, int64_t n);
inline void set_valid(const Sink& out, int64_t i) { out.valid[i >> 6] |= uint64_t{1} << (i & 63); }
bool every_row_valid(const Sink& out, int64_t n);

/// Throws Error(kTypeMismatch) unless slots of `type` may be copied byte by byte: numbers, bools,
/// times, texts, lists.
void need_copyable(std::string_view name, Type type);
/// Throws Error(kTypeMismatch) unless it is a number.
void need_number(std::string_view name, Type type);

using OperatorMaker = ColumnOperatorPtr (*)(std::span<const Type> parameters,
                                            OperatorOptions& options);

ColumnOperatorPtr make_over(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_group(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_cumulative(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_cumulative_prod(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_rank(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_percent_rank(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_row_number(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_window_rank(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_shift(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_diff(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_pct_change(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_fill_forward(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_fill_backward(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_interpolate(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_quantile_bins(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_ordinal_encode(std::span<const Type> parameters, OperatorOptions& options);
ColumnOperatorPtr make_lookup(std::span<const Type> parameters, OperatorOptions& options);

}  // namespace weft
