#include "graph/layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <queue>
#include <utility>

#include "weft/error.h"

namespace weft {
namespace {

// Neighbours of every vertex in one array.
struct Adjacency {
  std::vector<size_t> begin;  // [vertices + 1]
  std::vector<size_t> other;

  std::span<const size_t> of(size_t vertex) const {
    return std::span(other).subspan(begin[vertex], begin[vertex + 1] - begin[vertex]);
  }
};

Adjacency adjacency(size_t vertices, std::span<const LayoutEdge> edges, bool outgoing) {
  Adjacency result{std::vector<size_t>(vertices + 1, 0), std::vector<size_t>(edges.size())};
  for (const LayoutEdge& edge : edges) ++result.begin[(outgoing ? edge.from : edge.to) + 1];
  std::partial_sum(result.begin.begin(), result.begin.end(), result.begin.begin());
  std::vector<size_t> next(result.begin.begin(), result.begin.end() - 1);
  for (const LayoutEdge& edge : edges) {
    result.other[next[outgoing ? edge.from : edge.to]++] = outgoing ? edge.to : edge.from;
  }
  return result;
}

// The edges that remain when self loops and those that close a cycle are left out: depth first,
// with a stack of our own because graphs may be as deep as they are large.
std::vector<LayoutEdge> acyclic(size_t nodes, std::span<const LayoutEdge> edges) {
  const Adjacency out = adjacency(nodes, edges, true);
  enum class State : uint8_t { kNew, kOpen, kDone };
  std::vector<State> state(nodes, State::kNew);
  std::vector<size_t> next(out.begin.begin(), out.begin.end() - 1);
  std::vector<size_t> stack;
  std::vector<LayoutEdge> result;
  result.reserve(edges.size());
  for (size_t root = 0; root < nodes; ++root) {
    if (state[root] != State::kNew) continue;
    stack.push_back(root);
    state[root] = State::kOpen;
    while (!stack.empty()) {
      const size_t node = stack.back();
      if (next[node] == out.begin[node + 1]) {
        state[node] = State::kDone;
        stack.pop_back();
        continue;
      }
      const size_t to = out.other[next[node]++];
      if (state[to] == State::kOpen) continue;
      result.push_back({node, to});
      if (state[to] == State::kNew) {
        state[to] = State::kOpen;
        stack.push_back(to);
      }
    }
  }
  return result;
}

std::vector<size_t> topological_order(const Adjacency& in, const Adjacency& out) {
  const size_t nodes = in.begin.size() - 1;
  std::vector<size_t> missing(nodes);
  std::vector<size_t> order;
  order.reserve(nodes);
  for (size_t node = 0; node < nodes; ++node) {
    missing[node] = in.of(node).size();
    if (missing[node] == 0) order.push_back(node);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    for (const size_t to : out.of(order[i])) {
      if (--missing[to] == 0) order.push_back(to);
    }
  }
  WEFT_CHECK(order.size() == nodes);
  return order;
}

// How many boxes a layer may hold for the whole to come out near the wanted aspect.
size_t layer_size_max(std::span<const LayoutSize> sizes, const LayoutOptions& options) {
  double width = 0;
  double height = 0;
  for (const LayoutSize& size : sizes) {
    width += size.width + options.layer_gap;
    height += size.height + options.node_gap;
  }
  const double nodes = static_cast<double>(sizes.size());
  if (sizes.empty() || height <= 0) return 1;
  const double wanted = std::sqrt(nodes * width / (height * options.aspect));
  return static_cast<size_t>(std::max(24.0, std::ceil(1.5 * wanted)));
}

// List scheduling: nodes with the longest way to a sink first, never more than `size_max` a layer.
std::vector<size_t> scheduled_layers(const Adjacency& in, const Adjacency& out,
                                     std::span<const size_t> order, size_t size_max) {
  std::vector<size_t> way(order.size(), 0);
  for (size_t i = order.size(); i-- > 0;) {
    for (const size_t to : out.of(order[i])) way[order[i]] = std::max(way[order[i]], way[to] + 1);
  }
  const auto later = [&](size_t a, size_t b) { return way[a] != way[b] ? way[a] < way[b] : a > b; };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> ready(later);
  std::vector<size_t> missing(order.size());
  std::vector<size_t> layer(order.size(), 0);
  for (size_t node = 0; node < order.size(); ++node) {
    missing[node] = in.of(node).size();
    if (missing[node] == 0) ready.push(node);
  }
  std::vector<size_t> taken;
  for (size_t now = 0; !ready.empty(); ++now) {
    taken.clear();
    while (!ready.empty() && taken.size() < size_max) {
      taken.push_back(ready.top());
      ready.pop();
    }
    for (const size_t node : taken) {
      layer[node] = now;
      for (const size_t to : out.of(node)) {
        if (--missing[to] == 0) ready.push(to);
      }
    }
  }
  return layer;
}

// Moves nodes that feed more edges than they take towards those who use them: an input then stands
// beside its first user, and fewer edges cross layers.
void shorten_edges(const Adjacency& in, const Adjacency& out, std::span<const size_t> order,
                   size_t size_max, std::vector<size_t>& layer) {
  if (layer.empty()) return;
  std::vector<size_t> count(*std::ranges::max_element(layer) + 1, 0);
  for (const size_t at : layer) ++count[at];
  for (size_t i = order.size(); i-- > 0;) {
    const size_t node = order[i];
    const auto users = out.of(node);
    if (users.size() <= in.of(node).size()) continue;
    size_t latest = count.size();
    for (const size_t to : users) latest = std::min(latest, layer[to]);
    for (size_t at = latest - 1; at > layer[node]; --at) {
      if (count[at] >= size_max) continue;
      --count[layer[node]];
      ++count[at];
      layer[node] = at;
      break;
    }
  }
}

// The graph in which every edge spans one layer: nodes first, then the bends of the trunks.
struct Layered {
  size_t nodes = 0;
  std::vector<size_t> layer;              // [vertices]
  std::vector<LayoutEdge> links;          // between neighbouring layers, or unbent
  std::vector<size_t> trunk_begin;        // [nodes + 1]; vertex `nodes + i` is bend i
  std::vector<std::vector<size_t>> rows;  // vertices of each layer, top to bottom
  Adjacency in;
  Adjacency out;
};

Layered with_trunks(std::span<const LayoutEdge> edges, std::vector<size_t> layer) {
  Layered graph;
  graph.nodes = layer.size();
  std::vector<size_t> bends(graph.nodes, 0);
  for (const LayoutEdge& edge : edges) {
    bends[edge.from] = std::max(bends[edge.from], layer[edge.to] - layer[edge.from] - 1);
  }
  // Short trunks are the many and the useful ones; they are granted first.
  std::vector<size_t> by_length(graph.nodes);
  std::iota(by_length.begin(), by_length.end(), size_t{0});
  std::ranges::stable_sort(by_length, {}, [&](size_t node) { return bends[node]; });
  size_t budget = 2 * (graph.nodes + edges.size()) + 64;
  for (const size_t node : by_length) {
    if (bends[node] > budget) bends[node] = 0;
    budget -= bends[node];
  }
  graph.layer = std::move(layer);
  graph.trunk_begin.assign(1, 0);
  for (size_t node = 0; node < graph.nodes; ++node) {
    size_t before = node;
    for (size_t i = 0; i < bends[node]; ++i) {
      const size_t bend = graph.layer.size();
      graph.layer.push_back(graph.layer[node] + 1 + i);
      graph.links.push_back({before, bend});
      before = bend;
    }
    graph.trunk_begin.push_back(graph.layer.size() - graph.nodes);
  }
  for (const LayoutEdge& edge : edges) {
    const size_t span = graph.layer[edge.to] - graph.layer[edge.from];
    const bool bent = span > 1 && span - 1 <= bends[edge.from];
    const size_t last = graph.nodes + graph.trunk_begin[edge.from] + span - 2;
    graph.links.push_back({bent ? last : edge.from, edge.to});
  }
  graph.in = adjacency(graph.layer.size(), graph.links, false);
  graph.out = adjacency(graph.layer.size(), graph.links, true);
  for (size_t vertex = 0; vertex < graph.layer.size(); ++vertex) {
    graph.rows.resize(std::max(graph.rows.size(), graph.layer[vertex] + 1));
    graph.rows[graph.layer[vertex]].push_back(vertex);
  }
  return graph;
}

// Position of each vertex within its layer, and what the order costs.
class Ordering {
 public:
  explicit Ordering(Layered& graph) : graph_(graph), place_(graph.layer.size()) {
    for (const auto& row : graph_.rows) number(row);
  }

  void improve() {
    const size_t sweeps = graph_.layer.size() > 40'000 ? 4 : 16;
    std::vector<std::vector<size_t>> best = graph_.rows;
    uint64_t best_crossings = UINT64_MAX;
    size_t failures = 0;
    for (size_t sweep = 0; sweep < sweeps && best_crossings > 0 && failures < 6; ++sweep) {
      for (size_t i = 0; i < graph_.rows.size(); ++i) {
        sweep % 2 == 0 ? sort_row(i, graph_.in) : sort_row(graph_.rows.size() - 1 - i, graph_.out);
      }
      if (graph_.layer.size() <= 6'000) switch_neighbours();
      const uint64_t now = crossings();
      ++failures;
      if (now < best_crossings) {
        best = graph_.rows;
        best_crossings = now;
        failures = 0;
      }
    }
    graph_.rows = std::move(best);
  }

 private:
  void number(const std::vector<size_t>& row) {
    for (size_t i = 0; i < row.size(); ++i) place_[row[i]] = static_cast<double>(i);
  }

  // Sorts by the mean place of the neighbours on one side, as shares of their layers' heights, so
  // that a vertex without any can keep its own.
  void sort_row(size_t index, const Adjacency& neighbours) {
    std::vector<size_t>& row = graph_.rows[index];
    const auto share = [&](size_t vertex) {
      const double height = static_cast<double>(graph_.rows[graph_.layer[vertex]].size());
      return (place_[vertex] + 0.5) / height;
    };
    keys_.clear();
    for (const size_t vertex : row) {
      double sum = 0;
      for (const size_t other : neighbours.of(vertex)) sum += share(other);
      const size_t count = neighbours.of(vertex).size();
      keys_.emplace_back(count == 0 ? share(vertex) : sum / static_cast<double>(count), vertex);
    }
    std::ranges::stable_sort(keys_, {}, &std::pair<double, size_t>::first);
    for (size_t i = 0; i < row.size(); ++i) row[i] = keys_[i].second;
    number(row);
  }

  // Crossings that two vertices of one layer make with their neighbours on one side, `above` first.
  size_t pair_crossings(size_t above, size_t below, const Adjacency& neighbours) const {
    size_t count = 0;
    for (const size_t a : neighbours.of(above)) {
      for (const size_t b : neighbours.of(below)) count += place_[a] > place_[b] ? 1 : 0;
    }
    return count;
  }

  bool switching_helps(size_t above, size_t below) const {
    constexpr size_t kDegreeMax = 24;  // keeps one comparison cheap
    size_t before = 0;
    size_t after = 0;
    for (const Adjacency* side : {&graph_.in, &graph_.out}) {
      if (side->of(above).size() > kDegreeMax || side->of(below).size() > kDegreeMax) return false;
      before += pair_crossings(above, below, *side);
      after += pair_crossings(below, above, *side);
    }
    return after < before;
  }

  void switch_neighbours() {
    for (int round = 0; round < 4; ++round) {
      bool changed = false;
      for (std::vector<size_t>& row : graph_.rows) {
        for (size_t i = 0; i + 1 < row.size(); ++i) {
          if (!switching_helps(row[i], row[i + 1])) continue;
          std::swap(row[i], row[i + 1]);
          std::swap(place_[row[i]], place_[row[i + 1]]);
          changed = true;
        }
      }
      if (!changed) return;
    }
  }

  // Counts inversions between neighbouring layers with a Fenwick tree (Barth, Juenger, Mutzel
  // 2002).
  uint64_t crossings() {
    uint64_t total = 0;
    for (size_t i = 0; i + 1 < graph_.rows.size(); ++i) {
      const size_t size = graph_.rows[i + 1].size();
      tree_.assign(size + 1, 0);
      uint64_t seen = 0;
      for (const size_t vertex : graph_.rows[i]) {
        ends_.clear();
        for (const size_t to : graph_.out.of(vertex)) {
          if (graph_.layer[to] == i + 1) ends_.push_back(static_cast<size_t>(place_[to]));
        }
        for (const size_t end : ends_) {
          uint64_t not_after = 0;
          for (size_t at = end + 1; at > 0; at -= at & (~at + 1)) not_after += tree_[at];
          total += seen - not_after;
        }
        for (const size_t end : ends_) {
          for (size_t at = end + 1; at <= size; at += at & (~at + 1)) ++tree_[at];
        }
        seen += ends_.size();
      }
    }
    return total;
  }

  Layered& graph_;
  std::vector<double> place_;
  std::vector<std::pair<double, size_t>> keys_;
  std::vector<size_t> ends_;
  std::vector<uint64_t> tree_;
};

// Heights: the middle of every vertex.
class Heights {
 public:
  Heights(const Layered& graph, std::span<const LayoutSize> sizes, const LayoutOptions& options)
      : graph_(graph), sizes_(sizes), options_(options), middle_(graph.layer.size(), 0) {
    for (const auto& row : graph_.rows) {
      for (size_t i = 1; i < row.size(); ++i) {
        middle_[row[i]] = middle_[row[i - 1]] + distance(row[i - 1], row[i]);
      }
    }
  }

  std::vector<double> settle() {
    const size_t last = graph_.rows.size();
    for (int pass = 0; pass < 8; ++pass) {
      for (size_t i = 0; i < last; ++i) move_row(graph_.rows[i], true, pass > 2);
      for (size_t i = last; i-- > 0;) move_row(graph_.rows[i], pass > 2, true);
    }
    close_gaps();
    return std::move(middle_);
  }

 private:
  struct Block {
    double weight;
    double sum;
    size_t count;
    double mean() const { return sum / weight; }
  };

  bool is_bend(size_t vertex) const { return vertex >= graph_.nodes; }
  double half(size_t vertex) const { return is_bend(vertex) ? 0 : sizes_[vertex].height / 2; }

  double distance(size_t above, size_t below) const {
    const double gap = is_bend(above) && is_bend(below) ? options_.node_gap / 2 : options_.node_gap;
    return half(above) + half(below) + gap;
  }

  // Adds where neighbours of one side want the vertex. A trunk wants to stay level more than
  // anything else, or long edges wriggle.
  void pull(size_t vertex, const Adjacency& side, double& sum, double& weight) const {
    for (const size_t other : side.of(vertex)) {
      const double force = is_bend(vertex) && is_bend(other)   ? 24
                           : is_bend(vertex) || is_bend(other) ? 2
                                                               : 1;
      sum += force * middle_[other];
      weight += force;
    }
  }

  // Takes out the height that nothing uses, which parts of a graph that are not joined leave.
  void close_gaps() {
    std::vector<size_t> by_top(middle_.size());
    std::iota(by_top.begin(), by_top.end(), size_t{0});
    const auto top = [&](size_t vertex) { return middle_[vertex] - half(vertex); };
    std::ranges::stable_sort(by_top, {}, top);
    double bottom = by_top.empty() ? 0 : top(by_top.front());
    double shift = 0;
    for (const size_t vertex : by_top) {
      shift += std::max(0.0, top(vertex) - bottom - 2 * options_.node_gap);
      bottom = std::max(bottom, middle_[vertex] + half(vertex));
      middle_[vertex] -= shift;
    }
  }

  bool is_pulled(size_t vertex) const {
    return !graph_.in.of(vertex).empty() || !graph_.out.of(vertex).empty();
  }

  // Least squares towards the wanted heights under the layer's order and gaps: pool adjacent
  // violators, after the gaps are taken out.
  void move_row(const std::vector<size_t>& row, bool use_in, bool use_out) {
    offsets_.assign(row.size(), 0);
    for (size_t i = 1; i < row.size(); ++i) {
      offsets_[i] = offsets_[i - 1] + distance(row[i - 1], row[i]);
    }
    const auto pulled = std::ranges::find_if(row, [&](size_t vertex) { return is_pulled(vertex); });
    const size_t first = pulled == row.end() ? 0 : static_cast<size_t>(pulled - row.begin());
    blocks_.clear();
    for (size_t i = 0; i < row.size(); ++i) {
      double sum = 0;
      double weight = 0;
      if (use_in) pull(row[i], graph_.in, sum, weight);
      if (use_out) pull(row[i], graph_.out, sum, weight);
      if (weight == 0) {
        // What nothing pulls belongs close to the vertex above it or, at the top of its layer,
        // above the first that something does pull.
        const size_t beside = i > first ? i - 1 : first;
        weight = 0.05;
        sum = weight * (middle_[row[beside]] - offsets_[beside] + offsets_[i]);
      }
      push_block({weight, sum - weight * offsets_[i], 1});
    }
    size_t i = 0;
    for (const Block& block : blocks_) {
      for (size_t k = 0; k < block.count; ++k, ++i) middle_[row[i]] = block.mean() + offsets_[i];
    }
  }

  void push_block(const Block& block) {
    blocks_.push_back(block);
    while (blocks_.size() > 1 && blocks_[blocks_.size() - 2].mean() > blocks_.back().mean()) {
      const Block lower = blocks_.back();
      blocks_.pop_back();
      blocks_.back().weight += lower.weight;
      blocks_.back().sum += lower.sum;
      blocks_.back().count += lower.count;
    }
  }

  const Layered& graph_;
  std::span<const LayoutSize> sizes_;
  const LayoutOptions& options_;
  std::vector<double> middle_;
  std::vector<Block> blocks_;
  std::vector<double> offsets_;
};

// Left edge and width of each layer; the gap before it grows with the edges that cross it.
std::vector<LayoutBend> layer_columns(const Layered& graph, std::span<const LayoutSize> sizes,
                                      const LayoutOptions& options) {
  std::vector<double> width(graph.rows.size(), 0);
  std::vector<double> crossing(graph.rows.size(), 0);
  for (size_t node = 0; node < graph.nodes; ++node) {
    width[graph.layer[node]] = std::max(width[graph.layer[node]], sizes[node].width);
  }
  for (const LayoutEdge& link : graph.links) crossing[graph.layer[link.to]] += 1;
  std::vector<LayoutBend> columns;
  double x = 0;
  for (size_t i = 0; i < graph.rows.size(); ++i) {
    if (i > 0) x += options.layer_gap * (1 + std::min(1.5, crossing[i] / 60));
    columns.push_back({x, x + width[i], 0});
    x += width[i];
  }
  return columns;
}

Layout placed(const Layered& graph, std::span<const LayoutSize> sizes,
              std::span<const LayoutEdge> edges, const std::vector<double>& middle,
              const std::vector<LayoutBend>& columns) {
  Layout layout;
  double top = 0;
  double bottom = 0;
  for (size_t vertex = 0; vertex < middle.size(); ++vertex) {
    const double half = vertex < graph.nodes ? sizes[vertex].height / 2 : 0;
    top = vertex == 0 ? middle[vertex] - half : std::min(top, middle[vertex] - half);
    bottom = vertex == 0 ? middle[vertex] + half : std::max(bottom, middle[vertex] + half);
  }
  for (size_t node = 0; node < graph.nodes; ++node) {
    const LayoutBend& column = columns[graph.layer[node]];
    const double x = column.left + (column.right - column.left - sizes[node].width) / 2;
    layout.boxes.push_back({x, middle[node] - sizes[node].height / 2 - top, sizes[node].width,
                            sizes[node].height, graph.layer[node]});
  }
  for (size_t vertex = graph.nodes; vertex < middle.size(); ++vertex) {
    const LayoutBend& column = columns[graph.layer[vertex]];
    layout.bends.push_back({column.left, column.right, middle[vertex] - top});
  }
  layout.trunk_begin = graph.trunk_begin;
  for (const LayoutEdge& edge : edges) {
    const size_t from = graph.layer[edge.from];
    const size_t to = graph.layer[edge.to];
    const size_t wanted = to > from + 1 ? to - from - 1 : 0;
    const size_t trunk = graph.trunk_begin[edge.from + 1] - graph.trunk_begin[edge.from];
    layout.edge_bends.push_back(wanted <= trunk ? wanted : 0);
  }
  layout.width = columns.empty() ? 0 : columns.back().right;
  layout.height = bottom - top;
  return layout;
}

}  // namespace

Layout layered_layout(std::span<const LayoutSize> sizes, std::span<const LayoutEdge> edges,
                      const LayoutOptions& options) {
  for (const LayoutEdge& edge : edges) {
    WEFT_CHECK(edge.from < sizes.size() && edge.to < sizes.size());
  }
  const std::vector<LayoutEdge> forward = acyclic(sizes.size(), edges);
  const Adjacency in = adjacency(sizes.size(), forward, false);
  const Adjacency out = adjacency(sizes.size(), forward, true);
  const std::vector<size_t> order = topological_order(in, out);
  const size_t size_max = layer_size_max(sizes, options);
  std::vector<size_t> layer = scheduled_layers(in, out, order, size_max);
  shorten_edges(in, out, order, size_max, layer);
  Layered graph = with_trunks(forward, std::move(layer));
  Ordering(graph).improve();
  const std::vector<double> middle = Heights(graph, sizes, options).settle();
  return placed(graph, sizes, edges, middle, layer_columns(graph, sizes, options));
}

}  // namespace weft
