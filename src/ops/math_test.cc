#include "weft/math.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>
#include <vector>

#include "weft/error.h"
#include "weft/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();
constexpr double kHuge = std::numeric_limits<double>::max();
constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();

bool same_bits(double a, double b) {
  return (a != a && b != b) || std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "nothing thrown";
}

// Specials, then every exponent, then what features are made of.
std::vector<double> arguments(uint64_t seed, size_t n) {
  std::vector<double> x = {0.0,   -0.0, 1.0,   -1.0,   2.0,    -2.0,   0.5,   -0.5,     kInf,
                           -kInf, kNan, kTiny, -kTiny, kHuge,  -kHuge, 710.0, -746.0,   1e-320,
                           3.0,   1e22, 1e15,  1e308,  0x1p52, 0x1p53, 2.5,   0x1p-1022};
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  std::uniform_real_distribution<double> wide(-800, 800);
  while (x.size() < n) {
    x.push_back(std::bit_cast<double>(random()));
    x.push_back(unit(random));
    x.push_back(wide(random));
    x.push_back(std::exp(unit(random) * 40));
  }
  x.resize(n);
  return x;
}

// ---- the same bits for one value and for several ------------------------------------------------

constexpr size_t kArguments = 1 << 17;

#if defined(__x86_64__)

#define WEFT_DECLARE_VECTOR(name, bound)                                    \
  extern "C" __m128d _ZGVbN2v_weft_##name(__m128d);                         \
  extern "C" [[gnu::target("avx")]] __m256d _ZGVcN4v_weft_##name(__m256d);  \
  extern "C" [[gnu::target("avx2")]] __m256d _ZGVdN4v_weft_##name(__m256d); \
  extern "C" [[gnu::target("avx512f")]] __m512d _ZGVeN8v_weft_##name(__m512d);
WEFT_UNARY_MATH(WEFT_DECLARE_VECTOR)
WEFT_DECLARE_VECTOR(sqrt, exact)
#undef WEFT_DECLARE_VECTOR
#define WEFT_DECLARE_VECTOR(name, bound)                                              \
  extern "C" __m128d _ZGVbN2vv_weft_##name(__m128d, __m128d);                         \
  extern "C" [[gnu::target("avx")]] __m256d _ZGVcN4vv_weft_##name(__m256d, __m256d);  \
  extern "C" [[gnu::target("avx2")]] __m256d _ZGVdN4vv_weft_##name(__m256d, __m256d); \
  extern "C" [[gnu::target("avx512f")]] __m512d _ZGVeN8vv_weft_##name(__m512d, __m512d);
WEFT_BINARY_MATH(WEFT_DECLARE_VECTOR)
#undef WEFT_DECLARE_VECTOR

using Loop = void (*)(const double* x, const double* y, double* out, size_t n);

struct Widths {
  const char* name;
  double (*one)(double x, double y);
  Loop sse2, avx, avx2, avx512;
};

#define WEFT_LOOP(isa, bits, lanes, call)                                                    \
  [](const double* x, [[maybe_unused]] const double* y, double* out, size_t n)               \
      __attribute__((target(isa))) {                                                         \
        for (size_t i = 0; i + lanes <= n; i += lanes) _mm##bits##_storeu_pd(out + i, call); \
      }
#define WEFT_WIDTHS(name, bound)                                            \
  {#name,                                                                   \
   [](double x, double) { return weft_##name(x); },                         \
   WEFT_LOOP("sse2", , 2, _ZGVbN2v_weft_##name(_mm_loadu_pd(x + i))),       \
   WEFT_LOOP("avx", 256, 4, _ZGVcN4v_weft_##name(_mm256_loadu_pd(x + i))),  \
   WEFT_LOOP("avx2", 256, 4, _ZGVdN4v_weft_##name(_mm256_loadu_pd(x + i))), \
   WEFT_LOOP("avx512f", 512, 8, _ZGVeN8v_weft_##name(_mm512_loadu_pd(x + i)))},
const Widths kUnary[] = {WEFT_UNARY_MATH(WEFT_WIDTHS) WEFT_WIDTHS(sqrt, exact)};
#undef WEFT_WIDTHS
#define WEFT_WIDTHS(name, bound)                                                            \
  {#name,                                                                                   \
   [](double x, double y) { return weft_##name(x, y); },                                    \
   WEFT_LOOP("sse2", , 2, _ZGVbN2vv_weft_##name(_mm_loadu_pd(x + i), _mm_loadu_pd(y + i))), \
   WEFT_LOOP("avx", 256, 4,                                                                 \
             _ZGVcN4vv_weft_##name(_mm256_loadu_pd(x + i), _mm256_loadu_pd(y + i))),        \
   WEFT_LOOP("avx2", 256, 4,                                                                \
             _ZGVdN4vv_weft_##name(_mm256_loadu_pd(x + i), _mm256_loadu_pd(y + i))),        \
   WEFT_LOOP("avx512f", 512, 8,                                                             \
             _ZGVeN8vv_weft_##name(_mm512_loadu_pd(x + i), _mm512_loadu_pd(y + i)))},
const Widths kBinary[] = {WEFT_BINARY_MATH(WEFT_WIDTHS)};
#undef WEFT_WIDTHS

void expect_same(const Widths& f, Loop loop, const char* width, const std::vector<double>& x,
                 const std::vector<double>& y, const std::vector<double>& wanted) {
  std::vector<double> got(x.size());
  loop(x.data(), y.data(), got.data(), x.size());
  size_t differing = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (same_bits(wanted[i], got[i])) continue;
    if (++differing == 1) {
      ADD_FAILURE() << f.name << " of " << x[i] << ", " << y[i] << " is " << wanted[i]
                    << " alone and " << got[i] << " with " << width;
    }
  }
  EXPECT_EQ(differing, 0u) << f.name << " " << width;
}

void expect_same_in_all_widths(const Widths& f, const std::vector<double>& x,
                               const std::vector<double>& y) {
  std::vector<double> wanted(x.size());
  for (size_t i = 0; i < x.size(); ++i) wanted[i] = f.one(x[i], y[i]);
  expect_same(f, f.sse2, "SSE2", x, y, wanted);
  expect_same(f, f.avx, "AVX", x, y, wanted);
  expect_same(f, f.avx2, "AVX2", x, y, wanted);
  if (__builtin_cpu_supports("avx512f")) expect_same(f, f.avx512, "AVX-512", x, y, wanted);
}

TEST(MathSimdTest, UnaryFunctionsGiveTheSameBitsInEveryWidth) {
  const auto x = arguments(/*seed=*/1, kArguments);
  for (const Widths& f : kUnary) expect_same_in_all_widths(f, x, x);
}

TEST(MathSimdTest, BinaryFunctionsGiveTheSameBitsInEveryWidth) {
  const auto x = arguments(/*seed=*/2, kArguments);
  auto y = arguments(/*seed=*/3, kArguments);
  // Every special with every special: y is turned against x once per special.
  constexpr size_t kSpecials = 26;
  auto pairs_x = x;
  for (size_t i = 0; i < kSpecials * kSpecials; ++i) {
    pairs_x[i] = x[i / kSpecials];
    y[i] = x[i % kSpecials];
  }
  for (const Widths& f : kBinary) expect_same_in_all_widths(f, pairs_x, y);
}

#endif

TEST(MathSimdTest, KernelOnABlockAndOnARowGiveTheSameBits) {
  const auto x = arguments(/*seed=*/4, kBlockRows);
  const KernelPtr kernel = kernel_of<&sigmoid>("sigmoid");
  std::vector<double> block(x.size());
  std::vector<uint64_t> valid(x.size() / 64);
  Arena arena;
  const Slice in{reinterpret_cast<const char*>(x.data()), nullptr, sizeof(double)};
  kernel->block(nullptr, &in, {block.data(), valid.data(), &arena, false}, kBlockRows);
  for (size_t i = 0; i < x.size(); ++i) {
    double argument = x[i], row = 0;
    bool has = true, has_row = false;
    const Cell cell{&argument, &has};
    kernel->row(nullptr, &cell, {&row, &has_row}, arena);
    EXPECT_TRUE(has_row);
    EXPECT_TRUE(same_bits(row, block[i])) << x[i];
  }
}

// ---- values ---------------------------------------------------------------------------------

double ulps(double got, long double wanted) {
  const double near = static_cast<double>(wanted);
  if (same_bits(got, near) || got == near) return 0;
  if (!is_finite(got) || !is_finite(near)) return kInf;
  const double gap = std::nextafter(std::fabs(near), kInf) - std::fabs(near);
  return static_cast<double>(std::fabs((static_cast<long double>(got) - wanted) / gap));
}

TEST(MathTest, ElementaryFunctionsAreWithinAnUlpOfLongDouble) {
  struct Case {
    const char* name;
    double (*f)(double);
    long double (*wanted)(long double);
  };
#define WEFT_CASE(name) {#name, &name, [](long double x) { return std::name(x); }}
  const Case cases[] = {WEFT_CASE(exp),  WEFT_CASE(exp2),  WEFT_CASE(expm1), WEFT_CASE(log),
                        WEFT_CASE(log2), WEFT_CASE(log10), WEFT_CASE(log1p), WEFT_CASE(sqrt),
                        WEFT_CASE(cbrt), WEFT_CASE(sin),   WEFT_CASE(cos),   WEFT_CASE(tan),
                        WEFT_CASE(asin), WEFT_CASE(acos),  WEFT_CASE(atan),  WEFT_CASE(sinh),
                        WEFT_CASE(cosh), WEFT_CASE(tanh)};
#undef WEFT_CASE
  const auto x = arguments(/*seed=*/5, 50'000);
  for (const Case& c : cases) {
    double worst = 0, at = 0;
    for (const double a : x) {
      const bool hyperbolic = c.f == &sinh || c.f == &cosh;
      if (hyperbolic && std::fabs(a) > 709.7 && std::fabs(a) < 710.5) continue;
      const double e = ulps(c.f(a), c.wanted(a));
      if (e > worst) worst = e, at = a;
    }
    EXPECT_LE(worst, 1.01) << c.name << " of " << at << " is " << c.f(at);
  }
}

TEST(MathTest, PowAndAtan2AndHypotAreWithinAnUlpOfLongDouble) {
  const auto x = arguments(/*seed=*/6, 50'000), y = arguments(/*seed=*/7, 50'000);
  for (size_t i = 0; i < x.size(); ++i) {
    const double a = x[i], b = y[(i * 7 + i / 26) % y.size()];
    EXPECT_LE(ulps(pow(a, b), std::pow(static_cast<long double>(a), b)), 1.01) << a << " " << b;
    EXPECT_LE(ulps(atan2(a, b), std::atan2(static_cast<long double>(a), b)), 1.01) << a << " " << b;
    EXPECT_LE(ulps(hypot(a, b), std::hypot(static_cast<long double>(a), b)), 1.01) << a << " " << b;
  }
}

TEST(MathTest, OutsideTheirDomainsFunctionsGiveNanOrInfinity) {
  EXPECT_EQ(log(0.0), -kInf);
  EXPECT_TRUE(is_nan(log(-1.0)));
  EXPECT_TRUE(std::signbit(log1p(-0.0)));
  EXPECT_EQ(cosh(709.8), kInf);
  EXPECT_EQ(exp(1000.0), kInf);
  EXPECT_EQ(exp(-1000.0), 0.0);
  EXPECT_TRUE(is_nan(sqrt(-1.0)));
  EXPECT_TRUE(is_nan(asin(1.5)));
  EXPECT_TRUE(is_nan(sin(kInf)));
  EXPECT_EQ(pow(0.0, 0.0), 1.0);
  EXPECT_EQ(pow(kNan, 0.0), 1.0);
  EXPECT_EQ(pow(1.0, kNan), 1.0);
  EXPECT_EQ(pow(-2.0, 3.0), -8.0);
  EXPECT_TRUE(is_nan(pow(-8.0, 1.0 / 3)));
  EXPECT_EQ(hypot(kInf, kNan), kInf);
}

TEST(MathTest, SigmoidKeepsItsDigitsAtBothEnds) {
  EXPECT_EQ(sigmoid(0), 0.5);
  EXPECT_EQ(sigmoid(kInf), 1);
  EXPECT_EQ(sigmoid(-kInf), 0);
  EXPECT_DOUBLE_EQ(sigmoid(-40), 4.248354255291589e-18);
  EXPECT_GT(sigmoid(-740), 0);
  EXPECT_TRUE(is_nan(sigmoid(kNan)));
}

TEST(MathTest, CyclicEncodingIsExactAtTheQuarters) {
  for (int turn = -3; turn < 3; ++turn) {
    EXPECT_EQ(cyclic_sin(24 * turn, 24), 0);
    EXPECT_EQ(cyclic_cos(24 * turn, 24), 1);
    EXPECT_EQ(cyclic_sin(24 * turn + 6, 24), 1);
    EXPECT_EQ(cyclic_cos(24 * turn + 6, 24), 0);
    EXPECT_EQ(cyclic_cos(24 * turn + 12, 24), -1);
    EXPECT_EQ(cyclic_sin(24 * turn - 6, 24), -1);
  }
  EXPECT_DOUBLE_EQ(cyclic_sin(1, 7), 0.7818314824680298);
  EXPECT_DOUBLE_EQ(cyclic_cos(1, 7), 0.6234898018587336);
  EXPECT_TRUE(is_nan(cyclic_sin(1, 0)));
}

// ---- rounding -------------------------------------------------------------------------------

TEST(RoundTest, FloorCeilTruncAndRoundAgreeWithLibm) {
  for (const double x : arguments(/*seed=*/8, 200'000)) {
    EXPECT_TRUE(same_bits(floor(x), std::floor(x))) << x;
    EXPECT_TRUE(same_bits(ceil(x), std::ceil(x))) << x;
    EXPECT_TRUE(same_bits(trunc(x), std::trunc(x))) << x;
    EXPECT_TRUE(same_bits(round(x), std::nearbyint(x))) << x;
  }
}

TEST(RoundTest, HalvesGoToEven) {
  const double cases[][2] = {{0.5, 0}, {1.5, 2}, {2.5, 2}, {-0.5, -0.0}, {-2.5, -2}, {3.5, 4}};
  for (const auto& [x, wanted] : cases) EXPECT_TRUE(same_bits(round(x), wanted)) << x;
}

TEST(RoundTest, ToDigitsAsNumpy) {
  EXPECT_EQ(round(2.675, 2), 2.68);  // numpy.round(2.675, 2)
  EXPECT_EQ(round(1.005, 2), 1.0);
  EXPECT_EQ(round(0.125, 2), 0.12);
  EXPECT_EQ(round(-1234.5678, 2), -1234.57);
  EXPECT_EQ(round(1250.0, -2), 1200);
  EXPECT_EQ(round(1350.0, -2), 1400);
  EXPECT_EQ(round(1e300, 20), 1e300);
  EXPECT_EQ(round(5.0, -400), 0);
  EXPECT_EQ(round(5.5, 400), 5.5);
  EXPECT_TRUE(is_nan(round(kNan, 3)));
  EXPECT_EQ(round(-kInf, 3), -kInf);
}

TEST(RoundTest, IntegersToTensAsPython) {
  const int64_t cases[][3] = {{25, -1, 20},     {35, -1, 40},
                              {-25, -1, -20},   {-26, -1, -30},
                              {149, -2, 100},   {150, -2, 200},
                              {7, 3, 7},        {7, -5, 0},
                              {kMin64, -30, 0}, {kMax64, -18, 9000000000000000000}};
  for (const auto& [x, digits, wanted] : cases) EXPECT_EQ(round(x, digits), wanted) << x;
  EXPECT_EQ(error_of([] { return round(kMax64, -1); }),
            "bad_data: integer overflow in round(9223372036854775807, -1)");
}

TEST(BucketizeTest, CountsTheEdgesAtOrBelow) {
  const std::vector<double> edges = {1, 2, 2, 5};
  EXPECT_EQ(bucketize(0.9, edges), 0);
  EXPECT_EQ(bucketize(1, edges), 1);
  EXPECT_EQ(bucketize(2, edges), 3);
  EXPECT_EQ(bucketize(5, edges), 4);
  EXPECT_EQ(bucketize(-kInf, edges), 0);
  EXPECT_EQ(bucketize(kNan, edges), 4);
  EXPECT_EQ(bucketize(3, {}), 0);
  const std::vector<double> unordered = {2, 1}, with_nan = {1, kNan};
  EXPECT_EQ(error_of([&] { return bucketize(3, unordered); }),
            "invalid_argument: bucketize: the edges must ascend, without NaN");
  EXPECT_THROW(bucketize(3, with_nan), Error);
}

TEST(CheckCpuTest, HasWhatTheTestsJustUsed) { EXPECT_NO_THROW(check_cpu()); }

}  // namespace
}  // namespace weft
