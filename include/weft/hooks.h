/// Hooks: functions that a run calls as it goes, and what it tells them.
#pragma once

#include <atomic>
#include <functional>

#include "weft/check.h"
#include "weft/graph.h"

namespace weft {

/// What one step of a run did; for explain() and hooks.
struct StepReport {
  std::string name;                ///< "segment", "call", "block", "collect", ...
  std::vector<std::string> nodes;  ///< what it computes
  int64_t rows = 0;
  int64_t bytes = 0;
  double seconds = 0;
  /// How often it ran: in a Result the runs for all elements of a block are one report.
  int64_t runs = 1;
  std::string element = {};  ///< in a block, for hooks: "file[3]", "folder[0].file[3]"
  std::string error = {};    ///< for hooks: why it failed; empty if it did not
};

/// What one node of a step did. Nodes of one step run together, in one pass, so that the time is
/// that of the step.
struct NodeReport {
  std::string node;
  std::string element = {};  ///< see StepReport
  double seconds = 0;
  std::string error = {};  ///< of its step
};

/// Called while a plan runs, by the thread that does the work: steps that run at once call them at
/// once. What a hook throws ends the run.
struct Hooks {
  /// A driver has made its graph, before there is a plan.
  std::function<void(const Graph&)> graph_built = {};
  std::function<void(const class Plan&)> before_run = {};
  std::function<void(const class Result&)> after_run = {};
  /// In place of after_run, where the run threw this.
  std::function<void(const Error&)> run_failed = {};
  /// A step without costs so far.
  std::function<void(const StepReport&)> before_step = {};
  /// After every step that was begun, also one that failed.
  std::function<void(const StepReport&)> after_step = {};
  std::function<void(std::string_view node, std::string_view element)> before_node = {};
  std::function<void(const NodeReport&)> after_node = {};
  /// The name of the check's node.
  std::function<void(std::string_view check)> before_check = {};
  std::function<void(const CheckReport&)> after_check = {};
  /// Rows done of rows known, or elements of a Parallel; total 0 if unknown.
  std::function<void(std::string_view what, int64_t done, int64_t total)> progress = {};
};

/// Hooks that call these one after another. They are copied.
Hooks combine(std::vector<Hooks> hooks);

struct RunOptions {
  int threads = 0;  ///< 0: as many as the driver has
  /// About how many bytes the columns of a table still in its source may take; 0: half of the
  /// machine's memory. A larger one is not held: its rows are read again, block by block, by
  /// whatever needs them (aggregates, then a writer of Result::table()).
  int64_t memory_limit = 0;
  /// Null: the driver's. They have to outlive the run.
  const Hooks* hooks = nullptr;
  /// Set from another thread to end the run with Error(kCancelled).
  const std::atomic<bool>* cancelled = nullptr;
  const Clock* clock = nullptr;  ///< null: the system's
  /// Of a Parallel: so many elements may have been begun and wait for something outside
  /// (std::future) at once. At most `threads` of them compute.
  int elements_in_flight = 128;
};

}  // namespace weft
