// Kernels, column functions and calls of a plan.
#include <fmt/format.h>

#include <algorithm>

#include "base/thrown.h"
#include "exec/lowering.h"
#include "exec/standard_calls.h"
#include "weft/feature.h"

namespace weft {

// ---- kernels --------------------------------------------------------------------------------

// Form and rows of what is computed from these; throws if their rows do not line up.
void Lowering::line_up(Op& op, std::span<const Arg> args) {
  const Op* first = nullptr;
  op.form = Form::kScalar;
  for (const Arg& arg : args) {
    const Op& from = at(arg.op);
    if (from.form != Form::kColumn) continue;
    op.form = Form::kColumn;
    if (!first) {
      first = &from;
      op.domain = from.domain;
    } else if (from.domain != op.domain) {
      throw Error(ErrorCode::kInvalidGraph,
                  fmt::format("{} (rows of {}) and {} (rows of {}) do not line up: join the tables "
                              "first, or use lookup()",
                              program_->name_of(*first), program_->domains[op.domain].name,
                              program_->name_of(from), program_->domains[from.domain].name));
    }
  }
}

OpId Lowering::widened(OpId from, Type to, size_t i) {
  const Type type = at(from).type;
  if (!to || !type || type == to || to->is_object() || at(from).form == Form::kObject) return from;
  if (type->kind == Kind::kStruct && to->kind == Kind::kStruct) return from;
  if (!widens(type, to)) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("{} takes {}, but {} is {}", graph_.node(i).name, to->name,
                            program_->name_of(at(from)), type->name));
  }
  const Arg arg = {from, type, Shape::kRow};
  return kernel(widen_kernel(type, to), {&arg, 1}, i, false);
}

OpId Lowering::kernel(KernelPtr kernel, std::span<const Arg> args, size_t i, bool error_is_null) {
  CallKey key{reinterpret_cast<const void*>(kernel->row), kernel->context, {}, error_is_null};
  for (const Arg& arg : args) key.args.push_back(arg.op);
  const auto found = calls_.find(key);
  if (found != calls_.end()) return found->second;
  Op op;
  op.kind = OpKind::kKernel;
  op.type = kernel->result;
  op.node = node_index(i);
  op.error_is_null = error_is_null;
  line_up(op, args);
  op.kernel = own(std::move(kernel));
  const OpId id = push(op, args);
  calls_.emplace(std::move(key), id);
  return id;
}

OpId Lowering::row_function(size_t i) {
  const Node& node = graph_.node(i);
  std::vector<Arg> args;
  for (size_t k = 0; k < node.edges.size(); ++k) {
    const Edge& edge = node.edges[k];
    OpId from = source(edge, i);
    const Type wanted = node.kernel->parameters[k];
    if (at(from).form == Form::kObject && !wanted->is_object()) from = unboxed(from, wanted, i);
    args.push_back({widened(from, wanted, i), wanted, Shape::kRow});
  }
  return kernel(node.kernel, args, i, node.error_is_null);
}

// A scalar whose type is not known until it is there: a cell of the wanted type.
OpId Lowering::unboxed(OpId from, Type wanted, size_t i) {
  const Arg arg = {from, wanted, Shape::kObject};
  return call_op(own(std::make_shared<const Call>([](std::span<const Value> v) { return v[0]; })),
                 {&arg, 1}, wanted, i);
}

// ---- column functions -----------------------------------------------------------------------

ExprPtr Lowering::trace(size_t i) {
  if (traced_[i]) return traced_[i];
  const Node& node = graph_.node(i);
  std::vector<Value> values;
  for (const Edge& edge : node.edges) {
    if (edge.shape == Shape::kColumn || edge.shape == Shape::kScalar) {
      values.push_back(
          Value::of(input_expr(edge.parameter, edge.type, edge.shape == Shape::kScalar)));
    } else {
      values.push_back(known_value(edge, i));
    }
  }
  try {
    // No source declares a time or keys yet, so a window has to name its own.
    traced_[i] = bind_domain(node.call(values).get<ExprPtr>(), nullptr, {});
  } catch (const Error& e) {
    throw Error(e.code(), node.name + ": " + e.message(), node.where);
  } catch (...) {
    std::throw_with_nested(
        Error(ErrorCode::kFunctionFailed, node.name + ": " + thrown_text(), node.where));
  }
  return traced_[i];
}

// A plain parameter of a column function has to be known when the plan is made.
Value Lowering::known_value(const Edge& edge, size_t i) const {
  if (edge.source == Edge::kNone) return edge.value.as(edge.type);
  const Node& from = graph_.node(edge.source);
  if ((from.role == Role::kConfig || from.role == Role::kInput) && from.default_value) {
    return from.default_value->as(edge.type);
  }
  throw Error(ErrorCode::kInvalidGraph,
              fmt::format("{}: the plain parameter {} of a column function must be known when the "
                          "plan is made: set {} in the config, or take Scalar<{}>",
                          graph_.node(i).name, edge.parameter, from.name, edge.type->name));
}

OpId Lowering::column_function(size_t i) {
  const Node& node = graph_.node(i);
  const ExprPtr root = trace(i);
  std::map<std::string, OpId, std::less<>> parameters;
  for (const Edge& edge : node.edges) {
    if (edge.shape != Shape::kColumn && edge.shape != Shape::kScalar) continue;
    OpId from = source(edge, i);
    if (edge.shape == Shape::kScalar && at(from).form == Form::kColumn) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} takes one value of {}, which is a column: aggregate it, or take "
                              "Column<{}>",
                              node.name, program_->name_of(at(from)), edge.type->name));
    }
    if (at(from).form == Form::kObject && !edge.type->is_object()) {
      from = unboxed(from, edge.type, i);
    }
    parameters[edge.parameter] = widened(from, edge.type, i);
  }
  std::unordered_map<const Expr*, OpId> done;
  const OpId result = expression(*root, parameters, done, i);
  if (node.shape == Shape::kScalar && at(result).form == Form::kColumn) {
    throw Error(ErrorCode::kTypeMismatch,
                node.name + " returns Scalar, but its expression is a column: aggregate it");
  }
  return widened(result, node.type, i);
}

// Depth is what the user wrote in one function body.
OpId Lowering::expression(const Expr& e, const std::map<std::string, OpId, std::less<>>& parameters,
                          std::unordered_map<const Expr*, OpId>& done, size_t i) {
  if (const auto it = done.find(&e); it != done.end()) return it->second;
  if (e.op == Expr::Op::kInput) return done[&e] = parameters.at(e.name);
  if (e.op == Expr::Op::kLiteral) return done[&e] = literal(e, i);
  std::vector<Arg> args;
  for (const auto& arg : e.args) {
    const OpId from = expression(*arg, parameters, done, i);
    args.push_back({from, arg->type, Shape::kRow});
  }
  if (e.op == Expr::Op::kCall) {
    for (size_t k = 0; k < args.size(); ++k) {
      args[k].type = e.kernel->parameters[k];
      args[k].op = widened(args[k].op, args[k].type, i);
    }
    return done[&e] = kernel(e.kernel, args, i, graph_.node(i).error_is_null);
  }
  if (e.op == Expr::Op::kOperator && e.column_operator->row_wise()) {
    std::vector<Type> types;
    for (const Arg& arg : args) types.push_back(arg.type);
    return done[&e] = kernel(operator_kernel(e.column_operator, std::move(types)), args, i,
                             graph_.node(i).error_is_null);
  }
  return done[&e] = whole_column(e, args, i);
}

OpId Lowering::literal(const Expr& e, size_t i) {
  const std::string key = e.type->name + e.to_string();
  const auto it = literals_.find(key);
  if (it != literals_.end()) return it->second;
  return literals_[key] = constant(e.literal, e.type, i);
}

OpId Lowering::whole_column(const Expr& e, std::span<const Arg> args, size_t i) {
  const bool aggregate = e.op == Expr::Op::kAggregate;
  // Two functions that ask for mean(age) share it: their objects differ, their text does not.
  std::vector<OpId> inputs;
  for (const Arg& arg : args) inputs.push_back(arg.op);
  const bool running = aggregate && choice_of(i) == Choice::kStream;
  const std::string text =
      (aggregate ? e.aggregate->name() + (running ? "+(" : "(") + e.aggregate->options()
                 : e.column_operator->name() + "(" + e.column_operator->options());
  auto& same = whole_columns_[text];
  for (const auto& [other, id] : same) {
    if (other == inputs) return id;
  }
  Op op;
  op.kind = aggregate ? OpKind::kAggregate : OpKind::kOperator;
  op.type = e.type;
  op.node = node_index(i);
  line_up(op, args);
  if (op.form != Form::kColumn) {
    throw Error(
        ErrorCode::kInvalidGraph,
        fmt::format("{} needs a column, but all it is given are single values", e.to_string()));
  }
  op.running = running;
  if (aggregate) {
    op.form = Form::kScalar;
    op.aggregate = own(e.aggregate);
  } else {
    op.column_operator = own(e.column_operator);
  }
  const OpId id = push(op, args);
  same.emplace_back(std::move(inputs), id);
  return id;
}

// ---- calls ----------------------------------------------------------------------------------

OpId Lowering::standard(size_t i) {
  const Node& node = graph_.node(i);
  if (node.role == Role::kField && node.edges.at(0).source != Edge::kNone) {
    const OpId from = source(node.edges[0], i);
    if (at(from).form != Form::kObject && at(from).type && at(from).type->kind == Kind::kStruct) {
      const Arg arg = {from, at(from).type, Shape::kRow};
      return kernel(field_kernel(at(from).type, node.field), {&arg, 1}, i, false);
    }
  }
  if (node.role == Role::kElement && node.edges.at(0).source != Edge::kNone) {
    const OpId from = source(node.edges[0], i);
    if (at(from).form != Form::kObject && at(from).type && at(from).type->kind == Kind::kList) {
      const Arg arg = {from, at(from).type, Shape::kRow};
      return kernel(element_kernel(at(from).type, std::stoul(node.field)), {&arg, 1}, i, false);
    }
  }
  if (node.role == Role::kGather) {
    if (const OpId list = gathered_rows(i); list != kNoOp) return list;
  }
  return call(i, own(standard_call(node)));
}

// A list of columns or scalars of one row type is itself a row value.
OpId Lowering::gathered_rows(size_t i) {
  const Node& node = graph_.node(i);
  if (!node.type || node.type->kind != Kind::kList) return kNoOp;
  const Type element = node.type->element;
  std::vector<Arg> args;
  for (const Edge& edge : node.edges) {
    const OpId from = source(edge, i);
    if (at(from).form == Form::kObject) return kNoOp;
    args.push_back({widened(from, element, i), element, Shape::kRow});
  }
  return kernel(list_kernel(element, args.size()), args, i, false);
}

OpId Lowering::call(size_t i, const Call* function) {
  const Node& node = graph_.node(i);
  std::vector<Arg> args;
  for (const Edge& edge : node.edges) {
    if (edge.shape == Shape::kCollect && edge.source != Edge::kNone && !takes_default(edge)) {
      args.push_back({collected(edge, i), nullptr, Shape::kObject, false, edge.nullable});
      continue;
    }
    const OpId from = source(edge, i);
    const bool column = at(from).form == Form::kColumn;
    if (column && edge.shape != Shape::kSeries && node.role == Role::kFunction) {
      throw Error(
          ErrorCode::kTypeMismatch,
          fmt::format("{} is a column, and {} takes one value: take Series<{}> for all "
                      "rows",
                      program_->name_of(at(from)), node.name, edge.type ? edge.type->name : "T"));
    }
    if (!column && edge.shape == Shape::kSeries) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} takes a Series, but {} is a single value", node.name,
                              program_->name_of(at(from))));
    }
    args.push_back({from, edge.type, edge.shape, false, edge.nullable});
  }
  Op rows;
  if (node.shape == Shape::kSeries || node.role == Role::kTable) line_up(rows, args);
  const Type type = node.shape == Shape::kParallel ? type_of<Elements>() : node.type;
  const OpId id = call_op(function, args, type, i);
  if (node.shape == Shape::kSeries) {
    Op& op = at(id);
    op.form = Form::kColumn;
    // Rows like those of the series it was computed from; else rows of its own.
    if (rows.form == Form::kColumn) {
      op.domain = rows.domain;
    } else {
      program_->domains.push_back({"the series " + node.name, kNoOp, id});
      at(id).domain = static_cast<uint32_t>(program_->domains.size() - 1);
    }
  }
  return id;
}

OpId Lowering::call_op(const Call* function, std::span<const Arg> args, Type type, size_t i) {
  Op op;
  op.kind = OpKind::kCall;
  op.type = type;
  op.form = type && !type->is_object() ? Form::kScalar : Form::kObject;
  op.node = node_index(i);
  op.call = function;
  return push(op, args);
}

}  // namespace weft
