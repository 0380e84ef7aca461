/// Series<T>: a materialised column with typed rows, as a parameter or result of an object
/// function.
#pragma once

#include "weft/kernel.h"
#include "weft/table.h"

namespace weft {

namespace detail {
/// All rows of a column in slot form; keeps what it borrows alive.
struct SeriesSlots {
  ColumnData column;
  Slice slice;
  std::shared_ptr<const void> owner;
};
SeriesSlots series_slots(const ColumnData& column, Type type);
}  // namespace detail

/// A model is fitted on `Series<double> age`. Immutable, cheap to copy, thread-safe.
template <class T>
class Series {
 public:
  using value_type = T;

  Series() : Series(ColumnData::of(std::vector<T>())) {}
  /// Throws Error(kTypeMismatch) if the column is not of T and does not widen to it.
  explicit Series(const ColumnData& column)
      : slots_(detail::series_slots(column.as(type_of<T>()), type_of<T>())) {}
  explicit Series(const std::vector<std::optional<T>>& values) : Series(ColumnData::of(values)) {}
  explicit Series(const std::vector<T>& values) : Series(ColumnData::of(values)) {}

  int64_t size() const { return slots_.column.size(); }
  bool is_null(int64_t i) const { return !slots_.slice.is_valid(i); }
  std::optional<T> operator[](int64_t i) const {
    if (is_null(i)) return {};
    return value(i);
  }
  /// Of a row that is not null.
  T value(int64_t i) const {
    typename Native<T>::Scratch scratch;
    return T(Native<T>::load(slots_.slice.template at<typename Native<T>::Stored>(i), scratch));
  }
  /// The column itself: for a Table, or for Arrow.
  const ColumnData& column() const { return slots_.column; }

  class Iterator {
   public:
    using value_type = std::optional<T>;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Series* series, int64_t i) : series_(series), i_(i) {}
    std::optional<T> operator*() const { return (*series_)[i_]; }
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
    const Series* series_ = nullptr;
    int64_t i_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  detail::SeriesSlots slots_;
};

}  // namespace weft
