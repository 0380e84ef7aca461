// Sub-DAGs: a copy of other definitions under a namespace, with inputs and config of its own.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/nearest_name.h"
#include "graph/draft.h"
#include "weft/module.h"

namespace weft {
namespace {

constexpr size_t kMaxDepth = 64;

// The sub-DAG of one instance while it is made.
struct Copy {
  const Subdag::Instance& instance;
  std::string name;        // of the function's node
  std::string name_space;  // "<name_space>.x"
  Values config;           // the graph's, with the instance's on top
  Drafts drafts = {};
  std::unordered_set<std::string> names = {};  // what is in the namespace, without it

  std::string inside(const std::string& n) const { return name_space + "." + n; }
};

// The instance's config entry as a value; nothing (and a problem) if it is none.
std::optional<Value> config_value(const Work& work, const std::string& key, const Dependency& d) {
  switch (d.kind) {
    case Dependency::Kind::kValue:
      return d.value;
    case Dependency::Kind::kConfig: {
      const auto found = work.scope->config->find(d.name);
      if (found != work.scope->config->end()) return found->second;
      std::vector<std::string> keys;
      for (const auto& [k, value] : *work.scope->config) keys.push_back(k);
      work.problem("subdag of '{}' takes its config '{}' from the key '{}', which is not set{}",
                   work.definition->name, key, d.name, did_you_mean(d.name, keys));
      return {};
    }
    default:
      work.problem("subdag of '{}': the config '{}' must be a value() or a configuration()",
                   work.definition->name, key);
      return {};
  }
}

void resolve_copy(const Work& work, const Definitions& definitions, Copy& copy) {
  for (const auto& [key, dependency] : copy.instance.config) {
    if (copy.instance.inputs.contains(key)) {
      work.problem("subdag of '{}' has '{}' both in its config and in its inputs",
                   work.definition->name, key);
    }
    if (auto value = config_value(work, key, dependency)) copy.config[key] = std::move(*value);
  }
  Scope scope = *work.scope;
  scope.config = &copy.config;
  scope.within.push_back(work.definition.get());
  scope.unselected = nullptr;
  resolve_definitions(definitions, scope, work.module, copy.drafts);
  // As for the whole graph: a config entry takes the place of the function of its name.
  std::erase_if(copy.drafts,
                [&](const Draft& d) { return copy.instance.config.contains(d.node.name); });
  for (const Draft& d : copy.drafts) copy.names.insert(d.node.name);
}

// Names that the sub-DAG's nodes, or the function itself, ask for and nobody in it makes.
std::vector<std::string> open_names(const Work& work, const Copy& copy) {
  std::vector<std::string> open;
  std::unordered_set<std::string_view> seen;
  auto add = [&](const std::string& name) {
    if (!name.empty() && !copy.names.contains(name) && seen.insert(name).second) {
      open.push_back(name);
    }
  };
  for (const Draft& d : copy.drafts) std::ranges::for_each(d.sources, add);
  for (const Parameter& p : work.definition->parameters) add(p.name);
  return open;
}

void add_inputs(Work& work, Copy& copy) {
  const std::vector<std::string> open = open_names(work, copy);
  for (const auto& [key, dependency] : copy.instance.inputs) {
    if (copy.names.contains(key)) {
      work.problem("subdag of '{}' gives the input '{}', but a function of the sub-DAG makes it",
                   work.definition->name, key);
      continue;
    }
    if (std::ranges::count(open, key) == 0) {
      work.problem("subdag of '{}' gives the input '{}', which nothing in the sub-DAG takes{}",
                   work.definition->name, key, did_you_mean(key, open));
      continue;
    }
    const bool is_value = dependency.kind == Dependency::Kind::kValue;
    Draft d = work.draft(copy.inside(key), is_value ? Role::kConfig : Role::kAlias, "subdag");
    d.final = false;
    if (is_value) {
      d.node.type = dependency.value.type();
      d.node.default_value = dependency.value;
    } else {
      // The type is that of the source: known when it is connected.
      bind(work, d, {.name = key, .type = nullptr, .shape = Shape::kRow, .default_value = {}},
           dependency, "subdag");
      d.node.shape = Shape::kRow;
    }
    work.drafts.push_back(std::move(d));
  }
  for (const auto& [key, dependency] : copy.instance.inputs) copy.names.insert(key);
}

void add_config(Work& work, Copy& copy) {
  for (const auto& [key, dependency] : copy.instance.config) {
    const auto value = copy.config.find(key);
    if (value == copy.config.end()) continue;
    Draft d = work.draft(copy.inside(key), Role::kConfig, "subdag");
    d.final = false;
    d.node.type = value->second.type();
    d.node.default_value = value->second;
    work.drafts.push_back(std::move(d));
    copy.names.insert(key);
  }
}

void add_function(Work& work, const Copy& copy) {
  const Definition& definition = *work.definition;
  const auto& external = copy.instance.external_inputs;
  for (const std::string& name : external) {
    if (!find_parameter(definition, name)) {
      work.problem("subdag of '{}': external input '{}' is no parameter{}", definition.name, name,
                   did_you_mean(name, parameter_names(definition)));
    }
  }
  Draft d = work.draft(copy.name, Role::kFunction, "");
  set_function(d.node, work.definition);
  d.node.doc = definition.doc;
  for (const Parameter& p : definition.parameters) {
    if (std::ranges::count(external, p.name) > 0) {
      bind_by_name(d, p);
    } else if (copy.names.contains(p.name)) {
      d.add_edge(edge_of(p), copy.inside(p.name));
    } else if (p.default_value) {
      Edge edge = edge_of(p);
      edge.value = *p.default_value;
      d.add_edge(std::move(edge), "");
    } else {
      const std::vector<std::string> names(copy.names.begin(), copy.names.end());
      work.problem(
          "'{}' takes '{}', which its subdag does not make{}; if it comes from outside, "
          "name it in external_inputs",
          definition.name, p.name, did_you_mean(p.name, names));
    }
  }
  work.drafts.push_back(std::move(d));
}

void add_copy(Work& work, const Definitions& definitions, Copy& copy) {
  resolve_copy(work, definitions, copy);
  add_inputs(work, copy);
  add_config(work, copy);
  for (Draft& d : copy.drafts) {
    d.node.name = copy.inside(d.node.name);
    for (std::string& source : d.sources) {
      if (copy.names.contains(source)) source = copy.inside(source);
    }
    d.final = false;
    d.node.tags["hamilton.non_final_node"] = {"true"};
    work.drafts.push_back(std::move(d));
  }
  add_function(work, copy);
}

const Module* find_module(std::span<const Module> modules, std::string_view name) {
  for (const Module& m : modules) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

}  // namespace

Definitions collect_definitions(const Work& work, std::span<const std::string> modules,
                                const Definitions& definitions, const char* modifier) {
  Definitions found;
  for (const std::string& name : modules) {
    if (const Module* module = find_module(work.scope->modules, name)) {
      found.insert(found.end(), module->definitions.begin(), module->definitions.end());
      continue;
    }
    const std::vector<Module> compiled = compiled_modules();
    if (const Module* module = find_module(compiled, name)) {
      found.insert(found.end(), module->definitions.begin(), module->definitions.end());
      continue;
    }
    std::vector<std::string> names;
    for (const Module& m : work.scope->modules) names.push_back(m.name);
    for (const Module& m : compiled) names.push_back(m.name);
    work.problem("{} of '{}' names the module '{}', which is not loaded{}", modifier,
                 work.definition->name, name, did_you_mean(name, names));
  }
  for (const DefinitionPtr& definition : definitions) {
    if (definition) found.push_back(definition);
  }
  if (modules.empty() && definitions.empty()) {
    work.problem("{} of '{}' names no module and no function", modifier, work.definition->name);
  }
  return found;
}

void make_subdags(Work& work, const Subdag& subdag) {
  const auto& within = work.scope->within;
  if (std::ranges::count(within, work.definition.get()) > 0) {
    std::vector<std::string> chain;
    for (const Definition* d : within) chain.push_back(d->name);
    chain.push_back(work.definition->name);
    return work.problem("the sub-DAG of '{}' contains itself: {}", work.definition->name,
                        fmt::join(chain, " -> "));
  }
  if (within.size() == kMaxDepth) {
    return work.problem("sub-DAGs are nested deeper than {}", kMaxDepth);
  }
  const Definitions definitions =
      collect_definitions(work, subdag.modules, subdag.definitions, "subdag");
  if (definitions.empty()) return;
  if (subdag.instances.empty()) {
    return work.problem("subdag of '{}' has no instance", work.definition->name);
  }
  const bool several = subdag.instances.size() > 1;
  if (several && !subdag.name_space.empty()) {
    work.problem(
        "subdag of '{}': with several instances each is its own namespace, so '{}' has no "
        "meaning",
        work.definition->name, subdag.name_space);
  }
  for (const Subdag::Instance& instance : subdag.instances) {
    if (several && instance.name.empty()) {
      work.problem("subdag of '{}' has an instance without a name", work.definition->name);
      continue;
    }
    const std::string name = instance.name.empty() ? work.name : instance.name;
    Copy copy = {instance, name, subdag.name_space.empty() ? name : subdag.name_space,
                 *work.scope->config};
    add_copy(work, definitions, copy);
  }
}

}  // namespace weft
