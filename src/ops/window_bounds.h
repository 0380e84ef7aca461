/// Which rows of a key a window covers at each of its rows.
#pragma once

#include <limits>

#include "ops/column_operator_makers.h"

namespace weft {

/// Inputs and times in the order of rows, so that a window's rows lie side by side.
class OrderedInputs {
 public:
  /// Borrows where the order is that of rows already; keeps `in` in use.
  OrderedInputs(const ArgumentLayout& layout, const RowOrder& order, const Slice* in);

  const Slice* inputs() const { return slices_.data(); }
  /// Null if there is no time.
  const int64_t* times() const { return times_.empty() ? nullptr : times_.data(); }

 private:
  std::vector<Slice> slices_;
  std::vector<std::unique_ptr<char[]>> data_;
  std::vector<std::vector<uint64_t>> valid_;
  std::vector<int64_t> times_;
};

/// A window as options say it: `last` (a duration; not given: all before) or `last_rows`, `closed`,
/// `include_current`, `resolution`.
class WindowBounds {
 public:
  /// Throws Error(kInvalidArgument) if they do not fit together.
  static WindowBounds read(const ArgumentLayout& layout, OperatorOptions& options);

  /// Calls f(i, from, to, and_itself) for each position in [begin, end), in order: its window is
  /// [from, to), and with `and_itself` position i beside it. Neither `from` nor `to` goes back.
  /// `times` ascend.
  template <class F>
  void for_each(const int64_t* times, int64_t begin, int64_t end, const F& f) const {
    if (rows_ > 0) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t to = current_ ? i + 1 : i;
        f(i, std::max(begin, to - rows_), to, false);
      }
      return;
    }
    int64_t from = begin;
    for (int64_t i = begin; i < end;) {
      int64_t after = i + 1;  // the first of a later time
      while (after < end && times[after] == times[i]) ++after;
      const int64_t low = start_of(times[i]);
      const int64_t limit = closed_right_ ? after : i;
      while (from < limit && (closed_left_ ? times[from] < low : times[from] <= low)) ++from;
      // Closed at the right a window holds its own row, unless it has no width.
      const bool itself = current_ && !(closed_right_ && from <= i);
      const bool next = after == i + 1 && from <= i;
      for (int64_t k = i; k < after; ++k) {
        f(k, from, itself && next ? k + 1 : limit, itself && !next);
      }
      i = after;
    }
  }

 private:
  int64_t start_of(int64_t time) const {
    // The window of all rows before starts before any time there is.
    int64_t low;
    if (width_ == std::numeric_limits<int64_t>::max() ||
        __builtin_sub_overflow(time, width_, &low)) {
      return std::numeric_limits<int64_t>::min();
    }
    if (grid_ > 0) {
      const int64_t over = low % grid_;
      if (__builtin_sub_overflow(low, over < 0 ? over + grid_ : over, &low)) {
        return std::numeric_limits<int64_t>::min();
      }
    }
    return low;
  }

  int64_t width_ = std::numeric_limits<int64_t>::max();
  int64_t rows_ = 0;
  int64_t grid_ = 0;
  bool closed_left_ = true;
  bool closed_right_ = false;
  bool current_ = false;
};

}  // namespace weft
