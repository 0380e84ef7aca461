/// Lowering: from the nodes of a graph to the operations of a program.
#pragma once

#include <set>
#include <unordered_map>

#include "exec/portable.h"
#include "exec/program.h"

namespace weft {

// Common subexpressions: the same kernel over the same operations is one operation.
struct CallKey {
  const void* function;
  const void* context;
  std::vector<OpId> args;
  bool error_is_null;
  bool operator==(const CallKey&) const = default;
};
struct CallKeyHash {
  size_t operator()(const CallKey& key) const {
    size_t h = std::hash<const void*>()(key.function) * 31 + std::hash<const void*>()(key.context);
    for (const OpId arg : key.args) h = h * 0x9e3779b97f4a7c15ull + arg;
    return h + key.error_is_null;
  }
};

/// One use. Prunes, traces column functions, and decides where each value is a column, a scalar or
/// an object. A block of a Parallel is lowered by a Lowering of its own.
class Lowering {
 public:
  Lowering(std::shared_ptr<const Graph> graph, const PlanOptions& options)
      : program_(std::make_shared<Program>()),
        graph_(*graph),
        op_of_(graph->nodes().size(), kNoOp),
        needed_(graph->nodes().size(), 0),
        traced_(graph->nodes().size()),
        translations_(graph->nodes().size()),
        known_(graph->nodes().size()) {
    program_->graph = std::move(graph);
    program_->options = options;
    program_->domains.push_back({"the inputs"});
  }
  std::shared_ptr<Program> run(const std::vector<std::string>& outputs);
  std::vector<PortableNode> portable(const std::vector<std::string>& outputs);

 private:
  const PlanOptions& options() const { return program_->options; }
  static bool is_column_function(const Node& node);
  bool by_rows() const { return options().context != Context::kBatch; }

  // How a node gets its value in this plan.
  enum class Means : uint8_t { kRun, kGiven, kFitted };
  Means means_of(size_t i);
  std::optional<Choice> choice_of(size_t i) const;
  bool needs_all_rows(size_t i);
  bool fits(size_t i);
  std::string why_all_rows(size_t i);
  template <class Wanted>
  static bool any_of(const Expr& root, Wanted wanted);
  static bool has_column_operator(const Expr& root);
  static bool expr_needs_all_rows(const Expr& root);
  bool has_running_value(size_t i) const;
  void mark_needed(const std::vector<size_t>& wanted);

  void problem(ErrorCode code, std::string message, SourceLocation where);
  void problem_with(size_t i, const Error& e);
  void report() const;
  void guarded(size_t i);

  OpId push(Op op, std::span<const Arg> args);
  void guard(Op& op, std::span<const Arg> args, OpId id);
  Op& at(OpId id) { return program_->ops[id]; }
  template <class T>
  const T* own(std::shared_ptr<const T> owned) {
    const T* p = owned.get();
    program_->owned.push_back(std::move(owned));
    return p;
  }
  uint32_t node_index(size_t i) const { return static_cast<uint32_t>(i); }
  OpId constant(Value value, Type wanted, size_t i);
  OpId given(size_t i);
  bool only_calls_take(size_t i) const;
  Form form_of_input(size_t i);
  OpId fitted(size_t i);
  OpId node(size_t i);
  OpId alias(size_t i);
  OpId without_bad_rows(OpId from, std::vector<Arg> args, size_t i);
  bool skips_check(const Node& node) const;
  OpId check(size_t i);
  bool takes_default(const Edge& edge) const;
  OpId source(const Edge& edge, size_t i);
  OpId table_column(size_t i);
  uint32_t domain_of_table(OpId table);

  void line_up(Op& op, std::span<const Arg> args);
  OpId widened(OpId from, Type to, size_t i);
  OpId kernel(KernelPtr kernel, std::span<const Arg> args, size_t i, bool error_is_null);
  OpId row_function(size_t i);
  OpId unboxed(OpId from, Type wanted, size_t i);

  ExprPtr trace(size_t i);
  Value known_value(const Edge& edge, size_t i) const;
  // lower_translated.cc
  void translate_all(const std::vector<size_t>& wanted);
  bool is_translatable(const Node& node) const;
  KnownType known_input(size_t i) const;
  KnownType known_argument(const Edge& edge, Type wanted) const;
  bool needs_guard(const Edge& edge, const KnownType& known) const;
  bool is_translated(size_t i) const { return translations_[i].expr != nullptr; }
  OpId translated(size_t i);
  void note_called(size_t i);
  PortableNode portable_node(size_t i);

  OpId column_function(size_t i);
  OpId expression(const Expr& e, const std::map<std::string, OpId, std::less<>>& parameters,
                  std::unordered_map<const Expr*, OpId>& done, size_t i);
  OpId literal(const Expr& e, size_t i);
  OpId whole_column(const Expr& e, std::span<const Arg> args, size_t i);

  OpId standard(size_t i);
  OpId gathered_rows(size_t i);
  OpId call(size_t i, const Call* function);
  OpId call_op(const Call* function, std::span<const Arg> args, Type type, size_t i);
  // lower_blocks.cc

  // What a block of one Parallel has to bring, in one pass over its elements.
  struct BlockNeed {
    std::set<size_t> collected;
    std::set<size_t> feeds;   // nodes outside whose values it takes
    std::set<size_t> inside;  // nodes that run for each element
    OpId op = kNoOp;
  };
  // A value that comes from outside of the block that is lowered.
  struct Outside {
    Form form;
    Type type;
    uint32_t domain;
  };
  void refuse_single_elements(const std::vector<size_t>& wanted);
  bool is_inside(size_t i, uint32_t parallel) const;
  const std::vector<uint32_t>& passes(uint32_t parallel);
  std::pair<uint32_t, uint32_t> block_of(size_t collected);
  void need_collected(size_t i);
  OpId collected(const Edge& edge, size_t i);
  OpId block(std::pair<uint32_t, uint32_t> key);
  void come_before(const std::set<size_t>& feeds);
  std::shared_ptr<Program> run_block(const Lowering& outer, uint32_t parallel,
                                     const BlockNeed& need);

  std::shared_ptr<Program> program_;
  const Graph& graph_;
  std::vector<uint32_t> path_;          // the Parallels of whose elements this is about
  std::map<size_t, Outside> boundary_;  // of a block
  std::set<size_t> inside_;             // nodes of its blocks
  std::map<std::pair<uint32_t, uint32_t>, BlockNeed> blocks_;  // by Parallel and pass
  std::map<uint32_t, std::vector<uint32_t>> passes_;
  std::map<std::tuple<size_t, Type, bool>, OpId> collected_;
  std::vector<OpId> op_of_;
  std::vector<uint8_t> needed_;
  std::vector<ExprPtr> traced_;
  std::vector<Translation> translations_;
  std::vector<KnownType> known_;  // of each node's value, as far as translations tell
  std::vector<Means> means_;
  std::set<size_t> overridden_;
  std::set<size_t> failed_;
  std::map<OpId, std::set<OpId>> guards_;  // what must have been checked first
  std::vector<Problem> problems_;
  std::exception_ptr first_thrown_;
  std::unordered_map<CallKey, OpId, CallKeyHash> calls_;
  std::map<std::string, OpId> literals_;
  std::map<std::string, std::vector<std::pair<std::vector<OpId>, OpId>>> whole_columns_;
};

}  // namespace weft
