#include "hand.h"

#include <algorithm>
#include <cmath>

#include "weft/calendar.h"
#include "weft/clones.h"
#include "weft/math.h"

namespace expressions {
namespace {

constexpr int kRows = 512;
constexpr double kAngle = 2 * 3.14159265358979323846 / 24;

double day_of_week(int64_t us) {
  return static_cast<double>(weft::day_of_week(weft::Time(weft::Duration(us))));
}
double hour(int64_t us) { return static_cast<double>(weft::hour(weft::Time(weft::Duration(us)))); }

uint64_t bits_of(const uint8_t* bools, int n) {
  uint64_t bits = 0;
  for (int i = 0; i < n; ++i) bits |= uint64_t{bools[i]} << i;
  return n < 64 ? bits | ~uint64_t{0} << n : bits;
}

}  // namespace

WEFT_CLONES void hand_fused(const HandInput& in, const HandOutput& out, int64_t from, int64_t to,
                            double mean, double stddev) {
  alignas(64) double f05[kRows], f06[kRows], f29[kRows], weekday[kRows];
  alignas(64) uint8_t has_d[kRows], is_us[kRows], has5[kRows], has14[kRows], has28[kRows],
      f13[kRows];
  for (int64_t start = from; start < to; start += kRows) {
    const int n = static_cast<int>(std::min<int64_t>(kRows, to - start));
    const double* a = in.a + start;
    const double* b = in.b + start;
    const double* c = in.c + start;
    const double* d = in.d + start;
    for (int i = 0; i < n; ++i) {
      const int64_t row = start + i;
      has_d[i] = in.d_valid ? in.d_valid[row >> 3] >> (row & 7) & 1 : 1;
      const int32_t at = in.s_offsets[row];
      is_us[i] =
          std::string_view(in.s_data + at, static_cast<size_t>(in.s_offsets[row + 1] - at)) == "US";
    }
    for (int i = 0; i < n; ++i) {
      f05[i] = std::fabs(a[i] > b[i] ? a[i] - b[i] : d[i]);
      weekday[i] = day_of_week(in.ts[start + i]);
      f29[i] = hour(in.ts[start + i]) * kAngle;
    }
    for (int i = 0; i < n; ++i) f06[i] = weft::log1p(f05[i]);
    for (int i = 0; i < n; ++i) f29[i] = weft::sin(f29[i]);
    for (int i = 0; i < n; ++i) {
      const bool f03 = a[i] > b[i];
      const double f02 = (a[i] - b[i]) / c[i];
      const double f07 = f02 < -10 ? -10 : f02 > 10 ? 10 : f02;
      const double f08 = has_d[i] ? d[i] : f07;
      const bool f11 = weekday[i] >= 5;
      const double f14 = f11 ? f06[i] : f07;
      const double f17 = (a[i] - mean) / stddev;
      const double f20 = weft::sqrt(f05[i]);
      const double f22 = (f20 < f06[i] ? f20 : f06[i]) + 0.5;
      const double f25 = (has_d[i] ? f02 : 0.0) * 0.1;
      const bool f27 = f25 < f08;
      const double f28 = f27 ? f25 + f22 : f08;
      out.f08[start + i] = f08;
      out.f17[start + i] = f17;
      out.f19[start + i] = f17 * f17 + f14 * f06[i];
      out.f22[start + i] = f22;
      out.f28[start + i] = f28;
      out.f30[start + i] = f28 + f29[i];
      f13[i] = is_us[i] & f03;
      has5[i] = f03 | has_d[i];
      has14[i] = has5[i];
      has28[i] = has5[i] | !f27;
    }
    for (int i = 0; i < n; i += 64) {
      const int m = std::min(64, n - i);
      const int64_t word = (start + i) / 64;
      out.f13[word] = bits_of(f13 + i, m);
      out.f22_valid[word] = bits_of(has5 + i, m);
      out.f19_valid[word] = bits_of(has14 + i, m);
      out.f28_valid[word] = bits_of(has28 + i, m);
    }
  }
}

}  // namespace expressions
