// weft graph: the graph as a picture, a page or a file to compare with.
#include <fmt/format.h>

#include "base/file.h"
#include "cli/project.h"
#include "cli/verbs.h"
#include "graph/export.h"
#include "graph/graph_view.h"

namespace weft::cli {
namespace {

const std::vector<std::string> kFormats = {"dot", "svg", "html", "json"};

std::string format_of(const Arguments& arguments, const std::string& path) {
  if (const auto format = arguments.text("format")) return *format;
  if (path == "-") return "dot";
  for (const std::string& format : kFormats) {
    if (path.ends_with("." + format)) return format;
  }
  if (path.ends_with(".gv")) return "dot";
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' does not say in which format: end it with .dot, .svg, .html or "
                          ".json, or give --format",
                          path));
}

std::string drawn(const GraphView& view, const std::string& format) {
  if (format == "svg") return to_svg(view);
  if (format == "html") return to_html(view);
  if (format == "json") return to_json(view);
  return to_dot(view);
}

std::string title_of(const std::vector<Module>& modules) {
  std::string title;
  for (const Module& module : modules) title += (title.empty() ? "" : ", ") + module.name;
  return title;
}

int run(const Arguments& arguments, const Console& console) {
  const std::string path = arguments.text("output").value_or("-");
  const std::string format = format_of(arguments, path);
  const Project project = open_project(arguments, console);
  const Graph graph = Graph::resolve(project.modules, project.config);
  std::vector<size_t> outputs;
  for (const std::string& name : arguments.operands()) outputs.push_back(graph.at(name));
  GraphView view = view_of(graph, outputs);
  view.title = arguments.text("title").value_or(title_of(project.modules));
  const std::string text = drawn(view, format);
  if (path == "-") {
    console.out << text;
  } else {
    write_file(path, text);
  }
  return 0;
}

}  // namespace

Verb graph_verb() {
  Verb verb;
  verb.name = "graph";
  verb.summary = "draw or save the graph";
  verb.description =
      "Draws the graph as Graphviz text, an SVG picture or one interactive HTML page, or saves it "
      "as JSON, which `weft diff` reads. Without OUTPUT all nodes are drawn, else what those need.";
  verb.operands = {
      {.name = "OUTPUT", .help = "a node; what it does not need is left out", .hint = Hint::kNode}};
  verb.flags = std::vector<Flag>{{.name = "output",
                                  .letter = 'o',
                                  .value = "FILE",
                                  .help = "where to; its ending says the format; - is stdout",
                                  .hint = Hint::kFile},
                                 {.name = "format",
                                  .value = "FORMAT",
                                  .help = "dot, svg, html or json; on stdout dot unless given",
                                  .choices = kFormats},
                                 {.name = "title", .value = "TEXT", .help = "above the drawing"}} +
               project_flags();
  verb.examples = {{"weft graph -m survey.so -o survey.html", "a page to explore"},
                   {"weft graph --format=svg age_normalized > age.svg", "what one feature needs"},
                   {"weft graph -o before.json", "to compare with later: weft diff before.json"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
