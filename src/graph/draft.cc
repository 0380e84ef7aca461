#include "graph/draft.h"

#include <algorithm>
#include <unordered_set>

#include "base/nearest_name.h"
#include "weft/container.h"

namespace weft {

std::string describe(const Draft& draft) {
  if (*draft.made_by == '\0') return fmt::format("'{}'", draft.node.name);
  return fmt::format("'{}' ({} of '{}')", draft.node.name, draft.made_by,
                     draft.owner ? draft.owner->name : std::string());
}

std::string at_place(const SourceLocation& where) {
  return where.empty() ? std::string() : " (" + where.to_string() + ")";
}

std::string type_name(Type type) { return type ? type->name : "any type"; }

std::vector<std::string> parameter_names(const Definition& definition) {
  std::vector<std::string> names;
  for (const Parameter& p : definition.parameters) names.push_back(p.name);
  return names;
}

const Parameter* find_parameter(const Definition& definition, std::string_view name) {
  for (const Parameter& p : definition.parameters) {
    if (p.name == name) return &p;
  }
  return nullptr;
}

Draft* Work::find(std::string_view node) {
  for (Draft& d : drafts) {
    if (d.node.name == node) return &d;
  }
  return nullptr;
}

// A saver is nobody's input and nobody's result: it neither hides the node that it saves from later
// modifiers nor stands in for it.
std::vector<Draft*> Work::targets(const Target& target, const char* modifier) {
  std::vector<Draft*> found;
  if (!target.names.empty()) {
    for (const std::string& wanted : target.names) {
      if (Draft* d = find(wanted)) {
        found.push_back(d);
        continue;
      }
      std::vector<std::string> names;
      for (const Draft& d : drafts) names.push_back(d.node.name);
      problem("{} names '{}', but '{}' makes no such node{}", modifier, wanted, definition->name,
              did_you_mean(wanted, names));
    }
    return found;
  }
  if (drafts.size() == 1 || target.all) {
    for (Draft& d : drafts) found.push_back(&d);
    return found;
  }
  std::unordered_set<std::string_view> taken;
  for (const Draft& d : drafts) {
    if (d.node.role != Role::kSave) taken.insert(d.sources.begin(), d.sources.end());
  }
  for (Draft& d : drafts) {
    if (d.final && d.node.role != Role::kSave && !taken.contains(d.node.name)) found.push_back(&d);
  }
  return found;
}

Draft* Work::single_target(const Target& target, const char* modifier) {
  const std::vector<Draft*> found = targets(target, modifier);
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    problem("{} is for a function with one result, but '{}' makes {}: '{}', '{}'{}", modifier,
            definition->name, found.size(), found[0]->node.name, found[1]->node.name,
            found.size() > 2 ? ", ..." : "");
  }
  return nullptr;
}

Draft Work::draft(std::string node_name, Role role, const char* made_by) const {
  Draft d = draft_of(definition, std::move(node_name), role, module);
  if (!config_keys.empty()) {
    d.node.tags["hamilton.config"] = {fmt::format("{}", fmt::join(config_keys, ","))};
  }
  d.made_by = made_by;
  return d;
}

Draft draft_of(const DefinitionPtr& definition, std::string name, Role role, uint32_t module) {
  Draft d;
  d.node.name = std::move(name);
  d.node.role = role;
  d.node.definition = definition;
  d.node.module = definition->module;
  d.node.language = definition->language;
  d.node.where = definition->where;
  d.node.function = definition->name;
  if (!definition->module.empty()) d.node.tags["module"] = {definition->module};
  d.owner = definition;
  d.module = module;
  return d;
}

Draft function_draft(const DefinitionPtr& definition, std::string name, uint32_t module) {
  Draft d = draft_of(definition, std::move(name), Role::kFunction, module);
  set_function(d.node, definition);
  d.node.doc = definition->doc;
  d.node.edges.reserve(definition->parameters.size());
  d.sources.reserve(definition->parameters.size());
  for (const Parameter& p : definition->parameters) bind_by_name(d, p);
  return d;
}

Edge edge_of(const Parameter& p) {
  Edge edge;
  edge.parameter = p.name;
  edge.type = p.type;
  edge.shape = p.shape;
  edge.nullable = p.nullable;
  return edge;
}

void set_function(Node& node, const DefinitionPtr& function) {
  node.definition = function;
  node.type = function->result;
  node.shape = function->shape;
  node.nullable = function->nullable;
  node.kernel = function->kernel;
  node.call = function->call;
}

void bind_by_name(Draft& to, const Parameter& p) {
  Edge edge = edge_of(p);
  if (p.default_value) {
    edge.optional = true;
    edge.value = *p.default_value;
  }
  to.add_edge(std::move(edge), p.name);
}

namespace {

// An edge for one source or value; false (and a problem) for what cannot stand there.
bool bind_single(const Work& work, Draft& to, Edge edge, const Dependency& d, const char* made_by) {
  switch (d.kind) {
    case Dependency::Kind::kSource:
      if (d.name.empty()) {
        work.problem("{} of '{}': source(\"\") names no node for '{}'", made_by,
                     work.definition->name, edge.parameter);
        return false;
      }
      to.add_edge(std::move(edge), d.name);
      return true;
    case Dependency::Kind::kValue:
      edge.value = d.value;
      to.add_edge(std::move(edge), "");
      return true;
    case Dependency::Kind::kConfig: {
      const auto found = work.scope->config->find(d.name);
      if (found == work.scope->config->end()) {
        std::vector<std::string> keys;
        for (const auto& [key, value] : *work.scope->config) keys.push_back(key);
        work.problem("{} of '{}' takes '{}' from the config, which has no such key{}", made_by,
                     work.definition->name, d.name, did_you_mean(d.name, keys));
        return false;
      }
      edge.value = found->second;
      to.add_edge(std::move(edge), "");
      return true;
    }
    case Dependency::Kind::kGroup:
      work.problem("{} of '{}': a group cannot stand inside a group ('{}')", made_by,
                   work.definition->name, edge.parameter);
      return false;
  }
  return false;
}

bool is_map(Type type) {
  return type && type->container && type->container->kind == Container::Kind::kMap;
}

void bind_group(Work& work, Draft& to, const Parameter& p, const Dependency& d,
                const char* made_by) {
  const std::string& function = work.definition->name;
  const auto named = std::ranges::count_if(d.group, [](const auto& e) { return !e.first.empty(); });
  if (d.group.empty()) {
    return work.problem("{} of '{}': the group for '{}' is empty", made_by, function, p.name);
  }
  if (named != 0 && named != std::ssize(d.group)) {
    return work.problem("{} of '{}': the group for '{}' mixes entries with and without a name",
                        made_by, function, p.name);
  }
  if (p.type && is_map(p.type) != (named > 0)) {
    return work.problem("{} of '{}': '{}' is a {}: {}", made_by, function, p.name, p.type->name,
                        named > 0 ? "a group by name needs a std::map<std::string, T>"
                                  : "name the entries of its group, with group_by_name()");
  }
  const Type element = element_type(p.type);
  if (p.type && !element && !p.type->container) {
    return work.problem("{} of '{}': a group needs a std::vector or std::map, but '{}' is {}",
                        made_by, function, p.name, p.type->name);
  }
  Draft gather = work.draft(to.node.name + ".group." + p.name, Role::kGather, made_by);
  gather.node.type = p.type;
  gather.node.shape = p.type && p.type->kind == Kind::kList ? Shape::kRow : Shape::kObject;
  gather.final = false;
  for (const auto& [name, dependency] : d.group) {
    Edge edge;
    edge.parameter = name;
    edge.type = element;
    edge.shape = gather.node.shape;
    if (!bind_single(work, gather, std::move(edge), dependency, made_by)) return;
  }
  to.add_edge(edge_of(p), gather.node.name);
  work.drafts.push_back(std::move(gather));
}

}  // namespace

void bind(Work& work, Draft& to, const Parameter& p, const Dependency& d, const char* made_by) {
  if (d.kind == Dependency::Kind::kGroup) return bind_group(work, to, p, d, made_by);
  bind_single(work, to, edge_of(p), d, made_by);
}

}  // namespace weft
