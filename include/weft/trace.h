/// Trace: where the time of runs went, step by step and thread by thread.
#pragma once

#include "weft/hooks.h"

namespace weft {

/// A step of a run. Nodes that run together, in one pass, are one span.
struct Span {
  std::string name;      ///< its nodes, with commas
  std::string kind;      ///< StepReport::name: "segment", "call", ...
  int64_t start_us = 0;  ///< since the trace was made
  int64_t duration_us = 0;
  int thread = 0;  ///< that ended it; numbered as they come
  std::vector<std::string> nodes = {};
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string element = {};  ///< of a Parallel: "file[3]"
  std::string error = {};
};

/// Notes every run that is given its hooks, until it is destroyed. Thread-safe.
///
///   Trace trace;
///   plan.run(inputs, {.hooks = &trace.hooks()});
///   trace.write("run.trace.json");  // for chrome://tracing and Perfetto
class Trace {
 public:
  Trace();
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  const Hooks& hooks() const;
  /// In the order in which they ended.
  std::vector<Span> spans() const;
  /// In the Trace Event Format that browsers and Perfetto read.
  std::string to_json() const;
  /// The same as a file. Throws Error(kIo).
  void write(const std::string& path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
