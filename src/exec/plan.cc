#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "exec/plan_run.h"
#include "exec/thread_pool.h"
#include "weft/driver.h"

namespace weft {

std::string_view context_name(Context context) {
  switch (context) {
    case Context::kBatch:
      return "batch";
    case Context::kStream:
      return "stream";
    case Context::kOnline:
      return "online";
  }
  return "";
}

std::string_view choice_name(Choice choice) {
  switch (choice) {
    case Choice::kFitted:
      return "fitted";
    case Choice::kGiven:
      return "given";
    case Choice::kBatch:
      return "batch";
    case Choice::kStream:
      return "stream";
  }
  return "";
}

namespace {

constexpr Duration kPatience = std::chrono::milliseconds(20);

// A name that is no input of this plan is fine if the graph knows it: other outputs may take it.
void refuse_unknown(const Program& program, const Values& inputs) {
  for (const auto& [name, value] : inputs) {
    if (program.graph->find(name)) continue;
    std::vector<std::string> names;
    for (const auto& input : program.inputs) names.push_back(input.name);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("no input is called {}; the plan takes {}{}", name,
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                            did_you_mean(name, names)));
  }
}

void refuse_online(const Program& program) {
  if (program.options.context != Context::kOnline) return;
  throw Error(ErrorCode::kInvalidArgument,
              "a plan for the online context runs one row at a time: use rows()");
}

InputFinder finder_of(const Values& inputs) {
  return [&inputs](const std::string& name) -> std::optional<Value> {
    const auto it = inputs.find(name);
    if (it == inputs.end()) return {};
    return it->second;
  };
}

Result execute(const std::shared_ptr<const Program>& program, const Values& inputs,
               const Table* rows, const RunOptions& options, RunningStates* running) {
  PlanRun run(program, inputs, rows, options, running);
  while (!run.advance()) run.wait(kPatience);
  return run.finish();
}

}  // namespace

void refuse_unfit(const Program& program, const Values& inputs) {
  refuse_online(program);
  refuse_unknown(program, inputs);
}

RunOptions with_hooks(const Program& program, RunOptions options) {
  if (!options.hooks) options.hooks = program.hooks.get();
  return options;
}

PlanRun::PlanRun(std::shared_ptr<const Program> program, const Values& inputs, const Table* rows,
                 const RunOptions& options, RunningStates* running)
    : program_(std::move(program)),
      state_(RunStatePool::take(program_)),
      hooks_(with_hooks(*program_, options).hooks),
      execution_(program_, state_, with_hooks(*program_, options), running) {
  if (hooks_ && hooks_->before_run) hooks_->before_run(Plan(program_));
  execution_.bind(finder_of(inputs), rows);
  execution_.begin([](const PlanStep&) { return true; });
}

bool PlanRun::advance() {
  try {
    return execution_.advance();
  } catch (const Error& e) {
    if (hooks_ && hooks_->run_failed) hooks_->run_failed(e);
    throw;
  }
}

Result PlanRun::finish() {
  execution_.keep_running();
  auto result = std::make_shared<Result::State>();
  result->program = program_;
  result->run = std::move(state_);
  result->out_of_core = execution_.out_of_core();
  result->checks = execution_.checks();
  result->quarantine = execution_.quarantine();
  result->cache_log = execution_.cache_log();
  result->records = std::move(execution_.records());
  Result out(std::move(result));
  if (hooks_ && hooks_->after_run) hooks_->after_run(out);
  return out;
}

Result Plan::run(const Values& inputs, const RunOptions& options) const {
  refuse_unfit(*program_, inputs);
  return execute(program_, inputs, nullptr, options, nullptr);
}

Result Plan::run(const Table& rows, const Values& inputs, const RunOptions& options) const {
  refuse_unfit(*program_, inputs);
  return execute(program_, inputs, &rows, options, nullptr);
}

const std::vector<std::string>& Plan::outputs() const { return program_->outputs; }
const std::vector<Plan::Input>& Plan::inputs() const { return program_->inputs; }
Context Plan::context() const { return program_->options.context; }

// ---- Result ----------------------------------------------------------------------------------

const std::vector<std::string>& Result::names() const { return state_->program->outputs; }

namespace {

OpId output_op(const Program& program, std::string_view name) {
  const auto it = program.output_index.find(name);
  if (it != program.output_index.end()) return program.output_ops[it->second];
  throw Error(ErrorCode::kNotFound,
              fmt::format("{} is no output of this run; outputs: {}{}", name,
                          fmt::join(program.outputs, ", "), did_you_mean(name, program.outputs)));
}

}  // namespace

bool Result::is_held(std::string_view name) const {
  const OpId op = output_op(*state_->program, name);
  return !state_->out_of_core || !state_->out_of_core->is_out(op);
}

Value Result::at(std::string_view name) const {
  const OpId op = output_op(*state_->program, name);
  if (state_->out_of_core) state_->out_of_core->hold({&op, 1});
  return state_->run->value(op);
}

ColumnData Result::column(std::string_view name) const { return at(name).get<ColumnData>(); }

Values Result::values() const {
  if (state_->out_of_core) state_->out_of_core->hold(state_->program->output_ops);
  Values values;
  for (const auto& name : names()) values[name] = at(name);
  return values;
}

namespace {

// The outputs as a table that is computed as it is read; nothing where they are held, or tables and
// objects are among them.
std::optional<Table> computed_table(const Program& program, OutOfCoreRows& rows,
                                    std::span<const std::string> names) {
  std::optional<uint32_t> domain;
  std::vector<ComputedColumn> columns;
  for (const std::string& name : names) {
    const OpId id = output_op(program, name);
    const Op& op = program.ops[id];
    if (op.form == Form::kObject) return {};
    if (op.form == Form::kColumn) {
      if (!rows.contains(op.domain) || domain.value_or(op.domain) != op.domain) return {};
      domain = op.domain;
    }
    columns.push_back({name, id});
  }
  if (!domain) return {};
  return rows.table(*domain, std::move(columns));
}

}  // namespace

Table Result::table() const { return table(names()); }

Table Result::table(std::span<const std::string> names) const {
  if (state_->out_of_core) {
    if (auto table = computed_table(*state_->program, *state_->out_of_core, names)) return *table;
    std::vector<OpId> ops;
    for (const std::string& name : names) ops.push_back(output_op(*state_->program, name));
    state_->out_of_core->hold(ops);
  }
  std::vector<std::pair<std::string, ColumnData>> columns;
  std::vector<std::pair<size_t, Value>> scalars;
  int64_t rows = -1;
  for (const auto& name : names) {
    const Value value = at(name);
    if (const auto* table = value.get_if<Table>()) {
      for (const auto& column : table->names()) {
        columns.emplace_back(names.size() == 1 ? column : name + "." + column,
                             table->column(column));
      }
      rows = table->num_rows();
      continue;
    }
    if (const auto* column = value.get_if<ColumnData>()) {
      rows = column->size();
      columns.emplace_back(name, *column);
      continue;
    }
    if (!value.type() || value.type()->is_object()) {
      throw Error(ErrorCode::kTypeMismatch,
                  fmt::format("{} is {}, which is no column of a table", name, value.to_string()));
    }
    scalars.emplace_back(columns.size(), value);
    columns.emplace_back(name, ColumnData());
  }
  // Single values repeat for every row; where there are no columns, they are one row.
  const int64_t repeat = rows < 0 ? 1 : rows;
  for (const auto& [i, value] : scalars) {
    const std::vector<Value> copies(static_cast<size_t>(repeat), value);
    columns[i].second = ColumnData::of_values(value.type(), copies);
  }
  return Table(std::move(columns));
}

const std::vector<CheckReport>& Result::checks() const { return state_->checks; }
std::map<std::string, Table> Result::quarantine() const { return state_->quarantine; }
const std::vector<CacheReport>& Result::cache_log() const { return state_->cache_log; }

const std::vector<StepReport>& Result::steps() const {
  std::call_once(state_->reports_once, [&] {
    for (const auto& record : state_->records) {
      StepReport report =
          step_report(record.program ? *record.program : *state_->program, record.step);
      report.runs = record.runs;
      report.rows = record.rows;
      report.bytes = record.bytes;
      report.seconds = record.seconds;
      state_->reports.push_back(std::move(report));
    }
  });
  return state_->reports;
}

Fit Result::fit(std::string name) const {
  std::map<std::string, Fit::Entry, std::less<>> entries;
  const Program& program = *state_->program;
  for (const auto& [node, op] : program.fit_nodes) {
    const Node& n = program.graph->node(node);
    entries[n.name] = {state_->run->value(op), n.fingerprint};
  }
  return Fit(std::move(name), std::move(entries));
}

// ---- streams ---------------------------------------------------------------------------------

struct StreamRunner::State {
  Plan plan;
  RunningStates running;
};

StreamRunner::StreamRunner(Plan plan) : state_(new State{std::move(plan), {}}) {
  if (state_->plan.context() != Context::kStream) {
    throw Error(ErrorCode::kInvalidArgument, "a stream needs a plan for Context::kStream");
  }
  state_->running.program = &state_->plan.program();
}
Result StreamRunner::feed(const Table& rows, const Values& inputs, const RunOptions& options) {
  const auto& plan = state_->plan;
  refuse_unknown(plan.program(), inputs);
  return execute(plan.shared_program(), inputs, &rows, options, &state_->running);
}
StreamRunner::~StreamRunner() = default;
StreamRunner::StreamRunner(StreamRunner&&) noexcept = default;

}  // namespace weft
