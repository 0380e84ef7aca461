// The second stage: the node of a function, or of the function that stands in for its body.
#include <algorithm>

#include "base/nearest_name.h"
#include "graph/draft.h"
#include "graph/validate.h"
#include "weft/container.h"

namespace weft {
namespace {

// The replacement's parameter -> the declared one that feeds it.
const Parameter* declared_for(const Work& work, const Does& does, const Parameter& p) {
  const auto renamed = does.renamed.find(p.name);
  const std::string& name = renamed == does.renamed.end() ? p.name : renamed->second;
  return find_parameter(*work.definition, name);
}

// One parameter that takes a list or a map takes all declared ones at once.
bool takes_all(const Work& work, const Does& does) {
  const auto& parameters = does.function->parameters;
  return parameters.size() == 1 && element_type(parameters[0].type) &&
         !declared_for(work, does, parameters[0]) && !work.definition->parameters.empty();
}

void add_gathered(Work& work, Draft& d, const Does& does) {
  const Parameter& all = does.function->parameters[0];
  Dependency group = {.kind = Dependency::Kind::kGroup};
  const bool by_name = all.type->container && all.type->container->kind == Container::Kind::kMap;
  for (const Parameter& p : work.definition->parameters) {
    group.group.push_back(
        {by_name ? p.name : "", {.kind = Dependency::Kind::kSource, .name = p.name}});
  }
  bind(work, d, all, group, "does");
}

void check_renamed(const Work& work, const Does& does) {
  for (const auto& [from, to] : does.renamed) {
    if (!find_parameter(*does.function, from)) {
      work.problem("does of '{}' renames '{}', which '{}' does not take{}", work.definition->name,
                   from, does.function->name, did_you_mean(from, parameter_names(*does.function)));
    }
    if (!find_parameter(*work.definition, to)) {
      work.problem("does of '{}' maps '{}' to '{}', which is no parameter{}", work.definition->name,
                   from, to, did_you_mean(to, parameter_names(*work.definition)));
    }
  }
}

void check_unused(const Work& work, const Does& does) {
  for (const Parameter& p : work.definition->parameters) {
    const bool used = std::ranges::any_of(does.function->parameters, [&](const Parameter& r) {
      return declared_for(work, does, r) == &p;
    });
    if (!used) {
      work.problem("does of '{}': its parameter '{}' is none of '{}'{}", work.definition->name,
                   p.name, does.function->name,
                   did_you_mean(p.name, parameter_names(*does.function)));
    }
  }
}

void replace_body(Work& work, const Does& does) {
  const Definition& declared = *work.definition;
  if (!does.function) return work.problem("does of '{}' has no function", declared.name);
  check_renamed(work, does);
  if (declared.result && does.function->result &&
      !is_assignable(does.function->result, declared.result)) {
    work.problem("does of '{}': it is declared as {}, but '{}' gives {}", declared.name,
                 declared.result->name, does.function->name, does.function->result->name);
  }
  Draft d = work.draft(work.name, Role::kFunction, "");
  set_function(d.node, does.function);
  d.node.doc = declared.doc;
  if (takes_all(work, does)) {
    add_gathered(work, d, does);
    work.drafts.push_front(std::move(d));
    return;
  }
  check_unused(work, does);
  for (const Parameter& p : does.function->parameters) {
    const Parameter* from = declared_for(work, does, p);
    Parameter bound = p;
    if (from) {
      bound.name = from->name;
      if (from->default_value) bound.default_value = from->default_value;
      if (from->type && p.type && !is_assignable(from->type, p.type)) {
        work.problem("does of '{}': its parameter '{}' is {}, but '{}' takes {}", declared.name,
                     from->name, from->type->name, does.function->name, p.type->name);
      }
    } else if (p.default_value) {
      Edge edge = edge_of(p);
      edge.value = *p.default_value;
      d.add_edge(std::move(edge), "");
      continue;
    } else {
      work.problem("does of '{}': '{}' also takes '{}', which is no parameter{}", declared.name,
                   does.function->name, p.name, did_you_mean(p.name, parameter_names(declared)));
    }
    bind_by_name(d, bound);
  }
  work.drafts.push_back(std::move(d));
}

}  // namespace

void generate(Work& work) {
  if (const Does* does = work.first<Does>()) return replace_body(work, *does);
  if (const Subdag* subdag = work.first<Subdag>()) return make_subdags(work, *subdag);
  Draft d = function_draft(work.definition, work.name, work.module);
  d.node.tags = work.draft({}, Role::kFunction, "").node.tags;
  work.drafts.push_back(std::move(d));
}

}  // namespace weft
