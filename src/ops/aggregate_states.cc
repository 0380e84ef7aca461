#include "ops/aggregate_states.h"

#include <optional>

namespace weft {
namespace {

class RetractingState final : public SlidingState {
 public:
  using SlidingState::SlidingState;

  void restart(int64_t row) override {
    if (used_) state_.reset(0);
    used_ = false;
    first_ = last_ = row;
  }
  void push() override {
    used_ = true;
    function_.add(state_[0], in_, last_++);
  }
  void pop() override { function_.retract(state_[0], in_, first_++); }
  bool result(void* slot, Arena& arena) override {
    return function_.result(state_[0], slot, arena);
  }
  bool result_with(int64_t row, void* slot, Arena& arena) override {
    state_.reset(1);
    function_.merge(state_[1], state_[0]);
    function_.add(state_[1], in_, row);
    return function_.result(state_[1], slot, arena);
  }

 private:
  bool used_ = false;
};

// Rows [first, middle) lie in `front_`, whose state i holds rows [i, middle); rows [middle, last)
// in one state. When the front is used up it is made anew of all rows, last to first.
class TwoStacksState final : public SlidingState {
 public:
  using SlidingState::SlidingState;

  void restart(int64_t row) override {
    front_.reset();
    state_.reset(0);
    first_ = middle_ = last_ = row;
  }
  void push() override { function_.add(state_[0], in_, last_++); }
  void pop() override {
    if (first_ == middle_) turn();
    ++first_;
  }
  bool result(void* slot, Arena& arena) override {
    gather();
    return function_.result(state_[1], slot, arena);
  }
  bool result_with(int64_t row, void* slot, Arena& arena) override {
    gather();
    function_.add(state_[1], in_, row);
    return function_.result(state_[1], slot, arena);
  }

 private:
  void turn() {
    base_ = first_;
    middle_ = last_;
    front_.emplace(function_, middle_ - base_);
    for (int64_t row = middle_ - 1; row >= base_; --row) {
      void* state = (*front_)[row - base_];
      function_.add(state, in_, row);
      if (row + 1 < middle_) function_.merge(state, (*front_)[row + 1 - base_]);
    }
    state_.reset(0);
  }
  void gather() {
    state_.reset(1);
    if (first_ < middle_) function_.merge(state_[1], (*front_)[first_ - base_]);
    function_.merge(state_[1], state_[0]);
  }

  std::optional<StateArray> front_;
  int64_t base_ = 0;
  int64_t middle_ = 0;
};

}  // namespace

std::unique_ptr<SlidingState> make_sliding_state(const AggregateFunction& function,
                                                 const Slice* in) {
  if (function.invertible()) return std::make_unique<RetractingState>(function, in);
  return std::make_unique<TwoStacksState>(function, in);
}

}  // namespace weft
