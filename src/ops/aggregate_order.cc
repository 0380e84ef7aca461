// first, last, nth, list: aggregates of the order of rows.

#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"

namespace weft {
namespace {

// ---- rows kept in their order ----------------------------------------------------------------

enum class Keeping { kFirst, kLast, kAll };

template <class T>
struct Sequence {
  Fifo<typename Keep<T>::Kept> kept;
  int64_t count = 0;  // rows seen and not retracted, kept or not
};

// What nth and list share: which rows a state keeps. kFirst keeps the first `limit` rows, for which
// nothing can be retracted; kLast the last ones.
template <class Self, class T, Keeping kKeeping>
class OverSequence : public StateAggregate<Self, Sequence<T>> {
 public:
  using State = Sequence<T>;
  using Kept = typename Keep<T>::Kept;
  static constexpr int kInputs = 1;
  static constexpr bool kInvertible = kKeeping != Keeping::kFirst;

  OverSequence(AggregateSignature signature, int64_t limit)
      : StateAggregate<Self, State>(std::move(signature)), limit_(limit) {}

  void step(State& state, const Slice* in, int64_t row) const {
    ++state.count;
    if (kKeeping == Keeping::kFirst && state.kept.size() >= limit_) return;
    Kept kept{};
    Keep<T>::keep(this->signature().parameters[0], *in, row, kept);
    push(state, std::move(kept));
  }
  void unstep(State& state, const Slice*, int64_t) const {
    --state.count;
    if (state.kept.size() > state.count) state.kept.pop_front();
  }
  void combine(State& into, const State& from) const {
    into.count += from.count;
    for (int64_t i = 0; i < from.kept.size(); ++i) {
      if (kKeeping == Keeping::kFirst && into.kept.size() >= limit_) return;
      push(into, from.kept[i]);
    }
  }

 protected:
  int64_t limit() const { return limit_; }

 private:
  void push(State& state, Kept kept) const {
    state.kept.push_back(std::move(kept));
    if (kKeeping == Keeping::kLast && state.kept.size() > limit_) state.kept.pop_front();
  }

  const int64_t limit_;
};

template <class T>
class List final : public OverSequence<List<T>, T, Keeping::kAll> {
 public:
  explicit List(AggregateSignature signature)
      : OverSequence<List, T, Keeping::kAll>(std::move(signature), 0) {}

  bool finish(const Sequence<T>& state, void* slot, Arena& arena) const {
    if (state.count == 0) return false;
    const Type element = this->signature().parameters[0];
    write_list(element, state.kept.size(), slot, arena,
               [&](int64_t i, void* at) { Keep<T>::write(element, state.kept[i], at, arena); });
    return true;
  }
};

// The row at `at` of what is kept, counted from the end if negative.
template <class T, Keeping kKeeping>
class Nth final : public OverSequence<Nth<T, kKeeping>, T, kKeeping> {
 public:
  Nth(AggregateSignature signature, int64_t n)
      : OverSequence<Nth, T, kKeeping>(std::move(signature), n < 0 ? -n : n + 1), n_(n) {}

  AggregatePtr make_sliding() const {
    return std::make_shared<Nth<T, Keeping::kAll>>(this->signature(), n_);
  }

  bool finish(const Sequence<T>& state, void* slot, Arena& arena) const {
    const int64_t at = n_ < 0 ? state.kept.size() + n_ : n_;
    if (at < 0 || at >= state.kept.size()) return false;
    Keep<T>::write(this->result_type(), state.kept[at], slot, arena);
    return true;
  }

 private:
  const int64_t n_;
};

// ---- first and last: one row, held in place --------------------------------------------------

template <class T>
struct One {
  typename Keep<T>::Kept value{};
  int64_t count = 0;
};

template <class Self, class T>
class OverOne : public StateAggregate<Self, One<T>> {
 public:
  using State = One<T>;
  using StateAggregate<Self, State>::StateAggregate;
  static constexpr int kInputs = 1;

  bool finish(const State& state, void* slot, Arena& arena) const {
    if (state.count == 0) return false;
    Keep<T>::write(this->result_type(), state.value, slot, arena);
    return true;
  }
};

template <class T>
class First final : public OverOne<First<T>, T> {
 public:
  using OverOne<First, T>::OverOne;
  static constexpr bool kInvertible = false;

  AggregatePtr make_sliding() const {
    return std::make_shared<Nth<T, Keeping::kAll>>(this->signature(), 0);
  }

  void step(One<T>& state, const Slice* in, int64_t row) const {
    if (state.count++ == 0) Keep<T>::keep(this->result_type(), *in, row, state.value);
  }
  void steps(One<T>& state, const Slice* in, int64_t n) const {
    for (int64_t i = 0; i < n && state.count == 0; ++i) this->add(&state, in, i);
  }
  void combine(One<T>& into, const One<T>& from) const {
    if (into.count == 0) into.value = from.value;
    into.count += from.count;
  }
};

template <class T>
class Last final : public OverOne<Last<T>, T> {
 public:
  using OverOne<Last, T>::OverOne;
  static constexpr bool kInvertible = true;

  void step(One<T>& state, const Slice* in, int64_t row) const {
    ++state.count;
    Keep<T>::keep(this->result_type(), *in, row, state.value);
  }
  // Rows leave in the order they came: the last is the last until none is left.
  void unstep(One<T>& state, const Slice*, int64_t) const { --state.count; }
  void combine(One<T>& into, const One<T>& from) const {
    if (from.count > 0) into.value = from.value;
    into.count += from.count;
  }
};

AggregateSignature ordered(AggregateSignature signature, Type result) {
  signature.result = result;
  signature.needs_order = true;
  return signature;
}

}  // namespace

AggregatePtr make_first(AggregateSignature signature, AggregateOptions&) {
  const Type type = signature.parameters[0];
  return with_slot_type(type, [&]<class T>() -> AggregatePtr {
    return std::make_shared<First<T>>(ordered(std::move(signature), type));
  });
}

AggregatePtr make_last(AggregateSignature signature, AggregateOptions&) {
  const Type type = signature.parameters[0];
  return with_slot_type(type, [&]<class T>() -> AggregatePtr {
    return std::make_shared<Last<T>>(ordered(std::move(signature), type));
  });
}

AggregatePtr make_nth(AggregateSignature signature, AggregateOptions& options) {
  constexpr int64_t kMost = 1 << 30;
  const int64_t n = options.integer("n", -kMost, kMost);
  signature.options = options.text();
  const Type type = signature.parameters[0];
  return with_slot_type(type, [&]<class T>() -> AggregatePtr {
    AggregateSignature s = ordered(std::move(signature), type);
    if (n < 0) return std::make_shared<Nth<T, Keeping::kLast>>(std::move(s), n);
    return std::make_shared<Nth<T, Keeping::kFirst>>(std::move(s), n);
  });
}

AggregatePtr make_list(AggregateSignature signature, AggregateOptions&) {
  const Type type = signature.parameters[0];
  return with_slot_type(type, [&]<class T>() -> AggregatePtr {
    return std::make_shared<List<T>>(ordered(std::move(signature), list_type(type)));
  });
}

}  // namespace weft
