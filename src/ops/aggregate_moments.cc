// var, stddev, skew, kurtosis, covariance, correlation: formulas of exact sums of powers and
// products, evaluated exactly and rounded at the end, so that nothing cancels and no order shows.

#include <array>

#include "base/int128.h"
#include "ops/aggregate_makers.h"
#include "ops/exact_blocks.h"
#include "ops/exact_sum.h"
#include "ops/number_runs.h"

namespace weft {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// ---- one input -------------------------------------------------------------------------------

// Of an infinity or NaN, power 1 alone keeps count: if it holds one, the result is NaN.
template <int kPowers>
struct Moments {
  int64_t count = 0;
  std::array<ExactSum, kPowers> sum;  // of x, x^2, ...

  ExactNumber power(int p) const { return sum[static_cast<size_t>(p - 1)].exact(); }

  void add_powers(BinaryNumber x, int from, bool subtract) {
    const BinaryNumber factors[] = {x, x, x, x};
    for (int p = from; p <= kPowers; ++p) {
      sum[static_cast<size_t>(p - 1)].add_product({factors, static_cast<size_t>(p)}, subtract);
    }
  }
  void add(NumberCell x, bool subtract) {
    count += subtract ? -1 : 1;
    if (x.wide) return add_powers(BinaryNumber(x.integer), 1, subtract);
    subtract ? sum[0].subtract(x.value) : sum[0].add(x.value);
    if (!std::isfinite(x.value)) return;
    sum[1].add_product(x.value, x.value, subtract);
    if constexpr (kPowers > 2) add_powers(BinaryNumber(x.value), 3, subtract);
  }
  void add_run(const double* x, int64_t n) {
    count += n;
    sum[0].add_block(x, n);
    if constexpr (kPowers == 2) {
      sum[1].add_products(x, x, n);
    } else {
      for (int64_t at = 0; at < n; at += kExactBlock) {
        add_higher(x + at, std::min(kExactBlock, n - at));
      }
    }
  }

 private:
  // The powers from 2 on, by way of x^2 = high + low.
  void add_higher(const double* x, int64_t n) {
    double high[kExactBlock], low[kExactBlock];
    if (!split_products(x, x, n, high, low)) {
      for (int64_t i = 0; i < n; ++i) {
        if (std::isfinite(x[i])) add_powers(BinaryNumber(x[i]), 2, false);
      }
      return;
    }
    sum[1].add_block(high, n);
    sum[1].add_block(low, n);
    sum[2].add_products(high, x, n);
    sum[2].add_products(low, x, n);
    if constexpr (kPowers > 3) {
      sum[3].add_products(high, high, n);
      sum[3].add_products(low, low, n);
      for (int64_t i = 0; i < n; ++i) high[i] *= 2;
      sum[3].add_products(high, low, n);
    }
  }
};

// n^2 times the mean squared deviation.
template <class M>
ExactNumber squared_deviation(const M& m) {
  const ExactNumber s1 = m.power(1);
  return ExactNumber(m.count) * m.power(2) - s1 * s1;
}

struct Variance {
  static constexpr int kPowers = 2, kCountMin = 2;
  static Scaled scaled_of(const Moments<2>& m) {
    const auto n = static_cast<uint128_t>(m.count);
    return squared_deviation(m).divided_by(n * (n - 1));
  }
  static double of(const Moments<2>& m) { return scaled_of(m).to_double(); }
};

struct Deviation {
  static constexpr int kPowers = 2, kCountMin = 2;
  static double of(const Moments<2>& m) { return Variance::scaled_of(m).square_root().to_double(); }
};

// As pandas: sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5, and 0 where all values are equal; but without
// its rule that takes a small m2 for 0, which exact sums do not need.
struct Skew {
  static constexpr int kPowers = 3, kCountMin = 3;
  static double of(const Moments<3>& m) {
    const ExactNumber n(m.count), s1 = m.power(1);
    const ExactNumber a2 = squared_deviation(m);
    if (a2.is_zero()) return 0;
    // n^3 m3
    const ExactNumber a3 =
        n * (n * m.power(3) - ExactNumber(3) * s1 * m.power(2)) + ExactNumber(2) * s1 * s1 * s1;
    const Scaled ratio = a3.to_scaled() / (a2 * a2 * a2).to_scaled().square_root();
    const auto count = static_cast<double>(m.count);
    return (ratio * scaled(std::sqrt(count * (count - 1)) / (count - 2))).to_double();
  }
};

// As pandas: ((n^2 - 1) m4 / m2^2 - 3 (n - 1)^2) / ((n - 2) (n - 3)).
struct Kurtosis {
  static constexpr int kPowers = 4, kCountMin = 4;
  static double of(const Moments<4>& m) {
    const ExactNumber n(m.count), one(1), s1 = m.power(1), s1_squared = s1 * s1;
    const ExactNumber a2 = squared_deviation(m);
    if (a2.is_zero()) return 0;
    // n^4 m4
    const ExactNumber a4 = n * (n * (n * m.power(4) - ExactNumber(4) * s1 * m.power(3)) +
                                ExactNumber(6) * s1_squared * m.power(2)) -
                           ExactNumber(3) * s1_squared * s1_squared;
    const ExactNumber a2_squared = a2 * a2;
    const ExactNumber numerator =
        (n - one) * ((n + one) * a4 - ExactNumber(3) * (n - one) * a2_squared);
    const ExactNumber denominator = (n - ExactNumber(2)) * (n - ExactNumber(3)) * a2_squared;
    return (numerator.to_scaled() / denominator.to_scaled()).to_double();
  }
};

template <class Formula>
class OneInput final : public StateAggregate<OneInput<Formula>, Moments<Formula::kPowers>> {
 public:
  using State = Moments<Formula::kPowers>;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  explicit OneInput(AggregateSignature signature)
      : StateAggregate<OneInput, State>(std::move(signature)),
        kind_(this->signature().parameters[0]->kind) {}

  void step(State& state, const Slice* in, int64_t row) const {
    state.add(number_at(kind_, *in, row), false);
  }
  void steps(State& state, const Slice* in, int64_t n) const {
    for_each_double_run(
        kind_, *in, n, [&](const double* x, int64_t count) { state.add_run(x, count); },
        [&](int64_t x) { state.add({0, x, true}, false); });
  }
  void unstep(State& state, const Slice* in, int64_t row) const {
    state.add(number_at(kind_, *in, row), true);
  }
  void combine(State& into, const State& from) const {
    into.count += from.count;
    for (size_t p = 0; p < into.sum.size(); ++p) into.sum[p].merge(from.sum[p]);
  }
  bool finish(const State& state, void* slot, Arena&) const {
    if (state.count < Formula::kCountMin) return false;
    write_slot(slot, state.sum[0].is_finite() ? Formula::of(state) : kNaN);
    return true;
  }

 private:
  const Kind kind_;
};

// ---- two inputs ------------------------------------------------------------------------------

struct PairSums {
  int64_t count = 0;
  ExactSum x, y, xy;
};

struct PairMoments : PairSums {
  ExactSum xx, yy;
};

BinaryNumber bits_of(NumberCell cell) {
  return cell.wide ? BinaryNumber(cell.integer) : BinaryNumber(cell.value);
}

template <class State>
void add_pair(State& state, NumberCell x, NumberCell y, bool subtract) {
  state.count += subtract ? -1 : 1;
  const auto add_one = [&](ExactSum& sum, NumberCell cell) {
    if (cell.wide) {
      const BinaryNumber factor[] = {BinaryNumber(cell.integer)};
      sum.add_product(factor, subtract);
    } else {
      subtract ? sum.subtract(cell.value) : sum.add(cell.value);
    }
  };
  add_one(state.x, x);
  add_one(state.y, y);
  if (!std::isfinite(x.value) || !std::isfinite(y.value)) return;
  const BinaryNumber factors[] = {bits_of(x), bits_of(y), bits_of(y)};
  state.xy.add_product({factors, 2}, subtract);
  if constexpr (std::is_same_v<State, PairMoments>) {
    const BinaryNumber xx[] = {factors[0], factors[0]};
    state.xx.add_product(xx, subtract);
    state.yy.add_product({factors + 1, 2}, subtract);
  }
}

template <class State>
void add_pairs(State& state, const double* x, const double* y, int64_t n) {
  state.count += n;
  state.x.add_block(x, n);
  state.y.add_block(y, n);
  state.xy.add_products(x, y, n);
  if constexpr (std::is_same_v<State, PairMoments>) {
    state.xx.add_products(x, x, n);
    state.yy.add_products(y, y, n);
  }
}

// n^2 times the mean product of deviations.
ExactNumber deviation(int64_t n, const ExactNumber& x, const ExactNumber& y, const ExactSum& xy) {
  return ExactNumber(n) * xy.exact() - x * y;
}

struct Covariance {
  using State = PairSums;
  static bool of(const State& s, double* result) {
    const auto n = static_cast<uint128_t>(s.count);
    *result =
        deviation(s.count, s.x.exact(), s.y.exact(), s.xy).divided_by(n * (n - 1)).to_double();
    return true;
  }
};

struct Correlation {
  using State = PairMoments;
  static bool of(const State& s, double* result) {
    const ExactNumber x = s.x.exact(), y = s.y.exact();
    const ExactNumber xx = deviation(s.count, x, x, s.xx), yy = deviation(s.count, y, y, s.yy);
    if (xx.is_zero() || yy.is_zero()) return false;
    const ExactNumber xy = deviation(s.count, x, y, s.xy);
    const ExactNumber square = xx * yy;
    if (xy * xy == square) {  // on a line: 1 or -1 to the last bit
      *result = xy.negative() ? -1 : 1;
    } else {
      const double r = (xy.to_scaled() / square.to_scaled().square_root()).to_double();
      *result = std::clamp(r, -1.0, 1.0);
    }
    return true;
  }
};

template <class Formula>
class TwoInputs final : public StateAggregate<TwoInputs<Formula>, typename Formula::State> {
 public:
  using State = typename Formula::State;
  static constexpr int kInputs = 2;
  static constexpr bool kInvertible = true;

  explicit TwoInputs(AggregateSignature signature)
      : StateAggregate<TwoInputs, State>(std::move(signature)),
        kind_{this->signature().parameters[0]->kind, this->signature().parameters[1]->kind} {}

  void step(State& state, const Slice* in, int64_t row) const {
    add_pair(state, number_at(kind_[0], in[0], row), number_at(kind_[1], in[1], row), false);
  }
  void steps(State& state, const Slice* in, int64_t n) const {
    double x[kBlockRows], y[kBlockRows];
    int64_t count = 0;
    for (int64_t i = 0; i < n; ++i) {
      if (!in[0].is_valid(i) || !in[1].is_valid(i)) continue;
      const NumberCell a = number_at(kind_[0], in[0], i), b = number_at(kind_[1], in[1], i);
      if (a.wide || b.wide) {
        add_pair(state, a, b, false);
        continue;
      }
      x[count] = a.value;
      y[count++] = b.value;
      if (count == kBlockRows) add_pairs(state, x, y, std::exchange(count, 0));
    }
    add_pairs(state, x, y, count);
  }
  void unstep(State& state, const Slice* in, int64_t row) const {
    add_pair(state, number_at(kind_[0], in[0], row), number_at(kind_[1], in[1], row), true);
  }
  void combine(State& into, const State& from) const {
    into.count += from.count;
    into.x.merge(from.x);
    into.y.merge(from.y);
    into.xy.merge(from.xy);
    if constexpr (std::is_same_v<State, PairMoments>) {
      into.xx.merge(from.xx);
      into.yy.merge(from.yy);
    }
  }
  bool finish(const State& state, void* slot, Arena&) const {
    if (state.count < 2) return false;
    double result = kNaN;
    if (state.x.is_finite() && state.y.is_finite() && !Formula::of(state, &result)) return false;
    write_slot(slot, result);
    return true;
  }

 private:
  const Kind kind_[2];
};

template <class A>
AggregatePtr make_double(AggregateSignature signature) {
  signature.result = double_type();
  return std::make_shared<A>(std::move(signature));
}

}  // namespace

AggregatePtr make_var(AggregateSignature signature, AggregateOptions&) {
  return make_double<OneInput<Variance>>(std::move(signature));
}
AggregatePtr make_stddev(AggregateSignature signature, AggregateOptions&) {
  return make_double<OneInput<Deviation>>(std::move(signature));
}
AggregatePtr make_skew(AggregateSignature signature, AggregateOptions&) {
  return make_double<OneInput<Skew>>(std::move(signature));
}
AggregatePtr make_kurtosis(AggregateSignature signature, AggregateOptions&) {
  return make_double<OneInput<Kurtosis>>(std::move(signature));
}
AggregatePtr make_covariance(AggregateSignature signature, AggregateOptions&) {
  return make_double<TwoInputs<Covariance>>(std::move(signature));
}
AggregatePtr make_correlation(AggregateSignature signature, AggregateOptions&) {
  return make_double<TwoInputs<Correlation>>(std::move(signature));
}

}  // namespace weft
