/// Layered drawing of a directed graph: which box goes where, left to right, and how edges bend.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weft {

struct LayoutSize {
  double width = 0;
  double height = 0;
};

struct LayoutEdge {
  size_t from = 0;
  size_t to = 0;
};

struct LayoutOptions {
  double layer_gap = 54;  ///< least free width between two layers
  double node_gap = 16;   ///< least free height between two boxes of a layer
  double aspect = 1.6;    ///< wanted width : height; bounds how high a layer may grow
};

struct LayoutBox {
  double x = 0;  ///< left
  double y = 0;  ///< top
  double width = 0;
  double height = 0;
  size_t layer = 0;
};

/// Where an edge crosses a layer between its ends: it runs level from `left` to `right`.
struct LayoutBend {
  double left = 0;
  double right = 0;
  double y = 0;
};

/// The edges that leave one node share one trunk of bends, one bend a layer, and leave it where
/// they must: `edge_bends[e]` is how many bends of its source's trunk edge e follows.
struct Layout {
  std::vector<LayoutBox> boxes = {};     ///< [nodes]
  std::vector<LayoutBend> bends = {};    ///< all trunks, node after node
  std::vector<size_t> trunk_begin = {};  ///< [nodes + 1] into `bends`
  std::vector<size_t> edge_bends = {};   ///< [edges]
  double width = 0;
  double height = 0;

  std::span<const LayoutBend> trunk(size_t node) const {
    return std::span(bends).subspan(trunk_begin[node], trunk_begin[node + 1] - trunk_begin[node]);
  }
};

/// Sugiyama's method: layers by critical path under a bound of their height, then shortened; order
/// by barycenters, keeping the one with fewest crossings; heights by isotonic regression, which
/// moves boxes as little as a layer's order and gaps allow.
///
/// Every edge leads to a later layer, save those that close a cycle. Equal input gives equal
/// output. Cost: O(n + e) memory, O((n + e) log n) time; long trunks beyond that memory are left
/// unbent. Requires: every edge's ends are below sizes.size().
Layout layered_layout(std::span<const LayoutSize> sizes, std::span<const LayoutEdge> edges,
                      const LayoutOptions& options);

}  // namespace weft
