// From graph nodes to operations: what is needed, what stands for it, and a node at a time.
#include <fmt/format.h>

#include <algorithm>

#include "data/text_form.h"
#include "exec/check.h"
#include "exec/check_quarantine.h"
#include "exec/lowering.h"
#include "exec/standard_calls.h"

namespace weft {
namespace {

constexpr size_t kMessagesMax = 20;

}  // namespace

bool Lowering::is_column_function(const Node& node) {
  return node.role == Role::kFunction && !node.kernel &&
         (node.shape == Shape::kColumn || node.shape == Shape::kScalar);
}

std::shared_ptr<Program> Lowering::run(const std::vector<std::string>& outputs) {
  for (const auto& name : program_->options.overrides) overridden_.insert(graph_.at(name));
  std::vector<size_t> wanted;
  for (const auto& name : outputs) wanted.push_back(graph_.at(name));
  refuse_single_elements(wanted);
  report();
  translate_all(wanted);
  mark_needed(wanted);
  for (size_t i = 0; i < graph_.nodes().size(); ++i) {
    if (needed_[i]) guarded(i);
  }
  report();
  for (size_t i = 0; i < outputs.size(); ++i) {
    program_->outputs.push_back(outputs[i]);
    program_->output_ops.push_back(op_of_[wanted[i]]);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    program_->output_index.emplace(program_->outputs[i], i);
  }
  for (size_t i = 0; i < needed_.size(); ++i) {
    if (!needed_[i] || means_[i] != Means::kRun) continue;
    program_->node_ops.emplace_back(i, op_of_[i]);
    if (fits(i)) program_->fit_nodes.emplace_back(i, op_of_[i]);
  }
  return program_;
}

// ---- what is needed, and what stands for it -------------------------------------------------

Lowering::Means Lowering::means_of(size_t i) {
  const Node& node = graph_.node(i);
  if (boundary_.contains(i) || overridden_.contains(i)) return Means::kGiven;
  if (!by_rows()) return Means::kRun;
  // A table's rows are not there in a request or a micro-batch: its columns are what it brings.
  if (node.role == Role::kColumn) return Means::kGiven;
  if (!needs_all_rows(i)) return Means::kRun;
  const auto choice = choice_of(i);
  if (!choice) {
    problem(ErrorCode::kUnsupported,
            fmt::format("{} needs all rows ({}), which a {} does not have; choose fitted, given{} "
                        "for it",
                        node.name, why_all_rows(i),
                        options().context == Context::kOnline ? "request" : "micro-batch",
                        options().context == Context::kOnline ? "" : ", batch or stream"),
            node.where);
    return Means::kGiven;
  }
  switch (*choice) {
    case Choice::kGiven:
      return Means::kGiven;
    case Choice::kFitted:
      return Means::kFitted;
    default:
      break;
  }
  if (options().context == Context::kOnline) {
    problem(ErrorCode::kUnsupported,
            fmt::format("{}: the choice {} has no meaning in a request; choose fitted or given",
                        node.name, choice_name(*choice)),
            node.where);
  } else if (*choice == Choice::kStream && node.role != Role::kAlias && !has_running_value(i)) {
    problem(ErrorCode::kUnsupported,
            fmt::format("{}: only an aggregate has a running value in a stream; choose fitted, "
                        "given or batch",
                        node.name),
            node.where);
  }
  return Means::kRun;
}

// X is chosen for, and with it X_raw, which computes it where X is checked.
std::optional<Choice> Lowering::choice_of(size_t i) const {
  if (options().context == Context::kBatch) return {};
  const auto named = options().choices.find(graph_.node(i).name);
  if (named != options().choices.end()) return named->second;
  for (const size_t consumer : graph_.consumers(i)) {
    const Node& node = graph_.node(consumer);
    if (node.role == Role::kAlias && node.edges[0].source == i) return choice_of(consumer);
  }
  return options().choice;
}

bool Lowering::needs_all_rows(size_t i) {
  const Node& node = graph_.node(i);
  if (node.role == Role::kCheck) return false;
  if (node.role == Role::kAlias) return needs_all_rows(node.edges.at(0).source);
  if (is_translated(i)) return expr_needs_all_rows(*translations_[i].expr);
  for (const Edge& edge : node.edges) {
    if (edge.shape == Shape::kSeries || edge.shape == Shape::kCollect) return true;
  }
  return is_column_function(node) && expr_needs_all_rows(*trace(i));
}

// One value, made from all rows: what a fit stores.
bool Lowering::fits(size_t i) {
  return path_.empty() && options().context == Context::kBatch &&
         at(op_of_[i]).form != Form::kColumn && graph_.node(i).type != type_of<Table>() &&
         needs_all_rows(i);
}

std::string Lowering::why_all_rows(size_t i) {
  if (graph_.node(i).role == Role::kAlias) return why_all_rows(graph_.node(i).edges[0].source);
  if (const auto expr = traced_[i]) return expr->to_string();
  if (is_translated(i)) return translations_[i].expr->to_string();
  for (const Edge& edge : graph_.node(i).edges) {
    if (edge.shape == Shape::kCollect) return "it collects the elements of a Parallel";
  }
  return "it takes a Series";
}

template <class Wanted>
bool Lowering::any_of(const Expr& root, Wanted wanted) {
  std::vector<const Expr*> stack = {&root};
  while (!stack.empty()) {
    const Expr* e = stack.back();
    stack.pop_back();
    if (wanted(*e)) return true;
    for (const auto& arg : e->args) stack.push_back(arg.get());
  }
  return false;
}

// A window, a rank, a shift: it has no state that goes on from batch to batch.
bool Lowering::has_column_operator(const Expr& root) {
  return any_of(root, [](const Expr& e) {
    return e.op == Expr::Op::kOperator && !e.column_operator->row_wise();
  });
}

bool Lowering::has_running_value(size_t i) const {
  const ExprPtr& expr = is_translated(i) ? translations_[i].expr : traced_[i];
  return expr && !has_column_operator(*expr);
}

bool Lowering::expr_needs_all_rows(const Expr& root) {
  return has_column_operator(root) ||
         any_of(root, [](const Expr& e) { return e.op == Expr::Op::kAggregate; });
}

void Lowering::mark_needed(const std::vector<size_t>& wanted) {
  for (const size_t i : wanted) needed_[i] = 1;
  means_.assign(graph_.nodes().size(), Means::kRun);
  for (size_t i = graph_.nodes().size(); i-- > 0;) {
    if (!needed_[i]) continue;
    try {
      means_[i] = means_of(i);
    } catch (const Error& e) {
      problem_with(i, e);
      continue;
    }
    if (means_[i] != Means::kRun) continue;
    for (const Edge& edge : graph_.node(i).edges) {
      if (edge.source == Edge::kNone || takes_default(edge)) continue;
      if (edge.shape == Shape::kCollect) {
        need_collected(edge.source);
      } else {
        needed_[edge.source] = 1;
      }
    }
  }
}

// ---- problems -------------------------------------------------------------------------------

void Lowering::problem(ErrorCode code, std::string message, SourceLocation where) {
  problems_.push_back({code, std::move(message), std::move(where)});
}

// In a catch block only.
void Lowering::problem_with(size_t i, const Error& e) {
  problem(e.code(), e.message(), e.where().empty() ? graph_.node(i).where : e.where());
  failed_.insert(i);
  if (!e.where().empty()) first_thrown_ = std::current_exception();
}

void Lowering::report() const {
  if (problems_.empty()) return;
  if (problems_.size() == 1) {
    // As it was thrown: what a function raised lies inside.
    if (first_thrown_) std::rethrow_exception(first_thrown_);
    throw Error(problems_[0].code, problems_[0].message, problems_[0].where);
  }
  std::string text = fmt::format("the plan has {} problems:", problems_.size());
  for (size_t i = 0; i < std::min(problems_.size(), kMessagesMax); ++i) {
    const auto& p = problems_[i];
    text += "\n  " + (p.where.empty() ? "" : p.where.to_string() + ": ") + p.message;
  }
  if (problems_.size() > kMessagesMax) {
    text += fmt::format("\n  and {} more", problems_.size() - kMessagesMax);
  }
  throw Error(problems_[0].code, text);
}

// One node's mistake does not hide another's; what depends on it is left out.
void Lowering::guarded(size_t i) {
  if (failed_.contains(i) || op_of_[i] != kNoOp) return;
  if (means_[i] == Means::kRun) {
    for (const Edge& edge : graph_.node(i).edges) {
      if (edge.source != Edge::kNone && failed_.contains(edge.source)) {
        failed_.insert(i);
        return;
      }
    }
  }
  try {
    op_of_[i] = node(i);
  } catch (const Error& e) {
    problem_with(i, e);
  }
}

// ---- operations -----------------------------------------------------------------------------

OpId Lowering::push(Op op, std::span<const Arg> args) {
  op.args_begin = static_cast<uint32_t>(program_->args.size());
  op.args_size = static_cast<uint32_t>(args.size());
  const auto id = static_cast<OpId>(program_->ops.size());
  for (const Arg& arg : args) op.dynamic |= program_->ops[arg.op].dynamic;
  program_->args.insert(program_->args.end(), args.begin(), args.end());
  if (!guards_.empty()) guard(op, args, id);
  program_->ops.push_back(op);
  return id;
}

// Checks travel down the graph with the values they watch, until a call waits for them.
void Lowering::guard(Op& op, std::span<const Arg> args, OpId id) {
  std::set<OpId> checks;
  for (const Arg& arg : args) {
    const auto it = guards_.find(arg.op);
    if (it != guards_.end()) checks.insert(it->second.begin(), it->second.end());
  }
  if (checks.empty()) return;
  if (op.kind == OpKind::kCall || op.kind == OpKind::kBlock) {
    for (const OpId check : checks) {
      program_->args.push_back({check, nullptr, Shape::kObject, true});
      ++op.args_size;
    }
  }
  guards_[id] = std::move(checks);
}

OpId Lowering::constant(Value value, Type wanted, size_t i) {
  if (wanted && !wanted->is_object() && value.has_value()) value = value.as(wanted);
  Op op;
  op.kind = OpKind::kConstant;
  op.type = value.type() ? value.type() : wanted;
  op.form = !op.type || op.type->is_object() ? Form::kObject : Form::kScalar;
  op.node = node_index(i);
  op.value = static_cast<uint32_t>(program_->constants.size());
  program_->constants.push_back(std::move(value));
  return push(op, {});
}

OpId Lowering::given(size_t i) {
  const Node& node = graph_.node(i);
  Op op;
  op.kind = OpKind::kInput;
  op.type = node.type ? node.type : known_[i].type;
  op.node = node_index(i);
  op.dynamic = !only_calls_take(i);
  const auto outside = boundary_.find(i);
  if (outside != boundary_.end()) {
    op.form = outside->second.form;
    op.type = outside->second.type;
    op.domain = outside->second.domain;
  } else {
    op.form = form_of_input(i);
    // Elements may be given as a list, a column or what their function returns.
    if (node.shape == Shape::kParallel) op.type = nullptr;
  }
  const OpId id = push(op, {});
  program_->inputs.push_back({node.name, op.type,
                              op.form == Form::kColumn
                                  ? Shape::kColumn
                                  : (op.form == Form::kScalar ? Shape::kScalar : Shape::kObject),
                              !node.default_value.has_value()});
  program_->input_ops.push_back(id);
  program_->input_defaults.push_back(node.default_value);
  return id;
}

// A path that only a reader takes is given once, before the first request.
bool Lowering::only_calls_take(size_t i) const {
  bool calls = false;
  for (const size_t consumer : graph_.consumers(i)) {
    if (!needed_[consumer] || means_[consumer] != Means::kRun) continue;
    const Node& node = graph_.node(consumer);
    const bool call = !node.kernel && !is_column_function(node) && !is_translated(consumer) &&
                      node.role != Role::kGather && node.role != Role::kAlias;
    if (!call) return false;
    calls = true;
  }
  return calls;
}

Form Lowering::form_of_input(size_t i) {
  const Node& node = graph_.node(i);
  if (node.shape == Shape::kParallel) return Form::kObject;
  if (node.type && node.type->is_object()) return Form::kObject;
  if (options().context == Context::kOnline) {
    if (!node.type && !known_[i].type) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} has no declared type, which a request needs: declare it, as "
                              "column<double>(\"{}\") in extract_columns",
                              node.name, node.field.empty() ? node.name : node.field));
    }
    return Form::kScalar;
  }
  const auto shape = options().shapes.find(node.name);
  if (shape != options().shapes.end()) {
    if (shape->second == Shape::kColumn || shape->second == Shape::kSeries) return Form::kColumn;
    if (shape->second == Shape::kObject) return Form::kObject;
    return node.type ? Form::kScalar : Form::kObject;
  }
  if (node.role == Role::kColumn) return Form::kColumn;
  // What a default stands for is one value, unless the caller says that a column is coming.
  if (node.default_value) return Form::kScalar;
  // By who takes it: an object function takes single values, a Scalar<T> parameter one too.
  bool row = node.shape == Shape::kColumn || node.shape == Shape::kSeries;
  for (const size_t consumer : graph_.consumers(i)) {
    const bool inside = inside_.contains(consumer);
    if (!inside && (!needed_[consumer] || means_[consumer] != Means::kRun)) continue;
    for (const Edge& edge : graph_.node(consumer).edges) {
      if (edge.source != i) continue;
      if (edge.shape == Shape::kColumn || edge.shape == Shape::kSeries) row = true;
      if (edge.shape == Shape::kScalar || edge.shape == Shape::kObject) return Form::kScalar;
      if (edge.shape == Shape::kRow) {
        if (inside) return Form::kScalar;  // beside an element, which is a single value
        if (graph_.node(consumer).role == Role::kFunction && !graph_.node(consumer).kernel) {
          return Form::kScalar;
        }
        row = true;
      }
    }
  }
  return row || node.shape == Shape::kRow ? Form::kColumn : Form::kScalar;
}

OpId Lowering::fitted(size_t i) {
  const Node& node = graph_.node(i);
  const auto& fit = options().fit;
  if (!fit) {
    throw Error(ErrorCode::kInvalidArgument,
                node.name + " shall be fitted, but the plan was given no fit");
  }
  const auto entry = fit->entries().find(node.name);
  if (entry == fit->entries().end()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("fit {} has no value of {}", quote(fit->name()), node.name));
  }
  if (entry->second.fingerprint != node.fingerprint) {
    throw Error(
        ErrorCode::kInvalidGraph,
        fmt::format("fit {} holds {} as other code made it (fingerprint {}, now {}): fit "
                    "again, or use the module it was made with",
                    quote(fit->name()), node.name, entry->second.fingerprint, node.fingerprint));
  }
  return constant(entry->second.value, node.type, i);
}

OpId Lowering::node(size_t i) {
  const Node& node = graph_.node(i);
  if (means_[i] == Means::kGiven) return given(i);
  if (means_[i] == Means::kFitted) return fitted(i);
  switch (node.role) {
    case Role::kInput:
      return given(i);
    case Role::kConfig:
      return constant(node.default_value.value_or(Value()), node.type, i);
    case Role::kColumn:
      return table_column(i);
    case Role::kAlias:
      return alias(i);
    case Role::kCheck:
      return check(i);
    case Role::kFunction:
      break;
    default:
      return standard(i);
  }
  if (is_translated(i)) return translated(i);
  note_called(i);
  if (node.kernel) return row_function(i);
  if (is_column_function(node)) return column_function(i);
  return call(i, own(std::make_shared<const Call>(node.call)));
}

OpId Lowering::alias(size_t i) {
  // The value of the first input. The others are checks: whatever has an effect outside (a call)
  // and is computed from the value waits for those that may fail.
  const Node& node = graph_.node(i);
  const OpId first = source(node.edges.at(0), i);
  std::vector<Arg> quarantines;
  for (size_t k = 1; k < node.edges.size(); ++k) {
    const size_t check = node.edges[k].source;
    if (check == Edge::kNone || !graph_.node(check).check) continue;
    const Importance importance = graph_.node(check).check->importance;
    if (importance == Importance::kFail) guards_[first].insert(op_of_[check]);
    if (importance == Importance::kQuarantine) {
      quarantines.push_back({op_of_[check], nullptr, Shape::kObject});
    }
  }
  return quarantines.empty() ? first : without_bad_rows(first, std::move(quarantines), i);
}

// What checks in quarantine leave of a value. A table without some of its rows is another table,
// so its columns are rows of their own; a column keeps its rows, with nulls among them.
OpId Lowering::without_bad_rows(OpId from, std::vector<Arg> args, size_t i) {
  Op op;
  op.kind = OpKind::kCall;
  op.form = at(from).form;
  op.type = at(from).type;
  op.domain = at(from).domain;
  op.node = node_index(i);
  op.call = own(std::make_shared<const Call>(&leave_out_bad_rows));
  args.insert(args.begin(), {from, op.type, Shape::kObject, false, true});
  return push(op, args);
}

// Of a request, which has one value of everything but tables that are there from the start.
bool Lowering::skips_check(const Node& node) const {
  if (options().context != Context::kOnline || check_takes_one(*node.check)) return false;
  const size_t checked = node.edges.at(0).source;
  return checked == Edge::kNone || graph_.node(checked).type != type_of<Table>();
}

OpId Lowering::check(size_t i) {
  const Node& node = graph_.node(i);
  if (skips_check(node)) {
    program_->skipped_checks.push_back(i);
    return constant(Value::of(skipped_check(node)), nullptr, i);
  }
  std::vector<Arg> args;
  for (const Edge& edge : node.edges) args.push_back({source(edge, i), edge.type, edge.shape});
  const Op& checked = at(args.at(0).op);
  Op op;
  op.kind = OpKind::kCheck;
  op.form = Form::kObject;
  op.type = type_of<CheckReport>();
  op.node = node_index(i);
  op.value = static_cast<uint32_t>(program_->checks.size());
  program_->checks.push_back(std::make_shared<const PreparedCheck>(
      node, Checked{checked.type, checked.form == Form::kColumn}));
  return push(op, args);
}

// An input that is not going to be given, where the parameter has a default of its own.
bool Lowering::takes_default(const Edge& edge) const {
  if (!edge.optional || edge.source == Edge::kNone) return false;
  const Node& from = graph_.node(edge.source);
  return from.role == Role::kInput && !from.default_value &&
         !options().shapes.contains(from.name) && !overridden_.contains(edge.source);
}

// The operation an edge reads: a node's, or a constant of its own.
OpId Lowering::source(const Edge& edge, size_t i) {
  if (edge.source == Edge::kNone || takes_default(edge)) return constant(edge.value, edge.type, i);
  return op_of_[edge.source];
}

OpId Lowering::table_column(size_t i) {
  const Node& node = graph_.node(i);
  const OpId table = source(node.edges.at(0), i);
  if (at(table).form != Form::kObject) {
    throw Error(ErrorCode::kTypeMismatch, node.name + " is a column of something that is no table");
  }
  Op op;
  op.kind = OpKind::kColumn;
  op.form = Form::kColumn;
  op.type = node.type;
  op.node = node_index(i);
  op.domain = domain_of_table(table);
  op.value = static_cast<uint32_t>(program_->fields.size());
  program_->fields.push_back(node.field);
  const Arg arg = {table, nullptr, Shape::kObject};
  return push(op, {&arg, 1});
}

uint32_t Lowering::domain_of_table(OpId table) {
  for (uint32_t d = 1; d < program_->domains.size(); ++d) {
    if (program_->domains[d].table == table) return d;
  }
  program_->domains.push_back({"the table " + program_->name_of(at(table)), table});
  return static_cast<uint32_t>(program_->domains.size() - 1);
}

std::string Program::name_of(const Op& op) const {
  const Node* node = node_of(op);
  return node ? node->name : "a value";
}

SourceLocation Program::where(const Op& op) const {
  const Node* node = node_of(op);
  return node ? node->where : SourceLocation();
}

std::shared_ptr<Program> lower(std::shared_ptr<const Graph> graph,
                               const std::vector<std::string>& outputs,
                               const PlanOptions& options) {
  return Lowering(std::move(graph), options).run(outputs);
}

}  // namespace weft
