// explain(): a plan in words, and what each step of a run cost.
#include <fmt/format.h>

#include "data/text_form.h"
#include "exec/execution.h"
#include "exec/parallel.h"
#include "exec/segment.h"

namespace weft {
namespace {

constexpr size_t kNodesShown = 12;

std::string nodes_of(const Program& program, const std::vector<OpId>& ops) {
  std::vector<std::string> names;
  for (const OpId id : ops) {
    const std::string name = program.name_of(program.ops[id]);
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  const size_t more = names.size() > kNodesShown ? names.size() - kNodesShown : 0;
  names.resize(names.size() - more);
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  if (more > 0) text += fmt::format(" and {} more", more);
  return text;
}

std::string how(const Program& program, const PlanStep& step) {
  switch (step.kind) {
    case StepKind::kScalars:
      return fmt::format("single values, {} kernels", step.ops.size());
    case StepKind::kSegment:
      return fmt::format(
          "fused over {}: {} kernels in blocks of {} rows, {} columns kept, {} aggregates",
          program.domains[step.domain].name, step.ops.size(), step.segment->block_rows,
          step.outputs.size(), step.aggregates.size());
    case StepKind::kOperator: {
      const Op& op = program.ops[step.ops[0]];
      return fmt::format("{}({}) over all rows of {}", op.column_operator->name(),
                         op.column_operator->options(), program.domains[op.domain].name);
    }
    case StepKind::kColumns:
      return fmt::format(
          "{} columns of {}", step.ops.size(),
          program.name_of(program.ops[program.args_of(program.ops[step.ops[0]])[0].op]));
    case StepKind::kCall:
      return collects(program, step) ? "collected" : "a call";
    case StepKind::kBlock:
      return "for each element, in parallel,";
    case StepKind::kCheck:
      return "a check";
  }
  return "";
}

std::string form_name(Shape shape) {
  return shape == Shape::kColumn ? "column" : shape == Shape::kScalar ? "scalar" : "object";
}

// Those of a block are numbered below its own.
void add_steps(const Program& program, const std::string& outer, std::string& text) {
  const bool online = program.options.context == Context::kOnline;
  size_t number = 0;
  for (const PlanStep& step : program.steps) {
    std::vector<OpId> ops = step.ops;
    ops.insert(ops.end(), step.aggregates.begin(), step.aggregates.end());
    const std::string place = fmt::format("{}{}.", outer, ++number);
    text += fmt::format("  {:>{}}{} {}: {}{}\n", "", outer.size(), place, how(program, step),
                        nodes_of(program, ops),
                        online ? (step.dynamic ? " [each request]" : " [once]") : "");
    if (step.kind != StepKind::kBlock) continue;
    add_steps(*program.blocks[program.ops[step.ops[0]].value]->inner, place, text);
  }
}

// What a call costs is about what crossing into an interpreter does; what the body does comes on
// top.
void add_called(const Program& program, std::string& text) {
  for (const auto& [i, reason] : program.called) {
    const Node& node = program.graph->node(i);
    text += fmt::format("{}: {} ({}), {}\n", node.language, node.name, reason,
                        node.kernel ? "called for each row: some 0.2 us a row and more"
                                    : "called once with all its values");
  }
  for (const auto& block : program.blocks) add_called(*block->inner, text);
}

}  // namespace

std::string Plan::explain(const Result* measured) const {
  const Program& program = *program_;
  std::string text = fmt::format("plan for {} in the {} context\n",
                                 fmt::join(program.outputs, ", "), context_name(context()));
  text += "inputs:\n";
  for (const auto& input : program.inputs) {
    text += fmt::format("  {}: {} {}{}\n", input.name, input.type ? input.type->name : "any",
                        form_name(input.shape), input.required ? "" : ", has a default");
  }
  if (program.inputs.empty()) text += "  none\n";
  if (program.options.fit) {
    text += fmt::format("fitted values: from {}\n", quote(program.options.fit->name()));
  }
  text += "steps:\n";
  add_steps(program, "", text);
  add_called(program, text);
  for (const size_t node : program.skipped_checks) {
    text += fmt::format("skipped: {}: {}\n", program.graph->node(node).name,
                        skipped_check(program.graph->node(node)).message);
  }
  if (!measured) return text;
  text += "cost:\n";
  for (const auto& report : measured->steps()) {
    text += fmt::format(
        "  {:>10.3f} ms  {:>12} rows  {:>14} bytes  {}{}: {}\n", report.seconds * 1e3, report.rows,
        report.bytes, report.name, report.runs > 1 ? fmt::format(", {} times", report.runs) : "",
        fmt::join(report.nodes.begin(),
                  report.nodes.begin() +
                      static_cast<ptrdiff_t>(std::min(kNodesShown, report.nodes.size())),
                  ", "));
  }
  if (const auto& rows = measured->state().out_of_core) {
    text += "out of core:\n";
    for (const std::string& line : rows->describe()) text += "  " + line + "\n";
  }
  return text;
}

}  // namespace weft
