// Which values of a plan are kept, and what their keys are made of.
#include <algorithm>
#include <set>

#include "exec/cache.h"

namespace weft {
namespace {

class CachePlanner {
 public:
  CachePlanner(Program& program, const CacheOptions& options)
      : program_(program), options_(options) {}

  std::shared_ptr<CachePlan> run() {
    for (const auto& [node, op] : program_.node_ops) consider(node, op);
    if (by_op_.empty()) return nullptr;
    // What a fit takes is small, and would otherwise be computed just to be there.
    for (const auto& [node, op] : program_.fit_nodes) add(node, op, CacheBehavior::kDefault);
    auto plan = std::make_shared<CachePlan>();
    std::set<OpId> versioned;
    std::set<OpId> watched;
    for (auto& [op, cached] : by_op_) {
      if (cached.behavior == CacheBehavior::kDisable || cached.behavior == CacheBehavior::kIgnore) {
        continue;
      }
      cached.boundary = boundary_of(op);
      watched.insert(op);
      for (const OpId b : cached.boundary) {
        if (!is_kept(b)) versioned.insert(b);
      }
      plan->cached.push_back(std::move(cached));
    }
    if (plan->cached.empty()) return nullptr;
    watched.insert(versioned.begin(), versioned.end());
    plan->versioned.assign(versioned.begin(), versioned.end());
    program_.watched.assign(watched.begin(), watched.end());
    return plan;
  }

 private:
  void consider(size_t node, OpId op) {
    const Node& n = program_.graph->node(node);
    if (n.fingerprint.empty()) return;
    if (n.cache) return add(node, op, *n.cache);
    const bool call = n.role == Role::kFunction && program_.ops[op].kind == OpKind::kCall &&
                      program_.ops[op].form == Form::kObject;
    if (options_.objects_and_tables && call) add(node, op, CacheBehavior::kDefault);
  }

  void add(size_t node, OpId op, CacheBehavior behavior) {
    // An input or a constant is there anyway.
    const OpKind kind = program_.ops[op].kind;
    if (kind == OpKind::kInput || kind == OpKind::kConstant || kind == OpKind::kCheck) return;
    by_op_.try_emplace(op, CachedOp{op, node, behavior, {}});
  }

  bool is_kept(OpId op) const {
    const auto it = by_op_.find(op);
    return it != by_op_.end() && it->second.behavior != CacheBehavior::kDisable &&
           it->second.behavior != CacheBehavior::kIgnore;
  }
  bool is_ignored(OpId op) const {
    const auto it = by_op_.find(op);
    return it != by_op_.end() && it->second.behavior == CacheBehavior::kIgnore;
  }

  // Calls of Weft's own between values: fields, elements, lists, and what quarantine leaves.
  bool is_pure_call(const Op& op) const {
    const Node* node = program_.node_of(op);
    if (!node) return false;
    switch (node->role) {
      case Role::kField:
      case Role::kElement:
      case Role::kGather:
      case Role::kAppend:
      case Role::kAlias:
        return true;
      default:
        return false;
    }
  }

  bool is_boundary(OpId id) const {
    const Op& op = program_.ops[id];
    if (op.kind == OpKind::kInput || is_kept(id)) return true;
    // What a block yields is looked at as a whole: it runs, with what is kept inside of it.
    const auto args = program_.args_of(op);
    if (!args.empty() && program_.ops[args[0].op].kind == OpKind::kBlock) return true;
    if (op.kind == OpKind::kCall) return !is_pure_call(op);
    if (op.kind != OpKind::kColumn) return false;
    // Of a table that is read anew only the columns in question need be looked at.
    const OpId table = program_.args_of(op)[0].op;
    return !is_kept(table) && !is_ignored(table);
  }

  std::vector<OpId> boundary_of(OpId root) const {
    std::set<OpId> seen;
    std::vector<OpId> boundary;
    std::vector<OpId> stack;
    const auto visit_args = [&](OpId op) {
      for (const Arg& arg : program_.args_of(program_.ops[op])) {
        if (!arg.order_only && seen.insert(arg.op).second) stack.push_back(arg.op);
      }
    };
    visit_args(root);
    while (!stack.empty()) {
      const OpId op = stack.back();
      stack.pop_back();
      if (is_ignored(op)) continue;
      if (is_boundary(op)) {
        boundary.push_back(op);
      } else {
        visit_args(op);
      }
    }
    std::ranges::sort(boundary);
    return boundary;
  }

  Program& program_;
  const CacheOptions& options_;
  std::map<OpId, CachedOp> by_op_;
};

}  // namespace

std::shared_ptr<const CachePlan> plan_cache(Program& program, std::shared_ptr<CacheStore> store,
                                            const CacheOptions& options) {
  // A micro-batch or a request is new each time, and keeping it costs more than computing it.
  if (!store || program.options.context != Context::kBatch) return nullptr;
  auto plan = CachePlanner(program, options).run();
  if (plan) plan->store = std::move(store);
  return plan;
}

}  // namespace weft
