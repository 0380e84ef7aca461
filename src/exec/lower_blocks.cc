// Blocks: what lies between a Parallel and those who collect becomes a program of its own, which an
// operation of the outer program runs once for each element.
#include <fmt/format.h>

#include <algorithm>

#include "exec/lowering.h"
#include "exec/parallel.h"

namespace weft {

// A node of a block has as many values as there are elements: no output of a plan.
void Lowering::refuse_single_elements(const std::vector<size_t>& wanted) {
  for (const size_t i : wanted) {
    const Node& node = graph_.node(i);
    if (overridden_.contains(i)) continue;
    if (node.shape == Shape::kParallel) {
      problem(ErrorCode::kInvalidGraph,
              fmt::format("{} is a Parallel, whose elements are taken one by one: ask for a node "
                          "that takes Collect<{}> {}",
                          node.name, node.type ? node.type->name : "T", node.name),
              node.where);
    } else if (!node.block.empty()) {
      problem(ErrorCode::kInvalidGraph,
              fmt::format("{} has a value for each element of {}: ask for a node that takes "
                          "Collect<{}> {}",
                          node.name, graph_.node(node.block.back()).name,
                          node.type ? node.type->name : "T", node.name),
              node.where);
    }
  }
}

// Is it run for each element of `parallel`, which is one of this level?
bool Lowering::is_inside(size_t i, uint32_t parallel) const {
  const auto& block = graph_.node(i).block;
  return block.size() > path_.size() && block[path_.size()] == parallel &&
         std::equal(path_.begin(), path_.end(), block.begin());
}

// A node of a block may depend on what was collected of the same block, as where each element is
// divided by the sum of all. Then the elements are run again: the number of collecting nodes above
// a node is the pass in which it runs.
const std::vector<uint32_t>& Lowering::passes(uint32_t parallel) {
  auto& pass = passes_[parallel];
  if (!pass.empty()) return pass;
  pass.assign(graph_.nodes().size(), 0);
  for (size_t i = parallel; i < pass.size(); ++i) {
    if (overridden_.contains(i)) continue;
    for (const Edge& edge : graph_.node(i).edges) {
      if (edge.source == Edge::kNone) continue;
      const bool collects = edge.shape == Shape::kCollect && !is_inside(i, parallel) &&
                            (edge.source == parallel || is_inside(edge.source, parallel));
      pass[i] = std::max(pass[i], pass[edge.source] + (collects ? 1 : 0));
    }
  }
  return pass;
}

// The block of this level that a collected node belongs to, and the pass.
std::pair<uint32_t, uint32_t> Lowering::block_of(size_t collected) {
  const auto& path = graph_.node(collected).block;
  const auto parallel =
      path.size() > path_.size() ? path[path_.size()] : static_cast<uint32_t>(collected);
  return {parallel, passes(parallel)[collected]};
}

void Lowering::need_collected(size_t i) {
  const auto key = block_of(i);
  BlockNeed& need = blocks_[key];
  if (!need.collected.insert(i).second) return;
  needed_[key.first] = 1;
  std::vector<size_t> stack = {i};
  while (!stack.empty()) {
    const size_t n = stack.back();
    stack.pop_back();
    if (n == key.first) continue;  // the element itself
    const bool outside =
        overridden_.contains(n) || boundary_.contains(n) || !is_inside(n, key.first);
    if (outside) {
      // A config value is a constant within as well.
      if (graph_.node(n).role == Role::kConfig && !overridden_.contains(n)) continue;
      needed_[n] = 1;
      need.feeds.insert(n);
      continue;
    }
    if (!need.inside.insert(n).second) continue;
    inside_.insert(n);
    for (const Edge& edge : graph_.node(n).edges) {
      if (edge.source != Edge::kNone && !takes_default(edge)) stack.push_back(edge.source);
    }
  }
}

// All values of a node as a list, converted as the collecting function takes them.
OpId Lowering::collected(const Edge& edge, size_t i) {
  const auto known = std::tuple(edge.source, edge.type, edge.nullable);
  const auto found = collected_.find(known);
  if (found != collected_.end()) return found->second;
  if (by_rows()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} collects the elements of a Parallel, which are run in batch only; "
                            "choose fitted or given for it",
                            graph_.node(i).name));
  }
  const auto key = block_of(edge.source);
  const OpId from = block(key);
  const BlockNeed& need = blocks_.at(key);
  const auto number =
      static_cast<size_t>(std::distance(need.collected.begin(), need.collected.find(edge.source)));
  const auto pick = own(std::make_shared<const Call>(
      [number, type = edge.type, nullable = edge.nullable](std::span<const Value> v) {
        return collected_values(v[0].get<BlockResults>(), number, type, nullable);
      }));
  const Arg arg = {from, nullptr, Shape::kObject};
  return collected_[known] = call_op(pick, {&arg, 1}, type_of<ValueList>(), edge.source);
}

// What a block takes may have been written below the first node that collects from it.
void Lowering::come_before(const std::set<size_t>& feeds) {
  const std::vector<size_t> wanted(feeds.begin(), feeds.end());
  bool missing = false;
  for (const size_t i : wanted) missing |= op_of_[i] == kNoOp;
  if (!missing) return;
  for (const size_t i : graph_.upstream(wanted)) {
    if (needed_[i]) guarded(i);
  }
}

OpId Lowering::block(std::pair<uint32_t, uint32_t> key) {
  BlockNeed& need = blocks_.at(key);
  if (need.op != kNoOp) return need.op;
  const auto [parallel, pass] = key;
  if (failed_.contains(parallel)) {
    throw Error(ErrorCode::kInvalidGraph,
                fmt::format("what collects {} needs the elements of {}, which cannot run",
                            graph_.node(*need.collected.begin()).name, graph_.node(parallel).name));
  }
  come_before(need.feeds);
  const bool is_given = means_[parallel] == Means::kGiven;
  // Elements are taken once: another pass needs them anew.
  const OpId elements = pass == 0 || is_given ? op_of_[parallel] : node(parallel);
  std::vector<Arg> args = {{elements, nullptr, Shape::kObject}};
  for (const size_t feed : need.feeds) {
    if (failed_.contains(feed)) {
      throw Error(ErrorCode::kInvalidGraph,
                  fmt::format("{} runs for each element of {}, but takes {}, which cannot run",
                              graph_.node(*need.collected.begin()).name, graph_.node(parallel).name,
                              graph_.node(feed).name));
    }
    args.push_back({op_of_[feed], nullptr, Shape::kObject, false, true});
  }
  auto block = std::make_shared<Block>();
  block->parallel = parallel;
  block->hidden = graph_.node(parallel).personal;
  block->element = graph_.node(parallel).type;
  Lowering inner(program_->graph, options());
  block->inner = inner.run_block(*this, parallel, need);
  for (const size_t feed : need.feeds) block->feeds.push_back(graph_.node(feed).name);
  Op op;
  op.kind = OpKind::kBlock;
  op.form = Form::kObject;
  op.type = type_of<BlockResults>();
  op.node = node_index(parallel);
  op.value = static_cast<uint32_t>(program_->blocks.size());
  program_->blocks.push_back(std::move(block));
  need.op = push(op, args);
  return need.op;
}

// The program of one element: the element and what comes from outside are its inputs, the collected
// nodes its outputs.
std::shared_ptr<Program> Lowering::run_block(const Lowering& outer, uint32_t parallel,
                                             const BlockNeed& need) {
  path_ = outer.path_;
  path_.push_back(parallel);
  overridden_ = outer.overridden_;
  const Type element = graph_.node(parallel).type;
  const bool object = !element || element->is_object();
  boundary_[parallel] = {object ? Form::kObject : Form::kScalar, element, 0};
  std::map<uint32_t, uint32_t> domains;
  for (const size_t feed : need.feeds) {
    const Op& op = outer.program_->ops[outer.op_of_[feed]];
    Outside outside = {op.form, op.type, 0};
    if (op.form == Form::kColumn) {
      const auto [at, added] =
          domains.emplace(op.domain, static_cast<uint32_t>(program_->domains.size()));
      if (added) program_->domains.push_back({outer.program_->domains[op.domain].name});
      outside.domain = at->second;
    }
    boundary_[feed] = outside;
  }
  const std::vector<size_t> wanted(need.collected.begin(), need.collected.end());
  translate_all(wanted);
  mark_needed(wanted);
  for (size_t i = 0; i < graph_.nodes().size(); ++i) {
    if (needed_[i]) guarded(i);
  }
  for (const size_t i : wanted) {
    if (failed_.contains(i) || at(op_of_[i]).form != Form::kColumn) continue;
    problem(ErrorCode::kTypeMismatch,
            fmt::format("{} is a column for each element of {}: aggregate it, or return it in a "
                        "Table, to collect it",
                        graph_.node(i).name, graph_.node(parallel).name),
            graph_.node(i).where);
  }
  report();
  for (const size_t i : wanted) {
    program_->outputs.push_back(graph_.node(i).name);
    program_->output_ops.push_back(op_of_[i]);
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    program_->output_index.emplace(program_->outputs[i], i);
  }
  for (size_t i = 0; i < needed_.size(); ++i) {
    if (needed_[i] && means_[i] == Means::kRun) program_->node_ops.emplace_back(i, op_of_[i]);
  }
  return program_;
}

}  // namespace weft
