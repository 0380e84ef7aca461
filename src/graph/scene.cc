#include "graph/scene.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>
#include <utility>

#include "graph/layout.h"
#include "graph/markup.h"

namespace weft {
namespace {

// Widths of a column of text in the monospaced fonts the page asks for: 0.6 em, and some slack.
constexpr double kNameColumn = 7.4;  // bold 12 px
constexpr double kTypeColumn = 6.3;  // 10.5 px
constexpr double kBoxPadding = 15;
constexpr double kBoxHeight = 42;
constexpr double kBoxWidthMin = 84;
constexpr size_t kTextColumnsMax = 34;
constexpr double kFramePadding = 18;

// The strip for a module's name grows with the module, so that it can be read from as far away.
double title_height(const Layout& layout) {
  return std::clamp(0.07 * std::max(layout.width, layout.height), 28.0, 140.0);
}

SceneNode measured(const ViewNode& node) {
  SceneNode box;
  box.name = shortened(node.name, kTextColumnsMax);
  box.type = shortened(type_line(node), kTextColumnsMax);
  const double text = std::max(kNameColumn * static_cast<double>(display_width(box.name)),
                               kTypeColumn * static_cast<double>(display_width(box.type)));
  const double store = node.kind == "loader" || node.kind == "saver" ? 10 : 0;
  box.width = std::max(kBoxWidthMin, text + 2 * kBoxPadding + store);
  box.height = kBoxHeight;
  return box;
}

void place(SceneNode& node, const LayoutBox& box, double x, double y) {
  node.x = x + box.x;
  node.y = y + box.y;
  node.layer = box.layer;
}

ScenePoint right_of(const SceneNode& node) {
  return {node.x + node.width, node.y + node.height / 2};
}

// Appends the first `count` bends, moved by (x, y).
void follow(SceneCurve& curve, std::span<const LayoutBend> bends, size_t count, double x,
            double y) {
  for (const LayoutBend& bend : bends.first(count)) {
    curve.push_back({bend.left + x, bend.y + y});
    curve.push_back({bend.right + x, bend.y + y});
  }
}

// Ends the curves at their targets, which they enter one below another in the order they come from.
void enter_targets(const GraphView& view, Scene& scene) {
  std::vector<std::vector<size_t>> entering(view.nodes.size());
  for (size_t i = 0; i < view.edges.size(); ++i) entering[view.edges[i].to].push_back(i);
  for (size_t node = 0; node < entering.size(); ++node) {
    std::vector<size_t>& edges = entering[node];
    std::ranges::stable_sort(edges, {}, [&](size_t edge) { return scene.edges[edge].back().y; });
    const SceneNode& box = scene.nodes[node];
    const double count = static_cast<double>(edges.size());
    const double step = std::min(7.0, (box.height - 14) / count);
    for (size_t i = 0; i < edges.size(); ++i) {
      const double shift = (static_cast<double>(i) - (count - 1) / 2) * step;
      scene.edges[edges[i]].push_back({box.x, box.y + box.height / 2 + shift});
    }
  }
}

// Starts the edges `members` of a layout whose node `local[n]` is the view's node n.
void start_edges(const GraphView& view, const Layout& layout, std::span<const size_t> members,
                 std::span<const size_t> local, double x, double y, Scene& scene) {
  std::set<size_t> drawn;
  for (size_t i = 0; i < members.size(); ++i) {
    const size_t from = view.edges[members[i]].from;
    const auto trunk = layout.trunk(local[from]);
    SceneCurve& curve = scene.edges[members[i]];
    const size_t bends = layout.edge_bends[i];
    if (bends == 0) {
      curve.push_back(right_of(scene.nodes[from]));
    } else {
      curve.push_back({trunk[bends - 1].right + x, trunk[bends - 1].y + y});
    }
    if (!trunk.empty() && drawn.insert(from).second) {
      SceneTrunk& shared = scene.trunks.emplace_back(SceneTrunk{from, {}});
      shared.curve.push_back(right_of(scene.nodes[from]));
      follow(shared.curve, trunk, trunk.size(), x, y);
    }
  }
}

Scene flat_scene(const GraphView& view) {
  Scene scene;
  std::vector<LayoutSize> sizes;
  for (const ViewNode& node : view.nodes) {
    scene.nodes.push_back(measured(node));
    sizes.push_back({scene.nodes.back().width, scene.nodes.back().height});
  }
  std::vector<LayoutEdge> edges;
  for (const ViewEdge& edge : view.edges) edges.push_back({edge.from, edge.to});
  const Layout layout = layered_layout(sizes, edges, {});
  for (size_t i = 0; i < scene.nodes.size(); ++i) place(scene.nodes[i], layout.boxes[i], 0, 0);
  scene.edges.resize(edges.size());
  std::vector<size_t> all(std::max(edges.size(), scene.nodes.size()));
  std::iota(all.begin(), all.end(), size_t{0});
  start_edges(view, layout, std::span(all).first(edges.size()), all, 0, 0, scene);
  enter_targets(view, scene);
  scene.width = layout.width;
  scene.height = layout.height;
  return scene;
}

// One module laid out by itself.
struct Group {
  std::vector<size_t> nodes = {};
  std::vector<size_t> edges = {};  // inside
  Layout layout = {};
};

std::vector<Group> laid_out_groups(const GraphView& view, const Modules& modules,
                                   const std::vector<SceneNode>& boxes,
                                   std::vector<size_t>& local) {
  std::vector<Group> groups(modules.names.size());
  for (size_t node = 0; node < view.nodes.size(); ++node) {
    Group& group = groups[modules.of_node[node]];
    local[node] = group.nodes.size();
    group.nodes.push_back(node);
  }
  for (size_t i = 0; i < view.edges.size(); ++i) {
    const size_t module = modules.of_node[view.edges[i].from];
    if (module == modules.of_node[view.edges[i].to]) groups[module].edges.push_back(i);
  }
  for (Group& group : groups) {
    std::vector<LayoutSize> sizes;
    std::vector<LayoutEdge> edges;
    for (const size_t node : group.nodes) sizes.push_back({boxes[node].width, boxes[node].height});
    for (const size_t edge : group.edges) {
      edges.push_back({local[view.edges[edge].from], local[view.edges[edge].to]});
    }
    group.layout = layered_layout(sizes, edges, {});
  }
  return groups;
}

Scene framed_scene(const GraphView& view, const Modules& modules) {
  Scene scene;
  for (const ViewNode& node : view.nodes) scene.nodes.push_back(measured(node));
  std::vector<size_t> local(view.nodes.size());
  const std::vector<Group> groups = laid_out_groups(view, modules, scene.nodes, local);

  std::vector<LayoutSize> sizes;
  for (const Group& group : groups) {
    sizes.push_back({group.layout.width + 2 * kFramePadding,
                     group.layout.height + 2 * kFramePadding + title_height(group.layout)});
  }
  std::set<std::pair<size_t, size_t>> between;
  for (const ViewEdge& edge : view.edges) {
    const std::pair ends(modules.of_node[edge.from], modules.of_node[edge.to]);
    if (ends.first != ends.second) between.insert(ends);
  }
  std::vector<LayoutEdge> edges;
  for (const auto& [from, to] : between) edges.push_back({from, to});
  const Layout outer = layered_layout(sizes, edges, {.layer_gap = 90, .node_gap = 40});

  scene.edges.resize(view.edges.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const LayoutBox& frame = outer.boxes[i];
    const double title = title_height(groups[i].layout);
    scene.frames.push_back({frame.x, frame.y, frame.width, frame.height, title, i});
    const double x = frame.x + kFramePadding;
    const double y = frame.y + kFramePadding + title;
    for (size_t k = 0; k < groups[i].nodes.size(); ++k) {
      place(scene.nodes[groups[i].nodes[k]], groups[i].layout.boxes[k], x, y);
    }
    start_edges(view, groups[i].layout, groups[i].edges, local, x, y, scene);
  }
  for (size_t i = 0; i < view.edges.size(); ++i) {
    if (!scene.edges[i].empty()) continue;
    const std::pair ends(modules.of_node[view.edges[i].from], modules.of_node[view.edges[i].to]);
    const auto between_at = static_cast<size_t>(std::distance(between.begin(), between.find(ends)));
    scene.edges[i].push_back(right_of(scene.nodes[view.edges[i].from]));
    follow(scene.edges[i], outer.trunk(ends.first), outer.edge_bends[between_at], 0, 0);
  }
  enter_targets(view, scene);
  scene.width = outer.width;
  scene.height = outer.height;
  return scene;
}

}  // namespace

Scene make_scene(const GraphView& view) {
  require_edges_inside(view);
  const Modules modules = modules_of(view);
  if (view.nodes.size() <= kFramedNodesMin || modules.names.size() < 2) return flat_scene(view);
  return framed_scene(view, modules);
}

}  // namespace weft
