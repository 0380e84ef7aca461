// Thirty chained map features over six columns, as the peers in peers.py compute them.
#include <weft/weft.h>

namespace expressions {
using namespace weft;

FEATURE(Scalar<double>, a_mean, (Column<double> a)) { return mean(a); }
FEATURE(Scalar<double>, a_stddev, (Column<double> a)) { return stddev(a); }

FEATURE(double, f01, (double a, double b)) { return a - b; }
FEATURE(double, f02, (double f01, double c)) { return f01 / c; }
FEATURE(bool, f03, (double a, double b)) { return a > b; }
FEATURE(Column<double>, f04, (Column<bool> f03, Column<double> f01, Column<double> d)) {
  return if_else(f03, f01, d);
}
FEATURE(double, f05, (double f04)) { return f04 < 0 ? -f04 : f04; }
FEATURE(double, f06, (double f05)) { return weft::log1p(f05); }
FEATURE(Column<double>, f07, (Column<double> f02)) { return clip(f02, -10.0, 10.0); }
FEATURE(Column<double>, f08, (Column<double> d, Column<double> f07)) { return coalesce(d, f07); }
FEATURE(int64_t, f09, (Time ts)) { return weft::day_of_week(ts); }
FEATURE(int64_t, f10, (Time ts)) { return weft::hour(ts); }
FEATURE(bool, f11, (int64_t f09)) { return f09 >= 5; }
FEATURE(bool, f12, (std::string_view s)) { return s == "US"; }
FEATURE(bool, f13, (bool f12, bool f03)) { return f12 && f03; }
FEATURE(Column<double>, f14, (Column<bool> f11, Column<double> f06, Column<double> f07)) {
  return if_else(f11, f06, f07);
}
FEATURE(double, f15, (double f14, double f06)) { return f14 * f06; }
FEATURE(double, f16, (double a, double a_mean)) { return a - a_mean; }
FEATURE(double, f17, (double f16, double a_stddev)) { return f16 / a_stddev; }
FEATURE(double, f18, (double f17)) { return f17 * f17; }
FEATURE(double, f19, (double f18, double f15)) { return f18 + f15; }
FEATURE(double, f20, (double f05)) { return weft::sqrt(f05); }
FEATURE(double, f21, (double f20, double f06)) { return f20 < f06 ? f20 : f06; }
FEATURE(double, f22, (double f21)) { return f21 + 0.5; }
FEATURE(Column<bool>, f23, (Column<double> d)) { return is_null(d); }
FEATURE(Column<double>, f24, (Column<bool> f23, Column<double> f02)) {
  return if_else(f23, 0.0, f02);
}
FEATURE(double, f25, (double f24)) { return f24 * 0.1; }
FEATURE(double, f26, (double f25, double f22)) { return f25 + f22; }
FEATURE(bool, f27, (double f25, double f08)) { return f25 < f08; }
FEATURE(Column<double>, f28, (Column<bool> f27, Column<double> f26, Column<double> f08)) {
  return if_else(f27, f26, f08);
}
FEATURE(double, f29, (int64_t f10)) {
  return weft::sin(static_cast<double>(f10) * (2 * 3.14159265358979323846 / 24));
}
FEATURE(double, f30, (double f28, double f29)) { return f28 + f29; }

}  // namespace expressions
