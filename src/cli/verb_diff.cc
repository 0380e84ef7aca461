// weft diff: what differs between two graphs, and whose it is.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "cli/git_worktree.h"
#include "cli/project.h"
#include "cli/verbs.h"
#include "cli/view_difference.h"
#include "graph/export.h"
#include "graph/graph_view.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

GraphView view_of_modules(const std::vector<Module>& modules, const Values& config) {
  return view_of(Graph::resolve(modules, config));
}

// A saved graph, or a module that is resolved with the config at hand.
GraphView view_named(const std::string& name, const Values& config, const Console& console) {
  if (!name.ends_with(".json")) {
    return view_of_modules({open_module(name, console, console.directory)}, config);
  }
  try {
    return from_json(read_file(name));
  } catch (const Error& e) {
    throw Error(e.code(), e.message(), e.where().empty() ? SourceLocation{name} : e.where());
  }
}

GraphView view_of_revision(const Arguments& arguments, const Console& console,
                           const Project& project) {
  const GitWorktree tree(*arguments.text("git"), console.directory);
  const auto command = arguments.text("build");
  if (command) {
    tree.build(*command);
  } else if (!std::ranges::all_of(project.modules,
                                  [](const Module& m) { return is_python_file(m.path); })) {
    throw Error(ErrorCode::kInvalidArgument,
                "--git needs --build: the command that builds the modules in the other revision");
  }
  std::vector<Module> modules;
  for (const Module& module : project.modules) {
    if (module.path.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("module '{}' is compiled in: --git compares modules that are files",
                              module.name));
    }
    modules.push_back(open_module(tree.counterpart(module.path), console, console.directory));
  }
  return view_of_modules(modules, project.config);
}

Json json_of(const std::vector<NodeDifference>& nodes) {
  Json list = Json::array();
  for (const NodeDifference& node : nodes) {
    Json item = {{"name", node.name}};
    if (!node.owners.empty()) item["owners"] = node.owners;
    if (!node.reasons.empty()) item["reasons"] = node.reasons;
    list.push_back(std::move(item));
  }
  return list;
}

void print_json(const ViewDifference& difference, const Console& console) {
  const Json json = {{"added", json_of(difference.added)},
                     {"removed", json_of(difference.removed)},
                     {"changed", json_of(difference.changed)},
                     {"affected", json_of(difference.affected)}};
  console.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_nodes(const std::vector<NodeDifference>& nodes, std::string_view sign, Ink color,
                 const Console& console) {
  for (const NodeDifference& node : nodes) {
    std::string line = fmt::format("{} {}", sign, printable(node.name));
    console.out << console.ink(color, line);
    if (!node.reasons.empty()) {
      console.out << ": " << printable(fmt::format("{}", fmt::join(node.reasons, ", ")));
    }
    if (!node.owners.empty()) {
      console.out << console.ink(
          Ink::kDim, printable(fmt::format("  (owner {})", fmt::join(node.owners, ", "))));
    }
    console.out << '\n';
  }
}

void print_text(const ViewDifference& difference, const Console& console) {
  print_nodes(difference.added, "+", Ink::kGreen, console);
  print_nodes(difference.removed, "-", Ink::kRed, console);
  print_nodes(difference.changed, "*", Ink::kYellow, console);
  print_nodes(difference.affected, "~", Ink::kCyan, console);
  if (difference.empty() && difference.affected.empty()) return;
  console.out << fmt::format("{} added, {} removed, {} changed, {} affected\n",
                             difference.added.size(), difference.removed.size(),
                             difference.changed.size(), difference.affected.size());
  std::set<std::string> owners;
  for (const auto* nodes :
       {&difference.added, &difference.removed, &difference.changed, &difference.affected}) {
    for (const NodeDifference& node : *nodes) owners.insert(node.owners.begin(), node.owners.end());
  }
  if (!owners.empty()) {
    console.out << "owners: " << printable(fmt::format("{}", fmt::join(owners, ", "))) << '\n';
  }
}

int run(const Arguments& arguments, const Console& console) {
  const auto& sides = arguments.operands();
  const bool is_git = arguments.has("git");
  const size_t wanted = is_git ? 0 : 1;
  if (sides.size() < wanted || (is_git && sides.size() > 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                is_git
                    ? "with --git, `weft diff` takes at most one other side"
                    : "`weft diff` needs what to compare with: a module, a saved graph or --git");
  }
  // Without the later side it is the project as it is.
  const bool needs_modules = is_git || sides.size() == 1;
  const Project project = open_project(arguments, console, needs_modules);
  const GraphView before = is_git ? view_of_revision(arguments, console, project)
                                  : view_named(sides[0], project.config, console);
  const GraphView after = sides.size() > wanted ? view_named(sides[wanted], project.config, console)
                                                : view_of_modules(project.modules, project.config);
  const ViewDifference found = difference(before, after);
  if (arguments.has("json")) {
    print_json(found, console);
  } else {
    print_text(found, console);
  }
  return arguments.has("exit-code") && !(found.empty() && found.affected.empty()) ? 1 : 0;
}

}  // namespace

Verb diff_verb() {
  Verb verb;
  verb.name = "diff";
  verb.summary = "compare two graphs";
  verb.description =
      "Compares two graphs: + added, - removed, * changed itself, ~ unchanged itself but made of "
      "something that changed; with the owners (tag `owner`) of each. A side is a module, or a "
      "graph that `weft graph -o FILE.json` saved. Without B, the modules of the project are it.";
  verb.operands = {{.name = "A",
                    .help = "the earlier side; with --git there is none",
                    .count_max = 1,
                    .hint = Hint::kFile},
                   {.name = "B",
                    .help = "the later side; else the project's modules",
                    .count_max = 1,
                    .hint = Hint::kFile}};
  verb.flags =
      std::vector<Flag>{
          {.name = "git",
           .value = "REF",
           .help = "the earlier side is this revision, built in a temporary worktree"},
          {.name = "build",
           .value = "COMMAND",
           .help =
               "with --git: builds the modules there, which those of Python do not need; run by "
               "the shell in the folder that corresponds to this one"},
          {.name = "exit-code", .help = "exit with 1 if there are differences"},
          json_flag()} +
      project_flags();
  verb.examples = {
      {"weft diff before.json -m survey.so", "since a graph was saved"},
      {"weft diff old/survey.so new/survey.so --exit-code", "two builds"},
      {"weft diff --git main -m build/survey.so --build 'cmake -B build && cmake --build build'",
       "what a branch changes"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
