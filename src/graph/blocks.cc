// Blocks: which nodes run once for each element of a Parallel, and whether that has a meaning.
#include <algorithm>

#include "graph/connect.h"

namespace weft {
namespace {

using BlockPath = std::vector<uint32_t>;

bool is_within(const BlockPath& outer, const BlockPath& inner) {
  return outer.size() <= inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

class BlockFinder {
 public:
  BlockFinder(const std::vector<Draft*>& nodes, Problems& problems)
      : nodes_(nodes), problems_(problems) {}

  void run() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) find(i);
  }

 private:
  Node& node(size_t i) const { return nodes_[i]->node; }

  // Where the values of a node are, for those that take it one by one.
  BlockPath path_behind(size_t i) const {
    BlockPath path = node(i).block;
    if (node(i).shape == Shape::kParallel) path.push_back(static_cast<uint32_t>(i));
    return path;
  }

  void find(uint32_t i) {
    const Draft& d = *nodes_[i];
    BlockPath& block = node(i).block;
    const Node* who = nullptr;  // of whose elements the block is, for messages
    for (const Edge& edge : d.node.edges) {
      if (edge.source >= i) continue;  // a value, or a cycle, which has been told of
      BlockPath path = path_behind(edge.source);
      if (edge.shape == Shape::kCollect) {
        if (path.empty()) {
          return problems_.add(
              d.node.where,
              "{} collects '{}', which does not depend on a Parallel: take it as it is",
              describe(d), node(edge.source).name);
        }
        path.pop_back();
      }
      if (is_within(path, block)) continue;
      if (!is_within(block, path)) {
        return problems_.add(d.node.where,
                             "{} takes '{}', of the elements of '{}', and '{}', of those of '{}': "
                             "they do not line up; collect one first, or let one Parallel depend "
                             "on the other",
                             describe(d), who->name, node(block.back()).name,
                             node(edge.source).name, node(path.back()).name);
      }
      block = std::move(path);
      who = &node(edge.source);
    }
    for (const Edge& edge : d.node.edges) {
      if (edge.shape != Shape::kCollect || edge.source >= i) continue;
      BlockPath path = path_behind(edge.source);
      const std::string& elements = node(path.back()).name;
      path.pop_back();
      if (path == block) continue;
      problems_.add(d.node.where,
                    "{} collects '{}', of the elements of '{}', and takes '{}', of those of '{}': "
                    "collect in a node of its own, and take that",
                    describe(d), node(edge.source).name, elements, who->name,
                    node(block.back()).name);
    }
  }

  const std::vector<Draft*>& nodes_;
  Problems& problems_;
};

}  // namespace

void find_blocks(const std::vector<Draft*>& nodes, Problems& problems) {
  BlockFinder(nodes, problems).run();
}

}  // namespace weft
