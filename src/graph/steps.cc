// Chains of steps: how pipe_input, pipe_output and mutate make their nodes.
#include <algorithm>

#include "base/nearest_name.h"
#include "graph/draft.h"

namespace weft {
namespace {

// "with_clean"; a leading underscore is not doubled: "with_clean" for "_clean" too.
std::string default_step_name(const std::string& function, size_t repeats) {
  std::string name = "with" + std::string(function.starts_with('_') ? "" : "_") + function;
  if (repeats > 0) name += "_" + std::to_string(repeats);
  return name;
}

bool selected(const Work& work, const Step& step) {
  return std::ranges::all_of(step.when,
                             [&](const When& when) { return holds(when, *work.scope->config); });
}

void bind_step(Work& work, Draft& d, const Step& step, const std::string& source,
               const char* made_by) {
  const Definition& function = *step.function;
  for (const auto& [name, dependency] : step.bindings) {
    if (!find_parameter(function, name)) {
      work.problem("{} of '{}': the step '{}' has no parameter '{}'{}", made_by,
                   work.definition->name, function.name, name,
                   did_you_mean(name, parameter_names(function)));
    } else if (name == function.parameters.front().name) {
      work.problem(
          "{} of '{}': '{}' of the step '{}' is the value that is passed on; it cannot be "
          "bound",
          made_by, work.definition->name, name, function.name);
    }
  }
  d.add_edge(edge_of(function.parameters.front()), source);
  for (size_t i = 1; i < function.parameters.size(); ++i) {
    const Parameter& p = function.parameters[i];
    const auto bound = step.bindings.find(p.name);
    if (bound == step.bindings.end()) {
      bind_by_name(d, p);
    } else {
      bind(work, d, p, bound->second, made_by);
    }
  }
}

std::string in_name_space(const Work& work, const Step& step, const std::string& name,
                          const std::string& chain, const std::string& fallback,
                          const char* made_by) {
  if (!step.name_space.empty() && !chain.empty()) {
    work.problem("{} of '{}' has the namespace '{}', and its step '{}' another, '{}'", made_by,
                 work.definition->name, chain, step.function->name, step.name_space);
  }
  const std::string& chosen = !step.name_space.empty() ? step.name_space
                              : !chain.empty()         ? chain
                                                       : fallback;
  return chosen == "." ? name : chosen + "." + name;
}

}  // namespace

std::string add_steps(Work& work, std::span<const Step* const> steps, std::string source,
                      const std::string& chain_name_space, const std::string& default_name_space,
                      const char* made_by) {
  std::map<std::string, size_t> repeats;
  for (const Step* step : steps) {
    if (!step->function) {
      work.problem("{} of '{}' has a step without a function", made_by, work.definition->name);
      continue;
    }
    const std::string& function = step->function->name;
    if (step->function->parameters.empty()) {
      work.problem(
          "{} of '{}': the step '{}' takes nothing; its first parameter is the value that "
          "is passed on",
          made_by, work.definition->name, function);
      continue;
    }
    if (!selected(work, *step)) continue;
    const std::string name =
        step->name.empty() ? default_step_name(function, repeats[function]) : step->name;
    ++repeats[function];
    Draft d =
        work.draft(in_name_space(work, *step, name, chain_name_space, default_name_space, made_by),
                   Role::kFunction, made_by);
    set_function(d.node, step->function);
    d.node.doc = step->function->doc;
    d.node.function = function;
    d.final = false;
    bind_step(work, d, *step, source, made_by);
    source = d.node.name;
    work.drafts.push_back(std::move(d));
  }
  return source;
}

void pipe_output(Work& work, const PipeOutput& pipe) {
  if (pipe.steps.empty()) {
    return work.problem("pipe_output of '{}' has no step", work.definition->name);
  }
  const bool own_targets =
      std::ranges::any_of(pipe.steps, [](const Step& s) { return !s.on_output.empty(); });
  if (own_targets && !pipe.on_output.empty()) {
    return work.problem("pipe_output of '{}' and one of its steps both say on which output",
                        work.definition->name);
  }
  for (const Step& step : pipe.steps) {
    if (!step.on_output.empty()) work.targets({.names = step.on_output}, "pipe_output");
  }
  for (Draft* target : work.targets({.names = pipe.on_output}, "pipe_output")) {
    std::vector<const Step*> steps;
    for (const Step& step : pipe.steps) {
      if (step.on_output.empty() || std::ranges::count(step.on_output, target->node.name) > 0) {
        steps.push_back(&step);
      }
    }
    if (steps.empty()) continue;
    const std::string name = target->node.name;
    const size_t before = work.drafts.size();
    const std::string last =
        add_steps(work, steps, name + ".raw", pipe.name_space, name, "pipe_output");
    if (work.drafts.size() == before) continue;  // the config selects none: left alone
    Draft end = work.draft(name, Role::kAlias, target->made_by);
    const Draft* step = work.find(last);
    end.node.type = step->node.type;
    end.node.shape = step->node.shape;
    end.node.nullable = step->node.nullable;
    end.node.doc = target->node.doc;
    end.node.tags = target->node.tags;
    end.final = target->final;
    end.add_edge({.parameter = last, .type = step->node.type, .shape = step->node.shape}, last);
    target->node.name = name + ".raw";
    target->final = false;
    work.drafts.push_back(std::move(end));
  }
}

// ---- mutate ---------------------------------------------------------------------------------

namespace {

// The target's last pipe_output, which goes on with the mutators' steps; a new one if it has none.
PipeOutput& output_chain(Work& target) {
  auto last = std::ranges::find_if(
      target.modifiers.rbegin(), target.modifiers.rend(),
      [](const ModifierKind* kind) { return std::holds_alternative<PipeOutput>(*kind); });
  auto make_own = [&](const PipeOutput& pipe) -> ModifierKind* {
    target.owned.push_back(std::make_unique<Modifier>(Modifier{pipe}));
    return &target.owned.back()->kind;
  };
  if (last == target.modifiers.rend()) {
    ModifierKind* kind = make_own({});
    target.modifiers.push_back(kind);
    return std::get<PipeOutput>(*kind);
  }
  for (const auto& owned : target.owned) {
    if (&owned->kind == *last) return std::get<PipeOutput>(owned->kind);
  }
  ModifierKind* kind = make_own(std::get<PipeOutput>(**last));
  *last = kind;
  return std::get<PipeOutput>(*kind);
}

void check_mutator(const Work& mutator) {
  for (const ModifierKind* kind : mutator.modifiers) {
    if (!std::holds_alternative<Mutate>(*kind) && !std::holds_alternative<When>(*kind) &&
        !std::holds_alternative<Exclude>(*kind)) {
      return mutator.problem(
          "'{}' is a mutator, so it is a step and not a node: its other modifiers have no effect",
          mutator.definition->name);
    }
  }
}

void unknown_target(const Work& mutator, const std::string& target, const std::deque<Work>& works) {
  for (const Module& module : mutator.scope->modules) {
    for (const DefinitionPtr& d : module.definitions) {
      if (d->name != target || module.name == mutator.definition->module) continue;
      return mutator.problem(
          "mutate of '{}' names '{}' of the module '{}'; it reaches functions of its own module "
          "only",
          mutator.definition->name, target, module.name);
    }
  }
  std::vector<std::string> names;
  for (const Work& work : works) names.push_back(work.definition->name);
  mutator.problem("mutate of '{}' names '{}', which is no function of its module{}",
                  mutator.definition->name, target, did_you_mean(target, names));
}

}  // namespace

void apply_mutators(std::deque<Work>& works) {
  std::multimap<std::string_view, Work*> by_name;
  bool indexed = false;
  for (Work& mutator : works) {
    const Mutate* mutate = mutator.first<Mutate>();
    if (!mutate || !mutator.selected) continue;
    if (!indexed) {
      for (Work& work : works) {
        by_name.emplace(work.definition->name, &work);
        if (work.name != work.definition->name) by_name.emplace(work.name, &work);
      }
      indexed = true;
    }
    check_mutator(mutator);
    if (mutate->targets.empty()) {
      mutator.problem("mutate of '{}' names no function", mutator.definition->name);
    }
    for (const std::string& name : mutate->targets) {
      auto [begin, end] = by_name.equal_range(name);
      if (begin == end) unknown_target(mutator, name, works);
      for (auto it = begin; it != end; ++it) {
        if (it->second->first<Mutate>()) {
          mutator.problem("mutate of '{}' names '{}', which is a mutator itself and no node",
                          mutator.definition->name, name);
          continue;
        }
        output_chain(*it->second).steps.push_back({mutator.definition, mutate->bindings});
      }
    }
  }
}

}  // namespace weft
