/// Where everything of a GraphView goes on a picture: boxes, module frames and the curves of edges.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "graph/view.h"

namespace weft {

struct ScenePoint {
  double x = 0;
  double y = 0;
};

struct SceneNode {
  double x = 0;  ///< left
  double y = 0;  ///< top
  double width = 0;
  double height = 0;
  std::string name = {};  ///< shortened to fit
  std::string type = {};  ///< shortened to fit
  size_t layer = 0;       ///< within the picture, or within its frame if there is one
};

/// The box around a module, where modules are drawn apart.
struct SceneFrame {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  double title = 0;  ///< height of the strip at its top that bears its name
  size_t module = 0;
};

/// A curve: points in pairs; it runs straight from an even point to the next, and in an S from an
/// odd one to the next. The first and the last point stand alone, so a plain S has two points.
using SceneCurve = std::vector<ScenePoint>;

/// The part that all edges of one node share; empty where they share none.
struct SceneTrunk {
  size_t node = 0;
  SceneCurve curve = {};
};

struct Scene {
  std::vector<SceneNode> nodes = {};
  std::vector<SceneFrame> frames = {};
  std::vector<SceneTrunk> trunks = {};
  std::vector<SceneCurve> edges = {};  ///< [edges of the view]: from where it leaves its trunk
  double width = 0;
  double height = 0;
};

inline constexpr size_t kFramedNodesMin = 150;

/// Lays out the view: as one up to kFramedNodesMin nodes or if there is but one module; above, each
/// module in a frame of its own and the frames as the nodes of an outer graph.
Scene make_scene(const GraphView& view);

}  // namespace weft
