/// PlanRun: one run of a plan from its inputs to its result, at once or in pieces.
#pragma once

#include "exec/execution.h"

namespace weft {

class PlanRun {
 public:
  /// Binds the inputs; what is not among them may be a column of `rows`. Throws what
  /// Execution::bind() throws.
  PlanRun(std::shared_ptr<const Program> program, const Values& inputs, const Table* rows,
          const RunOptions& options, RunningStates* running = nullptr);

  /// Runs on; false: the rest waits for something outside. Throws what a step threw, once the hooks
  /// know of it.
  bool advance();
  bool ready() { return execution_.ready(); }
  void wait(Duration patience) { execution_.wait(patience); }
  /// Once advance() was true.
  Result finish();

 private:
  std::shared_ptr<const Program> program_;
  std::shared_ptr<RunState> state_;
  const Hooks* hooks_;
  Execution execution_;
};

/// The driver's hooks where the caller has none.
RunOptions with_hooks(const Program& program, RunOptions options);

/// Throws Error(kInvalidArgument) for names that the graph does not know, and for an online plan.
void refuse_unfit(const Program& program, const Values& inputs);

}  // namespace weft
