/// Execution: one run of a program over given inputs.
#pragma once

#include <chrono>

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
  int64_t runs = 1;                  ///< of a step of a block: for all its elements
  const Program* program = nullptr;  ///< of a step of a block; null: the plan's own
};
/// Does the step pick one node's values out of those of a block?
bool collects(const Program& program, const PlanStep& step);
/// What the step is and does, without costs.
StepReport step_report(const Program& program, uint32_t step);

/// A step that was begun and waits for something outside of the run: a future, or the elements of a
/// block that do.
class PendingStep {
 public:
  virtual ~PendingStep() = default;
  /// Would resume() get on?
  virtual bool ready() = 0;
  /// Goes on until it waits again; true: it is done.
  virtual bool resume() = 0;
  /// Waits for what it waits for, at most so long.
  virtual void wait(Duration patience) = 0;
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
  // The same in pieces, by one thread at a time: begin(), then advance() until it is true.
  void begin(std::function<bool(const PlanStep&)> wanted);
  /// Runs what can be run; false: the rest waits for something outside.
  bool advance();
  /// Would advance() get on?
  bool ready();
  /// Waits for something outside, at most so long.
  void wait(Duration patience);
  void run_step(uint32_t step);
  /// After a run that succeeded: running values go on from it. One that failed leaves them alone.
  void keep_running();
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
  class AwaitedCall;
  class BlockRun;
  struct Pending {
    uint32_t number = 0;  // of the step
    std::unique_ptr<PendingStep> step = nullptr;
    std::chrono::steady_clock::time_point start = {};
  };
  bool resume(Pending& pending);

  void bind_value(size_t input, const Value& value);
  void leave_in_source(const Table& table, OpId op, const std::string& column);
  bool is_watched(uint32_t domain) const;
  void hold_arguments(const PlanStep& step);
  bool append_out_of_core(OpId op, Arena& arena);
  bool build_out_of_core(OpId op, Arena& arena);
  std::optional<Table> as_table_out_of_core(std::span<const ComputedColumn> columns) const;
  int64_t rows_of(uint32_t domain);
  ColumnData column_as(OpId op, Type type) const;

  int64_t run_segment_step(uint32_t step);
  void finish_aggregates(uint32_t step, SegmentResult& result);
  void add_earlier(OpId op, std::unique_ptr<char[]>& state) const;
  int64_t run_operator(const PlanStep& step);
  int64_t load_columns(const PlanStep& step);
  void refuse_cancelled() const;
  void run_wave();
  void release_followers(std::span<const uint32_t> done);
  void resume_pending();
  bool start_step(uint32_t step);
  void end_step(uint32_t step, int64_t rows, std::chrono::steady_clock::time_point start);
  bool computes_nodes(uint32_t step) const;
  void tell_before(uint32_t step) const;
  double tell_after(uint32_t step, int64_t rows, int64_t bytes,
                    std::chrono::steady_clock::time_point start, std::string_view error) const;
  std::unique_ptr<PendingStep> run_call(uint32_t step);
  void finish_call(uint32_t step, const std::function<Value()>& call);
  std::unique_ptr<PendingStep> await(uint32_t step, Awaited awaited);
  std::unique_ptr<PendingStep> start_block(uint32_t step);
  std::string told(const Op& op, const std::string& what) const;
  void run_check(const PlanStep& step);
  Value argument(const Arg& arg) const;
  void check_schema(const Op& op, const Table& table) const;
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
  RunningStates running_now_;  // what they become if the run succeeds
  std::mutex mutex_;
  std::vector<int64_t> domain_rows_;
  std::vector<std::string> domain_example_;  // the column that set it, for messages
  std::unique_ptr<std::atomic<uint32_t>[]> uses_;
  std::unique_ptr<CacheSession> cache_;
  std::shared_ptr<OutOfCoreRows> out_of_core_;
  std::map<OpId, CheckReport> checks_;
  std::map<OpId, Table> quarantine_;  // what each check left out
  std::vector<StepRecord> records_;
  std::string element_;  // whose run this is: "file[3]"; empty: of a plan
  std::vector<CheckReport> element_checks_;
  std::map<std::string, std::vector<Table>> element_quarantine_;
  std::vector<CacheReport> element_log_;
  // Where the run is.
  std::function<bool(const PlanStep&)> wanted_;
  std::vector<uint32_t> waits_;
  std::vector<uint32_t> ready_;
  std::vector<Pending> pending_;
};

}  // namespace weft
