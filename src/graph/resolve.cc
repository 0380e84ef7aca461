// From definitions to a graph: every function through the stages of its modifiers, then all nodes
// connected.
#include <unordered_set>

#include "graph/connect.h"
#include "graph/draft.h"

namespace weft {
namespace {

// False (and a problem) for what no function declared in a language can be.
bool is_sound(const Definition& d, Problems& problems) {
  if (d.name.empty()) {
    problems.add(d.where, "a definition{} has no name",
                 d.module.empty() ? "" : " of module '" + d.module + "'");
    return false;
  }
  bool sound = true;
  if (!d.kernel && !d.call) {
    problems.add(d.where, "'{}' has no body: neither a kernel nor a call", d.name);
    sound = false;
  }
  for (size_t i = 0; i < d.parameters.size(); ++i) {
    const std::string& name = d.parameters[i].name;
    if (name.empty()) {
      problems.add(d.where, "parameter {} of '{}' has no name", i + 1, d.name);
      sound = false;
    }
    for (size_t j = 0; j < i; ++j) {
      if (d.parameters[j].name != name || name.empty()) continue;
      problems.add(d.where, "'{}' has two parameters '{}'", d.name, name);
      sound = false;
    }
  }
  return sound;
}

bool is_mutator(const Definition& d) {
  for (const Modifier& m : d.modifiers) {
    if (std::holds_alternative<Mutate>(m.kind)) return true;
  }
  return false;
}

bool may_mutate(const Definition& d) {
  for (const Modifier& m : d.modifiers) {
    if (std::holds_alternative<ResolveFromConfig>(m.kind)) return true;
  }
  return is_mutator(d);
}

void run_stages(Work& work, Drafts& out) {
  generate(work);
  if (work.drafts.empty()) return;
  inject(work);
  expand(work);
  transform(work);
  decorate(work);
  for (Draft& d : work.drafts) out.push_back(std::move(d));
}

// Definitions of one module, from first to before last.
void resolve_run(std::span<const DefinitionPtr> definitions, const Scope& scope, uint32_t module,
                 Drafts& out) {
  bool mutators = false;
  for (const DefinitionPtr& d : definitions) mutators |= may_mutate(*d);
  std::deque<Work> works;  // not moved: modifiers point into it
  for (const DefinitionPtr& d : definitions) {
    if (!is_sound(*d, *scope.problems)) continue;
    // Most functions have no modifiers, and some graphs have a hundred thousand functions.
    if (d->modifiers.empty() && !mutators) {
      out.push_back(function_draft(d, d->name, module));
      continue;
    }
    Work work = {.definition = d, .scope = &scope, .module = module};
    work.selected = select_variant(work);
    if (mutators) {
      works.push_back(std::move(work));
    } else if (work.selected) {
      run_stages(work, out);
    }
  }
  apply_mutators(works);
  for (Work& work : works) {
    if (work.selected && !work.first<Mutate>()) run_stages(work, out);
  }
}

std::string all_messages(const std::vector<Problem>& problems) {
  std::string text = fmt::format("{} problems", problems.size());
  for (const Problem& p : problems) {
    text += "\n  ";
    if (!p.where.empty()) text += p.where.to_string() + ": ";
    text += p.message;
  }
  return text;
}

}  // namespace

void transform(Work& work) {
  for (const ModifierKind* kind : work.modifiers) {
    if (const auto* m = std::get_if<ExtractColumns>(kind)) extract_columns(work, *m);
    if (const auto* m = std::get_if<ExtractFields>(kind)) extract_fields(work, *m);
    if (const auto* m = std::get_if<Unpack>(kind)) unpack(work, *m);
    if (const auto* m = std::get_if<Check>(kind)) add_checks(work, *m);
    if (const auto* m = std::get_if<PipeOutput>(kind)) pipe_output(work, *m);
    if (const auto* m = std::get_if<SaveTo>(kind)) add_saver(work, *m);
    if (std::holds_alternative<DataLoader>(*kind)) load_itself(work);
    if (std::holds_alternative<DataSaver>(*kind)) save_itself(work);
  }
}

void resolve_definitions(std::span<const DefinitionPtr> definitions, const Scope& scope,
                         uint32_t module, Drafts& out) {
  for (size_t begin = 0; begin < definitions.size();) {
    size_t end = begin + 1;
    while (end < definitions.size() && definitions[end]->module == definitions[begin]->module) {
      ++end;
    }
    resolve_run(definitions.subspan(begin, end - begin), scope, module, out);
    begin = end;
  }
}

std::pair<Graph, std::vector<Problem>> Graph::try_resolve(std::span<const Module> modules,
                                                          const Values& config,
                                                          const ResolveOptions& options) {
  Problems problems;
  Unselected unselected;
  Scope scope = {modules, &config, &problems, {}, &unselected};
  Drafts drafts;
  for (size_t i = 0; i < modules.size(); ++i) {
    Definitions definitions;
    definitions.reserve(modules[i].definitions.size());
    for (const DefinitionPtr& d : modules[i].definitions) {
      if (d) definitions.push_back(d);
    }
    resolve_definitions(definitions, scope, static_cast<uint32_t>(i), drafts);
  }
  add_materializers(options.materializers, scope, drafts);
  auto state = std::make_shared<State>();
  connect(std::move(drafts), config, options, unselected, problems, *state);
  if (!problems.empty()) return {Graph(), problems.take()};
  return {Graph(std::move(state)), {}};
}

Graph Graph::resolve(std::span<const Module> modules, const Values& config,
                     const ResolveOptions& options) {
  auto [graph, problems] = try_resolve(modules, config, options);
  if (problems.size() == 1) {
    throw Error(problems[0].code, problems[0].message, problems[0].where);
  }
  if (!problems.empty()) throw Error(ErrorCode::kInvalidGraph, all_messages(problems));
  return std::move(graph);
}

}  // namespace weft
