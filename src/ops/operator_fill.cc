// What stands for nulls between other rows: fill_forward, fill_backward, interpolate.
#include "ops/column_operator_makers.h"

namespace weft {
namespace {

class FillOperator final : public BasicOperator {
 public:
  FillOperator(OperatorSignature signature, ArgumentLayout layout, bool forward, int64_t limit)
      : BasicOperator(std::move(signature)),
        layout_(std::move(layout)),
        forward_(forward),
        limit_(limit) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    const size_t size = result()->size;
    auto* to = static_cast<char*>(out.data);
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      const int64_t begin = order.begin[at], count = order.begin[at + 1] - begin;
      int64_t known = -1;  // the last row with a value
      int64_t filled = 0;  // since then
      for (int64_t k = 0; k < count; ++k) {
        const int64_t i = forward_ ? begin + k : begin + count - 1 - k;
        const int64_t row = order.rows[static_cast<size_t>(i)];
        if (in[0].is_valid(row)) {
          known = row;
          filled = 0;
        } else if (known < 0 || ++filled > limit_) {
          continue;
        }
        std::memcpy(to + static_cast<size_t>(row) * size, in[0].data + known * in[0].stride, size);
        set_valid(out, row);
      }
    }
    return every_row_valid(out, n);
  }

 private:
  ArgumentLayout layout_;
  bool forward_;
  int64_t limit_;
};

template <class T>
class InterpolateOperator final : public BasicOperator {
 public:
  InterpolateOperator(OperatorSignature signature, ArgumentLayout layout)
      : BasicOperator(std::move(signature)), layout_(std::move(layout)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    const Slice* time = layout_.has_time ? &in[1] : nullptr;
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      int64_t known = -1;
      for (int64_t i = order.begin[at]; i < order.begin[at + 1]; ++i) {
        const int64_t row = order.rows[static_cast<size_t>(i)];
        if (!in[0].is_valid(row)) continue;
        write(out, row, static_cast<double>(in[0].at<T>(row)));
        if (known >= 0) between(order, in[0], time, known, i, out);
        known = i;
      }
    }
    return every_row_valid(out, n);
  }

 private:
  // Rows between two positions that have values.
  static void between(const RowOrder& order, const Slice& x, const Slice* time, int64_t from,
                      int64_t to, const Sink& out) {
    const auto row = [&](int64_t i) -> int64_t { return order.rows[static_cast<size_t>(i)]; };
    const auto place = [&](int64_t i) {
      return time ? static_cast<double>(time->at<int64_t>(row(i)) - time->at<int64_t>(row(from)))
                  : static_cast<double>(i - from);
    };
    const auto low = static_cast<double>(x.at<T>(row(from)));
    const auto high = static_cast<double>(x.at<T>(row(to)));
    const double length = place(to);
    for (int64_t i = from + 1; i < to; ++i) {
      // Of one time: the earlier value.
      const double share = length == 0 ? 0.0 : place(i) / length;
      write(out, row(i), low + (high - low) * share);
    }
  }
  static void write(const Sink& out, int64_t row, double value) {
    static_cast<double*>(out.data)[row] = value;
    set_valid(out, row);
  }

  ArgumentLayout layout_;
};

ColumnOperatorPtr make_fill(std::span<const Type> parameters, OperatorOptions& options,
                            bool forward) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_copyable(options.name(), layout.inputs[0]);
  constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();
  const int64_t limit = options.integer("limit", kNoLimit, 1, kNoLimit);
  const Type type = layout.inputs[0];
  return std::make_shared<FillOperator>(OperatorSignature{options.name(), options.spelled(), type},
                                        std::move(layout), forward, limit);
}

}  // namespace

ColumnOperatorPtr make_fill_forward(std::span<const Type> parameters, OperatorOptions& options) {
  return make_fill(parameters, options, true);
}

ColumnOperatorPtr make_fill_backward(std::span<const Type> parameters, OperatorOptions& options) {
  return make_fill(parameters, options, false);
}

ColumnOperatorPtr make_interpolate(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  layout.need_inputs(options.name(), 1);
  need_number(options.name(), layout.inputs[0]);
  OperatorSignature signature = {options.name(), options.spelled(), double_type()};
  const Kind kind = layout.inputs[0]->kind;
  const auto make = [&]<class T>(std::type_identity<T>) -> ColumnOperatorPtr {
    return std::make_shared<InterpolateOperator<T>>(std::move(signature), std::move(layout));
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
