#include "exec/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/nearest_name.h"
#include "base/thrown.h"
#include "data/arrow.h"
#include "data/text_form.h"
#include "exec/check_quarantine.h"
#include "exec/segment.h"
#include "exec/thread_pool.h"

namespace weft {

RunningStates::~RunningStates() {
  for (auto& [op, state] : states) {
    if (state) program->ops[op].aggregate->destroy(state.get());
  }
}

Execution::Execution(std::shared_ptr<const Program> program, std::shared_ptr<RunState> state,
                     const RunOptions& options, RunningStates* running)
    : program_(std::move(program)),
      state_(std::move(state)),
      options_(options),
      running_(running),
      running_now_{{}, program_.get()},
      domain_rows_(program_->domains.size(), -1),
      domain_example_(program_->domains.size()) {
  // Counting uses pays only where something large can be freed.
  if (program_->frame.columns + program_->frame.objects == 0 && !program_->cache) return;
  uses_ = std::make_unique<std::atomic<uint32_t>[]>(program_->ops.size());
  for (size_t i = 0; i < program_->ops.size(); ++i) uses_[i] = program_->frame.uses[i];
  if (program_->cache) {
    cache_ = std::make_unique<CacheSession>(*program_, *state_, static_cast<CacheHost&>(*this));
  }
}

// ---- inputs ----------------------------------------------------------------------------------

void Execution::bind(const InputFinder& find, const Table* rows) {
  std::vector<std::string> missing;
  std::vector<std::string> of_rows;
  std::vector<size_t> inputs_of_rows;
  for (size_t i = 0; i < program_->inputs.size(); ++i) {
    const auto& input = program_->inputs[i];
    if (const auto value = find(input.name)) {
      bind_value(i, *value);
    } else if (rows && rows->has(input.name)) {
      of_rows.push_back(input.name);
      inputs_of_rows.push_back(i);
    } else if (program_->input_defaults[i]) {
      bind_value(i, *program_->input_defaults[i]);
    } else {
      missing.push_back(fmt::format("{} ({}{})", input.name, input.type ? input.type->name : "any",
                                    input.shape == Shape::kColumn ? " column" : ""));
    }
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} not given: {}", missing.size() == 1 ? "an input is" : "inputs are",
                            fmt::join(missing, ", ")));
  }
  if (of_rows.empty()) return;
  // Columns are loaded together, so that a source is read once.
  const Table wanted = rows->select(of_rows);
  const bool stays = !is_watched(0) && OutOfCoreRows::too_large(wanted, of_rows, options_);
  const Table loaded = stays ? wanted : wanted.load();
  for (const size_t i : inputs_of_rows) {
    const std::string& name = program_->inputs[i].name;
    const OpId id = program_->input_ops[i];
    if (stays && program_->ops[id].form == Form::kColumn) {
      leave_in_source(wanted, id, name);
    } else {
      bind_value(i, Value::of(loaded.column(name)));
    }
  }
}

void Execution::bind_value(size_t input, const Value& value) {
  const OpId id = program_->input_ops[input];
  const Op& op = program_->ops[id];
  const std::string& name = program_->inputs[input].name;
  try {
    const auto* column = value.get_if<ColumnData>();
    if (op.form != Form::kColumn) {
      if (column) {
        throw Error(ErrorCode::kTypeMismatch,
                    "expected a single value, found a column: plan it with shapes, as a column");
      }
      if (op.form == Form::kObject && op.type && op.type->is_object() && value.has_value() &&
          value.type() != op.type) {
        throw Error(ErrorCode::kTypeMismatch,
                    fmt::format("expected {}, found {}", op.type->name, value.type()->name));
      }
      Arena& arena = state_->input_arena(input);
      arena.reset();
      state_->set(id, value, arena);
      return;
    }
    if (!column) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("expected a column, found {}: plan it with shapes, as a scalar",
                              value.type() ? value.type()->name : "nothing"));
    }
    int64_t& rows = domain_rows_[op.domain];
    if (rows >= 0 && rows != column->size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{} rows, but {} has {}: columns of inputs line up row by row",
                              column->size(), domain_example_[op.domain], rows));
    }
    rows = column->size();
    domain_example_[op.domain] = name;
    state_->set_column(id, op.type ? column->as(op.type) : *column);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("input {}: {}", name, e.message()), program_->where(op));
  }
}

// ---- rows that are too many to be held ---------------------------------------------------------

void Execution::leave_in_source(const Table& table, OpId op, const std::string& column) {
  const std::scoped_lock lock(mutex_);
  if (!out_of_core_) {
    out_of_core_ = std::make_shared<OutOfCoreRows>(program_, state_, options_);
  }
  out_of_core_->add(table, op, column);
}

// Columns that the cache has to see are held, and so are those beside them.
bool Execution::is_watched(uint32_t domain) const {
  return std::ranges::any_of(program_->watched, [&](OpId id) {
    return program_->ops[id].form == Form::kColumn && program_->ops[id].domain == domain;
  });
}

// What takes whole columns gets them.
void Execution::hold_arguments(const PlanStep& step) {
  if (!out_of_core_) return;
  std::vector<OpId> needed;
  for (const OpId id : step.ops) {
    const Node* node = program_->node_of(program_->ops[id]);
    if (node && node->role == Role::kSave) continue;  // a saver takes a column as it is computed
    for (const Arg& arg : program_->args_of(program_->ops[id])) {
      if (out_of_core_->is_out(arg.op)) needed.push_back(arg.op);
    }
  }
  if (!needed.empty()) out_of_core_->hold(needed);
}

// Columns appended to the table whose rows they are make a table that is computed as it is read.
bool Execution::append_out_of_core(OpId id, Arena& arena) {
  const Op& op = program_->ops[id];
  const Node* node = program_->node_of(op);
  if (!out_of_core_ || !node || node->role != Role::kAppend) return false;
  const auto args = program_->args_of(op);
  uint32_t domain = 0;
  std::vector<ComputedColumn> columns;
  for (size_t i = 1; i < node->edges.size(); ++i) {
    const Op& from = program_->ops[args[i].op];
    if (from.form != Form::kColumn || !out_of_core_->contains(from.domain)) return false;
    if (program_->domains[from.domain].table != args[0].op) return false;
    domain = from.domain;
    columns.push_back({node->edges[i].parameter, args[i].op});
  }
  if (columns.empty()) return false;
  store(id, Value::of(out_of_core_->append(domain, std::move(columns))), arena);
  return true;
}

// Columns of one such domain, and single values, as a table; nothing where there is none.
std::optional<Table> Execution::as_table_out_of_core(
    std::span<const ComputedColumn> columns) const {
  std::optional<uint32_t> domain;
  for (const ComputedColumn& column : columns) {
    const Op& from = program_->ops[column.op];
    if (from.form == Form::kObject) return {};
    if (from.form == Form::kScalar) continue;
    if (!out_of_core_->contains(from.domain)) return {};
    domain = from.domain;
  }
  if (!domain) return {};
  return out_of_core_->table(*domain, {columns.begin(), columns.end()});
}

// The same for a table that is put together to be saved.
bool Execution::build_out_of_core(OpId id, Arena& arena) {
  const Op& op = program_->ops[id];
  const Node* node = program_->node_of(op);
  if (!out_of_core_ || !node || node->role != Role::kTable || node->call) return false;
  std::vector<ComputedColumn> columns;
  const auto args = program_->args_of(op);
  for (size_t i = 0; i < node->edges.size(); ++i) {
    columns.push_back({node->edges[i].parameter, args[i].op});
  }
  auto table = as_table_out_of_core(columns);
  if (table) store(id, Value::of(*std::move(table)), arena);
  return table.has_value();
}

// ---- steps -----------------------------------------------------------------------------------

void Execution::begin_request() {
  // What was computed once, before the first request, is read by all of them: nothing is freed.
  uses_.reset();
  records_.clear();
  checks_.clear();
  quarantine_.clear();
}

int64_t Execution::bytes_of(const PlanStep& step) const {
  int64_t bytes = 0;
  const auto& made = step.kind == StepKind::kSegment ? step.outputs : step.ops;
  if (step.kind == StepKind::kScalars) return 0;
  for (const OpId id : made) {
    if (program_->ops[id].form == Form::kColumn && state_->has_column(id)) {
      bytes += state_->column(id).byte_size();
    }
  }
  return bytes;
}

// ---- the cache ---------------------------------------------------------------------------------

void Execution::provide(OpId id, Value value) {
  const Op& op = program_->ops[id];
  if (const auto* column = value.get_if<ColumnData>()) {
    // The table whose rows these are may never be made.
    int64_t& rows = domain_rows_[op.domain];
    if (rows < 0) rows = column->size();
    state_->set_column(id, op.type ? column->as(op.type) : *column);
    return;
  }
  for (uint32_t s = 0; s < program_->steps.size(); ++s) {
    const PlanStep& step = program_->steps[s];
    if (std::ranges::find(step.ops, id) == step.ops.end() &&
        std::ranges::find(step.aggregates, id) == step.aggregates.end()) {
      continue;
    }
    return state_->set(id, value, state_->arena(s));
  }
}

void Execution::seen(OpId id) {
  if (program_->ops[id].form == Form::kScalar) return;
  if (uses_[id].fetch_sub(1) == 1) let_go(id);
}

std::vector<CacheReport> Execution::cache_log() {
  std::vector<CacheReport> log = cache_ ? std::move(cache_->log()) : std::vector<CacheReport>();
  log.insert(log.end(), element_log_.begin(), element_log_.end());
  return log;
}

// ---- what a step leaves ------------------------------------------------------------------------

// Frees what no step is going to read any more.
void Execution::finish(uint32_t s) {
  const PlanStep& step = program_->steps[s];
  for (const OpId id : step.reads) {
    if (uses_[id].fetch_sub(1) == 1) let_go(id);
  }
}

// What is out of core is computed again later, from operands that have to be there then.
void Execution::let_go(OpId id) {
  if (out_of_core_ && !out_of_core_->can_let_go(id)) return;
  state_->release(id);
}

int64_t Execution::rows_of(uint32_t domain) {
  if (out_of_core_ && out_of_core_->contains(domain)) return out_of_core_->rows_of(domain);
  const std::scoped_lock lock(mutex_);
  int64_t& rows = domain_rows_[domain];
  if (rows >= 0) return rows;
  const Domain& d = program_->domains[domain];
  if (d.series != kNoOp) rows = state_->column(d.series).size();
  if (d.table != kNoOp) rows = state_->value(d.table).get<Table>().num_rows();
  WEFT_CHECK(rows >= 0);
  return rows;
}

ColumnData Execution::column_as(OpId op, Type type) const {
  const ColumnData& column = state_->column(op);
  if (!type || column.type() == type) return column;
  try {
    return column.as(type);
  } catch (const Error& e) {
    throw Error(e.code(), program_->name_of(program_->ops[op]) + ": " + e.message(),
                program_->where(program_->ops[op]));
  }
}

int64_t Execution::run_segment_step(uint32_t s) {
  const PlanStep& step = program_->steps[s];
  if (out_of_core_ && out_of_core_->contains(step.domain)) {
    // Columns are computed when something reads them.
    if (step.aggregates.empty()) return 0;
    SegmentResult result;
    OutOfCoreRows::Progress progress;
    if (options_.hooks && options_.hooks->progress) {
      progress = [&](int64_t done, int64_t total) {
        options_.hooks->progress(program_->domains[step.domain].name, done, total);
      };
    }
    const int64_t rows = out_of_core_->aggregate(step, result, options_.cancelled, progress);
    finish_aggregates(s, result);
    return rows;
  }
  const SegmentPlan& plan = *step.segment;
  SegmentBinding binding;
  binding.rows = rows_of(step.domain);
  binding.cells = state_->cells();
  binding.cancelled = options_.cancelled;
  for (const auto& input : plan.inputs) binding.inputs.push_back(column_as(input.op, input.type));
  const Hooks* hooks = options_.hooks;
  if (hooks && hooks->progress) {
    binding.progress = [&, total = binding.rows](int64_t done) {
      hooks->progress(program_->domains[step.domain].name, done, total);
    };
  }
  SegmentResult result =
      run_segment(*program_, step, binding, *program_->threads, options_.threads);
  for (size_t i = 0; i < step.outputs.size(); ++i) {
    state_->set_column(step.outputs[i], std::move(result.outputs[i]));
  }
  finish_aggregates(s, result);
  return binding.rows;
}

// From the states of a segment's aggregates to their results; the states are freed.
void Execution::finish_aggregates(uint32_t s, SegmentResult& result) {
  const SegmentPlan& plan = *program_->steps[s].segment;
  Arena& arena = state_->arena(s);
  for (size_t i = 0; i < plan.aggregations.size(); ++i) {
    const auto& aggregation = plan.aggregations[i];
    const bool goes_on = running_ && program_->ops[aggregation.op].running;
    if (goes_on) add_earlier(aggregation.op, result.states[i]);
    const Cell& cell = state_->cell(aggregation.op);
    try {
      *cell.valid = aggregation.function->result(result.states[i].get(), cell.data, arena);
    } catch (const std::exception& e) {
      const std::string message = e.what();
      free_states(plan, result);
      const Op& op = program_->ops[aggregation.op];
      throw Error(
          ErrorCode::kBadData,
          fmt::format("{}: {}: {}", program_->name_of(op), aggregation.function->name(), message),
          program_->where(op));
    }
    if (!goes_on) continue;
    const std::scoped_lock lock(mutex_);
    running_now_.states[aggregation.op] = std::move(result.states[i]);
  }
  free_states(plan, result);
}

// To the state of this batch what came before it, which stays as it is until the run has succeeded.
void Execution::add_earlier(OpId op, std::unique_ptr<char[]>& state) const {
  const auto earlier = running_->states.find(op);
  if (earlier == running_->states.end()) return;
  const AggregateFunction& function = *program_->ops[op].aggregate;
  std::unique_ptr<char[]> both(new char[function.state_size()]);
  function.init(both.get());
  function.merge(both.get(), earlier->second.get());
  function.merge(both.get(), state.get());
  function.destroy(state.get());
  state = std::move(both);
}

void Execution::keep_running() {
  for (auto& [op, state] : running_now_.states) std::swap(running_->states[op], state);
}

int64_t Execution::run_operator(const PlanStep& step) {
  const OpId id = step.ops[0];
  const Op& op = program_->ops[id];
  const int64_t rows = rows_of(op.domain);
  std::vector<FlatColumn> columns;
  std::vector<uint64_t> scalar_valid(op.args_size);
  columns.reserve(op.args_size);
  std::vector<Slice> in;
  for (const Arg& arg : program_->args_of(op)) {
    if (program_->ops[arg.op].form == Form::kColumn) {
      columns.emplace_back(column_as(arg.op, arg.type));
      in.push_back(columns.back().slice());
    } else {
      const Cell& cell = state_->cell(arg.op);
      uint64_t& valid = scalar_valid[in.size()];
      valid = *cell.valid ? 1 : 0;
      in.push_back({static_cast<const char*>(cell.data), &valid, 0});
    }
  }
  FlatColumn out(op.type, rows);
  try {
    op.column_operator->run(in.data(), out.sink(), rows);
  } catch (const Error& e) {
    throw Error(e.code(), program_->name_of(op) + ": " + e.message(), program_->where(op));
  } catch (const RowError& e) {
    throw Error(ErrorCode::kBadData,
                fmt::format("{}, row {}: {}", program_->name_of(op), e.row(), e.what()),
                program_->where(op));
  }
  state_->set_column(id, out.to_column());
  return rows;
}

// All columns of one table that are wanted, in one pass over its source.
int64_t Execution::load_columns(const PlanStep& step) {
  const OpId table_op = program_->args_of(program_->ops[step.ops[0]])[0].op;
  const Value value = state_->value(table_op);
  const Op& from = program_->ops[table_op];
  const Table& table = value.get<Table>();
  std::vector<std::string> names;
  for (const OpId id : step.ops) {
    const std::string& field = program_->fields[program_->ops[id].value];
    if (!table.has(field)) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} has no column {}; it has: {}{}", program_->name_of(from), field,
                              to_string(table.schema()), did_you_mean(field, table.names())),
                  program_->where(program_->ops[id]));
    }
    if (std::ranges::find(names, field) == names.end()) names.push_back(field);
  }
  const uint32_t domain = program_->ops[step.ops[0]].domain;
  const bool stays = (out_of_core_ && out_of_core_->contains(domain)) ||
                     (!is_watched(domain) && OutOfCoreRows::too_large(table, names, options_));
  if (stays) {
    for (const OpId id : step.ops) {
      leave_in_source(table, id, program_->fields[program_->ops[id].value]);
    }
    return 0;
  }
  const Table loaded = table.select(names).load();
  for (const OpId id : step.ops) {
    const Op& op = program_->ops[id];
    const std::string& field = program_->fields[op.value];
    ColumnData column = loaded.column(field);
    if (op.type) {
      try {
        column = column.as(op.type);
      } catch (const Error& e) {
        throw Error(e.code(),
                    fmt::format("column {} of {}: {}", field, program_->name_of(from), e.message()),
                    program_->where(op));
      }
    }
    state_->set_column(id, std::move(column));
  }
  const std::scoped_lock lock(mutex_);
  return domain_rows_[domain] = loaded.num_rows();
}

// ---- calls -----------------------------------------------------------------------------------

Value Execution::argument(const Arg& arg) const {
  if (program_->ops[arg.op].form == Form::kColumn) {
    return Value::of(column_as(arg.op, arg.type));
  }
  Value value = state_->value(arg.op);
  if (arg.type && !arg.type->is_object() && value.has_value()) value = value.as(arg.type);
  return value;
}

// What a function says of its failure, unless it was given values that appear in no error.
std::string Execution::told(const Op& op, const std::string& what) const {
  if (program_->node_of(op)->role != Role::kFunction) return what;
  for (const Arg& arg : program_->args_of(op)) {
    const Node* from = program_->node_of(program_->ops[arg.op]);
    if (from && from->personal) return std::string(kHiddenMessage);
  }
  return what;
}

std::unique_ptr<PendingStep> Execution::run_call(uint32_t s) {
  const PlanStep& step = program_->steps[s];
  const OpId id = step.ops[0];
  const Op& op = program_->ops[id];
  std::vector<Value> values;
  const Node* node = program_->node_of(op);
  const bool saves = out_of_core_ && node && node->role == Role::kSave;
  for (const Arg& arg : program_->args_of(op)) {
    if (arg.order_only) continue;
    if (saves && values.empty() && out_of_core_->is_out(arg.op)) {
      // A column is saved as it is computed.
      const ComputedColumn column = {node->edges[0].parameter, arg.op};
      values.push_back(Value::of(*as_table_out_of_core({&column, 1})));
      continue;
    }
    Value value = argument(arg);
    if (!value.has_value() && !arg.nullable) {
      // A parameter of type T never sees a null: a null input makes a null output.
      store(id, Value::null(op.type), state_->arena(s));
      return nullptr;
    }
    values.push_back(std::move(value));
  }
  std::optional<Awaited> awaited;
  finish_call(s, [&] {
    Value result = (*op.call)(values);
    if (const auto* later = result.get_if<Awaited>()) awaited = *later;
    return result;
  });
  return awaited ? await(s, *std::move(awaited)) : nullptr;
}

// Stores what `call` gives, unless it is not there yet.
void Execution::finish_call(uint32_t s, const std::function<Value()>& call) {
  const OpId id = program_->steps[s].ops[0];
  const Op& op = program_->ops[id];
  Value result;
  try {
    result = call();
  } catch (const Error& e) {
    throw Error(e.code(), program_->name_of(op) + ": " + told(op, e.message()),
                e.where().empty() ? program_->where(op) : e.where());
  } catch (...) {
    std::throw_with_nested(Error(ErrorCode::kFunctionFailed,
                                 program_->name_of(op) + ": " + told(op, thrown_text()),
                                 program_->where(op)));
  }
  if (result.get_if<Awaited>()) return;
  Arena& arena = state_->arena(s);
  arena.reset();
  store(id, std::move(result), arena);
}

// A table has the columns that its node declares, of types that widen to those.
void Execution::check_schema(const Op& op, const Table& table) const {
  const Node* node = program_->node_of(op);
  if (!node || node->schema.empty()) return;
  for (const NamedOutput& declared : node->schema) {
    const auto& schema = table.schema();
    const auto found = std::ranges::find(schema, declared.name, &ColumnSchema::name);
    if (found == schema.end()) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} declares column {}, but returned a table without it, which has: "
                              "{}{}",
                              node->name, quote(declared.name), to_string(schema),
                              did_you_mean(declared.name, table.names())),
                  node->where);
    }
    if (declared.type && !widens(found->type, declared.type)) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} declares column {} as {}, but returned {}", node->name,
                              quote(declared.name), declared.type->name, found->type->name),
                  node->where);
    }
  }
}

void Execution::store(OpId id, Value value, Arena& arena) {
  const Op& op = program_->ops[id];
  if (op.form != Form::kColumn) {
    if (value.has_value() && op.type && op.type->is_object() && value.type() != op.type) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} says it returns {}, but returned {}", program_->name_of(op),
                              op.type->name, value.type()->name),
                  program_->where(op));
    }
    if (const auto* table = value.get_if<Table>()) check_schema(op, *table);
    if (value.has_value() && value.type()->named) {
      value = value.type()->named(value, program_->name_of(op));
    }
    state_->set(id, value, arena);
    return;
  }
  ColumnData column = value.get<ColumnData>();
  const bool own_rows = program_->domains[op.domain].series == id;
  if (!own_rows && column.size() != rows_of(op.domain)) {
    throw Error(ErrorCode::kBadData,
                fmt::format("{} returned {} rows for {} rows of {}", program_->name_of(op),
                            column.size(), rows_of(op.domain), program_->domains[op.domain].name),
                program_->where(op));
  }
  state_->set_column(id, op.type ? column.as(op.type) : std::move(column));
}

void Execution::run_check(const PlanStep& step) {
  const OpId id = step.ops[0];
  const Op& op = program_->ops[id];
  std::vector<Value> values;
  for (const Arg& arg : program_->args_of(op)) {
    if (!arg.order_only) values.push_back(argument(arg));
  }
  const Clock& clock = options_.clock ? *options_.clock : Clock::system();
  const Hooks* hooks = options_.hooks;
  if (hooks && hooks->before_check) hooks->before_check(program_->name_of(op));
  CheckReport report = program_->checks[op.value]->run(values, clock);
  if (hooks && hooks->after_check) hooks->after_check(report);
  state_->set(id, Value::of(report), state_->arena(0));
  std::optional<Table> bad;
  if (report.all_failed_rows) {
    bad = bad_rows(values[0], report, program_->node_of(op)->personal);
  }
  const std::scoped_lock lock(mutex_);
  checks_.insert_or_assign(id, std::move(report));
  if (bad) quarantine_.insert_or_assign(id, std::move(*bad));
}

std::vector<CheckReport> Execution::checks() const {
  std::vector<CheckReport> reports;
  for (const auto& [op, report] : checks_) reports.push_back(report);
  reports.insert(reports.end(), element_checks_.begin(), element_checks_.end());
  return reports;
}

std::map<std::string, Table> Execution::quarantine() const {
  std::map<std::string, std::vector<Table>> by_node = element_quarantine_;
  for (const auto& [op, rows] : quarantine_) by_node[checks_.at(op).node].push_back(rows);
  std::map<std::string, Table> tables;
  for (const auto& [node, rows] : by_node) tables[node] = Table::concat(rows);
  return tables;
}

// All checks of a wave are told at once; what has an effect outside waits for them.
void Execution::fail_checks() const {
  std::vector<const CheckReport*> failed;
  for (const auto& [op, report] : checks_) {
    if (!report.passed && report.importance == Importance::kFail) failed.push_back(&report);
  }
  if (failed.empty()) return;
  std::string text =
      failed.size() == 1 ? "a check failed" : fmt::format("{} checks failed", failed.size());
  for (const auto* report : failed) {
    text += fmt::format("\n  {} of {}: {}", report->check, report->node, report->message);
  }
  const auto node = program_->graph->find(failed[0]->node);
  throw Error(ErrorCode::kCheckFailed, text,
              node ? program_->graph->node(*node).where : SourceLocation());
}

}  // namespace weft
