// The third stage: what is put between a function and its inputs.
#include <algorithm>
#include <unordered_set>

#include "base/nearest_name.h"
#include "graph/draft.h"

namespace weft {
namespace {

// The function's node that takes `parameter` (default: the first one) by its name.
struct Socket {
  Draft* function = nullptr;
  size_t edge = 0;
};

std::optional<Socket> find_socket(Work& work, std::string parameter, const char* modifier) {
  const Definition& definition = *work.definition;
  Draft* function = work.find(work.name);
  if (!function) {
    work.problem("{} of '{}' cannot stand beside a sub-DAG of several results", modifier,
                 definition.name);
    return {};
  }
  std::vector<std::string> names;
  for (const Edge& edge : function->node.edges) names.push_back(edge.parameter);
  if (names.empty()) {
    work.problem("{} needs an input, but '{}' takes none", modifier, definition.name);
    return {};
  }
  if (parameter.empty()) parameter = names.front();
  const auto found = std::ranges::find(names, parameter);
  if (found == names.end()) {
    work.problem("{} of '{}' is for '{}', which is no parameter{}", modifier, definition.name,
                 parameter, did_you_mean(parameter, names));
    return {};
  }
  return Socket{function, static_cast<size_t>(found - names.begin())};
}

void reconnect(const Socket& socket, std::string source) {
  Edge& edge = socket.function->node.edges[socket.edge];
  edge.optional = false;
  edge.value = {};
  socket.function->sources[socket.edge] = std::move(source);
}

void pipe_input(Work& work, const PipeInput& pipe) {
  if (pipe.steps.empty()) {
    return work.problem("pipe_input of '{}' has no step", work.definition->name);
  }
  const auto socket = find_socket(work, pipe.on_input, "pipe_input");
  if (!socket) return;
  std::vector<const Step*> steps;
  for (const Step& step : pipe.steps) {
    if (!step.on_output.empty()) {
      work.problem("pipe_input of '{}': its step '{}' cannot be on an output",
                   work.definition->name, step.function ? step.function->name : "");
    }
    steps.push_back(&step);
  }
  const size_t before = work.drafts.size();
  const std::string source = socket->function->sources[socket->edge];
  const std::string last = add_steps(work, steps, source, pipe.name_space, work.name, "pipe_input");
  if (work.drafts.size() == before) return;
  // A default of the function stands for the input of the chain, as it did for its own.
  Draft& head = work.drafts[before];
  const Edge& piped = socket->function->node.edges[socket->edge];
  for (size_t i = 0; piped.optional && i < head.sources.size(); ++i) {
    if (head.sources[i] != source) continue;
    head.node.edges[i].optional = true;
    head.node.edges[i].value = piped.value;
    break;
  }
  reconnect(*socket, last);
}

void load_from(Work& work, const LoadFrom& load) {
  const Definition& definition = *work.definition;
  if (load.loader.empty()) {
    return work.problem("load_from of '{}' names no loader", definition.name);
  }
  if (load.parameter.empty() && definition.parameters.size() > 1) {
    return work.problem("load_from of '{}' must say for which of its parameters it is: '{}'",
                        definition.name, fmt::join(parameter_names(definition), "', '"));
  }
  const auto socket = find_socket(work, load.parameter, "load_from");
  if (!socket) return;
  const Edge edge = socket->function->node.edges[socket->edge];
  if (socket->function->sources[socket->edge] != edge.parameter) {
    return work.problem("load_from of '{}' is for '{}', which another of its modifiers has bound",
                        definition.name, edge.parameter);
  }
  Draft loader = work.draft(work.name + ".load_data." + edge.parameter, Role::kLoad, "load_from");
  Draft data = work.draft(work.name + ".select_data." + edge.parameter, Role::kSelect, "load_from");
  data.node.type = edge.type;
  data.node.shape = edge.shape == Shape::kSeries || edge.shape == Shape::kColumn ? Shape::kSeries
                                                                                 : Shape::kObject;
  data.final = false;
  reconnect(*socket, data.node.name);
  make_loader(work, std::move(loader), data, load.loader, load.options, edge.parameter,
              "load_from");
  work.drafts.push_back(std::move(data));
}

// ---- with_columns -------------------------------------------------------------------------------

struct NewColumns {
  const WithColumns& with;
  Edge table;          // the parameter that is extended
  std::string source;  // where the table comes from
  std::string name_space;
  Drafts drafts = {};
  std::vector<std::string> select = {};
};

void add_passed_columns(const Work& work, NewColumns& columns) {
  for (const std::string& column : columns.with.columns_to_pass) {
    for (const Draft& d : columns.drafts) {
      if (d.node.name == column) {
        work.problem(
            "with_columns of '{}' passes the column '{}', and a function of that name "
            "would replace it: take the table as a parameter and extract the column there",
            work.definition->name, column);
      }
    }
    Draft d = work.draft(column, Role::kColumn, "with_columns");
    d.node.field = column;
    d.node.shape = Shape::kColumn;
    d.add_edge(
        {.parameter = columns.table.parameter, .type = columns.table.type, .shape = Shape::kObject},
        columns.source);
    columns.drafts.push_back(std::move(d));
  }
}

void choose_columns(const Work& work, NewColumns& columns) {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> taken;
  for (const Draft& d : columns.drafts) {
    names.push_back(d.node.name);
    taken.insert(d.sources.begin(), d.sources.end());
  }
  for (const std::string& wanted : columns.with.select) {
    if (std::ranges::count(names, wanted) == 0) {
      work.problem("with_columns of '{}' selects '{}', which none of its functions makes{}",
                   work.definition->name, wanted, did_you_mean(wanted, names));
    } else {
      columns.select.push_back(wanted);
    }
  }
  if (!columns.with.select.empty()) return;
  for (const Draft& d : columns.drafts) {
    const bool is_column = d.node.shape == Shape::kRow || d.node.shape == Shape::kColumn;
    if (d.node.role == Role::kFunction && is_column && !taken.contains(d.node.name)) {
      columns.select.push_back(d.node.name);
    }
  }
  if (columns.select.empty()) {
    work.problem("with_columns of '{}' makes no column", work.definition->name);
  }
}

// Keeps what the selected columns need.
void prune(NewColumns& columns) {
  std::map<std::string_view, const Draft*> by_name;
  for (const Draft& d : columns.drafts) by_name.emplace(d.node.name, &d);
  std::unordered_set<std::string_view> needed;
  std::vector<std::string_view> open(columns.select.begin(), columns.select.end());
  while (!open.empty()) {
    const std::string_view name = open.back();
    open.pop_back();
    const auto found = by_name.find(name);
    if (found == by_name.end() || !needed.insert(found->first).second) continue;
    open.insert(open.end(), found->second->sources.begin(), found->second->sources.end());
  }
  Drafts kept;
  for (Draft& d : columns.drafts) {
    if (needed.contains(d.node.name)) kept.push_back(std::move(d));
  }
  columns.drafts = std::move(kept);
}

void append_columns(Work& work, NewColumns& columns) {
  std::unordered_set<std::string> inside;
  for (const Draft& d : columns.drafts) inside.insert(d.node.name);
  auto renamed = [&](const std::string& name) { return columns.name_space + "." + name; };
  Draft append = work.draft(renamed("_append"), Role::kAppend, "with_columns");
  append.node.type = columns.table.type;
  append.final = false;
  append.add_edge(
      {.parameter = columns.table.parameter, .type = columns.table.type, .shape = Shape::kObject},
      columns.source);
  for (const std::string& name : columns.select) {
    append.add_edge({.parameter = name, .type = nullptr, .shape = Shape::kColumn}, renamed(name));
  }
  for (Draft& d : columns.drafts) {
    d.node.name = renamed(d.node.name);
    for (std::string& source : d.sources) {
      if (inside.contains(source)) source = renamed(source);
    }
    d.final = false;
    d.node.tags["hamilton.non_final_node"] = {"true"};
    work.drafts.push_back(std::move(d));
  }
  work.drafts.push_back(std::move(append));
}

void with_columns(Work& work, const WithColumns& with) {
  const auto socket = find_socket(work, with.on_input, "with_columns");
  if (!socket) return;
  NewColumns columns = {with, socket->function->node.edges[socket->edge],
                        socket->function->sources[socket->edge],
                        with.name_space.empty() ? work.name : with.name_space};
  if (columns.table.type && columns.table.type != type_of<Table>()) {
    return work.problem("with_columns of '{}' is for a Table, but '{}' is {}",
                        work.definition->name, columns.table.parameter,
                        type_name(columns.table.type));
  }
  const Definitions definitions =
      collect_definitions(work, with.modules, with.definitions, "with_columns");
  if (std::ranges::count(work.scope->within, work.definition.get()) > 0) {
    return work.problem("the sub-DAG of '{}' contains itself", work.definition->name);
  }
  Scope scope = *work.scope;
  scope.within.push_back(work.definition.get());
  scope.unselected = nullptr;
  resolve_definitions(definitions, scope, work.module, columns.drafts);
  add_passed_columns(work, columns);
  choose_columns(work, columns);
  prune(columns);
  reconnect(*socket, columns.name_space + "._append");
  append_columns(work, columns);
}

}  // namespace

void inject(Work& work) {
  for (const ModifierKind* kind : work.modifiers) {
    if (const auto* pipe = std::get_if<PipeInput>(kind)) pipe_input(work, *pipe);
    if (const auto* load = std::get_if<LoadFrom>(kind)) load_from(work, *load);
    if (const auto* with = std::get_if<WithColumns>(kind)) with_columns(work, *with);
  }
}

}  // namespace weft
