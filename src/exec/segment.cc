#include "exec/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <numeric>

#include "exec/thread_pool.h"

namespace weft {

// What a block of a segment is computed in: for a small table, making it would cost more than the
// computing.
struct BlockMemory {
  BlockMemory(const SegmentPlan& plan, int64_t block_rows) : rows(block_rows) {
    for (const Type type : plan.registers) registers.emplace_back(type, rows);
  }

  int64_t rows;
  std::vector<SlotBuffer> registers;
  std::deque<SlotBuffer> spread;  // of scalars, each over a block
};

class BlockMemoryPool {
 public:
  std::unique_ptr<BlockMemory> take(const SegmentPlan& plan, int64_t block_rows) {
    std::unique_ptr<BlockMemory> memory;
    {
      const std::scoped_lock lock(mutex_);
      if (!free_.empty()) {
        memory = std::move(free_.back());
        free_.pop_back();
      }
    }
    // Smaller memory goes: the next run may be as large as this one.
    if (memory && memory->rows >= block_rows) return memory;
    return std::make_unique<BlockMemory>(plan, block_rows);
  }
  void give_back(std::unique_ptr<BlockMemory> memory) {
    const std::scoped_lock lock(mutex_);
    if (free_.size() < kKeptMax) free_.push_back(std::move(memory));
  }

 private:
  static constexpr size_t kKeptMax = 4;
  std::mutex mutex_;
  std::vector<std::unique_ptr<BlockMemory>> free_;
};

namespace {

// Rows that one thread takes at a time: enough to hide the taking, few enough to share the end.
constexpr int64_t kMorselRows = 65536;
constexpr size_t kRegisterBytesMax = size_t{384} << 10;
constexpr int64_t kBlockRowsMin = 256;

class SegmentPlanner {
 public:
  SegmentPlanner(const Program& program, const PlanStep& step)
      : program_(program), step_(step), plan_(std::make_shared<SegmentPlan>()) {
    plan_->memory = std::make_shared<BlockMemoryPool>();
  }

  std::shared_ptr<const SegmentPlan> run() {
    for (const OpId id : step_.ops) result_[id] = 0;  // known to be made here
    for (const OpId id : step_.ops) find_sources(program_.ops[id]);
    for (const OpId id : step_.aggregates) find_sources(program_.ops[id]);
    number_slices();
    for (const OpId id : step_.ops) add_instruction(id);
    for (const OpId id : step_.aggregates) add_aggregation(id);
    share_registers();
    choose_block();
    return plan_;
  }

 private:
  using InputKey = std::pair<OpId, Type>;

  void find_sources(const Op& op) {
    for (const Arg& arg : program_.args_of(op)) {
      if (result_.contains(arg.op)) continue;
      if (program_.ops[arg.op].form == Form::kColumn) {
        if (inputs_.emplace(InputKey(arg.op, arg.type), plan_->inputs.size()).second) {
          plan_->inputs.push_back({arg.op, arg.type});
        }
      } else if (scalars_.emplace(arg.op, plan_->scalars.size()).second) {
        plan_->scalars.push_back(arg.op);
      }
    }
  }

  void number_slices() {
    plan_->slices = static_cast<SliceId>(plan_->inputs.size() + plan_->scalars.size());
    for (const OpId id : step_.ops) result_[id] = plan_->slices++;
  }

  SliceId slice_of(const Arg& arg) const {
    if (const auto it = result_.find(arg.op); it != result_.end()) return it->second;
    if (const auto it = scalars_.find(arg.op); it != scalars_.end()) {
      return static_cast<SliceId>(plan_->inputs.size() + it->second);
    }
    return static_cast<SliceId>(inputs_.at(InputKey(arg.op, arg.type)));
  }

  std::pair<uint32_t, uint32_t> add_args(const Op& op) {
    const auto begin = static_cast<uint32_t>(plan_->args.size());
    for (const Arg& arg : program_.args_of(op)) plan_->args.push_back(slice_of(arg));
    return {begin, op.args_size};
  }

  void add_instruction(OpId id) {
    const Op& op = program_.ops[id];
    const auto [begin, size] = add_args(op);
    const auto output = std::ranges::find(step_.outputs, id);
    plan_->instructions.push_back(
        {op.kernel, begin, size, result_.at(id), 0,
         output == step_.outputs.end() ? -1 : static_cast<int32_t>(output - step_.outputs.begin()),
         id, op.error_is_null});
  }

  void add_aggregation(OpId id) {
    const Op& op = program_.ops[id];
    const auto [begin, size] = add_args(op);
    plan_->aggregations.push_back({op.aggregate, begin, size, id});
  }

  // A register is free again after the last instruction that reads it, so a long chain of features
  // stays in cache. What an aggregate reads, and what texts and lists may point into (their arena
  // is the register's), lives to the end of the block.
  void share_registers() {
    const size_t n = plan_->instructions.size();
    std::vector<size_t> last(plan_->slices, 0);
    for (size_t i = 0; i < n; ++i) {
      const auto& in = plan_->instructions[i];
      for (uint32_t a = 0; a < in.args_size; ++a) last[plan_->args[in.args_begin + a]] = i;
    }
    for (const auto& aggregation : plan_->aggregations) {
      for (uint32_t a = 0; a < aggregation.args_size; ++a) {
        last[plan_->args[aggregation.args_begin + a]] = SIZE_MAX;
      }
    }
    std::map<Type, std::vector<uint32_t>> free;
    std::vector<std::vector<uint32_t>> freed_at(n);
    for (size_t i = 0; i < n; ++i) {
      auto& in = plan_->instructions[i];
      const Type type = in.kernel->result;
      auto& candidates = free[type];
      if (candidates.empty()) {
        in.reg = static_cast<uint32_t>(plan_->registers.size());
        plan_->registers.push_back(type);
      } else {
        in.reg = candidates.back();
        candidates.pop_back();
      }
      const bool plain = type->is_number() || type->is_time() || type->kind == Kind::kBool;
      const size_t end = last[in.result];
      if (plain && end != SIZE_MAX) freed_at[std::max(end, i)].push_back(in.reg);
      for (const uint32_t reg : freed_at[i]) free[plan_->registers[reg]].push_back(reg);
    }
  }

  void choose_block() {
    size_t row_bytes = 0;
    for (const Type type : plan_->registers) row_bytes += type->size;
    for (const auto& input : plan_->inputs) row_bytes += input.type ? input.type->size : 8;
    while (plan_->block_rows > kBlockRowsMin &&
           row_bytes * static_cast<size_t>(plan_->block_rows) > kRegisterBytesMax) {
      plan_->block_rows /= 2;
    }
  }

  const Program& program_;
  const PlanStep& step_;
  std::shared_ptr<SegmentPlan> plan_;
  std::map<InputKey, size_t> inputs_;
  std::map<OpId, size_t> scalars_;
  std::map<OpId, SliceId> result_;
};

// `n` copies of a slot, by doubling what is there.
void repeat(const void* slot, size_t size, char* to, size_t n) {
  if (n == 0) return;
  std::memcpy(to, slot, size);
  for (size_t done = 1; done < n; done *= 2) {
    std::memcpy(to + done * size, to, std::min(done, n - done) * size);
  }
}

// What one thread needs to run blocks of a segment.
class Worker {
 public:
  Worker(const Program& program, const SegmentPlan& plan, const SegmentBinding& binding,
         int64_t block_rows)
      : program_(program),
        plan_(plan),
        first_row_(binding.first_row),
        memory_(plan.memory->take(plan, block_rows)),
        slices_(plan.slices) {
    size_t args_max = 0;
    for (const auto& in : plan.instructions) args_max = std::max<size_t>(args_max, in.args_size);
    for (const auto& a : plan.aggregations) args_max = std::max<size_t>(args_max, a.args_size);
    in_.resize(args_max + 1);
    for (size_t i = 0; i < plan.inputs.size(); ++i) {
      const Type type = plan.inputs[i].type;
      readers_.emplace_back(binding.inputs[i], type ? type : binding.inputs[i].type());
    }
    for (size_t i = 0; i < plan.scalars.size(); ++i) {
      const OpId op = plan.scalars[i];
      slices_[plan.inputs.size() + i] = spread(op, binding.cells[op], block_rows);
    }
    for (const auto& aggregation : plan.aggregations) {
      const AggregateFunction& f = *aggregation.function;
      auto& state = states_.emplace_back(new char[f.state_size()]);
      f.init(state.get());
    }
  }
  ~Worker() {
    for (size_t i = 0; i < states_.size(); ++i) {
      if (states_[i]) plan_.aggregations[i].function->destroy(states_[i].get());
    }
    plan_.memory->give_back(std::move(memory_));
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void run_block(int64_t from, int64_t n, std::vector<ColumnWriter>& writers) {
    for (size_t i = 0; i < readers_.size(); ++i) slices_[i] = readers_[i].read(from, n);
    for (const auto& in : plan_.instructions) run(in, from, n, writers);
    for (size_t i = 0; i < plan_.aggregations.size(); ++i) {
      const auto& aggregation = plan_.aggregations[i];
      gather(aggregation.args_begin, aggregation.args_size);
      aggregation.function->add_block(states_[i].get(), in_.data(), n);
    }
  }

  std::vector<std::unique_ptr<char[]>>& states() { return states_; }

 private:
  // Numbers that broadcast are spread over a block once, so that every kernel needs its dense loop
  // only. Texts, lists and objects keep stride 0.
  Slice spread(OpId op, const Cell& cell, int64_t block_rows) {
    const Type type = program_.ops[op].type;
    const bool plain = type && (type->is_number() || type->is_time() || type->kind == Kind::kBool);
    if (!plain) {
      scalar_valid_.push_back(std::make_unique<uint64_t>(*cell.valid ? ~uint64_t{0} : 0));
      return {static_cast<const char*>(cell.data),
              *cell.valid ? nullptr : scalar_valid_.back().get(), 0};
    }
    if (spread_ == memory_->spread.size()) memory_->spread.emplace_back(type, memory_->rows);
    SlotBuffer& buffer = memory_->spread[spread_++];
    if (!*cell.valid) {
      std::fill_n(buffer.valid(), (block_rows + 63) / 64, uint64_t{0});
      return {buffer.data(), buffer.valid(), static_cast<int64_t>(type->size)};
    }
    repeat(cell.data, type->size, buffer.data(), static_cast<size_t>(block_rows));
    return {buffer.data(), nullptr, static_cast<int64_t>(type->size)};
  }

  void gather(uint32_t begin, uint32_t size) {
    for (uint32_t a = 0; a < size; ++a) in_[a] = slices_[plan_.args[begin + a]];
  }

  void run(const SegmentPlan::Instruction& in, int64_t from, int64_t n,
           std::vector<ColumnWriter>& writers) {
    gather(in.args_begin, in.args_size);
    SlotBuffer& reg = memory_->registers[in.reg];
    Sink sink = reg.sink();
    sink.error_is_null = in.error_is_null;
    reg.arena().reset();
    ColumnWriter* writer = in.output < 0 ? nullptr : &writers[static_cast<size_t>(in.output)];
    if (writer) {
      if (void* direct = writer->direct(from)) sink.data = direct;
    }
    bool all = false;
    try {
      all = in.kernel->block(in.kernel->context, in_.data(), sink, n);
    } catch (const RowError& e) {
      throw_row_error(program_, program_.ops[in.op], {in_.data(), in.args_size}, e.row(),
                      first_row_ + from + e.row(), e.what());
    } catch (const Error& e) {
      const Op& op = program_.ops[in.op];
      throw Error(e.code(), program_.name_of(op) + ": " + e.message(), program_.where(op));
    }
    Slice& result = slices_[in.result];
    result = {static_cast<const char*>(sink.data), all ? nullptr : sink.valid,
              static_cast<int64_t>(in.kernel->result->size)};
    if (writer) writer->write(from, result, n);
  }

  const Program& program_;
  const SegmentPlan& plan_;
  int64_t first_row_;
  std::unique_ptr<BlockMemory> memory_;
  std::vector<Slice> slices_;
  std::vector<Slice> in_;
  std::vector<SlotReader> readers_;
  size_t spread_ = 0;  // scalars spread so far; those of a plan are always the same ones
  std::vector<std::unique_ptr<uint64_t>> scalar_valid_;
  std::vector<std::unique_ptr<char[]>> states_;
};

bool any_needs_order(const SegmentPlan& plan) {
  return std::ranges::any_of(plan.aggregations,
                             [](const auto& a) { return a.function->needs_order(); });
}

void merge_states(const SegmentPlan& plan, std::vector<std::unique_ptr<Worker>>& workers,
                  SegmentResult& result) {
  result.states.resize(plan.aggregations.size());
  for (auto& worker : workers) {
    if (!worker) continue;
    for (size_t i = 0; i < plan.aggregations.size(); ++i) {
      if (!result.states[i]) {
        result.states[i] = std::move(worker->states()[i]);
      } else {
        plan.aggregations[i].function->merge(result.states[i].get(), worker->states()[i].get());
      }
    }
  }
}

}  // namespace

std::shared_ptr<const SegmentPlan> plan_segment(const Program& program, const PlanStep& step) {
  return SegmentPlanner(program, step).run();
}

SegmentResult run_segment(const Program& program, const PlanStep& step,
                          const SegmentBinding& binding, ThreadPool& pool, int threads) {
  const SegmentPlan& plan = *step.segment;
  std::vector<ColumnWriter> writers;
  for (const OpId id : step.outputs) {
    writers.emplace_back(program.ops[id].type, binding.rows, kMorselRows);
  }
  // A small table needs no more room than it has rows.
  const int64_t block_rows =
      std::min(plan.block_rows, std::max<int64_t>((binding.rows + 63) / 64 * 64, 64));
  const int64_t morsels = std::max<int64_t>((binding.rows + kMorselRows - 1) / kMorselRows, 1);
  if (any_needs_order(plan)) threads = 1;
  const int workers_max = threads > 0 ? std::min(threads, pool.threads()) : pool.threads();
  std::vector<std::unique_ptr<Worker>> workers(static_cast<size_t>(workers_max));
  std::atomic<int64_t> done = 0;
  pool.parallel_for(morsels, threads, [&](int64_t morsel, int w) {
    auto& worker = workers[static_cast<size_t>(w)];
    if (!worker) worker = std::make_unique<Worker>(program, plan, binding, block_rows);
    const int64_t end = std::min(binding.rows, (morsel + 1) * kMorselRows);
    for (int64_t from = morsel * kMorselRows; from < end; from += block_rows) {
      worker->run_block(from, std::min(block_rows, end - from), writers);
    }
    if (binding.cancelled && binding.cancelled->load()) {
      throw Error(ErrorCode::kCancelled, "the run was cancelled");
    }
    if (binding.progress) binding.progress(done += end - morsel * kMorselRows);
  });
  SegmentResult result;
  merge_states(plan, workers, result);
  for (auto& writer : writers) result.outputs.push_back(writer.finish());
  return result;
}

void free_states(const SegmentPlan& plan, SegmentResult& result) {
  for (size_t i = 0; i < result.states.size(); ++i) {
    if (result.states[i]) plan.aggregations[i].function->destroy(result.states[i].get());
    result.states[i].reset();
  }
}

void throw_row_error(const Program& program, const Op& op, std::span<const Slice> args,
                     int64_t row_in_block, int64_t row, const std::string& what) {
  const Node* node = program.node_of(op);
  std::string given;
  bool hidden = node && node->personal;
  const auto inputs = program.args_of(op);
  for (size_t i = 0; i < args.size(); ++i) {
    const Op& from = program.ops[inputs[i].op];
    const Type type = op.kernel->parameters[i];
    if (type->is_object()) continue;
    if (!given.empty()) given += ", ";
    const Node* source = program.node_of(from);
    // A constant of an expression has no name of its own, and several nodes may share it; nor has
    // what the node computes on the way.
    const bool literal =
        from.kind == OpKind::kConstant && (!source || source->role != Role::kConfig);
    if (!literal && source != node) given += program.name_of(from) + " = ";
    if (source && source->personal) {
      hidden = true;
      given += "<hidden: tagged pii>";
    } else if (!args[i].is_valid(row_in_block)) {
      given += "null";
    } else {
      given += type->box(type, args[i].data + args[i].stride * row_in_block).to_string();
    }
  }
  const std::string at = row < 0 ? "" : fmt::format(", row {}", row);
  std::throw_with_nested(Error(ErrorCode::kFunctionFailed,
                               fmt::format("{}{}: {}{}", node ? node->name : op.kernel->name, at,
                                           hidden ? kHiddenMessage : std::string_view(what),
                                           given.empty() ? "" : " (given " + given + ")"),
                               program.where(op)));
}

}  // namespace weft
