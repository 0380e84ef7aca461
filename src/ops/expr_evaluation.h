/// Evaluates an expression over columns, one node after another: what tests compare with.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/arrow.h"
#include "ops/aggregate_states.h"
#include "ops/column_operator.h"
#include "weft/column.h"

namespace weft {

/// Columns by parameter name, all of one length.
using TestColumns = std::map<std::string, ColumnData>;

class ExprEvaluation {
 public:
  ExprEvaluation(const TestColumns& columns, int64_t n) : columns_(columns), n_(n) {}

  /// A column of n rows, or of one if the expression is a scalar.
  ColumnData run(const ExprPtr& expr) {
    const Slice slice = evaluate(*expr);
    const int64_t n = expr->scalar ? 1 : n_;
    ColumnBuilder builder(expr->type);
    for (int64_t i = 0; i < n; ++i) {
      if (slice.is_valid(i)) {
        builder.append_stored(slice.data + i * slice.stride);
      } else {
        builder.append_null();
      }
    }
    return builder.finish();
  }

 private:
  Slice evaluate(const Expr& e) {
    std::vector<Slice> args;
    for (const auto& arg : e.args) args.push_back(evaluate(*arg));
    if (e.op == Expr::Op::kInput) return input(e);
    FlatColumn& result = results_.emplace_back(e.type, e.scalar ? 1 : n_);
    const int64_t n = result.size();
    Sink sink = result.sink();
    clear_valid(sink, n);
    switch (e.op) {
      case Expr::Op::kLiteral:
        if (e.literal.has_value()) {
          e.type->unbox(e.type, e.literal, sink.data, *sink.arena);
        } else {
          detail::clear_valid(sink, 0);
        }
        break;
      case Expr::Op::kAggregate: {
        StateArray state(*e.aggregate, 1);
        e.aggregate->add_block(state[0], args.data(), n_);
        if (!e.aggregate->result(state[0], sink.data, *sink.arena)) detail::clear_valid(sink, 0);
        break;
      }
      case Expr::Op::kOperator:
        e.column_operator->run(args.data(), sink, n);
        break;
      default:
        e.kernel->block(e.kernel->context, args.data(), sink, n);
    }
    Slice slice = result.slice();
    if (e.scalar) slice.stride = 0;
    return slice;
  }

  Slice input(const Expr& e) {
    const ColumnData& column = columns_.at(e.name);
    return results_.emplace_back(column).slice();
  }

  static void clear_valid(const Sink& sink, int64_t n) {
    for (int64_t w = 0; w * 64 < n; ++w) sink.valid[w] = ~uint64_t{0};
  }

  const TestColumns& columns_;
  int64_t n_;
  std::vector<FlatColumn> results_;
};

inline ColumnData evaluate(const ExprPtr& expr, const TestColumns& columns) {
  return ExprEvaluation(columns, columns.empty() ? 1 : columns.begin()->second.size()).run(expr);
}

template <class T>
Column<T> test_column(std::string_view name) {
  return {{input_expr(name, type_of<T>(), false)}};
}

}  // namespace weft
