// Windows: rows sorted once by (key, time, row), then two pointers over each key's rows.
#include <fmt/format.h>

#include <algorithm>

#include "ops/aggregate_states.h"
#include "ops/column_operator_makers.h"
#include "ops/window_bounds.h"

namespace weft {
namespace {

class OverOperator final : public BasicOperator {
 public:
  OverOperator(OperatorSignature signature, ArgumentLayout layout, AggregatePtr aggregate,
               WindowBounds window)
      : BasicOperator(std::move(signature)),
        layout_(std::move(layout)),
        aggregate_(aggregate->sliding() ? aggregate->sliding() : aggregate),
        window_(window) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    const OrderedInputs ordered(layout_, order, in);
    clear_all_valid(out, n);
    const auto state = make_sliding_state(*aggregate_, ordered.inputs());
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      run_group(order, ordered, *state, order.begin[at], order.begin[at + 1], out);
    }
    return every_row_valid(out, n);
  }

 private:
  void run_group(const RowOrder& order, const OrderedInputs& ordered, SlidingState& state,
                 int64_t begin, int64_t end, const Sink& out) const {
    state.restart(begin);
    window_.for_each(
        ordered.times(), begin, end, [&](int64_t i, int64_t from, int64_t to, bool and_itself) {
          while (state.last() < to) state.push();
          while (state.first() < from) state.pop();
          const int64_t row = order.rows[static_cast<size_t>(i)];
          char* slot = static_cast<char*>(out.data) + static_cast<size_t>(row) * result()->size;
          const bool valid =
              and_itself ? state.result_with(i, slot, *out.arena) : state.result(slot, *out.arena);
          if (valid) set_valid(out, row);
        });
  }

  ArgumentLayout layout_;
  AggregatePtr aggregate_;
  WindowBounds window_;
};

// An aggregate of rows of equal keys, at each of them.
class GroupOperator final : public BasicOperator {
 public:
  GroupOperator(OperatorSignature signature, ArgumentLayout layout, AggregatePtr aggregate)
      : BasicOperator(std::move(signature)),
        layout_(std::move(layout)),
        aggregate_(std::move(aggregate)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowGroups groups = layout_.groups(in, n);
    StateArray states(*aggregate_, groups.count);
    aggregate_->add_grouped(states.data(), groups.ids.data(), in, n);
    const size_t size = result()->size;
    std::vector<char> slots(static_cast<size_t>(groups.count) * size + 1);
    std::vector<uint8_t> valid(static_cast<size_t>(groups.count));
    for (int64_t g = 0; g < groups.count; ++g) {
      const auto at = static_cast<size_t>(g);
      valid[at] = aggregate_->result(states[g], slots.data() + at * size, *out.arena);
    }
    clear_all_valid(out, n);
    auto* to = static_cast<char*>(out.data);
    for (int64_t i = 0; i < n; ++i) {
      const auto group = static_cast<size_t>(groups.ids[static_cast<size_t>(i)]);
      if (!valid[group]) continue;
      std::memcpy(to + static_cast<size_t>(i) * size, slots.data() + group * size, size);
      set_valid(out, i);
    }
    return every_row_valid(out, n);
  }

 private:
  ArgumentLayout layout_;
  AggregatePtr aggregate_;
};

// An aggregate of all rows up to this one, in order.
class CumulativeOperator final : public BasicOperator {
 public:
  CumulativeOperator(OperatorSignature signature, ArgumentLayout layout, AggregatePtr aggregate)
      : BasicOperator(std::move(signature)),
        layout_(std::move(layout)),
        aggregate_(std::move(aggregate)) {}

  bool run(const Slice* in, const Sink& out, int64_t n) const override {
    const RowOrder order = layout_.order(in, n);
    clear_all_valid(out, n);
    StateArray state(*aggregate_, 1);
    for (int64_t g = 0; g < order.groups(); ++g) {
      const auto at = static_cast<size_t>(g);
      if (g > 0) state.reset(0);
      for (int32_t k = order.begin[at]; k < order.begin[at + 1]; ++k) {
        const int64_t row = order.rows[static_cast<size_t>(k)];
        aggregate_->add(state[0], in, row);
        if (aggregate_->result_nullable() && !inputs_valid(in, row)) continue;
        char* slot = static_cast<char*>(out.data) + static_cast<size_t>(row) * result()->size;
        if (aggregate_->result(state[0], slot, *out.arena)) set_valid(out, row);
      }
    }
    return every_row_valid(out, n);
  }

 private:
  bool inputs_valid(const Slice* in, int64_t row) const {
    for (size_t k = 0; k < layout_.inputs.size(); ++k) {
      if (!in[k].is_valid(row)) return false;
    }
    return true;
  }

  ArgumentLayout layout_;
  AggregatePtr aggregate_;
};

AggregatePtr read_aggregate(const ArgumentLayout& layout, OperatorOptions& options) {
  const std::string name = options.required_text("aggregate");
  auto aggregate = make_aggregate(name, layout.inputs, options.with_prefix("aggregate."));
  need_copyable(options.name(), aggregate->result_type());
  return aggregate;
}

}  // namespace

ColumnOperatorPtr make_over(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  auto aggregate = read_aggregate(layout, options);
  const auto window = WindowBounds::read(layout, options);
  const Type type = aggregate->result_type();
  return std::make_shared<OverOperator>(OperatorSignature{"over", options.spelled(), type},
                                        std::move(layout), std::move(aggregate), window);
}

ColumnOperatorPtr make_group(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  auto aggregate = read_aggregate(layout, options);
  const Type type = aggregate->result_type();
  return std::make_shared<GroupOperator>(OperatorSignature{"group", options.spelled(), type},
                                         std::move(layout), std::move(aggregate));
}

ColumnOperatorPtr make_cumulative(std::span<const Type> parameters, OperatorOptions& options) {
  auto layout = ArgumentLayout::read(parameters, options);
  auto aggregate = read_aggregate(layout, options);
  const Type type = aggregate->result_type();
  return std::make_shared<CumulativeOperator>(
      OperatorSignature{"cumulative", options.spelled(), type}, std::move(layout),
      std::move(aggregate));
}

}  // namespace weft
