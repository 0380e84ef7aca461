/// How often each value was seen: a hash table with open addressing whose empty state is small, for
/// one in each of many groups.
#pragma once

#include <utility>
#include <vector>

#include "ops/value_key.h"

namespace weft {

/// T is what a slot holds (std::string_view for texts, which are copied). May be moved byte by
/// byte.
template <class T>
class FrequencyTable {
 public:
  using View = typename ValueKey<T>::View;

  int64_t size() const { return size_; }  ///< different values

  /// Adds `times`, below 0 to take away, and returns the new count; a value of count 0 is gone.
  /// Counts may not become negative.
  int64_t add(View key, int64_t times) {
    if (10 * (size_ + 1) > 7 * std::ssize(slots_)) grow();
    Slot& slot = slots_[find(key)];
    if (slot.count == 0) {
      slot.key = typename ValueKey<T>::Kept(key);
      ++size_;
    }
    slot.count += times;
    WEFT_CHECK(slot.count >= 0 && "retract() of a row that was never added");
    const int64_t count = slot.count;
    if (count == 0) remove(static_cast<size_t>(&slot - slots_.data()));
    return count;
  }

  /// Calls f(View key, int64_t count) for each value, in no order to rely on.
  template <class F>
  void for_each(F f) const {
    for (const Slot& slot : slots_) {
      if (slot.count != 0) f(ValueKey<T>::view(slot.key), slot.count);
    }
  }

 private:
  struct Slot {
    typename ValueKey<T>::Kept key{};
    int64_t count = 0;  // 0: empty
  };

  size_t home(View key) const { return hash_key(key) & (slots_.size() - 1); }
  size_t next(size_t i) const { return (i + 1) & (slots_.size() - 1); }

  // Where the key is, or the empty slot where it belongs.
  size_t find(View key) const {
    size_t i = home(key);
    while (slots_[i].count != 0 && ValueKey<T>::view(slots_[i].key) != key) i = next(i);
    return i;
  }

  void grow() {
    std::vector<Slot> old(std::max<size_t>(4, 2 * slots_.size()));
    std::swap(old, slots_);
    for (Slot& slot : old) {
      if (slot.count != 0) slots_[find(ValueKey<T>::view(slot.key))] = std::move(slot);
    }
  }

  // Moves later keys of the run up, so that no mark has to stay behind.
  void remove(size_t hole) {
    --size_;
    const size_t mask = slots_.size() - 1;
    for (size_t i = next(hole); slots_[i].count != 0; i = next(i)) {
      const size_t from_home = (i - home(ValueKey<T>::view(slots_[i].key))) & mask;
      if (from_home < ((i - hole) & mask)) continue;
      slots_[hole] = std::move(slots_[i]);
      slots_[i].count = 0;
      hole = i;
    }
    slots_[hole] = Slot();
  }

  std::vector<Slot> slots_;  // a power of two, or none
  int64_t size_ = 0;
};

}  // namespace weft
