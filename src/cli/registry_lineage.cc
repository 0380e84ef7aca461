// weft registry lineage: from the columns of sources to models, in one graph.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/registry_actions.h"
#include "registry/lineage.h"
#include "registry/records.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using Next = const std::set<size_t>& (StoreLineage::*)(size_t) const;

// Each node's own tree is printed once; where it comes again it says so.
void print_tree(const StoreLineage& lineage, size_t root, Next next, const Console& console) {
  struct Frame {
    size_t node;
    std::string prefix;
    bool last;
  };
  std::vector<Frame> stack;
  std::set<size_t> printed;
  const auto push = [&](size_t of, const std::string& prefix) {
    const std::set<size_t>& children = (lineage.*next)(of);
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      stack.push_back({*child, prefix, child == children.rbegin()});
    }
  };
  push(root, "");
  while (!stack.empty()) {
    const Frame frame = std::move(stack.back());
    stack.pop_back();
    const bool again = !printed.insert(frame.node).second && !(lineage.*next)(frame.node).empty();
    console.out << frame.prefix << (frame.last ? "└── " : "├── ")
                << printable(to_string(lineage.nodes()[frame.node]))
                << (again ? console.ink(Ink::kDim, "  (see above)") : "") << '\n';
    if (!again) push(frame.node, frame.prefix + (frame.last ? "    " : "│   "));
  }
}

void print_text(const StoreLineage& lineage, size_t node, const Arguments& arguments,
                const Console& console) {
  console.out << console.ink(Ink::kBold, printable(to_string(lineage.nodes()[node]))) << '\n';
  const bool up = arguments.has("upstream") || !arguments.has("downstream");
  const bool down = arguments.has("downstream") || !arguments.has("upstream");
  if (up && !lineage.sources(node).empty()) {
    console.out << "made of\n";
    print_tree(lineage, node, &StoreLineage::sources, console);
  }
  if (down && !lineage.consumers(node).empty()) {
    console.out << "goes into\n";
    print_tree(lineage, node, &StoreLineage::consumers, console);
  }
}

Json id_of(const LineageNode& node) {
  return to_string(LineageNode{node.kind, node.name, "", node.computed_in});
}

Json json_of(const StoreLineage& lineage, const std::vector<size_t>& roots,
             const Arguments& arguments) {
  std::set<size_t> among(roots.begin(), roots.end());
  Json of = Json::array();
  for (const size_t root : roots) {
    of.push_back(id_of(lineage.nodes()[root]));
    if (arguments.has("upstream") || !arguments.has("downstream")) {
      for (const size_t each : lineage.upstream(root)) among.insert(each);
    }
    if (arguments.has("downstream") || !arguments.has("upstream")) {
      for (const size_t each : lineage.downstream(root)) among.insert(each);
    }
  }
  Json nodes = Json::array();
  Json edges = Json::array();
  for (const size_t i : among) {
    const LineageNode& node = lineage.nodes()[i];
    nodes.push_back({{"id", id_of(node)},
                     {"kind", lineage_kind_name(node.kind)},
                     {"name", node.name},
                     {"computed_in", node.computed_in},
                     {"owner", node.owner}});
    for (const size_t to : lineage.consumers(i)) {
      if (!among.contains(to)) continue;
      edges.push_back({{"from", id_of(node)}, {"to", id_of(lineage.nodes()[to])}});
    }
  }
  return {{"of", of}, {"nodes", nodes}, {"edges", edges}};
}

}  // namespace

int registry_lineage(const Arguments& arguments, const Project& project, Registry& registry,
                     const Console& console) {
  if (arguments.operands().size() < 2) {
    throw Error(ErrorCode::kInvalidArgument,
                "`weft registry lineage` needs a name: of a source, column (source.column), "
                "feature, view, service, dataset or model");
  }
  const Driver driver(project.modules, project.config);
  StoreLineage lineage;
  lineage.add(registry.read(project.name, arguments.number("version")), &driver.graph());
  lineage.add(saved_datasets(registry, project.name));
  lineage.add(models(registry, project.name));
  const std::vector<size_t> found = lineage.at(arguments.operands()[1]);
  if (arguments.has("json")) {
    const Json json = json_of(lineage, found, arguments);
    console.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return 0;
  }
  for (const size_t node : found) print_text(lineage, node, arguments, console);
  return 0;
}

}  // namespace weft::cli
