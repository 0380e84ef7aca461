// What a run tells of itself: reports of steps, and hooks put together.
#include "exec/execution.h"

namespace weft {

std::string_view step_name(StepKind kind) {
  switch (kind) {
    case StepKind::kScalars:
      return "scalars";
    case StepKind::kSegment:
      return "segment";
    case StepKind::kOperator:
      return "operator";
    case StepKind::kColumns:
      return "columns";
    case StepKind::kCall:
      return "call";
    case StepKind::kBlock:
      return "block";
    case StepKind::kCheck:
      return "check";
  }
  return "";
}

// What picks one node's values out of those of a block.
bool collects(const Program& program, const PlanStep& step) {
  if (step.kind != StepKind::kCall) return false;
  const auto args = program.args_of(program.ops[step.ops[0]]);
  return !args.empty() && program.ops[args[0].op].kind == OpKind::kBlock;
}

StepReport step_report(const Program& program, uint32_t s) {
  const PlanStep& step = program.steps[s];
  StepReport report;
  report.name = collects(program, step) ? "collect" : step_name(step.kind);
  for (const auto* ops : {&step.ops, &step.aggregates}) {
    for (const OpId id : *ops) {
      const std::string name = program.name_of(program.ops[id]);
      if (report.nodes.empty() || report.nodes.back() != name) report.nodes.push_back(name);
    }
  }
  return report;
}

namespace {

// A function that calls this member of all hooks that have it; empty if none has.
template <class... A>
void gather(const std::vector<Hooks>& all, std::function<void(A...)> Hooks::* member, Hooks& out) {
  std::vector<std::function<void(A...)>> functions;
  for (const Hooks& hooks : all) {
    if (hooks.*member) functions.push_back(hooks.*member);
  }
  if (functions.empty()) return;
  out.*member = [functions = std::move(functions)](A... arguments) {
    for (const auto& function : functions) function(arguments...);
  };
}

}  // namespace

Hooks combine(std::vector<Hooks> all) {
  Hooks out;
  gather(all, &Hooks::graph_built, out);
  gather(all, &Hooks::before_run, out);
  gather(all, &Hooks::after_run, out);
  gather(all, &Hooks::run_failed, out);
  gather(all, &Hooks::before_step, out);
  gather(all, &Hooks::after_step, out);
  gather(all, &Hooks::before_node, out);
  gather(all, &Hooks::after_node, out);
  gather(all, &Hooks::before_check, out);
  gather(all, &Hooks::after_check, out);
  gather(all, &Hooks::progress, out);
  return out;
}

}  // namespace weft
