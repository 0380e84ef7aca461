/// Program: what a plan runs. Operations in topological order, grouped into steps. Immutable.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "ops/aggregate.h"
#include "ops/column_operator.h"
#include "weft/driver.h"

namespace weft {

using OpId = uint32_t;
inline constexpr OpId kNoOp = UINT32_MAX;

enum class OpKind : uint8_t {
  kInput,     ///< brought by the caller
  kConstant,  ///< `value`
  kKernel,    ///< row by row: fused over blocks, or run once over scalars
  kAggregate,
  kOperator,
  kColumn,  ///< the column `field` of a table
  kCall,
  kBlock,  ///< a program of its own, for each element of a Parallel
  kCheck,
};

/// Where an operation's result lies while a plan runs.
enum class Form : uint8_t {
  kScalar,  ///< a cell of the frame
  kColumn,  ///< slots of a block, and a ColumnData if others than its own segment need it
  kObject,  ///< a Value; its cell points at the object
};

/// One input of an operation.
struct Arg {
  OpId op = kNoOp;
  Type type = nullptr;        ///< what is asked for; null: as it is
  Shape shape = Shape::kRow;  ///< how a call takes it
  bool order_only = false;    ///< has to have run before, but is no argument
  bool nullable = false;      ///< of a call: may be null
};

struct Op {
  OpKind kind = OpKind::kConstant;
  Form form = Form::kScalar;
  bool error_is_null = false;
  bool running = false;     ///< of an aggregate: goes on from micro-batch to micro-batch
  bool dynamic = false;     ///< depends on an input: in a request it runs for each row
  uint32_t domain = 0;      ///< of a column: which rows
  uint32_t stage = 0;       ///< pipeline breakers before it
  uint32_t args_begin = 0;  ///< into Program::args
  uint32_t args_size = 0;
  uint32_t node = UINT32_MAX;  ///< of the graph, for errors and reports
  Type type = nullptr;         ///< null: known only from the data
  const Kernel* kernel = nullptr;
  const AggregateFunction* aggregate = nullptr;
  const ColumnOperator* column_operator = nullptr;
  const Call* call = nullptr;
  /// Index into Program::constants; of a column into fields, of a check into checks, of a block
  /// into blocks.
  uint32_t value = 0;
};

/// Rows that line up. Domain 0 is that of the inputs.
struct Domain {
  std::string name;
  OpId table = kNoOp;  ///< whose rows they are; kNoOp: the inputs', or those of `series`
  OpId series = kNoOp;
};

enum class StepKind : uint8_t { kScalars, kSegment, kOperator, kColumns, kCall, kBlock, kCheck };
std::string_view step_name(StepKind kind);

struct PlanStep {
  StepKind kind = StepKind::kScalars;
  bool dynamic = false;
  uint32_t domain = 0;
  std::vector<OpId> ops;      ///< to run, in order; of kColumns: the columns of one table
  std::vector<OpId> outputs;  ///< of a segment: columns to be kept
  std::vector<OpId> aggregates;
  std::vector<uint32_t> after;  ///< steps that wait for this one
  uint32_t waits = 0;           ///< for how many steps it waits
  std::vector<OpId> reads;      ///< kept columns and objects it uses, each once
  std::shared_ptr<const struct SegmentPlan> segment = nullptr;
};

/// Where the scalars of a run lie: one slot an operation, laid out once.
struct FrameLayout {
  static constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> offset;  ///< [ops]; kNone: an object or a column, without a slot
  size_t bytes = 0;
  std::vector<OpId> constructed;  ///< slots that need construct() and destroy()
  std::vector<uint32_t> kept;  ///< [ops] index among kept columns or among objects; kNone: neither
  uint32_t columns = 0;
  uint32_t objects = 0;
  std::vector<OpId> object_ops;
  std::vector<uint32_t> uses;  ///< [ops] how many steps read it, and one if it is an output
};

struct Program {
  std::shared_ptr<const Graph> graph;
  PlanOptions options;
  std::vector<Op> ops;
  std::vector<Arg> args;
  std::vector<Domain> domains;
  std::vector<Value> constants;
  std::vector<std::string> fields;                                 ///< by Op::value of kColumn
  std::vector<std::shared_ptr<const class PreparedCheck>> checks;  ///< by Op::value of kCheck
  std::vector<std::shared_ptr<struct Block>> blocks;               ///< by Op::value of kBlock
  /// Nodes whose function is called in its own language, and why it is not an expression.
  std::vector<std::pair<size_t, std::string>> called;
  std::vector<size_t> skipped_checks;  ///< nodes whose check has no meaning in this context
  std::vector<PlanStep> steps;
  std::vector<Plan::Input> inputs;
  std::vector<OpId> input_ops;
  std::vector<std::optional<Value>> input_defaults;
  std::vector<std::string> outputs;
  std::vector<OpId> output_ops;
  std::unordered_map<std::string_view, size_t> output_index;
  /// Nodes that need all rows and whose one value a fit holds.
  std::vector<std::pair<size_t, OpId>> fit_nodes;
  std::vector<std::pair<size_t, OpId>> node_ops;  ///< nodes that are computed, in their order
  std::vector<OpId> watched;  ///< columns and objects that stay until the cache has seen them
  std::shared_ptr<const struct CachePlan> cache;  ///< null: nothing is kept
  FrameLayout frame;
  std::vector<std::shared_ptr<const void>> owned;  ///< keeps kernels, aggregates, calls alive
  std::shared_ptr<class RunStatePool> states;
  std::shared_ptr<class ThreadPool> threads;
  std::shared_ptr<class AsyncRuns> async;
  std::shared_ptr<const Hooks> hooks;  ///< for runs that are given none

  std::span<const Arg> args_of(const Op& op) const {
    return std::span(args).subspan(op.args_begin, op.args_size);
  }
  /// The node an operation belongs to; null for inputs made by the planner.
  const Node* node_of(const Op& op) const {
    return op.node == UINT32_MAX ? nullptr : &graph->node(op.node);
  }
  /// For messages: the node's name, or "a value".
  std::string name_of(const Op& op) const;
  SourceLocation where(const Op& op) const;
};

/// Graph nodes to operations. Throws Error(kInvalidGraph, kNotFound, kUnsupported).
std::shared_ptr<Program> lower(std::shared_ptr<const Graph> graph,
                               const std::vector<std::string>& outputs, const PlanOptions& options);
/// Operations to steps: stages, segments, releases, frame.
void schedule(Program& program);

}  // namespace weft
