// Column functions for cases/: expressions, aggregates and what needs all rows.
#include <weft/weft.h>

namespace columns {
using namespace weft;

FEATURE(Column<double>, spread, (Column<double> x, Column<double> y)) { return x - y; }
FEATURE(Column<double>, safe_ratio, (Column<double> x, Column<double> y)) {
  return if_else(y != 0.0, x / y, 0.0);
}
FEATURE(Column<double>, filled, (Column<double> x)) { return coalesce(x, -1.0); }
FEATURE(Column<bool>, missing, (Column<double> x)) { return is_null(x); }
FEATURE(Column<bool>, either, (Column<bool> p, Column<bool> q)) { return p || q; }
FEATURE(Column<bool>, also, (Column<bool> p, Column<bool> q)) { return p && q; }
FEATURE(Column<double>, share, (Column<int64_t> k, Column<int64_t> m)) { return k / m; }
FEATURE(Column<int64_t>, next, (Column<int64_t> k)) { return k + 1; }

FEATURE(Scalar<double>, x_mean, (Column<double> x)) { return mean(x); }
FEATURE(Scalar<double>, x_stddev, (Column<double> x)) { return stddev(x); }
FEATURE(double, x_normalized, (double x, double x_mean, double x_stddev)) {
  return (x - x_mean) / x_stddev;
}
}  // namespace columns
