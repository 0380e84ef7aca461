/// Recipe: a random expression of a column function, which can be built again for each plan.
#pragma once

#include "random_values.h"

namespace weft::fuzz {

class Recipe {
 public:
  /// Of parameters of these types; `scalar[i]`: one value for all rows.
  Recipe(std::vector<Type> types, std::vector<bool> scalar);

  /// Row functions over what is there so far. False if nothing was found that takes it.
  /// `may_throw`: also those that fail for some rows.
  bool add_function(Random& random, size_t weight, bool may_throw);
  /// An aggregate of a column. False if there is no column that it takes.
  bool add_aggregate(Random& random);
  /// A rank, shift, cumulative value, group or window. False likewise.
  bool add_operator(Random& random);

  /// The last expression, of parameters in the order given.
  ExprPtr build(std::span<const Value> parameters) const;
  const ExprPtr& root() const { return exprs_.back(); }
  bool root_is_column() const { return column_.back(); }
  bool needs_all_rows() const { return needs_all_rows_; }
  bool has_operator() const { return has_operator_; }

 private:
  using Make = std::function<ExprPtr(std::span<const ExprPtr>)>;
  bool add(Make make, bool column);
  size_t pick(Random& random, const std::function<bool(size_t)>& fits) const;

  size_t parameters_;
  std::vector<ExprPtr> exprs_;  // parameters, then what each step made
  std::vector<bool> column_;
  std::vector<Make> steps_;
  bool needs_all_rows_ = false;
  bool has_operator_ = false;
};

/// A plain value for a parameter of a built-in function, which for zones, units, formats and
/// patterns mostly is one that it knows.
Value plausible_value(Random& random, std::string_view function, Type type);

}  // namespace weft::fuzz
