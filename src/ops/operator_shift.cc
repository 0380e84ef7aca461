// Other rows of the same key: shift, diff, pct_change, cumulative_prod.
#include <fmt/format.h>

#include "ops/column_operator_makers.h"
#include "weft/arithmetic.h"

namespace weft {
namespace {

constexpr int64_t kRowsMax = int64_t{1} << 31;

// Calls f(row, other) where `other`, n rows before `row` in its key, exists.
template <class F>
void for_each_pair(const RowOrder& order, int64_t n, const F& f) {
  for (int64_t g = 0; g < order.groups(); ++g) {
    const auto at = static_cast<size_t>(g);
    const int64_t begin = order.begin[at], end = order.begin[at + 1];
    for (int64_t i = std::max(begin, begin + n); i < std::min(end, end + n); ++i) {
      f(order.rows[static_cast<size_t>(i)], order.rows[static_cast<size_t>(i - n)]);
    }
  }
}

class ShiftOperator final : public BasicOperator {
 public:
  ShiftOperator(OperatorSignature signature, ArgumentLayout layout, int64_t n)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)), n_(n) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    const Slice& x = in[0];
    auto* to = static_cast<char*>(out.data);
    const size_t size = result()->size;
    for_each_pair(order, n_, [&](int64_t row, int64_t other) {
      if (!x.is_valid(other)) return;
      std::memcpy(to + static_cast<size_t>(row) * size, x.data + other * x.stride, size);
      set_valid(out, row);
    });
    return every_row_valid(out, n);
  }

 private:
  ArgumentLayout layout_;
  int64_t n_;
};

template <class T>
struct Difference {
  using Result = T;
  static T apply(T now, T before) {
    if constexpr (std::is_integral_v<T>) {
      return subtract(now, before);
    } else {
      return now - before;
    }
  }
};
template <class T>
struct Change {
  using Result = double;
  static double apply(T now, T before) {
    return static_cast<double>(now) / static_cast<double>(before) - 1;
  }
};

template <class Op, class T>
class PairOperator final : public BasicOperator {
 public:
  PairOperator(OperatorSignature signature, ArgumentLayout layout, int64_t n)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)), n_(n) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    const Slice& x = in[0];
    auto* to = static_cast<typename Op::Result*>(out.data);
    for_each_pair(order, n_, [&](int64_t row, int64_t other) {
      if (!x.is_valid(row) || !x.is_valid(other)) return;
      try {
        to[row] = Op::apply(x.at<T>(row), x.at<T>(other));
      } catch (const std::exception& e) {
        if (!out.error_is_null) throw RowError(row, e.what());
        return;
      }
      set_valid(out, row);
    });
    return every_row_valid(out, n);
  }

 private:
  ArgumentLayout layout_;
  int64_t n_;
};

template <class T>
class CumulativeProdOperator final : public BasicOperator {
 public:
  using R = std::conditional_t<std::is_integral_v<T>, int64_t, double>;

  CumulativeProdOperator(OperatorSignature signature, ArgumentLayout layout)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    auto* to = static_cast<R*>(out.data);
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      R product = 1;
      for (int32_t i = order.begin[at]; i < order.begin[at + 1]; ++i) {
        const int64_t row = order.rows[static_cast<size_t>(i)];
        if (!in[0].is_valid(row)) continue;
        try {
          product = multiply(product, static_cast<R>(in[0].at<T>(row)));
        } catch (const std::exception& e) {
          throw RowError(row, e.what());
        }
        to[row] = product;
        set_valid(out, row);
      }
    }
    return every_row_valid(out, n);
  }

 private:
  ArgumentLayout layout_;
};

template <template <class> class Op, class T>
ColumnOperatorPtr make_pair(Type result, ArgumentLayout layout, int64_t n,
                            const OperatorOptions& options) {
  return std::make_shared<PairOperator<Op<T>, T>>(
      OperatorSignature{options.name(), options.spelled(), result}, std::move(layout), n);
}

template <template <class> class Op>
ColumnOperatorPtr make_number_pair(ArgumentLayout layout, int64_t n,
                                   const OperatorOptions& options) {
  const Type type = layout.inputs[0];
  need_number(options.name(), type);
  const auto result = [&](Type own) {
    return std::is_same_v<typename Op<double>::Result, typename Op<float>::Result> ? double_type()
                                                                                   : own;
  };
  switch (type->kind) {
    case Kind::kInt32:
      return make_pair<Op, int32_t>(result(type), std::move(layout), n, options);
    case Kind::kInt64:
      return make_pair<Op, int64_t>(result(type), std::move(layout), n, options);
    case Kind::kFloat:
      return make_pair<Op, float>(result(type), std::move(layout), n, options);
    default:
      return make_pair<Op, double>(result(type), std::move(layout), n, options);
  }
}

}  // namespace

ColumnOperatorPtr make_shift(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_copyable(options.name(), layout.inputs[0]);
  const int64_t n = options.integer("n", 1, -kRowsMax, kRowsMax);
  const Type type = layout.inputs[0];
  return std::make_shared<ShiftOperator>(OperatorSignature{"shift", options.spelled(), type},
                                         std::move(layout), n);
}

ColumnOperatorPtr make_diff(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  const int64_t n = options.integer("n", 1, -kRowsMax, kRowsMax);
  if (layout.inputs[0]->is_time()) {
    return make_pair<Difference, int64_t>(duration_type(), std::move(layout), n, options);
  }
  return make_number_pair<Difference>(std::move(layout), n, options);
}

ColumnOperatorPtr make_pct_change(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  const int64_t n = options.integer("n", 1, -kRowsMax, kRowsMax);
  return make_number_pair<Change>(std::move(layout), n, options);
}

ColumnOperatorPtr make_cumulative_prod(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_number(options.name(), layout.inputs[0]);
  const Kind kind = layout.inputs[0]->kind;
  const bool integer = kind == Kind::kInt32 || kind == Kind::kInt64;
  OperatorSignature signature = {options.name(), options.spelled(),
                                 integer ? int64_type() : double_type()};
  const auto make = [&]<class T>(std::type_identity<T>) -> ColumnOperatorPtr {
    return std::make_shared<CumulativeProdOperator<T>>(std::move(signature), std::move(layout));
  };
  switch (kind) {
    case Kind::kInt32:
      return make(std::type_identity<int32_t>());
    case Kind::kInt64:
      return make(std::type_identity<int64_t>());
    case Kind::kFloat:
      return make(std::type_identity<float>());
    default:
      return make(std::type_identity<double>());
  }
}

}  // namespace weft
