#include "ops/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

uint64_t bits(double x) { return std::bit_cast<uint64_t>(x); }

// The oracle: Shewchuk's growing expansions with the last rounding of Python's math.fsum.
double expansion_sum(const std::vector<double>& values) {
  std::vector<double> partials;
  for (double x : values) {
    size_t kept = 0;
    for (double y : partials) {
      if (std::fabs(x) < std::fabs(y)) std::swap(x, y);
      const double high = x + y;
      const double low = y - (high - x);
      if (low != 0) partials[kept++] = low;
      x = high;
    }
    partials.resize(kept);
    partials.push_back(x);
  }
  if (partials.empty()) return 0;
  size_t n = partials.size() - 1;
  double high = partials[n], low = 0;
  while (n > 0) {
    const double x = high, y = partials[--n];
    high = x + y;
    low = y - (high - x);
    if (low != 0) break;
  }
  if (n > 0 && ((low < 0 && partials[n - 1] < 0) || (low > 0 && partials[n - 1] > 0))) {
    const double y = low * 2, x = high + y;
    if (y == x - high) high = x;
  }
  return high == 0 ? 0.0 : high;
}

double random_double(std::mt19937_64& random, int exponent_range) {
  const auto fraction = static_cast<double>(static_cast<int64_t>(random()) >> 10) * 0x1p-53;
  const int exponent = static_cast<int>(random() % static_cast<uint64_t>(2 * exponent_range + 1));
  return std::ldexp(fraction, exponent - exponent_range);
}

std::vector<double> random_doubles(std::mt19937_64& random, size_t n) {
  static constexpr int kRanges[] = {0, 3, 40, 200, 900};
  const int range = kRanges[random() % std::size(kRanges)];
  std::vector<double> values(n);
  for (double& x : values) x = random_double(random, range);
  // Cancellation, so that low bits decide.
  for (size_t i = 0; i + 1 < n; i += 1 + random() % 4) values[i + 1] = -values[i];
  return values;
}

ExactSum sum_of(const std::vector<double>& values) {
  ExactSum sum;
  for (const double x : values) sum.add(x);
  return sum;
}

TEST(ExactSumTest, AgreesWithExpansionsInAnyOrderAndAnyGrouping) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<double> values = random_doubles(random, random() % 5000);
    const double expected = expansion_sum(values);
    ASSERT_EQ(bits(sum_of(values).result()), bits(expected));

    std::shuffle(values.begin(), values.end(), random);
    ExactSum merged;
    for (size_t at = 0; at < values.size();) {
      const size_t n = std::min<size_t>(values.size() - at, 1 + random() % 3000);
      ExactSum part;
      part.add_block(values.data() + at, static_cast<int64_t>(n));
      merged.merge(part);
      at += n;
    }
    ASSERT_EQ(bits(merged.result()), bits(expected));
  }
}

TEST(ExactSumTest, RetractionLeavesNoTrace) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<double> values = random_doubles(random, 1 + random() % 2000);
    for (size_t i = 0; i < values.size(); i += 97) {
      values[i] = std::vector<double>{kInf, -kInf, kNaN, kMax, -kMax, kTiny}[random() % 6];
    }
    const std::vector<double> kept = random_doubles(random, random() % 100);
    ExactSum sum;
    sum.add_block(values.data(), std::ssize(values));
    for (const double x : kept) sum.add(x);
    std::shuffle(values.begin(), values.end(), random);
    for (const double x : values) sum.subtract(x);
    ASSERT_EQ(bits(sum.result()), bits(expansion_sum(kept)));
  }
}

TEST(ExactSumTest, ProductsAreExact) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const size_t n = random() % 3000;
    std::vector<double> x(n), y(n), parts;
    const int range = seed % 2 ? 3 : 200;
    for (size_t i = 0; i < n; ++i) {
      x[i] = random_double(random, range);
      y[i] = random_double(random, range);
      parts.push_back(x[i] * y[i]);
      parts.push_back(std::fma(x[i], y[i], -parts.back()));
    }
    ExactSum block, each;
    block.add_products(x.data(), y.data(), static_cast<int64_t>(n));
    for (size_t i = 0; i < n; ++i) each.add_product(x[i], y[i]);
    ASSERT_EQ(bits(block.result()), bits(expansion_sum(parts)));
    ASSERT_EQ(block.exact(), each.exact());
    for (size_t i = 0; i < n; ++i) each.add_product(y[i], x[i], /*subtract=*/true);
    ASSERT_TRUE(each.exact().is_zero());
  }
}

TEST(ExactSumTest, ProductsNeitherOverflowNorUnderflow) {
  ExactSum sum;
  sum.add_product(kMax, kMax);
  EXPECT_EQ(sum.result(), kInf);
  EXPECT_TRUE(sum.is_finite());
  sum.add_product(kTiny, kTiny);
  sum.add_product(kMax, -kMax);
  EXPECT_EQ(sum.result(), 0.0);
  EXPECT_FALSE(sum.exact().is_zero());
  const double x[] = {kMax, kTiny, 1e-300, 3};
  const double y[] = {-2, 0.5, 1e-300, kMax};
  ExactSum block, each;
  for (int i = 0; i < 4; ++i) each.add_product(x[i], y[i]);
  block.add_products(x, y, 4);
  EXPECT_EQ(block.exact(), each.exact());
  EXPECT_EQ(block.result(), kMax);
}

TEST(ExactSumTest, PowersOfFourFactors) {
  ExactSum sum;
  const BinaryNumber huge(kMax), tiny(kTiny), three(int64_t{-3});
  const BinaryNumber fourth_huge[] = {huge, huge, huge, huge};
  const BinaryNumber fourth_tiny[] = {tiny, tiny, tiny, tiny};
  const BinaryNumber cube[] = {three, three, three};
  for (int i = 0; i < 5000; ++i) {
    sum.add_product(fourth_huge);
    sum.add_product(fourth_tiny);
    sum.add_product(cube);
  }
  for (int i = 0; i < 5000; ++i) sum.add_product(fourth_huge, /*subtract=*/true);
  EXPECT_EQ(sum.result(), -27.0 * 5000);
  for (int i = 0; i < 5000; ++i) sum.add_product(fourth_tiny, /*subtract=*/true);
  EXPECT_EQ(sum.exact(), ExactNumber(-27 * 5000));
}

TEST(ExactSumTest, InfinitiesAndNaN) {
  EXPECT_EQ(bits(sum_of({}).result()), bits(0.0));
  EXPECT_EQ(bits(sum_of({-0.0, -0.0}).result()), bits(0.0));
  EXPECT_EQ(sum_of({1, kInf, -kMax}).result(), kInf);
  EXPECT_EQ(sum_of({-kInf, 5}).result(), -kInf);
  EXPECT_TRUE(std::isnan(sum_of({kInf, -kInf}).result()));
  EXPECT_TRUE(std::isnan(sum_of({kNaN, kInf}).result()));
  std::vector<double> many(3000, 1.0);
  many[1234] = kInf;
  ExactSum sum;
  sum.add_block(many.data(), std::ssize(many));
  EXPECT_EQ(sum.result(), kInf);
  sum.subtract(kInf);
  EXPECT_EQ(sum.result(), 2999.0);
}

TEST(ExactSumTest, OverflowIsOfTheSumOnly) {
  EXPECT_EQ(sum_of({kMax, kMax, -kMax, -kMax, 1}).result(), 1.0);
  EXPECT_EQ(sum_of({kMax, kMax}).result(), kInf);
  EXPECT_EQ(sum_of({-kMax, -kMax}).result(), -kInf);
  // Half of the last place of the largest double rounds to infinity, a hair less does not.
  EXPECT_EQ(sum_of({kMax, 0x1p970}).result(), kInf);
  EXPECT_EQ(sum_of({kMax, 0x1p970, -kTiny}).result(), kMax);
}

TEST(ExactSumTest, RoundsHalfToEven) {
  EXPECT_EQ(sum_of({1, 0x1p-53}).result(), 1.0);
  EXPECT_EQ(sum_of({1, 0x1p-53, kTiny}).result(), 1 + 0x1p-52);
  EXPECT_EQ(sum_of({1 + 0x1p-52, 0x1p-53}).result(), 1 + 0x1p-51);
  EXPECT_EQ(sum_of({-1, -0x1p-53, kTiny}).result(), -1.0);
  EXPECT_EQ(bits(sum_of({kTiny, kTiny, -3 * kTiny}).result()), bits(-kTiny));
}

TEST(ExactSumTest, ManyAdditionsCarryUpwards) {
  std::vector<double> values(3'000'000, kMax / 1e9);
  ExactSum block, each;
  block.add_block(values.data(), std::ssize(values));
  for (const double x : values) each.add(x);
  EXPECT_EQ(block.exact(), each.exact());
  for (int i = 0; i < 40; ++i) each.merge(ExactSum(each));
  for (int i = 0; i < 40; ++i)
    block = [&] {
      ExactSum twice = block;
      twice.merge(block);
      return twice;
    }();
  EXPECT_EQ(block.exact(), each.exact());
}

TEST(ExactSumTest, MayBeMovedByteByByte) {
  alignas(ExactSum) char at[sizeof(ExactSum)];
  auto* sum = new ExactSum;
  for (const double x : {1.0, 1e300, kInf, 1e-300}) sum->add(x);
  std::memcpy(at, static_cast<void*>(sum), sizeof at);
  ::operator delete(sum);
  auto* moved = std::launder(reinterpret_cast<ExactSum*>(at));
  moved->subtract(kInf);
  moved->subtract(1e300);
  EXPECT_EQ(moved->result(), 1.0);
  moved->~ExactSum();
}

TEST(ExactNumberTest, Arithmetic) {
  const ExactNumber big = ExactNumber(int64_t{1} << 62) * ExactNumber(int64_t{1} << 62);
  EXPECT_EQ((big - big), ExactNumber());
  EXPECT_EQ((big + ExactNumber(1) - big), ExactNumber(1));
  EXPECT_EQ((ExactNumber(3) - big + big), ExactNumber(3));
  EXPECT_EQ((ExactNumber(5) - ExactNumber(7)), ExactNumber(-2));
  EXPECT_EQ((ExactNumber(-5) + ExactNumber(7)), ExactNumber(2));
  EXPECT_EQ((ExactNumber(-5) * ExactNumber(7)), ExactNumber(-35));
  EXPECT_EQ(big.to_double(), 0x1p124);
  EXPECT_EQ((big + ExactNumber(1)).divided_by(3).to_double(), 0x1p124 / 3);
}

TEST(ExactNumberTest, DivisionRoundsOnce) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const auto a = static_cast<int64_t>(random() >> (random() % 60 + 1));
    const auto b = static_cast<int64_t>(random() >> (random() % 50 + 12)) + 1;
    // Exact in 64 bits of long double but for the quotient: compare as fractions instead.
    const double q = (ExactNumber(a)).divided_by(static_cast<uint64_t>(b)).to_double();
    if (b < (int64_t{1} << 53) && a < (int64_t{1} << 53)) {
      ASSERT_EQ(q, static_cast<double>(a) / static_cast<double>(b)) << "seed " << seed;
    } else {
      ASSERT_NEAR(q, static_cast<double>(a) / static_cast<double>(b), std::fabs(q) * 0x1p-51)
          << "seed " << seed;
    }
  }
}

TEST(ScaledTest, RootsAndQuotientsOutOfRange) {
  const ExactNumber huge = ExactNumber(9) * ExactNumber(false, std::vector<uint32_t>{1}, 100);
  EXPECT_EQ(huge.to_double(), kInf);
  EXPECT_EQ((huge.to_scaled().square_root() / scaled(0x1p1000)).to_double(), 3 * 0x1p600);
  EXPECT_EQ((scaled(1e-300) * scaled(1e-300)).to_double(), 0.0);
  EXPECT_EQ(scaled(0).square_root().to_double(), 0.0);
  EXPECT_EQ(scaled(-6).to_double(), -6.0);
}

}  // namespace
}  // namespace weft
