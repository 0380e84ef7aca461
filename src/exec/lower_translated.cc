// Functions of other languages that run as expressions: what they are given, and what stands for
// them.
#include <fmt/format.h>

#include <algorithm>

#include "exec/lowering.h"

namespace weft {
namespace {

// The expression where a null among these inputs is an error.
ExprPtr with_guards(const ExprPtr& expr, const std::set<std::string>& inputs) {
  std::unordered_map<const Expr*, ExprPtr> done;
  const auto guard = [&](const auto& self, const ExprPtr& e) -> ExprPtr {
    if (const auto it = done.find(e.get()); it != done.end()) return it->second;
    ExprPtr& made = done[e.get()];
    if (e->op == Expr::Op::kInput && inputs.contains(e->name)) {
      return made = function_expr("need_value", {e});
    }
    Expr copy = *e;
    for (ExprPtr& arg : copy.args) arg = self(self, arg);
    return done[e.get()] = copy.args == e->args ? e : std::make_shared<const Expr>(std::move(copy));
  };
  return guard(guard, expr);
}

}  // namespace

// Rows whose function throws become null: within an expression that would be only the part that
// throws.
bool Lowering::is_translatable(const Node& node) const {
  return options().translate && node.role == Role::kFunction && node.definition &&
         node.definition->translate && !node.error_is_null &&
         node.edges.size() == node.definition->parameters.size();
}

// Sources come before what they feed, so one pass over the nodes knows all types in time.
void Lowering::translate_all(const std::vector<size_t>& wanted) {
  std::vector<uint8_t> above(graph_.nodes().size());
  for (const size_t i : wanted) above[i] = 1;
  for (size_t i = above.size(); i-- > 0;) {
    if (!above[i]) continue;
    for (const Edge& edge : graph_.node(i).edges) {
      if (edge.source != Edge::kNone) above[edge.source] = 1;
    }
  }
  for (size_t i = 0; i < above.size(); ++i) {
    if (!above[i]) continue;
    const Node& node = graph_.node(i);
    known_[i] = known_input(i);
    if (boundary_.contains(i) || overridden_.contains(i) || !is_translatable(node)) continue;
    std::vector<KnownType> arguments;
    std::set<std::string> guarded;
    for (size_t k = 0; k < node.edges.size(); ++k) {
      const Type wanted_type = node.kernel ? node.kernel->parameters[k] : node.edges[k].type;
      KnownType known = known_argument(node.edges[k], wanted_type);
      if (needs_guard(node.edges[k], known)) {
        known.missing = Missing::kNever;
        guarded.insert(node.definition->parameters[k].name);
      }
      arguments.push_back(std::move(known));
    }
    translations_[i] = node.definition->translate(arguments);
    if (!is_translated(i)) continue;
    if (!guarded.empty()) translations_[i].expr = with_guards(translations_[i].expr, guarded);
    if (!known_[i].type) known_[i].type = translations_[i].expr->type;
    known_[i].missing = translations_[i].missing;
  }
}

KnownType Lowering::known_input(size_t i) const {
  const Node& node = graph_.node(i);
  KnownType known = {node.type, Missing::kUnknown, {}};
  if (node.role == Role::kAlias && node.edges.size() == 1 && node.edges[0].source != Edge::kNone) {
    const KnownType& from = known_[node.edges[0].source];
    if (!known.type || known.type == from.type) known = {from.type, from.missing, from.constant};
  }
  const auto outside = boundary_.find(i);
  if (outside != boundary_.end() && !known.type) known.type = outside->second.type;
  if (node.role == Role::kConfig && node.default_value) known.constant = *node.default_value;
  const auto given = options().types.find(node.name);
  if (given == options().types.end()) return known;
  if (node.role != Role::kInput && !overridden_.contains(i)) return known;
  if (!known.type) known.type = given->second.type;
  // A column of another type is converted before anybody sees it: its nulls stay.
  known.missing = given->second.missing;
  return known;
}

KnownType Lowering::known_argument(const Edge& edge, Type wanted) const {
  KnownType known;
  if (edge.source == Edge::kNone || takes_default(edge)) {
    known.type = edge.value.type();
    known.constant = edge.value;
  } else {
    known = known_[edge.source];
    if (edge.shape == Shape::kCollect) known = {};
  }
  if (wanted) known.type = wanted;
  return known;
}

// pandas makes another type of integers among which some are missing. In batch the function is
// called unless it is known that none are; where rows come one by one nothing else can be done than
// to refuse such a row.
bool Lowering::needs_guard(const Edge& edge, const KnownType& known) const {
  return by_rows() && edge.shape == Shape::kSeries && known.missing == Missing::kUnknown &&
         known.type && !known.type->is_object() && known.type->kind != Kind::kDouble &&
         known.type->kind != Kind::kString;
}

OpId Lowering::translated(size_t i) {
  const Node& node = graph_.node(i);
  const Definition& definition = *node.definition;
  std::map<std::string, OpId, std::less<>> parameters;
  for (size_t k = 0; k < node.edges.size(); ++k) {
    const Edge& edge = node.edges[k];
    OpId from = source(edge, i);
    const KnownType known =
        known_argument(edge, node.kernel ? node.kernel->parameters[k] : edge.type);
    if (at(from).form != Form::kColumn && edge.shape == Shape::kSeries && !by_rows()) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} takes a Series, but {} is a single value", node.name,
                              program_->name_of(at(from))));
    }
    if (at(from).form == Form::kColumn && edge.shape == Shape::kObject) {
      throw Error(ErrorCode::kTypeMismatch, fmt::format("{} is a column, and {} takes one value",
                                                        program_->name_of(at(from)), node.name));
    }
    if (known.type && !known.type->is_object()) {
      if (at(from).form == Form::kObject) from = unboxed(from, known.type, i);
      from = widened(from, known.type, i);
    }
    parameters[definition.parameters[k].name] = from;
  }
  std::unordered_map<const Expr*, OpId> done;
  const OpId result = expression(*translations_[i].expr, parameters, done, i);
  return node.type && !node.type->is_object() ? widened(result, node.type, i) : result;
}

void Lowering::note_called(size_t i) {
  const Node& node = graph_.node(i);
  if (!node.definition || node.definition->language == "C++" || is_column_function(node)) return;
  std::string reason = translations_[i].reason;
  if (!options().translate) {
    reason = "compile is off";
  } else if (node.error_is_null) {
    reason = "a row that raises becomes null";
  } else if (reason.empty()) {
    reason = "it takes or gives Python objects";
  }
  program_->called.emplace_back(i, std::move(reason));
}

// ---- nodes as data ----------------------------------------------------------------------------

std::vector<PortableNode> Lowering::portable(const std::vector<std::string>& outputs) {
  for (const auto& name : options().overrides) overridden_.insert(graph_.at(name));
  std::vector<size_t> wanted;
  for (const auto& name : outputs) wanted.push_back(graph_.at(name));
  translate_all(wanted);
  mark_needed(wanted);
  std::vector<PortableNode> nodes;
  for (size_t i = 0; i < graph_.nodes().size(); ++i) {
    const Node& node = graph_.node(i);
    const bool runs = needed_[i] && !failed_.contains(i) && means_[i] == Means::kRun;
    if (!runs || node.role == Role::kInput || node.role == Role::kConfig) continue;
    nodes.push_back(portable_node(i));
  }
  return nodes;
}

PortableNode Lowering::portable_node(size_t i) {
  const Node& node = graph_.node(i);
  PortableNode out = {node.name, node.fingerprint, node.type, nullptr, {}};
  if (is_translated(i)) {
    out.expr = translations_[i].expr;
  } else if (is_column_function(node)) {
    out.expr = trace(i);
  }
  if (!out.expr) return out;
  if (!out.type) out.type = out.expr->type;
  for (size_t k = 0; k < node.edges.size(); ++k) {
    const Edge& edge = node.edges[k];
    const bool translated = is_translated(i);
    PortableNode::Input input;
    input.parameter = translated ? node.definition->parameters[k].name : edge.parameter;
    const KnownType known =
        known_argument(edge, node.kernel ? node.kernel->parameters[k] : edge.type);
    input.type = known.type;
    if (!input.type || input.type->is_object()) {
      out.expr = nullptr;
      return out;
    }
    if (known.constant.has_value() || edge.source == Edge::kNone || takes_default(edge)) {
      input.value =
          known.constant.has_value() ? known.constant.as(input.type) : Value::null(input.type);
    } else {
      const Node& from = graph_.node(edge.source);
      input.source = from.name;
      if (from.role == Role::kInput) input.default_value = from.default_value;
    }
    out.inputs.push_back(std::move(input));
  }
  return out;
}

std::vector<PortableNode> portable_nodes(std::shared_ptr<const Graph> graph,
                                         const std::vector<std::string>& outputs,
                                         const PlanOptions& options) {
  return Lowering(std::move(graph), options).portable(outputs);
}

}  // namespace weft
