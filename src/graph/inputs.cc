// What must be given to compute outputs, and what is given in vain.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/nearest_name.h"
#include "graph/draft.h"

namespace weft {
namespace {

constexpr size_t kMaxChain = 8;

class InputCheck {
 public:
  InputCheck(const Graph& graph, std::span<const std::string> given,
             std::span<const std::string> overrides)
      : graph_(graph), given_(given.begin(), given.end()) {
    for (const std::string& name : overrides) {
      if (const auto node = known(name, "override")) cut_.insert(*node);
    }
  }

  std::vector<Problem> run(std::span<const std::string> outputs) {
    for (const std::string& name : outputs) {
      // An output that is only given is given back.
      if (given_.contains(name) && !graph_.find(name)) continue;
      if (const auto node = known(name, "output")) start_.push_back(*node);
    }
    mark();
    for (size_t i = 0; i < reached_.size(); ++i) {
      if (reached_[i] && graph_.node(i).role == Role::kInput && !cut_.contains(i)) check_input(i);
    }
    const std::unordered_set<std::string> asked(outputs.begin(), outputs.end());
    for (const std::string& name : given_) {
      if (!asked.contains(name) || graph_.find(name)) check_given(name);
    }
    return std::move(problems_);
  }

 private:
  std::optional<size_t> known(const std::string& name, const char* what) {
    const auto node = graph_.find(name);
    if (!node) {
      std::vector<std::string> names;
      for (const Node& n : graph_.nodes()) names.push_back(n.name);
      problems_.push_back(
          {ErrorCode::kNotFound,
           fmt::format("{} '{}' is no node{}", what, name, did_you_mean(name, names)),
           {}});
    }
    return node;
  }

  void mark() {
    reached_.assign(graph_.nodes().size(), false);
    taker_.assign(graph_.nodes().size(), Edge::kNone);
    required_.assign(graph_.nodes().size(), false);
    for (const size_t node : start_) reached_[node] = required_[node] = true;
    for (size_t i = reached_.size(); i-- > 0;) {
      if (!reached_[i] || cut_.contains(i)) continue;
      for (const Edge& edge : graph_.node(i).edges) {
        if (edge.source == Edge::kNone) continue;
        reached_[edge.source] = true;
        if (!edge.optional && !required_[edge.source]) {
          required_[edge.source] = true;
          taker_[edge.source] = i;
        }
      }
    }
  }

  // "'f' <- 'g' <- 'out'": who takes the input, on the way to an output.
  std::string chain(size_t input) const {
    std::string text;
    size_t length = 0;
    for (size_t i = taker_[input]; i != Edge::kNone; i = taker_[i]) {
      if (length++ == kMaxChain) return text + ", and so on";
      const Node& node = graph_.node(i);
      text += fmt::format("{}'{}'{}", length == 1 ? "" : ", for ", node.name, at_place(node.where));
    }
    return text;
  }

  void check_input(size_t i) {
    const Node& node = graph_.node(i);
    if (given_.contains(node.name) || !required_[i]) return;
    std::string text = fmt::format("input '{}' ({}) is not given", node.name, type_name(node.type));
    const size_t taker = taker_[i];
    if (taker != Edge::kNone) text += fmt::format("; it is taken by {}", chain(i));
    if (!node.hint.empty()) text += "; " + node.hint;
    std::vector<std::string> candidates;
    for (const std::string& name : given_) {
      if (!graph_.find(name)) candidates.push_back(name);
    }
    if (const std::string near = nearest_name(node.name, candidates); !near.empty()) {
      text += fmt::format("; '{}' is given, is it meant?", near);
    } else if (const std::string made = nearest_name(node.name, made_names()); !made.empty()) {
      text += fmt::format("; or did you mean the function '{}'?", made);
    }
    problems_.push_back({ErrorCode::kInvalidArgument, std::move(text),
                         taker == Edge::kNone ? SourceLocation() : graph_.node(taker).where});
  }

  const std::vector<std::string>& made_names() {
    if (made_.empty()) {
      for (const Node& n : graph_.nodes()) {
        if (n.role != Role::kInput) made_.push_back(n.name);
      }
    }
    return made_;
  }

  void check_given(const std::string& name) {
    const auto node = graph_.find(name);
    if (!node) {
      std::vector<std::string> inputs;
      for (const Node& n : graph_.nodes()) {
        if (n.role == Role::kInput) inputs.push_back(n.name);
      }
      problems_.push_back(
          {ErrorCode::kInvalidArgument,
           fmt::format("'{}' is given, but nothing takes it{}", name, did_you_mean(name, inputs)),
           {}});
      return;
    }
    const Node& n = graph_.node(*node);
    if (n.role == Role::kInput) return;
    if (n.role == Role::kConfig) {
      problems_.push_back({ErrorCode::kInvalidArgument,
                           fmt::format("'{}' is given, but the config has it already", name),
                           n.where});
      return;
    }
    problems_.push_back(
        {ErrorCode::kInvalidArgument,
         fmt::format(
             "'{}' is given, but a function makes it{}: give it as an override to replace it", name,
             at_place(n.where)),
         n.where});
  }

  const Graph& graph_;
  std::set<std::string> given_;
  std::unordered_set<size_t> cut_;
  std::vector<size_t> start_;
  std::vector<bool> reached_;
  std::vector<bool> required_;
  std::vector<size_t> taker_;  // who takes a node without a default, nearest to the outputs
  std::vector<std::string> made_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_inputs(const Graph& graph, std::span<const std::string> outputs,
                                  std::span<const std::string> given,
                                  std::span<const std::string> overrides) {
  return InputCheck(graph, given, overrides).run(outputs);
}

}  // namespace weft
