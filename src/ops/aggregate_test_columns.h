/// For tests of aggregates: columns as slices, states that move in memory, results as Values.
#pragma once

#include <bit>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ops/aggregate.h"

namespace weft {

/// A column of slots with nulls, which owns what they point at.
class TestColumn {
 public:
  template <class T>
  static TestColumn of(const std::vector<std::optional<T>>& rows) {
    std::vector<Value> values;
    for (const auto& row : rows) values.push_back(row ? Value::of(T(*row)) : Value());
    return TestColumn(type_of<T>(), std::move(values));
  }

  /// Few different values, special ones among them, and some nulls.
  static TestColumn random(Type type, int64_t rows, std::mt19937_64& random) {
    std::vector<Value> values;
    const bool nulls = random() % 3 != 0;
    const bool specials = random() % 3 == 0;
    for (int64_t i = 0; i < rows; ++i) {
      const bool null = nulls && random() % 7 == 0;
      values.push_back(null ? Value() : random_value(type, specials, random));
    }
    return TestColumn(type, std::move(values));
  }

  TestColumn(Type type, std::vector<Value> values)
      : type_(type), values_(std::move(values)), arena_(std::make_unique<Arena>()) {
    slots_.resize(values_.size() * type->size + 1);
    valid_.resize(values_.size() / 64 + 1);
    all_valid_ = true;
    for (size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].has_value()) {
        type->unbox(type, values_[i], slots_.data() + i * type->size, *arena_);
        valid_[i / 64] |= uint64_t{1} << (i % 64);
      } else {
        all_valid_ = false;
      }
    }
  }

  Type type() const { return type_; }
  int64_t size() const { return std::ssize(values_); }
  TestColumn take(const std::vector<int64_t>& rows) const {
    std::vector<Value> values;
    for (const int64_t row : rows) values.push_back(values_[static_cast<size_t>(row)]);
    return TestColumn(type_, std::move(values));
  }

  /// All rows.
  Slice slice() const {
    return {slots_.data(), all_valid_ ? nullptr : valid_.data(), static_cast<int64_t>(type_->size)};
  }

 private:
  static Value random_value(Type type, bool specials, std::mt19937_64& random) {
    const auto small = static_cast<int64_t>(random() % 40) - 20;
    const bool special = specials && random() % 10 == 0;
    switch (type->kind) {
      case Kind::kBool:
        return Value::of(random() % 2 == 0);
      case Kind::kInt32:
        return Value::of(static_cast<int32_t>(special ? INT32_MIN : small));
      // Beyond what a double holds, but such that sums fit.
      case Kind::kInt64:
        return Value::of(special ? small * ((int64_t{1} << 50) + 1) : small);
      case Kind::kFloat:
        return Value::of(static_cast<float>(random_double(special, random)));
      case Kind::kDouble:
        return Value::of(random_double(special, random));
      case Kind::kTimestamp:
        return Value::of(Time(Duration(small)));
      case Kind::kDuration:
        return Value::of(Duration(small));
      case Kind::kString:
        return Value::of(random_text(random));
      default:
        break;
    }
    std::vector<std::string> list;
    for (uint64_t i = random() % 3; i > 0; --i) list.push_back(random_text(random));
    return Value::of(std::move(list));
  }
  static double random_double(bool special, std::mt19937_64& random) {
    static constexpr double kSpecials[] = {__builtin_inf(),
                                           -__builtin_inf(),
                                           __builtin_nan(""),
                                           -__builtin_nan(""),
                                           -0.0,
                                           0.0,
                                           1e300,
                                           -1e-300,
                                           5e-324};
    if (special) return kSpecials[random() % std::size(kSpecials)];
    return static_cast<double>(static_cast<int64_t>(random() % 4000) - 2000) * 0.1;
  }
  static std::string random_text(std::mt19937_64& random) {
    return std::string(random() % 3 * 15, 'x') + std::to_string(random() % 20);
  }

  Type type_;
  std::vector<Value> values_;
  std::unique_ptr<Arena> arena_;
  std::vector<char> slots_;
  std::vector<uint64_t> valid_;
  bool all_valid_;
};

/// A copy of the rows from `at` on in memory that is gone after the call, so that a state which
/// keeps a view is caught.
class Borrowed {
 public:
  Borrowed(const std::vector<TestColumn>& columns, int64_t at, int64_t n) {
    std::vector<int64_t> rows;
    for (int64_t i = at; i < at + n; ++i) rows.push_back(i);
    for (const TestColumn& column : columns) columns_.push_back(column.take(rows));
    for (const TestColumn& column : columns_) slices_.push_back(column.slice());
  }
  const Slice* slices() const { return slices_.data(); }

 private:
  std::deque<TestColumn> columns_;
  std::vector<Slice> slices_;
};

/// States in one array.
class TestStates {
 public:
  TestStates(AggregatePtr f, int32_t n) : f_(std::move(f)), n_(n), at_(allocate()) {
    for (int32_t i = 0; i < n_; ++i) f_->init(state(i));
  }
  TestStates(const TestStates&) = delete;
  TestStates& operator=(const TestStates&) = delete;
  ~TestStates() {
    for (int32_t i = 0; i < n_; ++i) f_->destroy(state(i));
    release(at_);
  }

  void* state(int32_t i) const { return at_ + static_cast<size_t>(i) * f_->state_size(); }
  void add_grouped(const std::vector<TestColumn>& columns, const std::vector<int32_t>& group) {
    const Borrowed rows(columns, 0, std::ssize(group));
    f_->add_grouped(at_, group.data(), rows.slices(), std::ssize(group));
  }
  /// To other memory, byte by byte.
  void move() {
    char* to = allocate();
    std::memcpy(to, at_, bytes());
    std::memset(at_, 0x5a, bytes());
    release(std::exchange(at_, to));
  }
  Value result(int32_t i) const {
    Arena arena;
    const Type type = f_->result_type();
    std::vector<char> slot(type->size);
    return f_->result(state(i), slot.data(), arena) ? type->box(type, slot.data()) : Value();
  }

 protected:
  const AggregatePtr& function() const { return f_; }

 private:
  size_t bytes() const { return static_cast<size_t>(n_) * f_->state_size(); }
  std::align_val_t align() const { return std::align_val_t(f_->state_align()); }
  char* allocate() const { return static_cast<char*>(::operator new(bytes(), align())); }
  void release(char* at) const { ::operator delete(at, align()); }

  AggregatePtr f_;
  int32_t n_;
  char* at_;
};

/// One state.
class State : public TestStates {
 public:
  explicit State(AggregatePtr f) : TestStates(std::move(f), 1) {}

  State& add(const std::vector<TestColumn>& columns, int64_t row) {
    function()->add(state(0), Borrowed(columns, row, 1).slices(), 0);
    return *this;
  }
  State& add_block(const std::vector<TestColumn>& columns, int64_t at, int64_t n) {
    function()->add_block(state(0), Borrowed(columns, at, n).slices(), n);
    return *this;
  }
  State& add_block(const TestColumn& column, int64_t at, int64_t n) {
    std::vector<TestColumn> columns;
    columns.push_back(column.take(all(column)));
    return add_block(columns, at, n);
  }
  void retract(const std::vector<TestColumn>& columns, int64_t row) {
    function()->retract(state(0), Borrowed(columns, row, 1).slices(), 0);
  }
  void merge(const State& later) { function()->merge(state(0), later.state(0)); }
  Value result() const { return TestStates::result(0); }

 private:
  static std::vector<int64_t> all(const TestColumn& column) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < column.size(); ++i) rows.push_back(i);
    return rows;
  }
};

/// Equal to the bit; but all NaNs are alike.
inline bool same_bits(const Value& a, const Value& b) {
  if (!a.equals(b)) return a.has_value() == b.has_value() && !a.has_value();
  const double* x = a.get_if<double>();
  const double* y = b.get_if<double>();
  return !x || *x != *x || std::bit_cast<uint64_t>(*x) == std::bit_cast<uint64_t>(*y);
}

}  // namespace weft
