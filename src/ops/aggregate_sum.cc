// sum and mean. Integers and times add up in 128 bits, so that only a final sum can overflow, never
// one on the way; doubles in an exact sum.

#include "base/int128.h"
#include "ops/aggregate_makers.h"
#include "ops/exact_sum.h"
#include "ops/number_runs.h"

namespace weft {
namespace {

struct IntegerSum {
  int128_t sum = 0;
  int64_t count = 0;
};

constexpr int64_t kRunMax = 1 << 20;  // so that partial sums of 32 bits stay within 64

template <class T>
int128_t sum_of_run(const T* x, int64_t n) {
  int64_t sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  return sum;
}

// In halves, biased to be unsigned: a loop that the compiler does several lanes of at once.
template <>
int128_t sum_of_run(const int64_t* x, int64_t n) {
  constexpr uint64_t kBias = uint64_t{1} << 63;
  uint64_t low = 0, high = 0;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t u = static_cast<uint64_t>(x[i]) ^ kBias;
    low += u & 0xffffffff;
    high += u >> 32;
  }
  return (int128_t{high} << 32) + low - int128_t{n} * kBias;
}

template <class Self, class T>
class OverIntegers : public StateAggregate<Self, IntegerSum> {
 public:
  using StateAggregate<Self, IntegerSum>::StateAggregate;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  void step(IntegerSum& state, const Slice* in, int64_t row) const {
    state.sum += in->at<T>(row);
    ++state.count;
  }
  void steps(IntegerSum& state, const Slice* in, int64_t n) const {
    for_each_run<T>(*in, n, [&](const T* x, int64_t count) {
      state.count += count;
      for (int64_t at = 0; at < count; at += kRunMax) {
        state.sum += sum_of_run(x + at, std::min(kRunMax, count - at));
      }
    });
  }
  void unstep(IntegerSum& state, const Slice* in, int64_t row) const {
    state.sum -= in->at<T>(row);
    --state.count;
  }
  void combine(IntegerSum& into, const IntegerSum& from) const {
    into.sum += from.sum;
    into.count += from.count;
  }
};

template <class T>
class SumOfIntegers final : public OverIntegers<SumOfIntegers<T>, T> {
 public:
  using OverIntegers<SumOfIntegers<T>, T>::OverIntegers;

  bool finish(const IntegerSum& state, void* slot, Arena&) const {
    if (state.count == 0) return false;
    const auto sum = static_cast<int64_t>(state.sum);
    if (sum != state.sum) {
      throw Error(ErrorCode::kBadData, "the sum of " + this->signature().parameters[0]->name +
                                           " does not fit into 64 bits; sum doubles instead");
    }
    write_slot(slot, sum);
    return true;
  }
};

template <class T>
class MeanOfIntegers final : public OverIntegers<MeanOfIntegers<T>, T> {
 public:
  using OverIntegers<MeanOfIntegers<T>, T>::OverIntegers;

  bool finish(const IntegerSum& state, void* slot, Arena&) const {
    if (state.count == 0) return false;
    write_slot(slot, static_cast<double>(state.sum) / static_cast<double>(state.count));
    return true;
  }
};

class MeanOfTimes final : public OverIntegers<MeanOfTimes, int64_t> {
 public:
  using OverIntegers<MeanOfTimes, int64_t>::OverIntegers;

  bool finish(const IntegerSum& state, void* slot, Arena&) const {
    if (state.count == 0) return false;
    int128_t mean = state.sum / state.count;
    int128_t rest = state.sum % state.count;
    if (rest < 0) {  // rounded down, so that the rest is not negative
      --mean;
      rest += state.count;
    }
    if (2 * rest > state.count || (2 * rest == state.count && (mean & 1))) ++mean;
    write_slot(slot, static_cast<int64_t>(mean));
    return true;
  }
};

struct FloatSum {
  int64_t count = 0;
  ExactSum sum;
};

template <bool kMean>
class OverFloats final : public StateAggregate<OverFloats<kMean>, FloatSum> {
 public:
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  explicit OverFloats(AggregateSignature signature)
      : StateAggregate<OverFloats, FloatSum>(std::move(signature)),
        kind_(this->signature().parameters[0]->kind) {}

  void step(FloatSum& state, const Slice* in, int64_t row) const {
    state.sum.add(number_at(kind_, *in, row).value);
    ++state.count;
  }
  void steps(FloatSum& state, const Slice* in, int64_t n) const {
    const auto add = [&](const double* x, int64_t count) {
      state.sum.add_block(x, count);
      state.count += count;
    };
    for_each_double_run(kind_, *in, n, add, [](int64_t) {});
  }
  void unstep(FloatSum& state, const Slice* in, int64_t row) const {
    state.sum.subtract(number_at(kind_, *in, row).value);
    --state.count;
  }
  void combine(FloatSum& into, const FloatSum& from) const {
    into.sum.merge(from.sum);
    into.count += from.count;
  }
  bool finish(const FloatSum& state, void* slot, Arena&) const {
    if (state.count == 0) return false;
    double result = state.sum.result();
    if (kMean) {
      const auto n = static_cast<double>(state.count);
      // The sum of finite values may be beyond a double, their mean is not.
      const bool beyond = std::isinf(result) && state.sum.is_finite();
      result = beyond ? (state.sum.exact().to_scaled() / scaled(n)).to_double() : result / n;
    }
    write_slot(slot, result);
    return true;
  }

 private:
  const Kind kind_;
};

bool is_float(Type type) { return type->kind == Kind::kFloat || type->kind == Kind::kDouble; }

// Makes A<T> of the integer type that slots of the input hold.
template <template <class> class A>
AggregatePtr over_integers(AggregateSignature signature) {
  switch (signature.parameters[0]->kind) {
    case Kind::kBool:
      return std::make_shared<A<bool>>(std::move(signature));
    case Kind::kInt32:
      return std::make_shared<A<int32_t>>(std::move(signature));
    default:
      return std::make_shared<A<int64_t>>(std::move(signature));
  }
}

}  // namespace

AggregatePtr make_sum(AggregateSignature signature, AggregateOptions&) {
  const Type type = signature.parameters[0];
  signature.result = type->is_time() ? type : is_float(type) ? double_type() : int64_type();
  if (is_float(type)) return std::make_shared<OverFloats<false>>(std::move(signature));
  return over_integers<SumOfIntegers>(std::move(signature));
}

AggregatePtr make_mean(AggregateSignature signature, AggregateOptions&) {
  const Type type = signature.parameters[0];
  signature.result = type->is_time() ? type : double_type();
  if (is_float(type)) return std::make_shared<OverFloats<true>>(std::move(signature));
  if (type->is_time()) return std::make_shared<MeanOfTimes>(std::move(signature));
  return over_integers<MeanOfIntegers>(std::move(signature));
}

}  // namespace weft
