#include "exec/run_state.h"

#include <cstring>

#include "base/thrown.h"
#include "exec/segment.h"

namespace weft {

RunState::RunState(const Program& program)
    : program_(program),
      valid_(new bool[program.ops.size() + 1]()),
      objects_(program.frame.objects),
      columns_(program.frame.columns),
      instructions_(program.steps.size()),
      instruction_args_(program.steps.size()),
      object_args_(program.steps.size()),
      arenas_(program.steps.size()),
      input_arenas_(program.inputs.size()) {
  const FrameLayout& layout = program.frame;
  const size_t bytes = std::max<size_t>(layout.bytes, 1);
  frame_ = static_cast<char*>(::operator new(bytes, std::align_val_t(64)));
  std::memset(frame_, 0, bytes);
  for (const OpId id : layout.constructed) {
    program.ops[id].type->construct(frame_ + layout.offset[id], 1);
  }
  cells_.reserve(program.ops.size());
  for (OpId id = 0; id < program.ops.size(); ++id) {
    const uint32_t offset = layout.offset[id];
    cells_.push_back({offset == FrameLayout::kNone ? nullptr : frame_ + offset, &valid_[id]});
  }
  for (OpId id = 0; id < program.ops.size(); ++id) {
    const Op& op = program.ops[id];
    if (op.kind == OpKind::kConstant) set(id, program.constants[op.value], constants_);
  }
}

RunState::~RunState() {
  for (const OpId id : program_.frame.constructed) {
    program_.ops[id].type->destroy(frame_ + program_.frame.offset[id], 1);
  }
  ::operator delete(frame_, std::align_val_t(64));
}

void RunState::set(OpId op, const Value& value, Arena& arena) {
  const Cell& cell = cells_[op];
  *cell.valid = value.has_value();
  const uint32_t kept = program_.frame.kept[op];
  if (kept != FrameLayout::kNone) {
    objects_[kept] = value;
    cells_[op].data = const_cast<void*>(value.data());
    return;
  }
  const Type type = program_.ops[op].type;
  if (value.has_value()) type->unbox(type, value.as(type), cell.data, arena);
}

void RunState::set_column(OpId op, ColumnData column) {
  columns_[program_.frame.kept[op]] = std::move(column);
}

Value RunState::value(OpId op) const {
  const Op& o = program_.ops[op];
  if (o.form == Form::kColumn) return Value::of(column(op));
  if (o.form == Form::kObject) return objects_[program_.frame.kept[op]];
  const Cell& cell = cells_[op];
  return *cell.valid ? o.type->box(o.type, cell.data) : Value::null(o.type);
}

void RunState::release(OpId op) {
  const Op& o = program_.ops[op];
  // A constant stays for the next run.
  if (o.kind == OpKind::kConstant) return;
  const uint32_t kept = program_.frame.kept[op];
  if (o.form == Form::kColumn) {
    columns_[kept].reset();
  } else if (o.form == Form::kObject) {
    objects_[kept] = Value();
    cells_[op].data = nullptr;
  }
}

void RunState::clear() {
  for (const OpId id : program_.frame.object_ops) release(id);
  for (auto& column : columns_) column.reset();
  for (auto& arena : arenas_) arena.reset();
}

void RunState::resolve(size_t step) {
  const PlanStep& s = program_.steps[step];
  size_t args = 0;
  for (const OpId id : s.ops) args += program_.ops[id].args_size;
  auto& cells = instruction_args_[step];
  cells.reserve(args);  // never grows: the instructions point into it
  auto& instructions = instructions_[step];
  instructions.reserve(s.ops.size());
  for (const OpId id : s.ops) {
    const Op& op = program_.ops[id];
    const Cell* in = cells.data() + cells.size();
    for (const Arg& arg : program_.args_of(op)) {
      if (program_.ops[arg.op].form == Form::kObject) {
        object_args_[step].emplace_back(static_cast<uint32_t>(cells.size()), arg.op);
      }
      cells.push_back(cells_[arg.op]);
    }
    instructions.push_back({op.kernel->row, op.kernel->context, in, cells_[id], id});
  }
}

void RunState::run_scalars(size_t step) {
  auto& instructions = instructions_[step];
  if (instructions.empty()) resolve(step);
  // An object's cell moves with the object, so those arguments are looked up again.
  for (const auto& [arg, op] : object_args_[step]) instruction_args_[step][arg] = cells_[op];
  Arena& arena = arenas_[step];
  arena.reset();
  for (size_t i = 0; i < instructions.size();) {
    try {
      for (; i < instructions.size(); ++i) {
        const Instruction& in = instructions[i];
        in.row(in.context, in.in, in.out, arena);
      }
    } catch (...) {
      const Instruction& in = instructions[i];
      if (!program_.ops[in.op].error_is_null) fail(in, thrown_text());
      *in.out.valid = false;
      ++i;
    }
  }
}

void RunState::fail(const Instruction& in, const std::string& what) const {
  const Op& op = program_.ops[in.op];
  std::vector<Slice> slices;
  std::vector<uint64_t> valid(op.args_size);
  for (uint32_t a = 0; a < op.args_size; ++a) {
    valid[a] = *in.in[a].valid ? 1 : 0;
    slices.push_back({static_cast<const char*>(in.in[a].data), &valid[a], 0});
  }
  throw_row_error(program_, op, slices, 0, -1, what);
}

std::shared_ptr<RunState> RunStatePool::take(const std::shared_ptr<const Program>& program) {
  std::unique_ptr<RunState> state;
  {
    const std::scoped_lock lock(program->states->mutex_);
    auto& free = program->states->free_;
    if (!free.empty()) {
      state = std::move(free.back());
      free.pop_back();
    }
  }
  if (!state) state = std::make_unique<RunState>(*program);
  return {state.release(), [program](RunState* used) {
            std::unique_ptr<RunState> owned(used);
            owned->clear();
            const std::scoped_lock lock(program->states->mutex_);
            auto& free = program->states->free_;
            if (free.size() < kKeptMax) free.push_back(std::move(owned));
          }};
}

}  // namespace weft
