// count, count_all, any, all: aggregates whose states are counters.

#include <bit>

#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"

namespace weft {
namespace {

int64_t count_valid(const Slice& in, int64_t n) {
  if (!in.valid) return n;
  if (in.stride == 0) return in.is_valid(0) ? n : 0;
  int64_t count = 0;
  for (int64_t w = 0; w < n / 64; ++w) count += std::popcount(in.valid[w]);
  if (n % 64) count += std::popcount(in.valid[n / 64] << (64 - n % 64));
  return count;
}

struct Counter {
  int64_t count = 0;
};

template <int kArity>
class Count final : public StateAggregate<Count<kArity>, Counter> {
 public:
  using StateAggregate<Count<kArity>, Counter>::StateAggregate;
  static constexpr int kInputs = kArity;
  static constexpr bool kInvertible = true;

  void step(Counter& state, const Slice*, int64_t) const { ++state.count; }
  void steps(Counter& state, const Slice* in, int64_t n) const {
    state.count += kArity == 0 ? n : count_valid(in[0], n);
  }
  void unstep(Counter& state, const Slice*, int64_t) const { --state.count; }
  void combine(Counter& into, const Counter& from) const { into.count += from.count; }
  bool finish(const Counter& state, void* slot, Arena&) const {
    write_slot(slot, state.count);
    return true;
  }
};

struct TruthCounter {
  int64_t count[2] = {};  // of false, of true
};

class AnyOrAll final : public StateAggregate<AnyOrAll, TruthCounter> {
 public:
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  // any: true once a true was seen. all: false once a false was.
  AnyOrAll(AggregateSignature signature, bool decisive)
      : StateAggregate(std::move(signature)), decisive_(decisive) {}

  void step(TruthCounter& state, const Slice* in, int64_t row) const {
    ++state.count[in->at<bool>(row)];
  }
  void unstep(TruthCounter& state, const Slice* in, int64_t row) const {
    --state.count[in->at<bool>(row)];
  }
  void combine(TruthCounter& into, const TruthCounter& from) const {
    for (int i = 0; i < 2; ++i) into.count[i] += from.count[i];
  }
  bool finish(const TruthCounter& state, void* slot, Arena&) const {
    if (state.count[0] + state.count[1] == 0) return false;
    write_slot(slot, (state.count[decisive_] != 0) == decisive_);
    return true;
  }

 private:
  const bool decisive_;
};

template <int kArity>
AggregatePtr make_counter(AggregateSignature signature) {
  signature.result = int64_type();
  signature.result_nullable = false;
  return std::make_shared<Count<kArity>>(std::move(signature));
}

AggregatePtr make_any_or_all(AggregateSignature signature, bool decisive) {
  signature.result = bool_type();
  return std::make_shared<AnyOrAll>(std::move(signature), decisive);
}

}  // namespace

AggregatePtr make_count(AggregateSignature signature, AggregateOptions&) {
  return make_counter<1>(std::move(signature));
}
AggregatePtr make_count_all(AggregateSignature signature, AggregateOptions&) {
  return make_counter<0>(std::move(signature));
}
AggregatePtr make_any(AggregateSignature signature, AggregateOptions&) {
  return make_any_or_all(std::move(signature), true);
}
AggregatePtr make_all(AggregateSignature signature, AggregateOptions&) {
  return make_any_or_all(std::move(signature), false);
}

}  // namespace weft
