// A picture that stands alone: geometry from make_scene, colours and shapes from here. The page
// draws the same shapes and colours (page/paint.js).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "graph/export.h"
#include "graph/markup.h"
#include "graph/scene.h"

namespace weft {
namespace {

struct Tint {
  std::string_view fill;
  std::string_view line;
};

constexpr Tint kNoModule = {"#f1f5f9", "#64748b"};
constexpr std::array<Tint, 12> kTints = {{
    {"#dbeafe", "#2563eb"},
    {"#dcfce7", "#15803d"},
    {"#fef3c7", "#b45309"},
    {"#ede9fe", "#6d28d9"},
    {"#ffe4e6", "#be123c"},
    {"#cffafe", "#0e7490"},
    {"#ffedd5", "#c2410c"},
    {"#ecfccb", "#4d7c0f"},
    {"#fce7f3", "#be185d"},
    {"#ccfbf1", "#0f766e"},
    {"#e0e7ff", "#4338ca"},
    {"#e7e5e4", "#57534e"},
}};

constexpr double kMargin = 24;
constexpr double kTitle = 36;
constexpr double kLegendRow = 22;
constexpr size_t kLegendModulesMax = 24;

constexpr std::string_view kStyle =
    "text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans "
    "Mono\",monospace;fill:#0f172a}"
    ".name{font-size:12px;font-weight:600}.type{font-size:10.5px;fill:#475569}"
    ".title{font-size:18px;font-weight:600}.frame{font-weight:600}"
    ".legend{font-size:11px}.edge{fill:none;stroke:#94a3b8;stroke-width:1.2}"
    ".optional{stroke-dasharray:5 4}";

Tint tint_of(const Modules& modules, size_t module) {
  if (modules.names[module].empty()) return kNoModule;
  return kTints[module % kTints.size()];
}

struct Rect {
  double x, y, width, height;
};

bool is_store(std::string_view kind) { return kind == "loader" || kind == "saver"; }

// The outline of a kind, as an SVG element without its attributes of colour.
std::string outline(std::string_view kind, const Rect& r) {
  const double right = r.x + r.width;
  const double bottom = r.y + r.height;
  const double middle = r.y + r.height / 2;
  const double cut = std::min(9.0, r.height / 3);
  if (kind == "input") {
    return fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}Z\"", r.x,
                       r.y, right - cut, right, middle, right - cut, bottom, r.x);
  }
  if (kind == "config") {
    return fmt::format(
        "<path d=\"M{:.1f} {:.1f}H{:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}L{:.1f} {:.1f}Z\"",
        r.x + cut, r.y, right - cut, right, middle, right - cut, bottom, r.x + cut, r.x, middle);
  }
  if (kind == "check") {
    return fmt::format(
        "<path d=\"M{:.1f} {:.1f}H{:.1f}L{:.1f} {:.1f}V{:.1f}L{:.1f} {:.1f}H{:.1f}L{:.1f} "
        "{:.1f}V{:.1f}Z\"",
        r.x + cut, r.y, right - cut, right, r.y + cut, bottom - cut, right - cut, bottom, r.x + cut,
        r.x, bottom - cut, r.y + cut);
  }
  if (is_store(kind)) {
    const double round = std::min(7.0, cut);
    return fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}A{2:.1f} {3:.1f} 0 0 0 {0:.1f} {4:.1f}H{5:.1f}A{2:.1f} {3:.1f} "
        "0 0 0 "
        "{5:.1f} {1:.1f}ZM{5:.1f} {1:.1f}A{2:.1f} {3:.1f} 0 0 0 {5:.1f} {4:.1f}\"",
        r.x + round, r.y, round, r.height / 2, bottom, right - round);
  }
  const double radius = kind == "scalar" ? r.height / 2 : kind == "object" ? 0 : std::min(6.0, cut);
  return fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"{:.1f}\"", r.x, r.y,
      r.width, r.height, radius);
}

std::string tooltip(const ViewNode& node) {
  std::string text = node.name;
  if (!node.type.empty()) text += ": " + node.type;
  if (!node.kind.empty()) text += " (" + node.kind + ")";
  if (!node.module.empty()) text += "\nmodule " + node.module;
  if (!node.doc.empty()) text += "\n\n" + node.doc;
  for (const auto& [key, values] : node.tags) {
    text += "\n" + key + ": ";
    for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + values[i];
  }
  return text;
}

void put_node(const ViewNode& node, const SceneNode& box, const Tint& tint, std::string& svg) {
  svg += "<g><title>" + escape_markup(tooltip(node)) + "</title>";
  svg += outline(node.kind, {box.x, box.y, box.width, box.height});
  svg += fmt::format(" fill=\"{}\" stroke=\"{}\" stroke-width=\"{}\"{}/>", tint.fill, tint.line,
                     node.output ? "2.6" : "1.2",
                     node.kind == "config" ? " stroke-dasharray=\"4 3\"" : "");
  const double x = box.x + box.width / 2 - (is_store(node.kind) ? 5 : 0);
  const double y = box.y + box.height / 2;
  svg +=
      fmt::format("<text class=\"name\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                  x, box.type.empty() ? y + 4 : y - 3, escape_markup(box.name));
  if (!box.type.empty()) {
    svg += fmt::format(
        "<text class=\"type\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x,
        y + 13, escape_markup(box.type));
  }
  svg += "</g>\n";
}

void put_curve(const SceneCurve& curve, std::string_view attributes, std::string& svg) {
  svg +=
      fmt::format("<path class=\"edge{}\" d=\"M{:.1f} {:.1f}", attributes, curve[0].x, curve[0].y);
  for (size_t i = 1; i < curve.size(); ++i) {
    const ScenePoint& to = curve[i];
    if (i % 2 == 0) {
      svg += fmt::format("H{:.1f}", to.x);
      continue;
    }
    const double middle = (curve[i - 1].x + to.x) / 2;
    // Backwards, which only an edge of a cycle runs, the S needs room on both sides.
    const double reach = to.x < curve[i - 1].x ? 60 : 0;
    svg += fmt::format("C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}",
                       reach > 0 ? curve[i - 1].x + reach : middle, curve[i - 1].y,
                       reach > 0 ? to.x - reach : middle, to.y, to.x, to.y);
  }
  svg += "\"";
}

void put_edges(const GraphView& view, const Scene& scene, std::string& svg) {
  for (const SceneTrunk& trunk : scene.trunks) {
    put_curve(trunk.curve, "", svg);
    svg += "/>\n";
  }
  for (size_t i = 0; i < view.edges.size(); ++i) {
    put_curve(scene.edges[i], view.edges[i].optional ? " optional" : "", svg);
    svg += " marker-end=\"url(#arrow)\"/>\n";
  }
}

void put_frame(const SceneFrame& frame, const Modules& modules, std::string& svg) {
  const Tint tint = tint_of(modules, frame.module);
  svg += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"10\" fill=\"{}\" "
      "fill-opacity=\"0.35\" stroke=\"{}\" stroke-opacity=\"0.6\"/>",
      frame.x, frame.y, frame.width, frame.height, tint.fill, tint.line);
  const std::string& name = modules.names[frame.module];
  const std::string title = name.empty() ? "(no module)" : shortened(name, 48);
  const double room = (frame.width - 36) / (0.65 * static_cast<double>(display_width(title)));
  svg += fmt::format(
      "<text class=\"frame\" font-size=\"{:.0f}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
      std::max(9.0, std::min(0.55 * frame.title, room)), frame.x + 18,
      frame.y + 0.75 * frame.title + 4, escape_markup(title));
}

struct LegendEntry {
  std::string text;
  std::string kind;  // empty: a module
  Tint tint;
};

std::vector<LegendEntry> legend_of(const GraphView& view, const Modules& modules) {
  std::vector<LegendEntry> entries;
  for (const std::string_view kind :
       {"input", "config", "loader", "row", "column", "scalar", "object", "check", "saver"}) {
    const bool used =
        std::ranges::any_of(view.nodes, [&](const ViewNode& node) { return node.kind == kind; });
    if (used) entries.push_back({std::string(kind), std::string(kind), {"#ffffff", "#475569"}});
  }
  for (size_t i = 0; i < modules.names.size(); ++i) {
    if (modules.names[i].empty()) continue;
    if (i >= kLegendModulesMax) {
      entries.push_back({fmt::format("and {} modules more", modules.names.size() - i),
                         "",
                         {"#ffffff", "#ffffff"}});
      break;
    }
    entries.push_back({shortened(modules.names[i], 30), "", tint_of(modules, i)});
  }
  return entries;
}

// Rows of entries from (0, y) on, broken at `width`; returns the height they take.
double put_legend(const std::vector<LegendEntry>& entries, double y, double width,
                  std::string& svg) {
  double x = 0;
  double row = 0;
  for (const LegendEntry& entry : entries) {
    const double taken = 34 + 7 * static_cast<double>(display_width(entry.text)) + 20;
    if (x > 0 && x + taken > width) {
      x = 0;
      row += kLegendRow;
    }
    svg += outline(entry.kind, {x, y + row, 26, 14});
    svg += fmt::format(" fill=\"{}\" stroke=\"{}\"/>", entry.tint.fill, entry.tint.line);
    svg += fmt::format("<text class=\"legend\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 34,
                       y + row + 11, escape_markup(entry.text));
    x += taken;
  }
  return entries.empty() ? 0 : row + kLegendRow;
}

}  // namespace

std::string to_svg(const GraphView& view) {
  const Scene scene = make_scene(view);
  const Modules modules = modules_of(view);
  const std::string title = view.title.empty() ? "graph" : view.title;
  const double width =
      std::max({scene.width, 360.0, 11 * static_cast<double>(display_width(title))});

  std::string body;
  for (const SceneFrame& frame : scene.frames) put_frame(frame, modules, body);
  put_edges(view, scene, body);
  for (size_t i = 0; i < view.nodes.size(); ++i) {
    put_node(view.nodes[i], scene.nodes[i], tint_of(modules, modules.of_node[i]), body);
  }
  const double legend = put_legend(legend_of(view, modules), scene.height + 28, width, body);

  const double whole_width = width + 2 * kMargin;
  const double whole_height = scene.height + 28 + legend + kTitle + 2 * kMargin;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 "
      "0 "
      "{0:.0f} {1:.0f}\" role=\"img\" "
      "aria-label=\"{2}\">\n<title>{2}</title>\n<style>{3}</style>\n",
      whole_width, whole_height, escape_markup(title), kStyle);
  svg +=
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0.8L8 4L0 7.2Z\" "
      "fill=\"#94a3b8\"/></marker></defs>\n";
  svg += fmt::format("<rect width=\"{:.0f}\" height=\"{:.0f}\" fill=\"#ffffff\"/>\n", whole_width,
                     whole_height);
  svg += fmt::format("<text class=\"title\" x=\"{0:.0f}\" y=\"{1:.0f}\">{2}</text>\n", kMargin,
                     kMargin + 16, escape_markup(title));
  svg += fmt::format("<g transform=\"translate({:.0f} {:.0f})\">\n", kMargin, kMargin + kTitle);
  return svg + body + "</g>\n</svg>\n";
}

}  // namespace weft
