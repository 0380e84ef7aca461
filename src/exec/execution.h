/// Execution: one run of a program over given inputs.
#pragma once

#include "exec/cache.h"
#include "exec/check.h"
#include "exec/out_of_core.h"
#include "exec/run_state.h"

namespace weft {

/// What a step did, before it is told in words.
struct StepRecord {
  uint32_t step = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  double seconds = 0;
};

struct Result::State {
  std::shared_ptr<const Program> program;
  std::shared_ptr<RunState> run;
  std::shared_ptr<OutOfCoreRows> out_of_core;  ///< null: every column is held
  std::vector<CheckReport> checks;
  std::map<std::string, Table> quarantine;
  std::vector<CacheReport> cache_log;
  std::vector<StepRecord> records;
  mutable std::once_flag reports_once;
  mutable std::vector<StepReport> reports;
};

/// Finds an input by name; null if it was not given.
using InputFinder = std::function<std::optional<Value>(const std::string& name)>;

/// States of aggregates that go on from batch to batch, by operation.
struct RunningStates {
  std::map<OpId, std::unique_ptr<char[]>> states;
  const Program* program = nullptr;
  ~RunningStates();
};

class Execution : private CacheHost {
 public:
  Execution(std::shared_ptr<const Program> program, std::shared_ptr<RunState> state,
            const RunOptions& options, RunningStates* running = nullptr);

  /// Inputs by name; what is not found may be a column of `rows`. Throws Error(kInvalidArgument)
  /// naming every input that is missing, Error(kTypeMismatch).
  void bind(const InputFinder& find, const Table* rows = nullptr);
  /// Runs the steps for which `wanted` holds, in order of dependence, those that can at once.
  void run(const std::function<bool(const PlanStep&)>& wanted);
  void run_step(uint32_t step);
  /// Forgets what the last request left: reports and rows.
  void begin_request();

  /// In the order of the graph, whichever ran first.
  std::vector<CheckReport> checks() const;
  std::map<std::string, Table> quarantine() const;
  std::vector<CacheReport> cache_log();
  /// Throws Error(kCheckFailed) telling of all checks so far that failed and may not.
  void fail_checks() const;
  std::vector<StepRecord>& records() { return records_; }
  const std::shared_ptr<OutOfCoreRows>& out_of_core() const { return out_of_core_; }

 private:
  void bind_value(size_t input, const Value& value);
  void leave_in_source(const Table& table, OpId op, const std::string& column);
  bool is_watched(uint32_t domain) const;
  void hold_arguments(const PlanStep& step);
  bool append_out_of_core(OpId op, Arena& arena);
  int64_t rows_of(uint32_t domain);
  ColumnData column_as(OpId op, Type type) const;

  int64_t run_segment_step(uint32_t step);
  void finish_aggregates(uint32_t step, SegmentResult& result);
  int64_t run_operator(const PlanStep& step);
  int64_t load_columns(const PlanStep& step);
  void run_call(uint32_t step);
  void run_check(const PlanStep& step);
  Value argument(const Arg& arg) const;
  void store(OpId op, Value value, Arena& arena);
  void finish(uint32_t step);
  void let_go(OpId op);
  void provide(OpId op, Value value) override;
  void seen(OpId op) override;
  int64_t bytes_of(const PlanStep& step) const;

  std::shared_ptr<const Program> program_;
  std::shared_ptr<RunState> state_;
  RunOptions options_;
  RunningStates* running_;
  std::mutex mutex_;
  std::vector<int64_t> domain_rows_;
  std::vector<std::string> domain_example_;  // the column that set it, for messages
  std::unique_ptr<std::atomic<uint32_t>[]> uses_;
  std::unique_ptr<CacheSession> cache_;
  std::shared_ptr<OutOfCoreRows> out_of_core_;
  std::map<OpId, CheckReport> checks_;
  std::map<OpId, Table> quarantine_;  // what each check left out
  std::vector<StepRecord> records_;
};

}  // namespace weft
