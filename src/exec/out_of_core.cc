#include "exec/out_of_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/memory.h"
#include "io/spill.h"

namespace weft {
namespace {

// Rows that are read, computed and let go together: some for each thread, and no more than a share
// of the memory holds.
constexpr int64_t kGroupRowsMax = int64_t{1} << 18;
constexpr int64_t kGroupRowsMin = 4096;
constexpr int64_t kShareOfGroup = 8;
// Columns that something needs as a whole stay in memory up to this share of it.
constexpr int64_t kShareOfHeld = 8;
constexpr int64_t kBytesOfValue = 16;

int64_t memory_limit_of(const RunOptions& options) {
  return options.memory_limit > 0 ? options.memory_limit : machine_memory() / 2;
}

ColumnData repeated(const Value& value, Type type, int64_t rows) {
  const std::vector<Value> copies(static_cast<size_t>(rows), value);
  return ColumnData::of_values(type, copies);
}

Table no_rows(const Schema& schema) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, type] : schema)
    columns.emplace_back(name, ColumnData::of_values(type, {}));
  return Table(std::move(columns));
}

// What a segment reads: a column of the source, or one that is held.
struct Input {
  OpId op = kNoOp;
  Type type = nullptr;
  std::optional<ColumnData> held = {};
  std::string column = {};
};

// What a pass leaves: an output of its segment, one value, or a column as it is.
struct Made {
  std::string name;
  Type type = nullptr;
  int output = -1;
  bool repeats = false;
  Value value = {};  // which repeats
  std::optional<Input> input = {};
};

struct Pass {
  PlanStep step;
  std::vector<Input> inputs;  // of step.segment
  std::vector<Made> made;
  std::vector<std::string> columns;  // to be read
  int64_t group_rows = 0;
};

}  // namespace

// All that computing some columns over rows in a source takes, beside the source: the single values
// and the held columns that their kernels read. Immutable.
class Recipe {
 public:
  std::shared_ptr<const Program> program = nullptr;
  uint32_t domain = 0;
  Table table = {};
  std::map<OpId, std::string> columns = {};  // of the table
  std::shared_ptr<RowsSeen> seen = nullptr;
  std::map<OpId, Value> values = {};
  std::map<OpId, ColumnData> held = {};
  int threads = 0;
  int64_t memory_limit = 0;

  bool is_computed(OpId op) const {
    return op != kNoOp && program->ops[op].form == Form::kColumn &&
           program->ops[op].kind == OpKind::kKernel && !held.contains(op);
  }
  Input input(OpId op, Type type) const {
    const auto it = held.find(op);
    if (it != held.end()) return {op, type, it->second};
    return {op, type, {}, columns.at(op)};
  }
  Type type_of(const ComputedColumn& column) const {
    if (column.op != kNoOp && program->ops[column.op].type) return program->ops[column.op].type;
    const std::string& source = column.op == kNoOp ? column.source : columns.at(column.op);
    return std::ranges::find(table.schema(), source, &ColumnSchema::name)->type;
  }
  std::optional<int64_t> num_rows() const {
    if (const int64_t rows = seen->rows; rows >= 0) return rows;
    return table.source()->num_rows();
  }
  // The kernels behind some columns and aggregates, in topological order.
  std::vector<OpId> kernels(std::span<const ComputedColumn> wanted,
                            std::span<const OpId> aggregates) const;
  // The segment that makes `wanted` and feeds `aggregates`: every kernel between them and what is
  // held or read from the source, whichever stage it was planned for.
  Pass plan(std::span<const ComputedColumn> wanted, std::span<const OpId> aggregates) const;
};

std::vector<OpId> Recipe::kernels(std::span<const ComputedColumn> wanted,
                                  std::span<const OpId> aggregates) const {
  std::set<OpId> made;
  std::vector<OpId> stack;
  const auto visit = [&](OpId id) {
    if (is_computed(id) && made.insert(id).second) stack.push_back(id);
  };
  const auto visit_args = [&](OpId id) {
    for (const Arg& arg : program->args_of(program->ops[id])) visit(arg.op);
  };
  for (const ComputedColumn& column : wanted) visit(column.op);
  for (const OpId id : aggregates) visit_args(id);
  while (!stack.empty()) {
    const OpId id = stack.back();
    stack.pop_back();
    visit_args(id);
  }
  return {made.begin(), made.end()};  // operations are numbered in topological order
}

Pass Recipe::plan(std::span<const ComputedColumn> wanted, std::span<const OpId> aggregates) const {
  Pass pass;
  PlanStep& step = pass.step;
  step.kind = StepKind::kSegment;
  step.domain = domain;
  step.aggregates.assign(aggregates.begin(), aggregates.end());
  step.ops = kernels(wanted, aggregates);
  for (const ComputedColumn& column : wanted) {
    Made made = {.name = column.name, .type = type_of(column)};
    if (column.op == kNoOp) {
      made.input = Input{.column = column.source};
    } else if (program->ops[column.op].form != Form::kColumn) {
      made.repeats = true;
      made.value = values.at(column.op);
    } else if (!is_computed(column.op)) {
      made.input = input(column.op, nullptr);
    } else {
      const auto at = std::ranges::find(step.outputs, column.op) - step.outputs.begin();
      made.output = static_cast<int>(at);
      if (at == std::ssize(step.outputs)) step.outputs.push_back(column.op);
    }
    pass.made.push_back(std::move(made));
  }
  auto segment = plan_segment(*program, step);
  for (const auto& in : segment->inputs) pass.inputs.push_back(input(in.op, in.type));
  step.segment = std::move(segment);

  std::set<std::string> read;
  for (const Input& in : pass.inputs) {
    if (!in.held) read.insert(in.column);
  }
  for (const Made& made : pass.made) {
    if (made.input && !made.input->held) read.insert(made.input->column);
  }
  // Rows that nothing is read of are still to be counted.
  if (read.empty()) read.insert(columns.begin()->second);
  pass.columns.assign(read.begin(), read.end());
  const auto width = static_cast<int64_t>(read.size() + pass.made.size()) * kBytesOfValue;
  pass.group_rows = std::clamp(memory_limit / kShareOfGroup / width, kGroupRowsMin, kGroupRowsMax);
  return pass;
}

namespace {

// The cells of single values, as kernels read them.
class ValueCells {
 public:
  explicit ValueCells(const Recipe& recipe) : cells_(recipe.program->ops.size()) {
    for (const auto& [op, value] : recipe.values) {
      const Type type = recipe.program->ops[op].type;
      const bool object = recipe.program->ops[op].form == Form::kObject;
      bool& valid = valid_.emplace_back(value.has_value());
      cells_[op] = {object ? const_cast<void*>(value.data()) : nullptr, &valid};
      if (object) continue;
      SlotBuffer& slot = slots_.emplace_back(type, 1);
      if (valid) type->unbox(type, value.as(type), slot.data(), slot.arena());
      cells_[op].data = slot.data();
    }
  }
  const Cell* data() const { return cells_.data(); }

 private:
  std::vector<Cell> cells_;  // [ops]
  std::deque<SlotBuffer> slots_;
  std::deque<bool> valid_;
};

// Runs a pass group by group, in order.
class PassReader {
 public:
  PassReader(std::shared_ptr<const Recipe> recipe, Pass pass)
      : recipe_(std::move(recipe)),
        program_(*recipe_->program),
        pass_(std::move(pass)),
        cells_(*recipe_),
        reader_(recipe_->table.read(pass_.columns)) {}

  const std::atomic<bool>* cancelled = nullptr;
  std::function<void(int64_t)> progress = {};

  // The next rows computed; false at the end. The first group may be empty, so that aggregates of
  // no rows have a state.
  bool next(SegmentResult& result) {
    if (ended_) return false;
    first_row_ += rows_;
    std::vector<Table> batches;
    rows_ = 0;
    while (rows_ < pass_.group_rows) {
      auto batch = reader_->next();
      if (!batch) {
        ended_ = true;
        recipe_->seen->rows = rows_done();
        ++recipe_->seen->passes;
        break;
      }
      rows_ += batch->num_rows();
      batches.push_back(std::move(*batch));
    }
    if (rows_ == 0 && first_row_ > 0) return false;
    group_ = batches.empty() ? no_rows(recipe_->table.select(pass_.columns).schema())
                             : Table::concat(batches);
    check_held();
    result = {};
    if (!pass_.step.ops.empty() || !pass_.step.aggregates.empty()) run(result);
    return true;
  }

  ColumnData column(const Input& in) const {
    if (in.held) return as(in.held->slice(first_row_, rows_), in.type, in.op);
    const Type own = in.op == kNoOp ? nullptr : program_.ops[in.op].type;
    return as(as(group_.column(in.column), own, in.op), in.type, in.op);
  }

  int64_t rows() const { return rows_; }
  int64_t rows_done() const { return first_row_ + rows_; }
  const Pass& pass() const { return pass_; }

 private:
  void run(SegmentResult& result) {
    SegmentBinding binding;
    binding.rows = rows_;
    binding.first_row = first_row_;
    binding.cells = cells_.data();
    binding.cancelled = cancelled;
    for (const auto& in : pass_.inputs) binding.inputs.push_back(column(in));
    if (progress) {
      binding.progress = [this](int64_t done) { progress(first_row_ + done); };
    }
    result = run_segment(program_, pass_.step, binding, *program_.threads, recipe_->threads);
  }

  ColumnData as(ColumnData column, Type type, OpId op) const {
    if (!type || column.type() == type) return column;
    try {
      return column.as(type);
    } catch (const Error& e) {
      throw Error(e.code(), program_.name_of(program_.ops[op]) + ": " + e.message(),
                  program_.where(program_.ops[op]));
    }
  }

  // Columns that came another way have to be as long as the source turns out to be.
  void check_held() const {
    for (const Input& in : pass_.inputs) check_held(in);
    for (const Made& made : pass_.made) {
      if (made.input) check_held(*made.input);
    }
  }
  void check_held(const Input& in) const {
    if (!in.held) return;
    const int64_t size = in.held->size();
    if (ended_ ? size == rows_done() : size >= rows_done()) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} has {} rows, but the rows it lines up with are {}{}",
                            program_.name_of(program_.ops[in.op]), size, ended_ ? "" : "at least ",
                            rows_done()));
  }

  std::shared_ptr<const Recipe> recipe_;
  const Program& program_;
  Pass pass_;
  ValueCells cells_;
  std::unique_ptr<BatchReader> reader_;
  Table group_;
  int64_t first_row_ = 0;
  int64_t rows_ = 0;
  bool ended_ = false;
};

class ComputedReader : public BatchReader {
 public:
  explicit ComputedReader(PassReader reader) : reader_(std::move(reader)) {}

  std::optional<Table> next() override {
    SegmentResult result;
    if (!reader_.next(result) || reader_.rows() == 0) return {};
    std::vector<std::pair<std::string, ColumnData>> columns;
    for (const Made& made : reader_.pass().made) {
      if (made.repeats) {
        columns.emplace_back(made.name, repeated(made.value, made.type, reader_.rows()));
      } else if (made.input) {
        columns.emplace_back(made.name, reader_.column(*made.input));
      } else {
        columns.emplace_back(made.name, result.outputs[static_cast<size_t>(made.output)]);
      }
    }
    return Table(std::move(columns));
  }

 private:
  PassReader reader_;
};

// A table whose columns are computed as they are read.
class ComputedSource : public TableSource {
 public:
  ComputedSource(std::shared_ptr<const Recipe> recipe, std::vector<ComputedColumn> columns)
      : recipe_(std::move(recipe)), columns_(std::move(columns)) {
    for (const auto& column : columns_) schema_.push_back({column.name, recipe_->type_of(column)});
  }

  const Schema& schema() const override { return schema_; }
  std::string describe() const override {
    return fmt::format("{} columns computed over {}", schema_.size(),
                       recipe_->program->domains[recipe_->domain].name);
  }
  std::optional<int64_t> num_rows() const override { return recipe_->num_rows(); }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    std::vector<ComputedColumn> wanted;
    for (const auto& name : columns) {
      wanted.push_back(*std::ranges::find(columns_, name, &ComputedColumn::name));
    }
    return std::make_unique<ComputedReader>(PassReader(recipe_, recipe_->plan(wanted, {})));
  }

 private:
  std::shared_ptr<const Recipe> recipe_;
  std::vector<ComputedColumn> columns_;
  Schema schema_;
};

}  // namespace

// ---- OutOfCoreRows -----------------------------------------------------------------------------

OutOfCoreRows::OutOfCoreRows(std::shared_ptr<const Program> program,
                             std::shared_ptr<RunState> state, const RunOptions& options)
    : program_(std::move(program)),
      state_(std::move(state)),
      threads_(options.threads),
      memory_limit_(memory_limit_of(options)) {}

bool OutOfCoreRows::too_large(const Table& table, std::span<const std::string> columns,
                              const RunOptions& options) {
  if (!table.source() || columns.empty()) return false;
  // As much again for what is computed from them.
  const auto bytes = table.source()->byte_size(columns);
  return bytes && *bytes > memory_limit_of(options) / 2;
}

void OutOfCoreRows::add(const Table& table, OpId op, const std::string& column) {
  Domain& domain = domains_[program_->ops[op].domain];
  domain.table = table;
  domain.columns[op] = column;
}

bool OutOfCoreRows::is_out(OpId op) const {
  const Op& o = program_->ops[op];
  if (o.form != Form::kColumn || !contains(o.domain)) return false;
  const bool kept = program_->frame.kept[op] != FrameLayout::kNone;
  return !kept || !state_->has_column(op);
}

bool OutOfCoreRows::can_let_go(OpId op) const {
  const Op& o = program_->ops[op];
  if (o.form != Form::kColumn) return false;
  if (!contains(o.domain)) return true;
  return o.kind == OpKind::kKernel || domains_.at(o.domain).columns.contains(op);
}

int64_t OutOfCoreRows::rows_of(uint32_t domain) const {
  const Domain& d = domains_.at(domain);
  if (const int64_t rows = d.seen->rows; rows >= 0) return rows;
  return d.table.num_rows();
}

std::vector<std::string> OutOfCoreRows::describe() const {
  std::vector<std::string> lines;
  for (const auto& [number, domain] : domains_) {
    const std::string& name = program_->domains[number].name;
    const int64_t passes = domain.seen->passes;
    lines.push_back(passes == 0
                        ? name + ", read when something asks for its columns"
                        : fmt::format("{}, {} rows, read {} time{}", name, domain.seen->rows.load(),
                                      passes, passes == 1 ? "" : "s"));
  }
  return lines;
}

std::shared_ptr<const Recipe> OutOfCoreRows::recipe(uint32_t domain,
                                                    std::span<const ComputedColumn> columns,
                                                    std::span<const OpId> aggregates) const {
  const Domain& from = domains_.at(domain);
  auto recipe = std::make_shared<Recipe>();
  recipe->program = program_;
  recipe->domain = domain;
  recipe->table = from.table;
  recipe->columns = from.columns;
  recipe->seen = from.seen;
  recipe->threads = threads_;
  recipe->memory_limit = memory_limit_;
  // Every column that is held, as it may lie anywhere between a result and the source.
  for (OpId op = 0; op < program_->ops.size(); ++op) {
    const Op& o = program_->ops[op];
    if (o.form == Form::kColumn && o.domain == domain && !is_out(op)) {
      recipe->held.emplace(op, state_->column(op));
    }
  }
  const auto take_value = [&](OpId op) {
    if (op != kNoOp && program_->ops[op].form != Form::kColumn) {
      recipe->values.try_emplace(op, state_->value(op));
    }
  };
  for (const ComputedColumn& column : columns) take_value(column.op);
  std::vector<OpId> readers = recipe->kernels(columns, aggregates);
  readers.insert(readers.end(), aggregates.begin(), aggregates.end());
  for (const OpId id : readers) {
    for (const Arg& arg : program_->args_of(program_->ops[id])) take_value(arg.op);
  }
  return recipe;
}

int64_t OutOfCoreRows::aggregate(const PlanStep& step, SegmentResult& result,
                                 const std::atomic<bool>* cancelled,
                                 const Progress& progress) const {
  const auto recipe = this->recipe(step.domain, {}, step.aggregates);
  PassReader reader(recipe, recipe->plan({}, step.aggregates));
  const SegmentPlan& plan = *reader.pass().step.segment;
  reader.cancelled = cancelled;
  const int64_t total = recipe->num_rows().value_or(0);
  if (progress) reader.progress = [&](int64_t done) { progress(done, total); };
  try {
    SegmentResult group;
    while (reader.next(group)) {
      if (result.states.empty()) {
        result = std::move(group);
        continue;
      }
      for (size_t i = 0; i < plan.aggregations.size(); ++i) {
        plan.aggregations[i].function->merge(result.states[i].get(), group.states[i].get());
      }
      free_states(plan, group);
    }
  } catch (...) {
    free_states(plan, result);
    throw;
  }
  return reader.rows_done();
}

void OutOfCoreRows::hold(std::span<const OpId> ops) {
  // One at a time: two steps may ask for the same column.
  const std::scoped_lock lock(hold_mutex_);
  std::map<uint32_t, std::vector<ComputedColumn>> wanted;
  for (const OpId op : ops) {
    auto& columns = wanted[program_->ops[op].domain];
    const bool named = std::ranges::find(columns, op, &ComputedColumn::op) != columns.end();
    if (is_out(op) && !named) columns.push_back({std::to_string(op), op});
  }
  for (const auto& [domain, columns] : wanted) {
    if (columns.empty()) continue;
    const Table computed = table(domain, columns);
    const bool spills = computed.source()->byte_size(computed.names()).value_or(INT64_MAX) >
                        memory_limit_ / kShareOfHeld;
    const Table held = spills ? spill(computed) : computed.load();
    for (const auto& column : columns) state_->set_column(column.op, held.column(column.name));
  }
}

Table OutOfCoreRows::table(uint32_t domain, std::vector<ComputedColumn> columns) const {
  auto recipe = this->recipe(domain, columns, {});
  return Table(std::make_shared<ComputedSource>(std::move(recipe), std::move(columns)));
}

Table OutOfCoreRows::append(uint32_t domain, std::vector<ComputedColumn> appended) const {
  std::vector<ComputedColumn> columns;
  for (const std::string& name : domains_.at(domain).table.names()) {
    const auto replaced = std::ranges::find(appended, name, &ComputedColumn::name);
    if (replaced == appended.end()) {
      columns.push_back({name, kNoOp, name});
    } else {
      columns.push_back(*replaced);
      appended.erase(replaced);
    }
  }
  columns.insert(columns.end(), appended.begin(), appended.end());
  return table(domain, std::move(columns));
}

}  // namespace weft
