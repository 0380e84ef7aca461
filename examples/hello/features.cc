// What marketing spend brings in: six weeks, seven features.
#include <weft/weft.h>

namespace hello {
using namespace weft;

/// Mean spend of this week and the two before.
FEATURE(Column<double>, avg_3wk_spend, (Column<double> spend)) {
  return mean(spend).over(last_rows(3).include_current());
}

/// What one signup cost.
FEATURE(double, spend_per_signup, (double spend, int64_t signups)) {
  return spend / static_cast<double>(signups);
}

/// Mean spend of all weeks.
FEATURE(Scalar<double>, spend_mean, (Column<double> spend)) { return mean(spend); }

/// How far the spend of all weeks is spread around its mean.
FEATURE(Scalar<double>, spend_std_dev, (Column<double> spend)) { return stddev(spend); }

/// Spend above or below the mean.
FEATURE(double, spend_zero_mean, (double spend, double spend_mean)) { return spend - spend_mean; }

/// Spend in standard deviations from the mean.
FEATURE(double, spend_zero_mean_unit_variance, (double spend_zero_mean, double spend_std_dev),
        check(in_range(-3, 3))) {
  return spend_zero_mean / spend_std_dev;
}

}  // namespace hello
