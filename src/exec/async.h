/// AsyncRuns: the runs of a driver that nobody waits for.
#pragma once

#include "base/forks.h"
#include "exec/plan_run.h"

namespace weft {

/// Runs go on on the pool's threads; one thread of its own, made with the first run, looks after
/// those that wait for something outside, so that many can wait at once. The child of a fork knows
/// none of its parent's runs. Thread-safe.
class AsyncRuns {
 public:
  AsyncRuns();
  ~AsyncRuns();
  AsyncRuns(const AsyncRuns&) = delete;
  AsyncRuns& operator=(const AsyncRuns&) = delete;

  Task start(std::shared_ptr<const Program> program, const Values& inputs,
             const RunOptions& options);

  struct State;

 private:
  void forget_runs();

  std::shared_ptr<State> state_;
  ForkHandlers forks_;
};

}  // namespace weft
