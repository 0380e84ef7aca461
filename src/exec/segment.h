/// Segments: chains of row kernels over one domain, run block by block while the data is in cache.
#pragma once

#include <atomic>

#include "data/slots.h"
#include "exec/program.h"

namespace weft {

class ThreadPool;

/// Where an instruction finds an argument, or puts its result: an index into the slices of a
/// worker.
using SliceId = uint32_t;

/// Memory of a segment's blocks, used again by the next run. Thread-safe.
class BlockMemoryPool;

/// A segment made ready to run. Slices are numbered: inputs, then scalars, then results.
struct SegmentPlan {
  struct Input {
    OpId op;
    Type type;  ///< what it is read as; null: as it is
  };
  struct Instruction {
    const Kernel* kernel;
    uint32_t args_begin;  ///< into `args`
    uint32_t args_size;
    SliceId result;
    uint32_t reg;    ///< the register it writes
    int32_t output;  ///< index into the step's outputs; -1: stays in the segment
    OpId op;
    bool error_is_null;
  };
  struct Aggregation {
    const AggregateFunction* function;
    uint32_t args_begin;
    uint32_t args_size;
    OpId op;
  };
  std::vector<Input> inputs;
  std::vector<OpId> scalars;
  std::vector<Instruction> instructions;
  std::vector<Aggregation> aggregations;
  std::vector<SliceId> args;
  std::vector<Type> registers;  ///< after results that are never needed together share one
  SliceId slices = 0;
  int64_t block_rows = kBlockRows;
  std::shared_ptr<BlockMemoryPool> memory;
};

std::shared_ptr<const SegmentPlan> plan_segment(const Program& program, const PlanStep& step);

/// What a segment reads and leaves behind in one run.
struct SegmentBinding {
  int64_t rows = 0;
  int64_t first_row = 0;           ///< what the first of them is called in messages
  std::vector<ColumnData> inputs;  ///< of SegmentPlan::inputs
  const Cell* cells = nullptr;     ///< [ops] the frame's
  const std::atomic<bool>* cancelled = nullptr;
  std::function<void(int64_t rows_done)> progress = {};
};

struct SegmentResult {
  std::vector<ColumnData> outputs;  ///< of PlanStep::outputs
  /// State of each aggregation over all rows; freed with free_states().
  std::vector<std::unique_ptr<char[]>> states;
};

/// Runs all rows, morsel by morsel on the pool's threads. Throws Error(kFunctionFailed) naming
/// feature, row and arguments.
SegmentResult run_segment(const Program& program, const PlanStep& step,
                          const SegmentBinding& binding, ThreadPool& pool, int threads);
void free_states(const SegmentPlan& plan, SegmentResult& result);

/// Stands for what a function says of its failure if it was given values tagged pii.
inline constexpr std::string_view kHiddenMessage = "what it says is hidden: tagged pii";

/// The error of a row function, with the feature, the row and the values it was given.
[[noreturn]] void throw_row_error(const Program& program, const Op& op, std::span<const Slice> args,
                                  int64_t row_in_block, int64_t row, const std::string& what);

}  // namespace weft
