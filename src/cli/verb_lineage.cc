// weft lineage: what a node is made of, and what is made of it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/project.h"
#include "cli/verbs.h"
#include "graph/graph_view.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kDepthShown = 40;

enum class Direction : uint8_t { kUpstream, kDownstream };

std::vector<size_t> neighbours(const Graph& graph, size_t i, Direction direction) {
  std::vector<size_t> found;
  if (direction == Direction::kDownstream) {
    const auto consumers = graph.consumers(i);
    found.assign(consumers.begin(), consumers.end());
    return found;
  }
  for (const Edge& edge : graph.node(i).edges) {
    const bool is_new = std::ranges::find(found, edge.source) == found.end();
    if (edge.source != Edge::kNone && is_new) found.push_back(edge.source);
  }
  return found;
}

std::string tags_text(const Node& node) {
  std::vector<std::string> tags;
  for (const auto& [key, values] : own_tags(node)) {
    tags.push_back(fmt::format("{}={}", key, fmt::join(values, ",")));
  }
  return tags.empty() ? "" : fmt::format("  [{}]", fmt::join(tags, " "));
}

void print_node(const Graph& graph, size_t i, const Console& console) {
  const Node& node = graph.node(i);
  console.out << printable(node.name)
              << console.ink(Ink::kDim, fmt::format("  {} {}{}", type_text(node), node_kind(node),
                                                    printable(tags_text(node))));
}

// Each node's own tree is printed once; where it comes again it says so. The stack is ours, since a
// chain may be as long as memory allows.
void print_tree(const Graph& graph, size_t root, Direction direction, size_t depth_max,
                const Console& console) {
  struct Frame {
    size_t node;
    std::string prefix;
    size_t depth;
    bool last;
  };
  std::vector<Frame> stack = {{root, "", 0, true}};
  std::set<size_t> printed;
  while (!stack.empty()) {
    const Frame frame = std::move(stack.back());
    stack.pop_back();
    if (frame.depth > 0) console.out << frame.prefix << (frame.last ? "└── " : "├── ");
    print_node(graph, frame.node, console);
    const std::vector<size_t> children = neighbours(graph, frame.node, direction);
    const bool again = !printed.insert(frame.node).second && !children.empty();
    const bool is_cut = frame.depth >= depth_max && !children.empty();
    if (again) console.out << console.ink(Ink::kDim, "  (see above)");
    if (is_cut && !again) console.out << console.ink(Ink::kDim, "  (more: --depth)");
    console.out << '\n';
    if (again || is_cut) continue;
    const std::string prefix =
        frame.depth == 0 ? "" : frame.prefix + (frame.last ? "    " : "│   ");
    for (size_t c = children.size(); c-- > 0;) {
      stack.push_back({children[c], prefix, frame.depth + 1, c + 1 == children.size()});
    }
  }
}

void keep_tagged(const Graph& graph, const Arguments& arguments, std::vector<size_t>& nodes) {
  for (const std::string& tag : arguments.all("tag")) {
    std::erase_if(nodes, [&](size_t i) { return !has_tag(graph.node(i), tag); });
  }
}

void print_json(const Graph& graph, size_t of, const std::vector<size_t>& nodes,
                const Console& console) {
  Json json = {{"node", graph.node(of).name}, {"nodes", Json::array()}, {"edges", Json::array()}};
  const std::set<size_t> among(nodes.begin(), nodes.end());
  for (const size_t i : nodes) {
    const Node& node = graph.node(i);
    Json item = {{"name", node.name}, {"type", type_text(node)}, {"kind", node_kind(node)}};
    if (const Tags tags = own_tags(node); !tags.empty()) item["tags"] = tags;
    json["nodes"].push_back(std::move(item));
    for (const Edge& edge : node.edges) {
      if (edge.source == Edge::kNone || !among.contains(edge.source)) continue;
      json["edges"].push_back({{"from", graph.node(edge.source).name},
                               {"to", node.name},
                               {"parameter", edge.parameter}});
    }
  }
  console.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

// What no longer works without the node, by who owns it.
void print_impact(const Graph& graph, size_t of, const std::vector<size_t>& nodes,
                  const Console& console) {
  std::map<std::string, std::vector<std::string>> by_owner;
  std::vector<std::string> last;
  for (const size_t i : nodes) {
    if (i == of) continue;
    const Node& node = graph.node(i);
    const auto owner = node.tags.find("owner");
    const std::string whose =
        owner == node.tags.end() ? "(no owner)" : fmt::format("{}", fmt::join(owner->second, ", "));
    by_owner[whose].push_back(printable(node.name));
    if (graph.consumers(i).empty()) last.push_back(printable(node.name));
  }
  const size_t count = nodes.size() - std::min<size_t>(nodes.size(), 1);
  console.out << fmt::format("{} node{} need{} {}\n", count, count == 1 ? "" : "s",
                             count == 1 ? "s" : "", printable(graph.node(of).name));
  for (const auto& [owner, names] : by_owner) {
    console.out << "  " << console.ink(Ink::kBold, printable(owner)) << ": "
                << fmt::format("{}\n", fmt::join(names, ", "));
  }
  if (!last.empty()) console.out << fmt::format("nobody reads: {}\n", fmt::join(last, ", "));
}

std::vector<size_t> path_between(const Graph& graph, size_t a, size_t b) {
  std::vector<size_t> path = graph.between(a, b);
  if (path.empty()) path = graph.between(b, a);
  if (!path.empty()) return path;
  throw Error(ErrorCode::kNotFound, fmt::format("neither of '{}' and '{}' is made of the other",
                                                graph.node(a).name, graph.node(b).name));
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console);
  const Graph graph = Graph::resolve(project.modules, project.config);
  const size_t i = graph.at(arguments.operands()[0]);
  const bool is_impact = arguments.has("impact");
  const bool is_path = arguments.has("to");
  const bool is_down = arguments.has("downstream") || is_impact;
  if (is_down && arguments.has("upstream")) {
    throw Error(ErrorCode::kInvalidArgument,
                "--upstream goes with neither --downstream nor --impact");
  }
  std::vector<size_t> nodes = is_path   ? path_between(graph, i, graph.at(*arguments.text("to")))
                              : is_down ? graph.downstream(i)
                                        : graph.upstream(i);
  keep_tagged(graph, arguments, nodes);
  if (arguments.has("json")) {
    print_json(graph, i, nodes, console);
  } else if (is_impact) {
    print_impact(graph, i, nodes, console);
  } else if (is_path || arguments.has("tag")) {
    for (const size_t each : nodes) {
      print_node(graph, each, console);
      console.out << '\n';
    }
  } else {
    const int64_t depth = arguments.number("depth").value_or(kDepthShown);
    print_tree(graph, i, is_down ? Direction::kDownstream : Direction::kUpstream,
               static_cast<size_t>(depth), console);
  }
  return 0;
}

}  // namespace

Verb lineage_verb() {
  Verb verb;
  verb.name = "lineage";
  verb.summary = "show what a node is made of, or what is made of it";
  verb.description =
      "Shows where a value comes from, or where it goes, as a tree; with --to or --tag as a list "
      "in topological order, with --json as nodes and edges. A tree that comes again is printed "
      "once.";
  verb.operands = {{.name = "NODE", .count_min = 1, .count_max = 1, .hint = Hint::kNode}};
  verb.flags =
      std::vector<Flag>{
          {.name = "upstream", .help = "what the node is made of (unless told otherwise)"},
          {.name = "downstream", .help = "what is made of the node"},
          {.name = "to",
           .value = "NODE",
           .help = "only what lies between the two, in either direction",
           .hint = Hint::kNode},
          {.name = "impact", .help = "what would be lost without the node, by tag `owner`"},
          {.name = "tag",
           .value = "KEY[=VALUE]",
           .help = "only nodes with this tag, as a list",
           .repeats = true},
          {.name = "depth", .value = "N", .help = "levels of the tree: 40 unless given"},
          json_flag()} +
      project_flags();
  verb.examples = {{"weft lineage -m survey.so age_normalized", "what it is made of"},
                   {"weft lineage age --impact", "who has to be asked before age goes"},
                   {"weft lineage score --tag=pii", "the personal data in a score"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
