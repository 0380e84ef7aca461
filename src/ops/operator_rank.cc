// The place of a value among others: rank, percent_rank, row_number, window_rank.
#include <algorithm>

#include "ops/column_operator_makers.h"
#include "ops/window_bounds.h"

namespace weft {
namespace {

enum class Method { kAverage, kMin, kMax, kDense, kOrdinal };
constexpr std::string_view kMethods[] = {"average", "min", "max", "dense", "ordinal"};

// What is made of a rank: itself, its share of all, or (rank - 1) / (all - 1).
enum class Scale { kNone, kFraction, kPercent };

class RankOperator final : public BasicOperator {
 public:
  RankOperator(OperatorSignature signature, ArgumentLayout layout, Method method, Scale scale,
               bool descending)
      : BasicOperator(std::move(signature)),
        layout_(std::move(layout)),
        method_(method),
        scale_(scale),
        descending_(descending) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    RowGroups groups = layout_.groups(in, n);
    for (int64_t i = 0; i < n && in[0].valid; ++i) {
      if (!in[0].is_valid(i)) groups.ids[static_cast<size_t>(i)] = -1;
    }
    auto codes = sort_codes({in[0], layout_.inputs[0]}, n);
    if (descending_) {
      for (uint64_t& code : codes) code = ~code;
    }
    const RowOrder order = order_rows(groups, codes);
    clear_all_valid(out, n);
    auto* ranks = static_cast<double*>(out.data);
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      rank_group(order, codes, order.begin[at], order.begin[at + 1], ranks);
    }
    for (const int32_t row : order.rows) set_valid(out, row);
    return every_row_valid(out, n);
  }

 private:
  void rank_group(const RowOrder& order, std::span<const uint64_t> codes, int64_t begin,
                  int64_t end, double* ranks) const {
    const auto row = [&](int64_t i) {
      return static_cast<size_t>(order.rows[static_cast<size_t>(i)]);
    };
    int64_t different = 0;
    for (int64_t i = begin; i < end;) {
      int64_t after = i + 1;
      while (after < end && codes[row(after)] == codes[row(i)]) ++after;
      ++different;
      for (int64_t k = i; k < after; ++k) {
        ranks[row(k)] = rank_of(i - begin, after - begin, k - begin, different);
      }
      i = after;
    }
    const int64_t all = method_ == Method::kDense ? different : end - begin;
    if (scale_ == Scale::kNone) return;
    for (int64_t i = begin; i < end; ++i) {
      double& rank = ranks[row(i)];
      if (scale_ == Scale::kFraction) {
        rank /= static_cast<double>(all);
      } else {
        rank = all == 1 ? 0.0 : (rank - 1) / static_cast<double>(all - 1);
      }
    }
  }

  // Of position k among the equal ones [first, after).
  double rank_of(int64_t first, int64_t after, int64_t k, int64_t different) const {
    switch (method_) {
      case Method::kAverage:
        return static_cast<double>(first + after + 1) / 2;
      case Method::kMin:
        return static_cast<double>(first + 1);
      case Method::kMax:
        return static_cast<double>(after);
      case Method::kDense:
        return static_cast<double>(different);
      case Method::kOrdinal:
        break;
    }
    return static_cast<double>(k + 1);
  }

  ArgumentLayout layout_;
  Method method_;
  Scale scale_;
  bool descending_;
};

class RowNumberOperator final : public BasicOperator {
 public:
  RowNumberOperator(OperatorSignature signature, ArgumentLayout layout)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    auto* numbers = static_cast<int64_t*>(out.data);
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      for (int64_t i = order.begin[at]; i < order.begin[at + 1]; ++i) {
        const int32_t row = order.rows[static_cast<size_t>(i)];
        numbers[row] = i - order.begin[at] + 1;
        set_valid(out, row);
      }
    }
    return every_row_valid(out, n);
  }

 private:
  ArgumentLayout layout_;
};

// How many of the values seen are at most, or below, a given one. By place among the sorted ones.
class PlaceCounts {
 public:
  void restart(size_t places) { counts_.assign(places + 1, 0); }
  void add(size_t place, int64_t count) {
    for (size_t i = place + 1; i < counts_.size(); i += i & (~i + 1)) counts_[i] += count;
  }
  /// Of places [0, place).
  int64_t below(size_t place) const {
    int64_t sum = 0;
    for (size_t i = place; i > 0; i &= i - 1) sum += counts_[i];
    return sum;
  }

 private:
  std::vector<int64_t> counts_;
};

class WindowRankOperator final : public BasicOperator {
 public:
  WindowRankOperator(OperatorSignature signature, ArgumentLayout layout, WindowBounds window,
                     bool fraction)
      : BasicOperator(std::move(signature)),
        layout_(std::move(layout)),
        window_(window),
        fraction_(fraction) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    const OrderedInputs ordered(layout_, order, in);
    const auto codes = sort_codes({ordered.inputs()[0], layout_.inputs[0]}, std::ssize(order.rows));
    clear_all_valid(out, n);
    PlaceCounts counts;
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      run_group(order, ordered, codes, order.begin[at], order.begin[at + 1], counts, out);
    }
    return every_row_valid(out, n);
  }

 private:
  void run_group(const RowOrder& order, const OrderedInputs& ordered,
                 std::span<const uint64_t> codes, int64_t begin, int64_t end, PlaceCounts& counts,
                 const Sink& out) const {
    const Slice& values = ordered.inputs()[0];
    std::vector<uint64_t> sorted;
    for (int64_t i = begin; i < end; ++i) {
      if (values.is_valid(i)) sorted.push_back(codes[static_cast<size_t>(i)]);
    }
    std::ranges::sort(sorted);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    counts.restart(sorted.size());
    const auto place = [&](int64_t i) {
      return static_cast<size_t>(std::ranges::lower_bound(sorted, codes[static_cast<size_t>(i)]) -
                                 sorted.begin());
    };
    int64_t first = begin, last = begin;
    window_.for_each(ordered.times(), begin, end, [&](int64_t i, int64_t from, int64_t to, bool) {
      for (; last < to; ++last) {
        if (values.is_valid(last)) counts.add(place(last), 1);
      }
      for (; first < from; ++first) {
        if (values.is_valid(first)) counts.add(place(first), -1);
      }
      if (!values.is_valid(i)) return;
      const bool inside = from <= i && i < to;
      write(counts, place(i), sorted.size(), inside, order.rows[static_cast<size_t>(i)], out);
    });
  }

  // The row itself counts once, whether its window holds it or not.
  void write(const PlaceCounts& counts, size_t place, size_t places, bool inside, int32_t row,
             const Sink& out) const {
    const int64_t below = counts.below(place);
    const int64_t equal = counts.below(place + 1) - below + (inside ? 0 : 1);
    const int64_t all = counts.below(places) + (inside ? 0 : 1);
    double rank = static_cast<double>(below) + static_cast<double>(equal + 1) / 2;
    if (fraction_) rank /= static_cast<double>(all);
    static_cast<double*>(out.data)[row] = rank;
    set_valid(out, row);
  }

  ArgumentLayout layout_;
  WindowBounds window_;
  bool fraction_;
};

// Only types with an order.
void need_ordered(std::string_view name, Type type) {
  if (type->kind < Kind::kList) return;
  throw Error(ErrorCode::kTypeMismatch,
              std::string(name) + " takes numbers, bools, texts and times, not " + type->name);
}

}  // namespace

ColumnOperatorPtr make_rank(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_ordered(options.name(), layout.inputs[0]);
  const std::string method = options.text("method", "average", kMethods);
  const auto which = static_cast<Method>(std::ranges::find(kMethods, method) - kMethods);
  const bool descending = options.flag("descending");
  const Scale scale = options.flag("fraction") ? Scale::kFraction : Scale::kNone;
  return std::make_shared<RankOperator>(OperatorSignature{"rank", options.spelled(), double_type()},
                                        std::move(layout), which, scale, descending);
}

ColumnOperatorPtr make_percent_rank(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_ordered(options.name(), layout.inputs[0]);
  return std::make_shared<RankOperator>(
      OperatorSignature{"percent_rank", options.spelled(), double_type()}, std::move(layout),
      Method::kMin, Scale::kPercent, false);
}

ColumnOperatorPtr make_row_number(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  return std::make_shared<RowNumberOperator>(
      OperatorSignature{"row_number", options.spelled(), int64_type()}, std::move(layout));
}

ColumnOperatorPtr make_window_rank(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_ordered(options.name(), layout.inputs[0]);
  const auto window = WindowBounds::read(layout, options);
  const bool fraction = options.flag("fraction");
  return std::make_shared<WindowRankOperator>(
      OperatorSignature{"window_rank", options.spelled(), double_type()}, std::move(layout), window,
      fraction);
}

}  // namespace weft
