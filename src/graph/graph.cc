#include "weft/graph.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/nearest_name.h"

namespace weft {
namespace {

std::vector<size_t> marked(const std::vector<bool>& seen) {
  std::vector<size_t> nodes;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i]) nodes.push_back(i);
  }
  return nodes;
}

// Nodes are in topological order, so that one pass back reaches everything above.
std::vector<bool> mark_upstream(const Graph& graph, std::span<const size_t> nodes) {
  std::vector<bool> seen(graph.nodes().size());
  size_t last = 0;
  for (const size_t node : nodes) {
    seen[node] = true;
    last = std::max(last, node + 1);
  }
  for (size_t i = last; i-- > 0;) {
    if (!seen[i]) continue;
    for (const Edge& edge : graph.node(i).edges) {
      if (edge.source != Edge::kNone) seen[edge.source] = true;
    }
  }
  return seen;
}

std::vector<bool> mark_downstream(const Graph& graph, size_t node) {
  std::vector<bool> seen(graph.nodes().size());
  seen[node] = true;
  for (size_t i = node; i < seen.size(); ++i) {
    if (!seen[i]) continue;
    for (const uint32_t consumer : graph.consumers(i)) seen[consumer] = true;
  }
  return seen;
}

}  // namespace

Graph::Graph() {
  static const auto* empty = new std::shared_ptr<const State>([] {  // NOLINT: for good
    auto state = std::make_shared<State>();
    state->first_consumer = {0};
    return state;
  }());
  state_ = *empty;
}

std::optional<size_t> Graph::find(std::string_view name) const {
  const auto found = state_->index.find(name);
  if (found == state_->index.end()) return {};
  return found->second;
}

size_t Graph::at(std::string_view name) const {
  if (const auto found = find(name)) return *found;
  std::vector<std::string> names;
  for (const Node& node : nodes()) names.push_back(node.name);
  throw Error(ErrorCode::kNotFound,
              fmt::format("the graph has no node '{}'{}", name, did_you_mean(name, names)));
}

std::span<const uint32_t> Graph::consumers(size_t node) const {
  const uint32_t begin = state_->first_consumer[node];
  const uint32_t end = state_->first_consumer[node + 1];
  return std::span(state_->consumers).subspan(begin, end - begin);
}

std::string Graph::fingerprint() const {
  std::vector<std::string_view> all;
  all.reserve(nodes().size());
  for (const Node& node : nodes()) all.push_back(node.fingerprint);
  std::ranges::sort(all);
  std::string text;
  for (const std::string_view one : all) text += one;
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

std::vector<size_t> Graph::upstream(size_t node) const { return upstream(std::span(&node, 1)); }

std::vector<size_t> Graph::upstream(std::span<const size_t> nodes) const {
  return marked(mark_upstream(*this, nodes));
}

std::vector<size_t> Graph::downstream(size_t node) const {
  return marked(mark_downstream(*this, node));
}

std::vector<size_t> Graph::between(size_t from, size_t to) const {
  const std::vector<bool> below = mark_downstream(*this, from);
  if (!below[to]) return {};
  std::vector<bool> above = mark_upstream(*this, std::span(&to, 1));
  for (size_t i = 0; i < above.size(); ++i) above[i] = above[i] && below[i];
  return marked(above);
}

std::vector<size_t> Graph::tagged(std::string_view key,
                                  std::optional<std::string_view> value) const {
  std::vector<size_t> found;
  const std::string wanted(key);
  for (size_t i = 0; i < nodes().size(); ++i) {
    const auto tag = node(i).tags.find(wanted);
    if (tag == node(i).tags.end()) continue;
    if (!value || std::ranges::count(tag->second, *value) > 0) found.push_back(i);
  }
  return found;
}

std::vector<size_t> Graph::inputs_of(std::span<const size_t> outputs) const {
  std::vector<size_t> inputs = upstream(outputs);
  std::erase_if(inputs, [&](size_t i) { return node(i).role != Role::kInput; });
  return inputs;
}

}  // namespace weft
