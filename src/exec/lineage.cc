#include "weft/lineage.h"

#include <fmt/format.h>

#include "base/file.h"
#include "graph/export.h"
#include "graph/graph_view.h"

namespace weft {
namespace {

// The time of a step is that of all its nodes together, as they ran in one pass.
void add_costs(GraphView& view, const Result& measured) {
  std::map<std::string, size_t, std::less<>> index;
  for (size_t i = 0; i < view.nodes.size(); ++i) index[view.nodes[i].name] = i;
  for (const StepReport& step : measured.steps()) {
    for (const auto& name : step.nodes) {
      const auto it = index.find(name);
      if (it == index.end()) continue;
      auto& facts = view.nodes[it->second].facts;
      facts["rows"] = std::to_string(step.rows);
      facts["ran in"] = fmt::format("{} with {} nodes, {:.3f} ms", step.name, step.nodes.size(),
                                    step.seconds * 1e3);
    }
  }
}

}  // namespace

void write_lineage(const Graph& graph, const std::string& path, const LineageOptions& options) {
  std::vector<size_t> outputs;
  const auto& names =
      options.outputs.empty() && options.measured ? options.measured->names() : options.outputs;
  for (const auto& name : names) outputs.push_back(graph.at(name));
  GraphView view = view_of(graph, outputs);
  view.title = options.title;
  if (options.measured) add_costs(view, *options.measured);
  std::string text;
  if (path.ends_with(".html")) {
    text = to_html(view);
  } else if (path.ends_with(".svg")) {
    text = to_svg(view);
  } else if (path.ends_with(".dot")) {
    text = to_dot(view);
  } else if (path.ends_with(".json")) {
    text = to_json(view);
  } else {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: expected a file ending in .html, .svg, .dot or .json", path));
  }
  write_file(path, text);
}

}  // namespace weft
