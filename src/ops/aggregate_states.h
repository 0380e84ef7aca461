/// States of one aggregate: one on its own, a growing array of them, and a queue that slides.
#pragma once

#include <memory>
#include <new>
#include <vector>

#include "ops/aggregate.h"

namespace weft {

/// `count` states side by side, for AggregateFunction::add_grouped.
class StateArray {
 public:
  StateArray(const AggregateFunction& function, int64_t count)
      : function_(function), size_(function.state_size()), count_(count) {
    const auto align = std::align_val_t(function.state_align());
    data_ = static_cast<char*>(
        ::operator new(static_cast<size_t>(count) * size_ + 1, align));  // never empty
    for (int64_t i = 0; i < count; ++i) function.init((*this)[i]);
  }
  ~StateArray() {
    for (int64_t i = 0; i < count_; ++i) function_.destroy((*this)[i]);
    ::operator delete(data_, std::align_val_t(function_.state_align()));
  }
  StateArray(const StateArray&) = delete;
  StateArray& operator=(const StateArray&) = delete;

  char* data() { return data_; }
  void* operator[](int64_t i) { return data_ + static_cast<size_t>(i) * size_; }

  void reset(int64_t i) {
    function_.destroy((*this)[i]);
    function_.init((*this)[i]);
  }

 private:
  const AggregateFunction& function_;
  size_t size_;
  int64_t count_;
  char* data_;
};

/// An aggregate of consecutive rows [first, last) of `in`, both ends of which only move on.
class SlidingState {
 public:
  SlidingState(const AggregateFunction& function, const Slice* in)
      : function_(function), in_(in), state_(function, 2) {}
  virtual ~SlidingState() = default;

  /// Forgets all rows; the next window starts at `row`.
  virtual void restart(int64_t row) = 0;
  /// Adds row last().
  virtual void push() = 0;
  /// Takes away row first().
  virtual void pop() = 0;
  virtual bool result(void* slot, Arena& arena) = 0;
  /// As if `row`, which comes later than the window, were in it.
  virtual bool result_with(int64_t row, void* slot, Arena& arena) = 0;

  int64_t first() const { return first_; }
  int64_t last() const { return last_; }

 protected:
  const AggregateFunction& function_;
  const Slice* in_;
  StateArray state_;
  int64_t first_ = 0;
  int64_t last_ = 0;
};

/// Retracts if the aggregate can, else keeps the states of two stacks: O(1) merges a row.
/// `function` is what sliding() gave, or the aggregate itself where that is null.
std::unique_ptr<SlidingState> make_sliding_state(const AggregateFunction& function,
                                                 const Slice* in);

}  // namespace weft
