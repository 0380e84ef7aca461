// From graph nodes to operations: prunes, traces column functions, and decides where each value is
// a column, a scalar or an object.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "exec/check.h"
#include "exec/check_quarantine.h"
#include "exec/program.h"
#include "exec/standard_calls.h"
#include "weft/feature.h"

namespace weft {
namespace {

constexpr size_t kMessagesMax = 20;

bool is_column_function(const Node& node) {
  return node.role == Role::kFunction && !node.kernel &&
         (node.shape == Shape::kColumn || node.shape == Shape::kScalar);
}

// Common subexpressions: the same kernel over the same operations is one operation.
struct CallKey {
  const void* function;
  const void* context;
  std::vector<OpId> args;
  bool error_is_null;
  bool operator==(const CallKey&) const = default;
};
struct CallKeyHash {
  size_t operator()(const CallKey& key) const {
    size_t h = std::hash<const void*>()(key.function) * 31 + std::hash<const void*>()(key.context);
    for (const OpId arg : key.args) h = h * 0x9e3779b97f4a7c15ull + arg;
    return h + key.error_is_null;
  }
};

class Lowering {
 public:
  Lowering(std::shared_ptr<const Graph> graph, const PlanOptions& options)
      : program_(std::make_shared<Program>()),
        graph_(*graph),
        op_of_(graph->nodes().size(), kNoOp),
        needed_(graph->nodes().size(), 0),
        traced_(graph->nodes().size()) {
    program_->graph = std::move(graph);
    program_->options = options;
    program_->domains.push_back({"the inputs"});
  }

  std::shared_ptr<Program> run(const std::vector<std::string>& outputs) {
    for (const auto& name : program_->options.overrides) overridden_.insert(graph_.at(name));
    std::vector<size_t> wanted;
    for (const auto& name : outputs) wanted.push_back(graph_.at(name));
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

 private:
  const PlanOptions& options() const { return program_->options; }
  bool by_rows() const { return options().context != Context::kBatch; }

  // ---- what is needed, and what stands for it -------------------------------------------------

  // How a node gets its value in this plan.
  enum class Means : uint8_t { kRun, kGiven, kFitted };

  Means means_of(size_t i) {
    const Node& node = graph_.node(i);
    if (overridden_.contains(i)) return Means::kGiven;
    if (!by_rows()) return Means::kRun;
    // A table's rows are not there in a request or a micro-batch: its columns are what it brings.
    if (node.role == Role::kColumn) return Means::kGiven;
    if (!needs_all_rows(i)) return Means::kRun;
    const auto choice = choice_of(i);
    if (!choice) {
      problem(
          ErrorCode::kUnsupported,
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
    } else if (*choice == Choice::kStream && !traced_[i] && node.role != Role::kAlias) {
      problem(ErrorCode::kUnsupported,
              fmt::format("{}: only an aggregate has a running value in a stream", node.name),
              node.where);
    }
    return Means::kRun;
  }

  // X is chosen for, and with it X_raw, which computes it where X is checked.
  std::optional<Choice> choice_of(size_t i) const {
    if (options().context == Context::kBatch) return {};
    const auto named = options().choices.find(graph_.node(i).name);
    if (named != options().choices.end()) return named->second;
    for (const size_t consumer : graph_.consumers(i)) {
      const Node& node = graph_.node(consumer);
      if (node.role == Role::kAlias && node.edges[0].source == i) return choice_of(consumer);
    }
    return options().choice;
  }

  bool needs_all_rows(size_t i) {
    const Node& node = graph_.node(i);
    if (node.role == Role::kCheck) return false;
    if (node.role == Role::kAlias) return needs_all_rows(node.edges.at(0).source);
    for (const Edge& edge : node.edges) {
      if (edge.shape == Shape::kSeries) return true;
    }
    return is_column_function(node) && expr_needs_all_rows(*trace(i));
  }

  // One value, made from all rows: what a fit stores.
  bool fits(size_t i) {
    return options().context == Context::kBatch && at(op_of_[i]).form != Form::kColumn &&
           graph_.node(i).type != type_of<Table>() && needs_all_rows(i);
  }

  std::string why_all_rows(size_t i) {
    if (graph_.node(i).role == Role::kAlias) return why_all_rows(graph_.node(i).edges[0].source);
    if (const auto expr = traced_[i]) return expr->to_string();
    return "it takes a Series";
  }

  static bool expr_needs_all_rows(const Expr& root) {
    std::vector<const Expr*> stack = {&root};
    while (!stack.empty()) {
      const Expr* e = stack.back();
      stack.pop_back();
      if (e->op == Expr::Op::kAggregate) return true;
      if (e->op == Expr::Op::kOperator && !e->column_operator->row_wise()) return true;
      for (const auto& arg : e->args) stack.push_back(arg.get());
    }
    return false;
  }

  void mark_needed(const std::vector<size_t>& wanted) {
    for (const size_t i : wanted) needed_[i] = 1;
    means_.assign(graph_.nodes().size(), Means::kRun);
    for (size_t i = graph_.nodes().size(); i-- > 0;) {
      if (!needed_[i]) continue;
      try {
        means_[i] = means_of(i);
      } catch (const Error& e) {
        problem(e.code(), e.message(), e.where().empty() ? graph_.node(i).where : e.where());
        failed_.insert(i);
        continue;
      }
      if (means_[i] != Means::kRun) continue;
      for (const Edge& edge : graph_.node(i).edges) {
        if (edge.source != Edge::kNone && !takes_default(edge)) needed_[edge.source] = 1;
      }
    }
  }

  // ---- problems -------------------------------------------------------------------------------

  void problem(ErrorCode code, std::string message, SourceLocation where) {
    problems_.push_back({code, std::move(message), std::move(where)});
  }

  void report() const {
    if (problems_.empty()) return;
    if (problems_.size() == 1) {
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
  void guarded(size_t i) {
    if (failed_.contains(i)) return;
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
      problem(e.code(), e.message(), e.where().empty() ? graph_.node(i).where : e.where());
      failed_.insert(i);
    }
  }

  // ---- operations -----------------------------------------------------------------------------

  OpId push(Op op, std::span<const Arg> args) {
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
  void guard(Op& op, std::span<const Arg> args, OpId id) {
    std::set<OpId> checks;
    for (const Arg& arg : args) {
      const auto it = guards_.find(arg.op);
      if (it != guards_.end()) checks.insert(it->second.begin(), it->second.end());
    }
    if (checks.empty()) return;
    if (op.kind == OpKind::kCall) {
      for (const OpId check : checks) {
        program_->args.push_back({check, nullptr, Shape::kObject, true});
        ++op.args_size;
      }
    }
    guards_[id] = std::move(checks);
  }

  Op& at(OpId id) { return program_->ops[id]; }

  template <class T>
  const T* own(std::shared_ptr<const T> owned) {
    const T* p = owned.get();
    program_->owned.push_back(std::move(owned));
    return p;
  }

  uint32_t node_index(size_t i) const { return static_cast<uint32_t>(i); }

  OpId constant(Value value, Type wanted, size_t i) {
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

  OpId given(size_t i) {
    const Node& node = graph_.node(i);
    Op op;
    op.kind = OpKind::kInput;
    op.type = node.type;
    op.node = node_index(i);
    op.dynamic = !only_calls_take(i);
    op.form = form_of_input(i);
    const OpId id = push(op, {});
    program_->inputs.push_back({node.name, node.type,
                                op.form == Form::kColumn
                                    ? Shape::kColumn
                                    : (op.form == Form::kScalar ? Shape::kScalar : Shape::kObject),
                                !node.default_value.has_value()});
    program_->input_ops.push_back(id);
    program_->input_defaults.push_back(node.default_value);
    return id;
  }

  // A path that only a reader takes is given once, before the first request.
  bool only_calls_take(size_t i) const {
    bool calls = false;
    for (const size_t consumer : graph_.consumers(i)) {
      if (!needed_[consumer] || means_[consumer] != Means::kRun) continue;
      const Node& node = graph_.node(consumer);
      const bool call = !node.kernel && !is_column_function(node) && node.role != Role::kGather &&
                        node.role != Role::kAlias;
      if (!call) return false;
      calls = true;
    }
    return calls;
  }

  Form form_of_input(size_t i) {
    const Node& node = graph_.node(i);
    if (node.type && node.type->is_object()) return Form::kObject;
    if (options().context == Context::kOnline) {
      if (!node.type) {
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
      if (!needed_[consumer] || means_[consumer] != Means::kRun) continue;
      for (const Edge& edge : graph_.node(consumer).edges) {
        if (edge.source != i) continue;
        if (edge.shape == Shape::kColumn || edge.shape == Shape::kSeries) row = true;
        if (edge.shape == Shape::kScalar || edge.shape == Shape::kObject) return Form::kScalar;
        if (edge.shape == Shape::kRow) {
          if (graph_.node(consumer).role == Role::kFunction && !graph_.node(consumer).kernel) {
            return Form::kScalar;
          }
          row = true;
        }
      }
    }
    return row || node.shape == Shape::kRow ? Form::kColumn : Form::kScalar;
  }

  OpId fitted(size_t i) {
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

  OpId node(size_t i) {
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
    if (node.kernel) return row_function(i);
    if (is_column_function(node)) return column_function(i);
    return call(i, own(std::make_shared<const Call>(node.call)));
  }

  OpId alias(size_t i) {
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
  OpId without_bad_rows(OpId from, std::vector<Arg> args, size_t i) {
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
  bool skips_check(const Node& node) const {
    if (options().context != Context::kOnline || check_takes_one(*node.check)) return false;
    const size_t checked = node.edges.at(0).source;
    return checked == Edge::kNone || graph_.node(checked).type != type_of<Table>();
  }

  OpId check(size_t i) {
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
  bool takes_default(const Edge& edge) const {
    if (!edge.optional || edge.source == Edge::kNone) return false;
    const Node& from = graph_.node(edge.source);
    return from.role == Role::kInput && !from.default_value &&
           !options().shapes.contains(from.name) && !overridden_.contains(edge.source);
  }

  // The operation an edge reads: a node's, or a constant of its own.
  OpId source(const Edge& edge, size_t i) {
    if (edge.source == Edge::kNone || takes_default(edge))
      return constant(edge.value, edge.type, i);
    return op_of_[edge.source];
  }

  OpId table_column(size_t i) {
    const Node& node = graph_.node(i);
    const OpId table = source(node.edges.at(0), i);
    if (at(table).form != Form::kObject) {
      throw Error(ErrorCode::kTypeMismatch,
                  node.name + " is a column of something that is no table");
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

  uint32_t domain_of_table(OpId table) {
    for (uint32_t d = 1; d < program_->domains.size(); ++d) {
      if (program_->domains[d].table == table) return d;
    }
    program_->domains.push_back({"the table " + program_->name_of(at(table)), table});
    return static_cast<uint32_t>(program_->domains.size() - 1);
  }

  // ---- kernels --------------------------------------------------------------------------------

  // Form and rows of what is computed from these; throws if their rows do not line up.
  void line_up(Op& op, std::span<const Arg> args) {
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
        throw Error(
            ErrorCode::kInvalidGraph,
            fmt::format("{} (rows of {}) and {} (rows of {}) do not line up: join the tables "
                        "first, or use lookup()",
                        program_->name_of(*first), program_->domains[op.domain].name,
                        program_->name_of(from), program_->domains[from.domain].name));
      }
    }
  }

  OpId widened(OpId from, Type to, size_t i) {
    const Type type = at(from).type;
    if (!to || !type || type == to || to->is_object() || at(from).form == Form::kObject)
      return from;
    if (type->kind == Kind::kStruct && to->kind == Kind::kStruct) return from;
    if (!widens(type, to)) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} takes {}, but {} is {}", graph_.node(i).name, to->name,
                              program_->name_of(at(from)), type->name));
    }
    const Arg arg = {from, type, Shape::kRow};
    return kernel(widen_kernel(type, to), {&arg, 1}, i, false);
  }

  OpId kernel(KernelPtr kernel, std::span<const Arg> args, size_t i, bool error_is_null) {
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

  OpId row_function(size_t i) {
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
  OpId unboxed(OpId from, Type wanted, size_t i) {
    const Arg arg = {from, wanted, Shape::kObject};
    return call_op(own(std::make_shared<const Call>([](std::span<const Value> v) { return v[0]; })),
                   {&arg, 1}, wanted, i);
  }

  // ---- column functions -----------------------------------------------------------------------

  ExprPtr trace(size_t i) {
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
    } catch (const std::exception& e) {
      throw Error(ErrorCode::kFunctionFailed, node.name + ": " + e.what(), node.where);
    }
    return traced_[i];
  }

  // A plain parameter of a column function has to be known when the plan is made.
  Value known_value(const Edge& edge, size_t i) const {
    if (edge.source == Edge::kNone) return edge.value.as(edge.type);
    const Node& from = graph_.node(edge.source);
    if ((from.role == Role::kConfig || from.role == Role::kInput) && from.default_value) {
      return from.default_value->as(edge.type);
    }
    throw Error(
        ErrorCode::kInvalidGraph,
        fmt::format("{}: the plain parameter {} of a column function must be known when the "
                    "plan is made: set {} in the config, or take Scalar<{}>",
                    graph_.node(i).name, edge.parameter, from.name, edge.type->name));
  }

  OpId column_function(size_t i) {
    const Node& node = graph_.node(i);
    const ExprPtr root = trace(i);
    std::map<std::string, OpId, std::less<>> parameters;
    for (const Edge& edge : node.edges) {
      if (edge.shape != Shape::kColumn && edge.shape != Shape::kScalar) continue;
      OpId from = source(edge, i);
      if (edge.shape == Shape::kScalar && at(from).form == Form::kColumn) {
        throw Error(
            ErrorCode::kTypeMismatch,
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
  OpId expression(const Expr& e, const std::map<std::string, OpId, std::less<>>& parameters,
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

  OpId literal(const Expr& e, size_t i) {
    const std::string key = e.type->name + e.to_string();
    const auto it = literals_.find(key);
    if (it != literals_.end()) return it->second;
    return literals_[key] = constant(e.literal, e.type, i);
  }

  OpId whole_column(const Expr& e, std::span<const Arg> args, size_t i) {
    const bool aggregate = e.op == Expr::Op::kAggregate;
    // Two functions that ask for mean(age) share it: their objects differ, their text does not.
    std::vector<OpId> inputs;
    for (const Arg& arg : args) inputs.push_back(arg.op);
    const std::string text =
        (aggregate ? e.aggregate->name() + "(" + e.aggregate->options()
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
    if (aggregate) {
      op.form = Form::kScalar;
      op.aggregate = own(e.aggregate);
      op.running = choice_of(i) == Choice::kStream;
    } else {
      op.column_operator = own(e.column_operator);
    }
    const OpId id = push(op, args);
    same.emplace_back(std::move(inputs), id);
    return id;
  }

  // ---- calls ----------------------------------------------------------------------------------

  OpId standard(size_t i) {
    const Node& node = graph_.node(i);
    if (node.role == Role::kField && node.edges.at(0).source != Edge::kNone) {
      const OpId from = source(node.edges[0], i);
      if (at(from).form != Form::kObject && at(from).type && at(from).type->kind == Kind::kStruct) {
        const Arg arg = {from, at(from).type, Shape::kRow};
        return kernel(field_kernel(at(from).type, node.field), {&arg, 1}, i, false);
      }
    }
    if (node.role == Role::kGather) {
      if (const OpId list = gathered_rows(i); list != kNoOp) return list;
    }
    return call(i, own(standard_call(node)));
  }

  // A list of columns or scalars of one row type is itself a row value.
  OpId gathered_rows(size_t i) {
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

  OpId call(size_t i, const Call* function) {
    const Node& node = graph_.node(i);
    std::vector<Arg> args;
    for (const Edge& edge : node.edges) {
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
    const OpId id = call_op(function, args, node.type, i);
    if (node.shape == Shape::kSeries) {
      Op& op = at(id);
      op.form = Form::kColumn;
      // Rows like those of the series it was computed from; else rows of its own.
      Op rows;
      line_up(rows, args);
      if (rows.form == Form::kColumn) {
        op.domain = rows.domain;
      } else {
        program_->domains.push_back({"the series " + node.name, kNoOp, id});
        at(id).domain = static_cast<uint32_t>(program_->domains.size() - 1);
      }
    }
    return id;
  }

  OpId call_op(const Call* function, std::span<const Arg> args, Type type, size_t i) {
    Op op;
    op.kind = OpKind::kCall;
    op.type = type;
    op.form = type && !type->is_object() ? Form::kScalar : Form::kObject;
    op.node = node_index(i);
    op.call = function;
    return push(op, args);
  }

  std::shared_ptr<Program> program_;
  const Graph& graph_;
  std::vector<OpId> op_of_;
  std::vector<uint8_t> needed_;
  std::vector<ExprPtr> traced_;
  std::vector<Means> means_;
  std::set<size_t> overridden_;
  std::set<size_t> failed_;
  std::map<OpId, std::set<OpId>> guards_;  // what must have been checked first
  std::vector<Problem> problems_;
  std::unordered_map<CallKey, OpId, CallKeyHash> calls_;
  std::map<std::string, OpId> literals_;
  std::map<std::string, std::vector<std::pair<std::vector<OpId>, OpId>>> whole_columns_;
};

}  // namespace

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
