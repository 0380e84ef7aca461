/// The makers behind make_aggregate, one for each name. Types were checked against the catalog.
#pragma once

#include "ops/aggregate.h"

namespace weft {

/// Reads options, checks them and spells them for fingerprints.
class AggregateOptions {
 public:
  AggregateOptions(std::string_view aggregate, const Values& given)
      : aggregate_(aggregate), given_(given) {}

  /// Throw Error(kInvalidArgument) for a value of another type or outside [low, high].
  double number(std::string_view name, double low, double high);
  int64_t integer(std::string_view name, int64_t low, int64_t high);
  int64_t integer_or(std::string_view name, int64_t otherwise, int64_t low, int64_t high);

  /// Throws Error(kInvalidArgument) if more was given than was read.
  void check_all_read() const;
  /// "k=3, precision=12"
  const std::string& text() const { return text_; }

 private:
  const Value* find(std::string_view name);
  const Value& required(std::string_view name);
  int64_t whole(std::string_view name, const Value& value, int64_t low, int64_t high);
  [[noreturn]] void fail(std::string_view name, const std::string& what) const;
  void spell(std::string_view name, std::string_view value);

  std::string aggregate_;
  const Values& given_;
  std::vector<std::string> names_;
  std::string text_;
};

using AggregateMaker = AggregatePtr (*)(AggregateSignature signature, AggregateOptions& options);

AggregatePtr make_count(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_count_all(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_any(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_all(AggregateSignature signature, AggregateOptions& options);

AggregatePtr make_sum(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_mean(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_var(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_stddev(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_skew(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_kurtosis(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_covariance(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_correlation(AggregateSignature signature, AggregateOptions& options);

AggregatePtr make_min(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_max(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_min_by(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_max_by(AggregateSignature signature, AggregateOptions& options);

AggregatePtr make_first(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_last(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_nth(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_list(AggregateSignature signature, AggregateOptions& options);

AggregatePtr make_median(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_quantile(AggregateSignature signature, AggregateOptions& options);

AggregatePtr make_distinct(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_distinct_approx(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_mode(AggregateSignature signature, AggregateOptions& options);
AggregatePtr make_top_k(AggregateSignature signature, AggregateOptions& options);

}  // namespace weft
