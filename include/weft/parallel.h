/// Parallel<T> and Collect<T>: what lies between them runs once for each element, in parallel.
///
///   FEATURE(Parallel<std::string>, file, (std::string folder)) { return files_in(folder); }
///   FEATURE(Table, events, (std::string file)) { return read_parquet(file); }    // for each file
///   FEATURE(double, spent, (Series<double> amount)) { ... }                      // for each file
///   FEATURE(double, total, (Collect<double> spent)) { ... }                      // of all files
#pragma once

#include <functional>
#include <ranges>

#include "weft/series.h"

namespace weft {

/// The elements of a Parallel as they pass through a plan, whatever their type.
struct Elements {
  /// The next element (empty: a null one), or nothing at the end. Called by one thread at a time,
  /// when the element is about to be run.
  std::function<std::optional<Value>()> next;
  std::optional<int64_t> size = {};  ///< if known, for progress
};

/// A feature that returns it starts a block: every node that depends on it runs once for each
/// element, up to those that take a Collect. To the nodes of the block it is a T.
template <class T>
class Parallel {
 public:
  using value_type = T;

  Parallel(std::initializer_list<T> elements) : Parallel(std::vector<T>(elements)) {}
  /// A vector, a Series<T> (its nulls are null elements), a view; it is moved in. What a view looks
  /// at has to outlive the run.
  template <std::ranges::input_range R>
    requires(!std::is_same_v<std::remove_cvref_t<R>, Parallel>)
  Parallel(R&& range) {  // NOLINT(google-explicit-constructor)
    using Range = std::remove_cvref_t<R>;
    struct State {
      explicit State(R&& r) : range(std::forward<R>(r)), at(std::ranges::begin(range)) {}
      Range range;
      std::ranges::iterator_t<Range> at;
    };
    auto state = std::make_shared<State>(std::forward<R>(range));
    if constexpr (std::ranges::sized_range<Range>) {
      elements_.size = static_cast<int64_t>(std::ranges::size(state->range));
    }
    elements_.next = [state]() -> std::optional<Value> {
      if (state->at == std::ranges::end(state->range)) return {};
      Value value = boxed(*state->at);
      ++state->at;
      return value;
    };
  }
  /// A function that gives the next element, or nothing at the end: elements need not all be there
  /// at once.
  template <class F>
    requires(std::is_invocable_r_v<std::optional<T>, F&> && !std::ranges::range<F>)
  Parallel(F next) {  // NOLINT(google-explicit-constructor)
    elements_.next = [f = std::make_shared<F>(std::move(next))]() -> std::optional<Value> {
      std::optional<T> element = (*f)();
      if (!element) return {};
      return boxed(*std::move(element));
    };
  }

  const Elements& elements() const { return elements_; }

 private:
  template <class E>
  static Value boxed(E&& element) {
    if constexpr (Native<std::remove_cvref_t<E>>::kNullable) {
      return element ? Value::of(T(*std::forward<E>(element))) : Value::null(type_of<T>());
    } else {
      return Value::of(T(std::forward<E>(element)));
    }
  }

  Elements elements_;
};

/// The values that a node of a block had for all elements, in the order of the elements. As
/// everywhere, a Collect<T> never sees a null: with a null element the function is not called and
/// its result is null; a Collect<std::optional<T>> sees them. Cheap to copy; thread-safe.
template <class T>
class Collect {
 public:
  using value_type = T;

  Collect() : Collect(ValueList()) {}
  explicit Collect(ValueList values)
      : values_(std::make_shared<const ValueList>(std::move(values))) {}

  int64_t size() const { return static_cast<int64_t>(values_->size()); }
  bool empty() const { return values_->empty(); }
  /// A T, or a const T& where a Value holds it as it is.
  decltype(auto) operator[](int64_t i) const {
    const Value& value = (*values_)[static_cast<size_t>(i)];
    using B = boxed_t<inner_t<T>>;
    if constexpr (std::is_same_v<B, T>) {
      return value.get<B>();
    } else if constexpr (Native<T>::kNullable) {
      return value.has_value() ? T(value.get<B>()) : T();
    } else {
      return T(value.get<B>());
    }
  }
  std::vector<T> to_vector() const { return std::vector<T>(begin(), end()); }

  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Collect* values, int64_t i) : values_(values), i_(i) {}
    decltype(auto) operator*() const { return (*values_)[i_]; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    Iterator operator++(int) {
      auto old = *this;
      ++i_;
      return old;
    }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const Collect* values_ = nullptr;
    int64_t i_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  std::shared_ptr<const ValueList> values_;
};

}  // namespace weft
