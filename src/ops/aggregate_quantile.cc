// median and quantile, exact. Over all rows a state is the values as they came, and the result
// selects among them; for windows (sliding()) they are kept sorted.

#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/sorted_blocks.h"

namespace weft {
namespace {

// Between a <= b, `part` of the way, as numpy does it; but between a number and an infinity lies
// the infinity. Between infinities of both signs, and before NaN, NaN.
double between(double a, double b, double part) {
  if (a == b || part == 0) return a;
  const double gap = b - a;
  if (std::isinf(gap)) return a * (1 - part) + b * part;
  return part < 0.5 ? a + gap * part : b - gap * (1 - part);
}

// For a median of an even number of values: their mean, which for half way is the exact one
// rounded once.
double half_way(double a, double b) {
  const double sum = a + b;
  return std::isinf(sum) && std::isfinite(a) && std::isfinite(b) ? a / 2 + b / 2 : sum / 2;
}

// Times lie apart by up to 2^64 - 1 microseconds. The result rounds half to even.
int64_t time_between(int64_t a, int64_t b, double part) {
  const uint64_t gap = static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
  const double step = static_cast<double>(gap) * part;
  if (step >= static_cast<double>(gap)) return b;
  const auto whole = static_cast<uint64_t>(step);
  const double rest = step - static_cast<double>(whole);
  const uint64_t below = static_cast<uint64_t>(a) + whole;
  const bool up = rest > 0.5 || (rest == 0.5 && (below & 1));
  return static_cast<int64_t>(below + (up ? 1 : 0));
}

struct Rank {
  int64_t below;  // the rank of the lower neighbour
  double part;    // of the way to the next
};

Rank rank_of(double q, int64_t count) {
  const double at = static_cast<double>(count - 1) * q;
  const auto below = std::min(static_cast<int64_t>(at), count - 1);
  return {below, at - static_cast<double>(below)};
}

// What is asked for, and how two neighbours become a result.
struct Quantile {
  double q;
  bool median;

  template <class T>
  void write(Type result, T a, T b, double part, void* slot) const {
    if (result->is_time()) {
      if constexpr (std::is_same_v<T, int64_t>) write_slot(slot, time_between(a, b, part));
      return;
    }
    const auto x = static_cast<double>(canonical(a)), y = static_cast<double>(canonical(b));
    const double value = median && part != 0 ? half_way(x, y) : between(x, y, part);
    write_slot(slot, canonical(value));
  }
};

template <class T>
struct Order {
  bool operator()(const T& a, const T& b) const { return before(a, b); }
};

template <class T>
class SlidingQuantile final : public StateAggregate<SlidingQuantile<T>, SortedBlocks<T, Order<T>>> {
 public:
  using State = SortedBlocks<T, Order<T>>;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  SlidingQuantile(AggregateSignature signature, Quantile quantile)
      : StateAggregate<SlidingQuantile, State>(std::move(signature)), quantile_(quantile) {}

  void step(State& state, const Slice* in, int64_t row) const {
    state.insert(canonical(in->at<T>(row)));
  }
  void unstep(State& state, const Slice* in, int64_t row) const {
    state.erase(canonical(in->at<T>(row)));
  }
  void combine(State& into, const State& from) const {
    for (int64_t i = 0; i < from.size(); ++i) into.insert(from[i]);
  }
  bool finish(const State& state, void* slot, Arena&) const {
    if (state.size() == 0) return false;
    const auto [below, part] = rank_of(quantile_.q, state.size());
    const T a = state[below];
    quantile_.write(this->result_type(), a, part > 0 ? state[below + 1] : a, part, slot);
    return true;
  }

 private:
  const Quantile quantile_;
};

template <class T>
struct Unsorted {
  mutable std::vector<T> values;  // result() reorders them
};

template <class T>
class QuantileOfAll final : public StateAggregate<QuantileOfAll<T>, Unsorted<T>> {
 public:
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = false;

  QuantileOfAll(AggregateSignature signature, Quantile quantile)
      : StateAggregate<QuantileOfAll, Unsorted<T>>(std::move(signature)), quantile_(quantile) {}

  AggregatePtr make_sliding() const {
    return std::make_shared<SlidingQuantile<T>>(this->signature(), quantile_);
  }

  void step(Unsorted<T>& state, const Slice* in, int64_t row) const {
    state.values.push_back(in->at<T>(row));
  }
  void steps(Unsorted<T>& state, const Slice* in, int64_t n) const {
    for_each_run<T>(*in, n, [&](const T* x, int64_t count) {
      state.values.insert(state.values.end(), x, x + count);
    });
  }
  void combine(Unsorted<T>& into, const Unsorted<T>& from) const {
    into.values.insert(into.values.end(), from.values.begin(), from.values.end());
  }
  bool finish(const Unsorted<T>& state, void* slot, Arena&) const {
    std::vector<T>& values = state.values;
    if (values.empty()) return false;
    const auto [below, part] = rank_of(quantile_.q, std::ssize(values));
    const auto at = values.begin() + below;
    std::nth_element(values.begin(), at, values.end(), Order<T>());
    const T next = part > 0 ? *std::min_element(at + 1, values.end(), Order<T>()) : *at;
    quantile_.write(this->result_type(), *at, next, part, slot);
    return true;
  }

 private:
  const Quantile quantile_;
};

AggregatePtr make(AggregateSignature signature, Quantile quantile) {
  const Type type = signature.parameters[0];
  signature.result = type->is_time() ? type : double_type();
  switch (type->kind) {
    case Kind::kInt32:
      return std::make_shared<QuantileOfAll<int32_t>>(std::move(signature), quantile);
    case Kind::kFloat:
      return std::make_shared<QuantileOfAll<float>>(std::move(signature), quantile);
    case Kind::kDouble:
      return std::make_shared<QuantileOfAll<double>>(std::move(signature), quantile);
    default:
      return std::make_shared<QuantileOfAll<int64_t>>(std::move(signature), quantile);
  }
}

}  // namespace

AggregatePtr make_median(AggregateSignature signature, AggregateOptions&) {
  return make(std::move(signature), {0.5, true});
}

AggregatePtr make_quantile(AggregateSignature signature, AggregateOptions& options) {
  const double q = options.number("q", 0, 1);
  signature.options = options.text();
  return make(std::move(signature), {q, false});
}

}  // namespace weft
