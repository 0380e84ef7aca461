/// RunState: the values of one run of a program. Made once and used again by the next run.
#pragma once

#include <deque>

#include "exec/program.h"

namespace weft {

/// The scalars' frame, kept columns and objects, and the scalar kernels with their cells resolved.
class RunState {
 public:
  explicit RunState(const Program& program);
  ~RunState();
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;

  /// Stays where it is; an object's cell points at the object there is at the moment.
  const Cell& cell(OpId op) const { return cells_[op]; }
  const Cell* cells() const { return cells_.data(); }

  /// A single value, or the object itself. An empty value is null.
  void set(OpId op, const Value& value, Arena& arena);
  void set_column(OpId op, ColumnData column);
  /// A scalar boxed, an object as it is, a column as Value::of(ColumnData).
  Value value(OpId op) const;
  const ColumnData& column(OpId op) const { return *columns_[program_.frame.kept[op]]; }
  bool has_column(OpId op) const { return columns_[program_.frame.kept[op]].has_value(); }
  void release(OpId op);

  /// Texts and lists of the scalars that a step makes; one a step, as steps may run at once.
  Arena& arena(size_t step) { return arenas_[step]; }
  /// Texts and lists of an input.
  Arena& input_arena(size_t input) { return input_arenas_[input]; }

  /// Runs the scalar kernels of a step. Throws Error(kFunctionFailed).
  void run_scalars(size_t step);

  /// Forgets objects and columns; scalars are simply written again.
  void clear();

 private:
  struct Instruction {
    void (*row)(const void*, const Cell*, const Cell&, Arena&);
    const void* context;
    const Cell* in;
    Cell out;
    OpId op;
  };
  void resolve(size_t step);
  [[noreturn]] void fail(const Instruction& in, const std::string& what) const;

  const Program& program_;
  char* frame_ = nullptr;
  std::unique_ptr<bool[]> valid_;
  std::vector<Cell> cells_;
  std::vector<Value> objects_;
  std::vector<std::optional<ColumnData>> columns_;
  std::vector<std::vector<Instruction>> instructions_;               // [steps]
  std::vector<std::vector<Cell>> instruction_args_;                  // [steps]
  std::vector<std::vector<std::pair<uint32_t, OpId>>> object_args_;  // [steps] which of those
  std::deque<Arena> arenas_;  // [steps], not movable while in use
  std::deque<Arena> input_arenas_;
  Arena constants_;
};

/// Run states that wait to be used again. Thread-safe.
class RunStatePool {
 public:
  /// Goes back to the pool when the last copy dies; keeps the program alive.
  static std::shared_ptr<RunState> take(const std::shared_ptr<const Program>& program);

 private:
  static constexpr size_t kKeptMax = 16;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RunState>> free_;
};

}  // namespace weft
