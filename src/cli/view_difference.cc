#include "cli/view_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace weft::cli {
namespace {

using Inputs = std::vector<std::tuple<std::string, std::string, bool>>;

// A view by name: nodes, and what each takes in order.
struct Indexed {
  std::map<std::string, const ViewNode*> nodes;
  std::map<std::string, Inputs> inputs;

  explicit Indexed(const GraphView& view) {
    for (const ViewNode& node : view.nodes) nodes[node.name] = &node;
    for (const ViewEdge& edge : view.edges) {
      inputs[view.nodes[edge.to].name].emplace_back(edge.parameter, view.nodes[edge.from].name,
                                                    edge.optional);
    }
    // A saved graph need not keep the order of parameters.
    for (auto& [name, list] : inputs) std::ranges::sort(list);
  }
};

std::string code_of(const ViewNode& node) {
  const auto code = node.facts.find("code");
  return code == node.facts.end() ? std::string() : code->second;
}

std::vector<std::string> owners_of(std::initializer_list<const ViewNode*> nodes) {
  std::vector<std::string> owners;
  for (const ViewNode* node : nodes) {
    const auto tag = node->tags.find("owner");
    if (tag == node->tags.end()) continue;
    for (const std::string& owner : tag->second) {
      if (std::ranges::find(owners, owner) == owners.end()) owners.push_back(owner);
    }
  }
  return owners;
}

std::vector<std::string> reasons(const ViewNode& old, const Inputs& old_inputs, const ViewNode& now,
                                 const Inputs& now_inputs) {
  std::vector<std::string> why;
  if (old.kind != now.kind) why.push_back(fmt::format("{} -> {}", old.kind, now.kind));
  if (old.type != now.type) why.push_back(fmt::format("type {} -> {}", old.type, now.type));
  if (old_inputs != now_inputs) why.emplace_back("inputs");
  if (old.tags != now.tags) why.emplace_back("tags");
  // The code version holds modifiers, types and tags too, so it is a reason of its own only where
  // the text differs or nothing else does.
  const bool other_code = code_of(old) != code_of(now);
  if (old.source != now.source || (other_code && why.empty())) {
    why.emplace_back(now.kind == "config" ? "value" : "code");
  }
  if (old.doc != now.doc) why.emplace_back("documentation");
  return why;
}

}  // namespace

ViewDifference difference(const GraphView& before, const GraphView& after) {
  const Indexed old(before);
  const Indexed now(after);
  static const Inputs none;
  const auto inputs_in = [](const Indexed& side, const std::string& name) -> const Inputs& {
    const auto found = side.inputs.find(name);
    return found == side.inputs.end() ? none : found->second;
  };
  ViewDifference result;
  for (const ViewNode& node : after.nodes) {
    const auto found = old.nodes.find(node.name);
    if (found == old.nodes.end()) {
      result.added.push_back({node.name, owners_of({&node})});
      continue;
    }
    const ViewNode& was = *found->second;
    NodeDifference difference = {node.name, owners_of({&node, &was})};
    difference.reasons = reasons(was, inputs_in(old, node.name), node, inputs_in(now, node.name));
    if (!difference.reasons.empty()) {
      result.changed.push_back(std::move(difference));
    } else if (was.fingerprint != node.fingerprint) {
      result.affected.push_back(std::move(difference));
    }
  }
  for (const ViewNode& node : before.nodes) {
    if (!now.nodes.contains(node.name)) result.removed.push_back({node.name, owners_of({&node})});
  }
  return result;
}

}  // namespace weft::cli
