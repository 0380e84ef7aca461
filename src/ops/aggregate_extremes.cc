// min, max, min_by, max_by. Over all rows a state is one value; for windows (sliding()) it is the
// monotonic queue of those rows that can still become the extreme one.

#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"

namespace weft {
namespace {

// Is a strictly more extreme than b?
template <bool kMax, class T>
bool beats(const T& a, const T& b) {
  return kMax ? before(b, a) : before(a, b);
}

// ---- min, max --------------------------------------------------------------------------------

// The extreme of n > 0 values, in lanes that are independent of each other: the compiler may not
// reorder comparisons of floats by itself. NaN beats nothing in min and everything in max.
template <bool kMax, class T>
T extreme_of(const T* x, int64_t n) {
  using Limits = std::numeric_limits<T>;
  constexpr int64_t kLanes = 32;
  T best = x[0];
  int64_t i = 0;
  if constexpr (std::is_floating_point_v<T>) {
    constexpr T kNothing = kMax ? -Limits::infinity() : Limits::infinity();
    T lane[kLanes], nans[kLanes] = {};
    std::fill_n(lane, kLanes, kNothing);
    for (const int64_t end = n / kLanes * kLanes; i < end; i += kLanes) {
      for (int64_t l = 0; l < kLanes; ++l) {
        const T v = x[i + l];
        lane[l] = (kMax ? v > lane[l] : v < lane[l]) ? v : lane[l];
        nans[l] += v == v ? T{0} : T{1};
      }
    }
    const T number =
        kMax ? *std::max_element(lane, lane + kLanes) : *std::min_element(lane, lane + kLanes);
    const bool any_nan = std::any_of(nans, nans + kLanes, [](T count) { return count != 0; });
    if (kMax && any_nan) return Limits::quiet_NaN();
    if (number == kNothing) {
      i = 0;  // infinities, or NaN alone: one by one will tell
    } else {
      best = number;
    }
  } else if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, int32_t>) {
    T lane[4] = {best, best, best, best};
    for (const int64_t end = n / 4 * 4; i < end; i += 4) {
      for (int64_t l = 0; l < 4; ++l) {
        lane[l] = kMax ? std::max(lane[l], x[i + l]) : std::min(lane[l], x[i + l]);
      }
    }
    best = kMax ? std::max({lane[0], lane[1], lane[2], lane[3]})
                : std::min({lane[0], lane[1], lane[2], lane[3]});
  }
  for (; i < n; ++i) best = beats<kMax>(x[i], best) ? x[i] : best;
  return best;
}

template <class T>
struct Best {
  typename Keep<T>::Kept value{};
  bool seen = false;
};

template <class T>
void write_extreme(const typename Keep<T>::Kept& value, void* slot, Arena& arena) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    write_slot(slot, arena.copy(value.view()));
  } else {
    write_slot(slot, canonical(Keep<T>::view(value)));
  }
}

// A row that can still become the extreme one, by its number among the rows added.
template <class Kept>
struct Candidate {
  Kept value{};
  int64_t row = 0;
};

template <class Kept>
struct Candidates {
  Fifo<Candidate<Kept>> queue;  // from the most extreme to the last row
  int64_t added = 0;
  int64_t removed = 0;

  // `loses`(queued): it cannot become the extreme any more, now that a later row is there.
  template <class F>
  void push(Candidate<Kept> candidate, F loses) {
    while (!queue.empty() && loses(queue.back())) queue.pop_back();
    queue.push_back(std::move(candidate));
  }
  void remove() {
    if (!queue.empty() && queue.front().row == removed) queue.pop_front();
    ++removed;
  }
  template <class F>
  void append(const Candidates& later, F loses) {
    const int64_t shift = added - later.removed;
    for (int64_t i = 0; i < later.queue.size(); ++i) {
      Candidate<Kept> candidate = later.queue[i];
      candidate.row += shift;
      push(candidate, [&](const Candidate<Kept>& queued) { return loses(candidate, queued); });
    }
    added += later.added - later.removed;
  }
};

template <bool kMax, class T>
class SlidingExtreme final
    : public StateAggregate<SlidingExtreme<kMax, T>, Candidates<typename Keep<T>::Kept>> {
 public:
  using Kept = typename Keep<T>::Kept;
  using State = Candidates<Kept>;
  using StateAggregate<SlidingExtreme, State>::StateAggregate;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = true;

  void step(State& state, const Slice* in, int64_t row) const {
    Candidate<Kept> candidate;
    Keep<T>::keep(this->result_type(), *in, row, candidate.value);
    candidate.row = state.added++;
    const T value = in->at<T>(row);
    state.push(std::move(candidate), [&](const Candidate<Kept>& queued) {
      return !beats<kMax>(Keep<T>::view(queued.value), value);
    });
  }
  void unstep(State& state, const Slice*, int64_t) const { state.remove(); }
  void combine(State& into, const State& from) const {
    into.append(from, [](const Candidate<Kept>& later, const Candidate<Kept>& queued) {
      return !beats<kMax>(Keep<T>::view(queued.value), Keep<T>::view(later.value));
    });
  }
  bool finish(const State& state, void* slot, Arena& arena) const {
    if (state.queue.empty()) return false;
    write_extreme<T>(state.queue.front().value, slot, arena);
    return true;
  }
};

template <bool kMax, class T>
class Extreme final : public StateAggregate<Extreme<kMax, T>, Best<T>> {
 public:
  using StateAggregate<Extreme, Best<T>>::StateAggregate;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = false;

  AggregatePtr make_sliding() const {
    return std::make_shared<SlidingExtreme<kMax, T>>(this->signature());
  }

  void step(Best<T>& state, const Slice* in, int64_t row) const { take(state, in->at<T>(row)); }
  void steps(Best<T>& state, const Slice* in, int64_t n) const {
    for_each_run<T>(*in, n,
                    [&](const T* x, int64_t count) { take(state, extreme_of<kMax>(x, count)); });
  }
  void combine(Best<T>& into, const Best<T>& from) const {
    if (!from.seen) return;
    take(into, Keep<T>::view(from.value));
  }
  bool finish(const Best<T>& state, void* slot, Arena& arena) const {
    if (!state.seen) return false;
    write_extreme<T>(state.value, slot, arena);
    return true;
  }

 private:
  static void take(Best<T>& state, T value) {
    if (!state.seen || beats<kMax>(value, Keep<T>::view(state.value))) state.value = value;
    state.seen = true;
  }
};

// ---- min_by, max_by --------------------------------------------------------------------------

// The extreme key and the value beside it. The value is boxed, but
// only when the extreme changes.
template <class T>
struct Keyed {
  typename Keep<T>::Kept key{};
  Value value{};
};

template <class T>
T key_view(const Keyed<T>& keyed) {
  return Keep<T>::view(keyed.key);
}

template <class T>
Keyed<T> keyed_row(const AggregateSignature& signature, const Slice* in, int64_t row) {
  Keyed<T> keyed;
  Keep<ListView>::keep(signature.parameters[0], in[0], row, keyed.value);
  Keep<T>::keep(signature.parameters[1], in[1], row, keyed.key);
  return keyed;
}

// Of equal keys the earliest row stays, so a queued one loses only to a key that beats it.
template <bool kMax, class T>
class SlidingExtremeBy final
    : public StateAggregate<SlidingExtremeBy<kMax, T>, Candidates<Keyed<T>>> {
 public:
  using State = Candidates<Keyed<T>>;
  using StateAggregate<SlidingExtremeBy, State>::StateAggregate;
  static constexpr int kInputs = 2;
  static constexpr bool kInvertible = true;

  void step(State& state, const Slice* in, int64_t row) const {
    const T key = in[1].at<T>(row);
    state.push({keyed_row<T>(this->signature(), in, row), state.added++},
               [&](const auto& queued) { return beats<kMax>(key, key_view(queued.value)); });
  }
  void unstep(State& state, const Slice*, int64_t) const { state.remove(); }
  void combine(State& into, const State& from) const {
    into.append(from, [](const auto& later, const auto& queued) {
      return beats<kMax>(key_view(later.value), key_view(queued.value));
    });
  }
  bool finish(const State& state, void* slot, Arena& arena) const {
    if (state.queue.empty()) return false;
    Keep<ListView>::write(this->result_type(), state.queue.front().value.value, slot, arena);
    return true;
  }
};

template <class T>
struct BestBy {
  Keyed<T> best;
  bool seen = false;
};

template <bool kMax, class T>
class ExtremeBy final : public StateAggregate<ExtremeBy<kMax, T>, BestBy<T>> {
 public:
  using State = BestBy<T>;
  using StateAggregate<ExtremeBy, State>::StateAggregate;
  static constexpr int kInputs = 2;
  static constexpr bool kInvertible = false;

  AggregatePtr make_sliding() const {
    return std::make_shared<SlidingExtremeBy<kMax, T>>(this->signature());
  }

  void step(State& state, const Slice* in, int64_t row) const {
    if (state.seen && !beats<kMax>(in[1].at<T>(row), key_view(state.best))) return;
    state.best = keyed_row<T>(this->signature(), in, row);
    state.seen = true;
  }
  void combine(State& into, const State& from) const {
    if (!from.seen) return;
    if (into.seen && !beats<kMax>(key_view(from.best), key_view(into.best))) return;
    into = from;
  }
  bool finish(const State& state, void* slot, Arena& arena) const {
    if (!state.seen) return false;
    Keep<ListView>::write(this->result_type(), state.best.value, slot, arena);
    return true;
  }
};

template <bool kMax>
AggregatePtr make_extreme(AggregateSignature signature) {
  signature.result = signature.parameters[0];
  return with_ordered_type(signature.parameters[0], [&]<class T>() -> AggregatePtr {
    return std::make_shared<Extreme<kMax, T>>(std::move(signature));
  });
}

template <bool kMax>
AggregatePtr make_extreme_by(AggregateSignature signature) {
  signature.result = signature.parameters[0];
  signature.needs_order = true;
  return with_ordered_type(signature.parameters[1], [&]<class T>() -> AggregatePtr {
    return std::make_shared<ExtremeBy<kMax, T>>(std::move(signature));
  });
}

}  // namespace

AggregatePtr make_min(AggregateSignature signature, AggregateOptions&) {
  return make_extreme<false>(std::move(signature));
}
AggregatePtr make_max(AggregateSignature signature, AggregateOptions&) {
  return make_extreme<true>(std::move(signature));
}
AggregatePtr make_min_by(AggregateSignature signature, AggregateOptions&) {
  return make_extreme_by<false>(std::move(signature));
}
AggregatePtr make_max_by(AggregateSignature signature, AggregateOptions&) {
  return make_extreme_by<true>(std::move(signature));
}

}  // namespace weft
