// Loaders and savers: load_from, save_to, and functions that load and save themselves.
#include <algorithm>

#include "base/nearest_name.h"
#include "graph/draft.h"
#include "weft/container.h"

namespace weft {
namespace {

// Of a later module rather than of an earlier one; null if no module has one of that name.
DefinitionPtr find_format(const Work& work, Definitions Module::* list, const std::string& name) {
  const auto modules = work.scope->modules;
  for (size_t i = modules.size(); i-- > 0;) {
    for (const DefinitionPtr& d : modules[i].*list) {
      if (d && d->name == name) return d;
    }
  }
  return nullptr;
}

std::string known_formats(const Work& work, Definitions Module::* list) {
  std::vector<std::string> names;
  for (const Module& module : work.scope->modules) {
    for (const DefinitionPtr& d : module.*list) {
      if (d) names.push_back(d->name);
    }
  }
  return names.empty() ? "" : fmt::format("; the modules have {}", fmt::join(names, ", "));
}

// A function of single values has a kernel only: each call is a row of its own.
Call call_of(const Definition& d) {
  if (!d.kernel) return d.call;
  return [kernel = d.kernel](std::span<const Value> values) {
    Arena arena;
    std::vector<Cell> cells;
    std::unique_ptr<bool[]> valid(new bool[values.size() + 1]());
    for (size_t i = 0; i < values.size(); ++i) {
      const Type type = kernel->parameters[i];
      char* slot = arena.take_slots(type, 1);
      valid[i] = values[i].has_value();
      if (valid[i]) type->unbox(type, values[i].as(type), slot, arena);
      cells.push_back({slot, &valid[i]});
    }
    bool& result = valid[values.size()];
    const Cell out = {arena.take_slots(kernel->result, 1), &result};
    kernel->row(kernel->context, cells.data(), out, arena);
    return result ? kernel->result->box(kernel->result, out.data) : Value::null(kernel->result);
  };
}

// Binds the options to the parameters from `first` on; what is left over or missing is a problem.
void bind_options(Work& work, Draft& to, const Definition& format, size_t first,
                  const Dependencies& options, const char* made_by) {
  std::vector<std::string> known;
  for (size_t i = first; i < format.parameters.size(); ++i) {
    const Parameter& p = format.parameters[i];
    known.push_back(p.name);
    const auto given = options.find(p.name);
    if (given != options.end()) {
      bind(work, to, p, given->second, made_by);
    } else if (p.default_value) {
      Edge edge = edge_of(p);
      edge.value = *p.default_value;
      to.add_edge(std::move(edge), "");
    } else {
      work.problem(ErrorCode::kInvalidArgument, "{} of '{}': '{}' needs the option '{}' ({})",
                   made_by, work.definition->name, format.name, p.name, type_name(p.type));
    }
  }
  for (const auto& [name, dependency] : options) {
    if (std::ranges::count(known, name) > 0) continue;
    work.problem(ErrorCode::kInvalidArgument, "{} of '{}': '{}' has no option '{}'{}; it has {}",
                 made_by, work.definition->name, format.name, name, did_you_mean(name, known),
                 known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
  }
}

void bind_any_options(Work& work, Draft& to, const Dependencies& options, const char* made_by) {
  for (const auto& [name, dependency] : options) {
    const Parameter option = {name, nullptr, Shape::kObject, true, {}};
    bind(work, to, option, dependency, made_by);
  }
}

// The data in what a loader returns; null: only the data knows.
Type data_type(Type result) {
  if (!result || result == type_of<Loaded>()) return nullptr;
  const Container* container = result->container;
  const bool told = container && container->kind == Container::Kind::kTuple &&
                    container->elements.size() == 2 && container->elements[1] == type_of<Values>();
  return told ? container->elements[0] : result;
}

Loaded loaded(Value value) {
  if (const auto* all = value.get_if<Loaded>()) return *all;
  if (value.has_value() && data_type(value.type()) != value.type()) {
    return {element_of(value, 0), element_of(value, 1).get<Values>()};
  }
  return {std::move(value), {}};
}

}  // namespace

void make_loader(Work& work, Draft loader, Draft& data, const std::string& format,
                 const Dependencies& options, const std::string& parameter, const char* made_by) {
  const Tags tags = {{"hamilton.data_loader", {"true"}},
                     {"hamilton.data_loader.source", {format}},
                     {"hamilton.data_loader.node", {parameter}}};
  loader.node.role = Role::kLoad;
  loader.node.type = type_of<Loaded>();
  loader.node.field = format;
  loader.node.tags.insert(tags.begin(), tags.end());
  loader.node.tags["hamilton.data_loader.has_metadata"] = {"true"};
  loader.final = false;
  if (const DefinitionPtr own = find_format(work, &Module::loaders, format)) {
    loader.node.definition = own;
    loader.node.call = [call = call_of(*own)](std::span<const Value> values) {
      return Value::of(loaded(call(values)));
    };
    bind_options(work, loader, *own, 0, options, made_by);
    const Type type = data_type(own->result);
    if (type && data.node.type && data.node.shape == Shape::kObject &&
        !widens(type, data.node.type)) {
      work.problem(ErrorCode::kTypeMismatch, "{} of '{}': '{}' loads {}, but '{}' is {}", made_by,
                   work.definition->name, format, type->name, parameter, data.node.type->name);
    }
  } else {
    loader.node.hint = known_formats(work, &Module::loaders);
    bind_any_options(work, loader, options, made_by);
  }
  data.node.role = Role::kSelect;
  data.node.tags.insert(tags.begin(), tags.end());
  data.node.tags["hamilton.data_loader.has_metadata"] = {"false"};
  data.add_edge({.parameter = loader.node.name, .type = loader.node.type, .shape = Shape::kObject},
                loader.node.name);
  work.drafts.push_back(std::move(loader));
}

void make_saver(Work& work, Draft saver, const Edge& data, std::string source,
                const std::string& format, const Dependencies& options, const char* made_by) {
  saver.node.role = Role::kSave;
  saver.node.type = type_of<Values>();
  saver.node.field = format;
  saver.node.tags["hamilton.data_saver"] = {"true"};
  saver.node.tags["hamilton.data_saver.sink"] = {format};
  Edge edge = data;
  // Its elements are saved one by one; a scalar is one value like others.
  if (edge.shape == Shape::kParallel) edge.shape = Shape::kRow;
  const DefinitionPtr own = find_format(work, &Module::savers, format);
  if (own && own->parameters.empty()) {
    work.problem("save_to of '{}': the saver '{}' takes no data", work.definition->name, format);
  } else if (own) {
    saver.node.definition = own;
    saver.node.call = call_of(*own);
    const Type type = own->parameters[0].type;
    // A column may be saved by what takes a table, as one of one column.
    if (edge.shape == Shape::kObject && type != type_of<Table>()) edge.type = type;
  }
  saver.add_edge(std::move(edge), std::move(source));
  if (own) {
    bind_options(work, saver, *own, 1, options, made_by);
  } else {
    saver.node.hint = known_formats(work, &Module::savers);
    bind_any_options(work, saver, options, made_by);
  }
  work.drafts.push_back(std::move(saver));
}

void add_saver(Work& work, const SaveTo& save) {
  if (save.saver.empty()) {
    return work.problem("save_to of '{}' names no saver", work.definition->name);
  }
  const std::vector<Draft*> targets = work.targets(save.target, "save_to");
  if (targets.size() > 1 && (!save.output_name.empty() || save.target.names.empty())) {
    return work.problem(
        "save_to of '{}' would save {} nodes, '{}', '{}', ...: name one as its "
        "target",
        work.definition->name, targets.size(), targets[0]->node.name, targets[1]->node.name);
  }
  for (const Draft* target : targets) {
    const std::string saved = target->node.name;
    const Edge data = {.parameter = saved, .type = target->node.type, .shape = target->node.shape};
    Draft saver = work.draft(save.output_name.empty() ? "save." + saved : save.output_name,
                             Role::kSave, "save_to");
    make_saver(work, std::move(saver), data, saved, save.saver, save.options, "save_to");
  }
}

void load_itself(Work& work) {
  Draft* function = work.find(work.name);
  if (!function) return;
  const Type type = function->node.type;
  if (type && data_type(type) == type) {
    return work.problem(ErrorCode::kTypeMismatch,
                        "dataloader of '{}' needs a function that returns std::pair<T, Values>, "
                        "data and what there is to say about it, but it returns {}",
                        work.definition->name, type->name);
  }
  Tags tags = {{"hamilton.data_loader", {"true"}},
               {"hamilton.data_loader.source", {work.definition->name}},
               {"hamilton.data_loader.node", {work.name}}};
  Draft data = work.draft(work.name, Role::kSelect, "");
  data.node.doc = function->node.doc;
  data.node.type = data_type(type);
  data.node.shape = Shape::kObject;
  data.node.tags.insert(tags.begin(), tags.end());
  data.node.tags["hamilton.data_loader.has_metadata"] = {"false"};
  function->node.name = work.name + ".loader";
  function->made_by = "dataloader";
  function->final = false;
  tags["hamilton.data_loader.has_metadata"] = {"true"};
  function->node.tags.insert(tags.begin(), tags.end());
  data.add_edge({.parameter = function->node.name, .type = type, .shape = Shape::kObject},
                function->node.name);
  work.drafts.push_back(std::move(data));
}

void save_itself(Work& work) {
  Draft* function = work.find(work.name);
  if (!function) return;
  if (function->node.type && function->node.type != type_of<Values>()) {
    return work.problem(ErrorCode::kTypeMismatch,
                        "datasaver of '{}' needs a function that returns Values, which tell of "
                        "what it wrote, but it returns {}",
                        work.definition->name, function->node.type->name);
  }
  function->node.tags["hamilton.data_saver"] = {"true"};
  function->node.tags["hamilton.data_saver.sink"] = {work.definition->name};
}

}  // namespace weft
