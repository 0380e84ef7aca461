// What is hung onto a result: checks of its data.
#include "graph/draft.h"

namespace weft {
namespace {

void check_node(Work& work, const Check& check, Draft& target) {
  const std::string name = target.node.name;
  const std::string raw = name + "_raw";
  if (work.find(raw)) {
    return work.problem("'{}' is checked twice: put all checks into one check()", name);
  }
  Draft end = work.draft(name, Role::kAlias, target.made_by);
  end.node.type = target.node.type;
  end.node.shape = target.node.shape;
  end.node.nullable = target.node.nullable;
  end.node.doc = target.node.doc;
  end.node.tags = target.node.tags;
  end.final = target.final;
  target.node.name = raw;
  target.final = false;
  Edge value = {.parameter = raw, .type = target.node.type, .shape = target.node.shape};
  if (value.shape == Shape::kParallel) value.shape = end.node.shape = Shape::kRow;  // each element
  end.add_edge(value, raw);
  std::map<std::string, int> repeats;
  for (const CheckSpec& spec : check.checks) {
    std::string validator = fmt::format("{}_{}_validator", name, spec.name);
    const int repeat = repeats[validator]++;
    if (repeat > 0) validator += fmt::format("_{}", repeat);
    Draft d = work.draft(validator, Role::kCheck, "check");
    d.node.type = object_type("weft::CheckReport");
    d.node.check = std::make_shared<const CheckSpec>(spec);
    d.node.tags = target.node.tags;
    d.node.tags["hamilton.data_quality.contains_dq_results"] = {"true"};
    d.node.tags["hamilton.data_quality.source_node"] = {name};
    d.final = false;
    d.add_edge(value, raw);
    for (const auto& [parameter, source] : spec.inputs) {
      d.add_edge({.parameter = parameter, .type = nullptr, .shape = Shape::kRow}, source);
    }
    end.add_edge({.parameter = validator, .type = d.node.type, .shape = Shape::kObject}, validator);
    work.drafts.push_back(std::move(d));
  }
  work.drafts.push_back(std::move(end));
}

}  // namespace

void add_checks(Work& work, const Check& check) {
  if (check.checks.empty()) {
    return work.problem("check of '{}' has no check", work.definition->name);
  }
  for (const CheckSpec& spec : check.checks) {
    if (spec.name.empty()) {
      return work.problem("check of '{}' has a check without a name", work.definition->name);
    }
  }
  for (Draft* target : work.targets(check.target, "check")) check_node(work, check, *target);
}

}  // namespace weft
