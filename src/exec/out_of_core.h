/// Rows that are too many to be held in memory: their columns are computed from the source again by
/// whatever reads them.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "exec/run_state.h"
#include "exec/segment.h"

namespace weft {

/// A column of a table over such rows: the result of an operation (a single value repeats for every
/// row), or a column of the source as it is.
struct ComputedColumn {
  std::string name;
  OpId op = kNoOp;
  std::string source = {};
};

/// What is found out about rows while they are read.
struct RowsSeen {
  std::atomic<int64_t> rows = -1;  ///< -1: not yet read to their end
  std::atomic<int64_t> passes = 0;
};

/// The domains of one run whose rows stay in their source. Aggregates over them are a pass that
/// reads and computes block by block; a table made of their columns is itself a table in a source;
/// what needs a whole column (an operator, a call, a caller) holds that column.
class OutOfCoreRows {
 public:
  /// Tells how far a pass has come; total 0 if unknown.
  using Progress = std::function<void(int64_t rows_done, int64_t rows_total)>;

  OutOfCoreRows(std::shared_ptr<const Program> program, std::shared_ptr<RunState> state,
                const RunOptions& options);

  /// Whether these columns of a table had better stay where they are.
  static bool too_large(const Table& table, std::span<const std::string> columns,
                        const RunOptions& options);

  /// `op` is the column `column` of `table`, whose rows are those of the operation's domain.
  void add(const Table& table, OpId op, const std::string& column);
  bool contains(uint32_t domain) const { return domains_.contains(domain); }
  /// Of a column: that it is in no memory, and has to be computed to be read.
  bool is_out(OpId op) const;
  /// Of what no step is going to read any more: that no later pass is either. Objects and the
  /// results of operators and calls stay, as a column that is computed again may need them.
  bool can_let_go(OpId op) const;
  /// The number of rows of a domain; may have to read the source.
  int64_t rows_of(uint32_t domain) const;
  /// A line for each domain: its name, rows and how often they were read.
  std::vector<std::string> describe() const;

  /// Feeds a step's aggregates with all rows. Returns the number of rows.
  int64_t aggregate(const PlanStep& step, SegmentResult& result, const std::atomic<bool>* cancelled,
                    const Progress& progress) const;
  /// Brings those of `ops` into memory that are out, in one pass a domain; where they are large,
  /// into a file that is mapped. Thread-safe.
  void hold(std::span<const OpId> ops);
  /// Columns over the rows of `domain` as a table that is computed as it is read. It stands on its
  /// own: what it needs of the run is copied.
  Table table(uint32_t domain, std::vector<ComputedColumn> columns) const;
  /// The table of the domain, with `appended` in place of columns of these names and after them.
  Table append(uint32_t domain, std::vector<ComputedColumn> appended) const;

 private:
  struct Domain {
    Table table;
    std::map<OpId, std::string> columns = {};
    std::shared_ptr<RowsSeen> seen = std::make_shared<RowsSeen>();
  };
  std::shared_ptr<const class Recipe> recipe(uint32_t domain,
                                             std::span<const ComputedColumn> columns,
                                             std::span<const OpId> aggregates) const;

  std::shared_ptr<const Program> program_;
  std::shared_ptr<RunState> state_;
  int threads_;
  int64_t memory_limit_;
  std::map<uint32_t, Domain> domains_;
  std::mutex hold_mutex_;
};

}  // namespace weft
