/// What aggregates are built from: the base that turns a step for one row into the whole interface,
/// and states' pieces that may be moved byte by byte.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "ops/aggregate.h"

namespace weft {

/// Self has, for rows whose inputs are all valid:
///   static constexpr int kInputs; static constexpr bool kInvertible;
///   void step(State&, const Slice* in, int64_t row) const;
///   void unstep(State&, const Slice* in, int64_t row) const;       if kInvertible
///   void combine(State& into, const State& from) const;
///   bool finish(const State&, void* slot, Arena&) const;
/// and may have steps(State&, const Slice* in, int64_t n), which sees null rows too, and
/// make_sliding().
template <class Self, class State>
class StateAggregate : public AggregateFunction {
 public:
  explicit StateAggregate(AggregateSignature signature) : AggregateFunction(std::move(signature)) {}

  bool invertible() const final { return Self::kInvertible; }
  AggregatePtr sliding() const final {
    if constexpr (Self::kInvertible) {
      return shared_from_this();
    } else if constexpr (requires(const Self& s) { s.make_sliding(); }) {
      return self().make_sliding();
    } else {
      return nullptr;
    }
  }

  size_t state_size() const final { return sizeof(State); }
  size_t state_align() const final { return alignof(State); }
  void init(void* state) const final { new (state) State(); }
  void destroy(void* state) const final { as_state(state).~State(); }

  void add(void* state, const Slice* in, int64_t row) const final {
    if (is_valid(in, row)) self().step(as_state(state), in, row);
  }
  void add_block(void* state, const Slice* in, int64_t n) const final {
    if constexpr (requires(const Self& s, State& t) { s.steps(t, in, n); }) {
      self().steps(as_state(state), in, n);
    } else {
      for (int64_t i = 0; i < n; ++i) add(state, in, i);
    }
  }
  void add_grouped(char* states, const int32_t* group, const Slice* in, int64_t n) const final {
    for (int64_t i = 0; i < n; ++i) {
      if (group[i] < 0 || !is_valid(in, i)) continue;
      self().step(as_state(states + static_cast<size_t>(group[i]) * sizeof(State)), in, i);
    }
  }
  void retract(void* state, const Slice* in, int64_t row) const final {
    if constexpr (Self::kInvertible) {
      if (is_valid(in, row)) self().unstep(as_state(state), in, row);
    } else {
      WEFT_CHECK(Self::kInvertible && "retract() of an aggregate that is not invertible()");
    }
  }
  void merge(void* into, const void* from) const final {
    self().combine(as_state(into), *static_cast<const State*>(from));
  }
  bool result(const void* state, void* slot, Arena& arena) const final {
    return self().finish(*static_cast<const State*>(state), slot, arena);
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
  static State& as_state(void* state) { return *static_cast<State*>(state); }
  static bool is_valid([[maybe_unused]] const Slice* in, [[maybe_unused]] int64_t row) {
    for (int i = 0; i < Self::kInputs; ++i) {
      if (!in[i].is_valid(row)) return false;
    }
    return true;
  }
};

/// Writes a result of the slot's type.
template <class T>
void write_slot(void* slot, T value) {
  std::memcpy(slot, &value, sizeof value);
}

/// Calls f(const T* values, int64_t count) with the valid rows of `in` side by side, in order, in
/// as many calls as it takes.
template <class T, class F>
void for_each_run(const Slice& in, int64_t n, F f) {
  if (!in.valid && in.stride == static_cast<int64_t>(sizeof(T))) {
    if (n > 0) f(&in.at<T>(0), n);
    return;
  }
  // Null rows are copied like others and then overwritten, to spare a branch nobody can predict.
  // But a bool's null slot could hold what is no bool.
  if (in.stride == 0 && !in.is_valid(0)) return;
  T buffer[kBlockRows + 64];
  int64_t count = 0;
  for (int64_t i = 0; i < n;) {
    const int64_t end = std::min(n, i + 64);
    uint64_t valid = in.valid && in.stride ? in.valid[i >> 6] : ~uint64_t{0};
    for (; i < end; ++i, valid >>= 1) {
      if (!std::is_same_v<T, bool> || (valid & 1)) buffer[count] = in.at<T>(i);
      count += static_cast<int64_t>(valid & 1);
    }
    if (count >= kBlockRows) f(buffer, std::exchange(count, 0));
  }
  if (count > 0) f(buffer, count);
}

/// The one spelling of a value among those that are equal: NaN is the canonical one, -0.0 is 0.0.
template <class T>
T canonical(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::isnan(value) ? std::numeric_limits<T>::quiet_NaN() : value + T{0};
  } else {
    return value;
  }
}

/// The order of values: NaN last and equal to NaN.
template <class T>
bool before(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a < b || (std::isnan(b) && !std::isnan(a));
  } else {
    return a < b;
  }
}

/// A text of its own. Unlike std::string it may be moved byte by byte.
class OwnedText {
 public:
  OwnedText() = default;
  explicit OwnedText(std::string_view text) { assign(text); }
  OwnedText(const OwnedText& other) : OwnedText(other.view()) {}
  OwnedText(OwnedText&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  OwnedText& operator=(const OwnedText& other) {
    if (this != &other) assign(other.view());
    return *this;
  }
  OwnedText& operator=(OwnedText&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~OwnedText() { delete[] data_; }

  /// `text` may not be a part of this one.
  OwnedText& operator=(std::string_view text) {
    assign(text);
    return *this;
  }
  void assign(std::string_view text) {
    if (text.size() > capacity_) {
      delete[] std::exchange(data_, nullptr);
      capacity_ = 0;
      data_ = new char[text.size()];
      capacity_ = text.size();
    }
    std::copy(text.begin(), text.end(), data_);
    size_ = text.size();
  }
  std::string_view view() const { return {data_ ? data_ : "", size_}; }

  friend bool operator==(const OwnedText& a, const OwnedText& b) { return a.view() == b.view(); }
  friend bool operator<(const OwnedText& a, const OwnedText& b) { return a.view() < b.view(); }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

/// How a state keeps a value whose slot holds T: a plain value, a text, or (for ListView, which
/// stands for lists and structs alike) a boxed Value. view() is what is compared.
template <class T>
struct Keep {
  using Kept = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;  // no vector<bool>
  static void keep(Type, const Slice& in, int64_t row, Kept& kept) { kept = in.at<T>(row); }
  static void write(Type, const Kept& kept, void* slot, Arena&) { write_slot(slot, view(kept)); }
  static T view(const Kept& kept) { return static_cast<T>(kept); }
};
template <>
struct Keep<std::string_view> {
  using Kept = OwnedText;
  static void keep(Type, const Slice& in, int64_t row, Kept& kept) {
    kept.assign(in.at<std::string_view>(row));
  }
  static void write(Type, const Kept& kept, void* slot, Arena& arena) {
    write_slot(slot, arena.copy(kept.view()));
  }
  static std::string_view view(const Kept& kept) { return kept.view(); }
};
template <>
struct Keep<ListView> {
  using Kept = Value;
  static void keep(Type type, const Slice& in, int64_t row, Kept& kept) {
    kept = type->box(type, in.data + row * in.stride);
  }
  static void write(Type type, const Kept& kept, void* slot, Arena& arena) {
    type->unbox(type, kept, slot, arena);
  }
};

/// First in, first out, with access by index. May be moved byte by byte, as std::vector of
/// libstdc++ and libc++ may.
template <class T>
class Fifo {
 public:
  int64_t size() const { return std::ssize(items_) - head_; }
  bool empty() const { return size() == 0; }
  const T& operator[](int64_t i) const { return items_[static_cast<size_t>(head_ + i)]; }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return items_.back(); }
  T& push_back(T item) { return items_.emplace_back(std::move(item)); }
  void pop_back() { items_.pop_back(); }
  void pop_front() {
    items_[static_cast<size_t>(head_++)] = T();
    if (2 * head_ <= std::ssize(items_)) return;
    items_.erase(items_.begin(), items_.begin() + head_);
    head_ = 0;
  }

 private:
  std::vector<T> items_;
  int64_t head_ = 0;
};

/// A list slot of `n` elements in `arena`; write(i, element slot) fills each.
template <class F>
void write_list(Type element, int64_t n, void* slot, Arena& arena, F write) {
  char* data = arena.take_slots(element, n);  // which the arena destroys: structs own memory
  for (int64_t i = 0; i < n; ++i) write(i, data + static_cast<size_t>(i) * element->size);
  write_slot(slot, ListView{data, n});
}

/// Calls f.operator()<T>() with what slots of an ordered type hold; times are int64_t.
template <class F>
auto with_ordered_type(Type type, F f) {
  switch (type->kind) {
    case Kind::kBool:
      return f.template operator()<bool>();
    case Kind::kInt32:
      return f.template operator()<int32_t>();
    case Kind::kFloat:
      return f.template operator()<float>();
    case Kind::kDouble:
      return f.template operator()<double>();
    case Kind::kString:
      return f.template operator()<std::string_view>();
    default:
      return f.template operator()<int64_t>();
  }
}

/// The same for all types of columns; lists and structs are ListView.
template <class F>
auto with_slot_type(Type type, F f) {
  if (type->kind == Kind::kList || type->kind == Kind::kStruct) {
    return f.template operator()<ListView>();
  }
  return with_ordered_type(type, f);
}

}  // namespace weft
