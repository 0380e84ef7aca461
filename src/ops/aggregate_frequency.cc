// distinct, distinct_approx, mode, top_k: aggregates of which values there are and how often.

#include <cmath>
#include <memory>
#include <set>

#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/frequency_table.h"
#include "ops/hyperloglog.h"

namespace weft {
namespace {

// ---- distinct, distinct_approx ---------------------------------------------------------------

template <class T>
class Distinct final : public StateAggregate<Distinct<T>, FrequencyTable<T>> {
 public:
  using State = FrequencyTable<T>;
  using StateAggregate<Distinct, State>::StateAggregate;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  void step(State& state, const Slice* in, int64_t row) const {
    state.add(ValueKey<T>::of(in->at<T>(row)), 1);
  }
  void unstep(State& state, const Slice* in, int64_t row) const {
    state.add(ValueKey<T>::of(in->at<T>(row)), -1);
  }
  void combine(State& into, const State& from) const {
    from.for_each([&](auto key, int64_t count) { into.add(key, count); });
  }
  bool finish(const State& state, void* slot, Arena&) const {
    write_slot(slot, state.size());
    return true;
  }
};

template <class T>
class DistinctApprox final : public StateAggregate<DistinctApprox<T>, HyperLogLog> {
 public:
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = false;

  DistinctApprox(AggregateSignature signature, int precision)
      : StateAggregate<DistinctApprox, HyperLogLog>(std::move(signature)), precision_(precision) {}

  void step(HyperLogLog& state, const Slice* in, int64_t row) const {
    state.add(hash_key(ValueKey<T>::of(in->at<T>(row))), precision_);
  }
  void combine(HyperLogLog& into, const HyperLogLog& from) const { into.merge(from, precision_); }
  bool finish(const HyperLogLog& state, void* slot, Arena&) const {
    write_slot(slot, static_cast<int64_t>(std::nearbyint(state.estimate(precision_))));
    return true;
  }

 private:
  const int precision_;
};

// ---- mode, top_k -----------------------------------------------------------------------------

template <class T>
struct Ranked {
  int64_t count;
  typename ValueKey<T>::View key;
};

// The most frequent first, equally frequent ones by value.
template <class T>
bool ranks_before(const Ranked<T>& a, const Ranked<T>& b) {
  if (a.count != b.count) return a.count > b.count;
  return before(ValueKey<T>::value(a.key), ValueKey<T>::value(b.key));
}

// The k first of the ranking: one value, or a list.
class FrequentResult {
 public:
  FrequentResult(int64_t k, bool list) : k_(k), list_(list) {}
  int64_t k() const { return k_; }

  // `ranked(i)` is the key of rank i, of `n` there are; n > 0.
  template <class T, class F>
  void write(Type result, int64_t n, F ranked, void* slot, Arena& arena) const {
    if (!list_) return ValueKey<T>::write(ranked(0), slot, arena);
    write_list(result->element, std::min(k_, n), slot, arena,
               [&](int64_t i, void* at) { ValueKey<T>::write(ranked(i), at, arena); });
  }

 private:
  const int64_t k_;
  const bool list_;
};

// A ranking kept sorted beside the counts, so that a window's result costs O(k).
template <class T>
class Ranking {
 public:
  void add(typename ValueKey<T>::View key, int64_t times) {
    const int64_t count = counts_.add(key, times);
    if (!order_) order_ = std::make_unique<Order>();
    const auto at = order_->find(Ranked<T>{count - times, key});
    if (at == order_->end()) {
      order_->insert(Entry{count, typename ValueKey<T>::Kept(key)});
      return;
    }
    auto node = order_->extract(at);
    node.value().count = count;
    if (count != 0) order_->insert(std::move(node));
  }
  void merge(const Ranking& other) {
    other.counts_.for_each([&](auto key, int64_t count) { add(key, count); });
  }
  int64_t size() const { return counts_.size(); }
  // The most frequent value. Requires size() > 0.
  auto begin() const { return order_->begin(); }

 private:
  struct Entry {
    int64_t count;
    typename ValueKey<T>::Kept key;
    Ranked<T> ranked() const { return {count, ValueKey<T>::view(key)}; }
  };
  struct Before {
    using is_transparent = void;
    static Ranked<T> ranked(const Entry& e) { return e.ranked(); }
    static Ranked<T> ranked(const Ranked<T>& r) { return r; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return ranks_before<T>(ranked(a), ranked(b));
    }
  };
  using Order = std::set<Entry, Before>;

  FrequencyTable<T> counts_;
  std::unique_ptr<Order> order_;  // a set may not be moved byte by byte
};

template <class T>
class SlidingFrequent final : public StateAggregate<SlidingFrequent<T>, Ranking<T>> {
 public:
  using State = Ranking<T>;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  SlidingFrequent(AggregateSignature signature, FrequentResult wanted)
      : StateAggregate<SlidingFrequent, State>(std::move(signature)), wanted_(wanted) {}

  void step(State& state, const Slice* in, int64_t row) const {
    state.add(ValueKey<T>::of(in->at<T>(row)), 1);
  }
  void unstep(State& state, const Slice* in, int64_t row) const {
    state.add(ValueKey<T>::of(in->at<T>(row)), -1);
  }
  void combine(State& into, const State& from) const { into.merge(from); }
  bool finish(const State& state, void* slot, Arena& arena) const {
    if (state.size() == 0) return false;
    auto at = state.begin();  // write() asks for each rank once, in order
    wanted_.write<T>(
        this->result_type(), state.size(), [&](int64_t) { return (at++)->ranked().key; }, slot,
        arena);
    return true;
  }

 private:
  const FrequentResult wanted_;
};

template <class T>
class Frequent final : public StateAggregate<Frequent<T>, FrequencyTable<T>> {
 public:
  using State = FrequencyTable<T>;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = false;

  Frequent(AggregateSignature signature, FrequentResult wanted)
      : StateAggregate<Frequent, State>(std::move(signature)), wanted_(wanted) {}

  AggregatePtr make_sliding() const {
    return std::make_shared<SlidingFrequent<T>>(this->signature(), wanted_);
  }

  void step(State& state, const Slice* in, int64_t row) const {
    state.add(ValueKey<T>::of(in->at<T>(row)), 1);
  }
  void combine(State& into, const State& from) const {
    from.for_each([&](auto key, int64_t count) { into.add(key, count); });
  }
  bool finish(const State& state, void* slot, Arena& arena) const {
    if (state.size() == 0) return false;
    std::vector<Ranked<T>> all;
    all.reserve(static_cast<size_t>(state.size()));
    state.for_each([&](auto key, int64_t count) { all.push_back({count, key}); });
    const auto k = std::min(wanted_.k(), state.size());
    std::partial_sort(all.begin(), all.begin() + k, all.end(), &ranks_before<T>);
    wanted_.write<T>(
        this->result_type(), k, [&](int64_t i) { return all[static_cast<size_t>(i)].key; }, slot,
        arena);
    return true;
  }

 private:
  const FrequentResult wanted_;
};

AggregatePtr make_frequent(AggregateSignature signature, FrequentResult wanted) {
  return with_ordered_type(signature.parameters[0], [&]<class T>() -> AggregatePtr {
    return std::make_shared<Frequent<T>>(std::move(signature), wanted);
  });
}

}  // namespace

AggregatePtr make_distinct(AggregateSignature signature, AggregateOptions&) {
  signature.result = int64_type();
  signature.result_nullable = false;
  return with_ordered_type(signature.parameters[0], [&]<class T>() -> AggregatePtr {
    return std::make_shared<Distinct<T>>(std::move(signature));
  });
}

AggregatePtr make_distinct_approx(AggregateSignature signature, AggregateOptions& options) {
  const auto precision = static_cast<int>(options.integer_or("precision", 12, 4, 18));
  signature.options = options.text();
  signature.result = int64_type();
  signature.result_nullable = false;
  signature.approximate = true;
  return with_ordered_type(signature.parameters[0], [&]<class T>() -> AggregatePtr {
    return std::make_shared<DistinctApprox<T>>(std::move(signature), precision);
  });
}

AggregatePtr make_mode(AggregateSignature signature, AggregateOptions&) {
  signature.result = signature.parameters[0];
  return make_frequent(std::move(signature), {1, false});
}

AggregatePtr make_top_k(AggregateSignature signature, AggregateOptions& options) {
  const int64_t k = options.integer("k", 1, 1 << 20);
  signature.options = options.text();
  signature.result = list_type(signature.parameters[0]);
  return make_frequent(std::move(signature), {k, true});
}

}  // namespace weft
