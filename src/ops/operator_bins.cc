// Codes for values: quantile_bins and ordinal_encode.
#include <algorithm>
#include <cmath>

#include "ops/column_operator_makers.h"

namespace weft {
namespace {

double number_at(const Slice& x, Type type, int64_t i) {
  switch (type->kind) {
    case Kind::kInt32:
      return x.at<int32_t>(i);
    case Kind::kInt64:
      return static_cast<double>(x.at<int64_t>(i));
    case Kind::kFloat:
      return static_cast<double>(x.at<float>(i));
    default:
      return x.at<double>(i);
  }
}

// The quantile of sorted values, linear between the two nearest.
double quantile_of(std::span<const double> sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(std::floor(at));
  const double share = at - std::floor(at);
  if (share == 0) return sorted[below];
  return sorted[below] + (sorted[below + 1] - sorted[below]) * share;
}

// Bins are (lower, upper]; the first holds its lower edge too. Equal edges are one, so that a value
// that fills several bins makes them one.
class QuantileBinsOperator final : public BasicOperator {
 public:
  QuantileBinsOperator(OperatorSignature signature, ArgumentLayout layout, int64_t bins)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)), bins_(bins) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    RowGroups groups = layout_.groups(in, n);
    const Type type = layout_.inputs[0];
    for (int64_t i = 0; i < n; ++i) {
      if (!in[0].is_valid(i) || std::isnan(number_at(in[0], type, i))) {
        groups.ids[static_cast<size_t>(i)] = -1;
      }
    }
    const RowOrder order = order_rows(groups, sort_codes({in[0], type}, n));
    clear_all_valid(out, n);
    auto* codes = static_cast<int64_t*>(out.data);
    std::vector<double> sorted;
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      const auto rows = std::span(order.rows)
                            .subspan(static_cast<size_t>(order.begin[at]),
                                     static_cast<size_t>(order.begin[at + 1] - order.begin[at]));
      if (rows.empty()) continue;
      sorted.clear();
      for (const int32_t row : rows) sorted.push_back(number_at(in[0], type, row));
      const auto inner = inner_edges(sorted);
      for (size_t i = 0; i < rows.size(); ++i) {
        codes[rows[i]] = std::ranges::lower_bound(inner, sorted[i]) - inner.begin();
        set_valid(out, rows[i]);
      }
    }
    return every_row_valid(out, n);
  }

 private:
  // Edges that are neither the lowest nor the highest, without repetitions.
  std::vector<double> inner_edges(std::span<const double> sorted) const {
    std::vector<double> edges;
    for (int64_t k = 0; k <= bins_; ++k) {
      const double q = static_cast<double>(k) / static_cast<double>(bins_);
      const double edge = quantile_of(sorted, q);
      if (edges.empty() || edge > edges.back()) edges.push_back(edge);
    }
    edges.erase(edges.begin());
    if (!edges.empty()) edges.pop_back();
    return edges;
  }

  ArgumentLayout layout_;
  int64_t bins_;
};

class OrdinalEncodeOperator final : public BasicOperator {
 public:
  OrdinalEncodeOperator(OperatorSignature signature, ArgumentLayout layout)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    RowGroups groups = layout_.groups(in, n);
    for (int64_t i = 0; i < n && in[0].valid; ++i) {
      if (!in[0].is_valid(i)) groups.ids[static_cast<size_t>(i)] = -1;
    }
    const auto order_codes = sort_codes({in[0], layout_.inputs[0]}, n);
    const RowOrder order = order_rows(groups, order_codes);
    clear_all_valid(out, n);
    auto* codes = static_cast<int64_t*>(out.data);
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      int64_t code = -1;
      for (int64_t i = order.begin[at]; i < order.begin[at + 1]; ++i) {
        const auto row = static_cast<size_t>(order.rows[static_cast<size_t>(i)]);
        const bool first = i == order.begin[at];
        if (first || order_codes[row] != order_codes[previous(order, i)]) ++code;
        codes[row] = code;
        set_valid(out, static_cast<int64_t>(row));
      }
    }
    return every_row_valid(out, n);
  }

 private:
  static size_t previous(const RowOrder& order, int64_t i) {
    return static_cast<size_t>(order.rows[static_cast<size_t>(i - 1)]);
  }

  ArgumentLayout layout_;
};

}  // namespace

ColumnOperatorPtr make_quantile_bins(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_number(options.name(), layout.inputs[0]);
  const int64_t bins = options.integer("n", 0, options.has("n") ? 1 : 0, 1 << 20);
  if (bins == 0) options.fail("n", "says how many bins, and is missing");
  return std::make_shared<QuantileBinsOperator>(
      OperatorSignature{options.name(), options.spelled(), int64_type()}, std::move(layout), bins);
}

ColumnOperatorPtr make_ordinal_encode(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  return std::make_shared<OrdinalEncodeOperator>(
      OperatorSignature{options.name(), options.spelled(), int64_type()}, std::move(layout));
}

}  // namespace weft
