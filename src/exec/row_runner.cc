#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/nearest_name.h"
#include "exec/execution.h"
#include "exec/thread_pool.h"

namespace weft {

struct RowRunner::State {
  std::shared_ptr<const Program> program;
  std::shared_ptr<RunState> run;
  std::vector<uint32_t> dynamic;  // steps that each request needs, in order
  bool scalars_only = true;
  std::unique_ptr<Execution> execution;
};

namespace {

// In an order in which each step comes after those it waits for.
std::vector<uint32_t> dynamic_steps(const Program& program) {
  std::vector<uint32_t> waits;
  std::vector<uint32_t> order;
  for (uint32_t s = 0; s < program.steps.size(); ++s) {
    waits.push_back(program.steps[s].waits);
    if (waits.back() == 0) order.push_back(s);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    for (const uint32_t next : program.steps[order[i]].after) {
      if (--waits[next] == 0) order.push_back(next);
    }
  }
  std::erase_if(order, [&](uint32_t s) { return !program.steps[s].dynamic; });
  return order;
}

[[noreturn]] void no_such(std::string_view what, std::string_view name,
                          const std::vector<std::string>& names) {
  throw Error(ErrorCode::kNotFound, fmt::format("no {} is called {}; there are: {}{}", what, name,
                                                fmt::join(names, ", "), did_you_mean(name, names)));
}

}  // namespace

RowRunner::RowRunner(std::shared_ptr<const Program> program) : state_(new State) {
  state_->program = program;
  state_->run = RunStatePool::take(program);
  state_->dynamic = dynamic_steps(*program);
  for (const uint32_t s : state_->dynamic) {
    state_->scalars_only &= program->steps[s].kind == StepKind::kScalars;
  }
  RunOptions options;
  options.threads = 1;
  state_->execution = std::make_unique<Execution>(program, state_->run, options);
  for (size_t i = 0; i < program->inputs.size(); ++i) {
    const OpId id = program->input_ops[i];
    inputs_.push_back(
        {program->ops[id].type, &state_->run->cell(id), &state_->run->input_arena(i)});
    if (program->input_defaults[i]) set_value(i, *program->input_defaults[i]);
  }
  for (const OpId id : program->output_ops) {
    outputs_.push_back({program->ops[id].type, &state_->run->cell(id), nullptr});
  }
}
RowRunner::~RowRunner() = default;
RowRunner::RowRunner(RowRunner&&) noexcept = default;

RowRunner Plan::rows(const Values& fixed) const {
  if (program_->options.context != Context::kOnline) {
    throw Error(ErrorCode::kInvalidArgument,
                "rows() needs a plan for the online context: plan(outputs, {.context = "
                "Context::kOnline})");
  }
  std::vector<std::string> missing;
  for (size_t i = 0; i < program_->inputs.size(); ++i) {
    const auto& input = program_->inputs[i];
    const bool once = !program_->ops[program_->input_ops[i]].dynamic;
    if (once && input.required && !fixed.contains(input.name)) missing.push_back(input.name);
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("rows() has to be given {}: what is computed from {} runs once, before "
                            "the first request",
                            fmt::join(missing, ", "), missing.size() == 1 ? "it" : "them"));
  }
  RowRunner runner(program_);
  for (const auto& [name, value] : fixed) runner.set_value(runner.input(name), value);
  runner.prepare();
  return runner;
}

void RowRunner::prepare() {
  state_->execution->run([](const PlanStep& step) { return !step.dynamic; });
}

size_t RowRunner::input(std::string_view name) const {
  const auto& inputs = state_->program->inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].name == name) return i;
  }
  std::vector<std::string> names;
  for (const auto& input : inputs) names.push_back(input.name);
  no_such("input", name, names);
}

size_t RowRunner::output(std::string_view name) const {
  const auto it = state_->program->output_index.find(name);
  if (it == state_->program->output_index.end()) no_such("output", name, state_->program->outputs);
  return it->second;
}

void RowRunner::refuse_input(size_t input, Type type) const {
  const Type wanted = inputs_[input].type;
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("input {} is {}, not {}", state_->program->inputs[input].name,
                          wanted ? wanted->name : "an object", type->name));
}

void RowRunner::refuse_output(size_t output, Type type) const {
  const Type found = outputs_[output].type;
  throw Error(ErrorCode::kTypeMismatch,
              fmt::format("output {} is {}, not {}", state_->program->outputs[output],
                          found ? found->name : "an object", type->name));
}

void RowRunner::set_null(size_t input) { set_value(input, Value()); }

void RowRunner::set_value(size_t input, const Value& value) {
  Arena& own = *inputs_[input].arena;
  own.reset();
  try {
    state_->run->set(state_->program->input_ops[input], value, own);
  } catch (const Error& e) {
    throw Error(e.code(),
                fmt::format("input {}: {}", state_->program->inputs[input].name, e.message()));
  }
}

void RowRunner::set_slot(size_t input, const void* slot) {
  const Port& port = inputs_[input];
  if (!port.type || port.type->kind == Kind::kStruct || port.type->is_object()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("input {} is no value that is borrowed: use set_value()",
                            state_->program->inputs[input].name));
  }
  std::memcpy(port.cell->data, slot, port.type->size);
  *port.cell->valid = true;
}

const void* RowRunner::slot(size_t output) const {
  const Cell& cell = *outputs_[output].cell;
  return *cell.valid ? cell.data : nullptr;
}

void RowRunner::run() {
  if (state_->scalars_only) {
    for (const uint32_t s : state_->dynamic) state_->run->run_scalars(s);
    return;
  }
  state_->execution->begin_request();
  for (const uint32_t s : state_->dynamic) {
    state_->execution->run_step(s);
    if (state_->program->steps[s].kind == StepKind::kCheck) state_->execution->fail_checks();
  }
}

std::vector<CheckReport> RowRunner::checks() const { return state_->execution->checks(); }

Value RowRunner::value(size_t output) const {
  return state_->run->value(state_->program->output_ops[output]);
}

}  // namespace weft
