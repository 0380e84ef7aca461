// From operations to steps: everything row by row over the same rows, with no breaker between, is
// one segment; everything single is run together; the rest is a step of its own.
#include <algorithm>
#include <map>

#include "exec/program.h"
#include "exec/segment.h"

namespace weft {
namespace {

bool is_breaker(const Op& op) { return op.kind > OpKind::kKernel; }
bool is_leaf(const Op& op) { return op.kind == OpKind::kInput || op.kind == OpKind::kConstant; }

class Scheduler {
 public:
  explicit Scheduler(Program& program)
      : program_(program), step_of_(program.ops.size(), kNoStep), output_(program.ops.size(), 0) {
    for (const OpId op : program.output_ops) output_[op] = 1;
  }

  void run() {
    find_stages();
    sink();
    group();
    connect();
    lay_out();
    for (PlanStep& step : program_.steps) {
      if (step.kind == StepKind::kSegment) step.segment = plan_segment(program_, step);
    }
  }

 private:
  static constexpr uint32_t kNoStep = UINT32_MAX;

  uint32_t ready(const Op& op) const { return op.stage + (is_breaker(op) ? 1 : 0); }

  void find_stages() {
    for (Op& op : program_.ops) {
      for (const Arg& arg : program_.args_of(op)) {
        op.stage = std::max(op.stage, ready(program_.ops[arg.op]));
      }
    }
  }

  // A column that only later stages need is computed there, rather than kept in between.
  void sink() {
    std::vector<uint32_t> latest(program_.ops.size(), UINT32_MAX);
    for (size_t i = program_.ops.size(); i-- > 0;) {
      Op& op = program_.ops[i];
      const bool movable = op.kind == OpKind::kKernel && op.form == Form::kColumn && !output_[i];
      if (movable && latest[i] != UINT32_MAX) op.stage = std::max(op.stage, latest[i]);
      for (const Arg& arg : program_.args_of(op)) {
        latest[arg.op] = std::min(latest[arg.op], op.stage);
      }
    }
  }

  uint32_t step_for(std::tuple<StepKind, uint32_t, uint32_t, bool> key) {
    const auto [it, fresh] = shared_.try_emplace(key, static_cast<uint32_t>(program_.steps.size()));
    if (fresh) {
      PlanStep step;
      step.kind = std::get<0>(key);
      step.dynamic = std::get<3>(key);
      program_.steps.push_back(std::move(step));
    }
    return it->second;
  }

  uint32_t own_step(StepKind kind, const Op& op) {
    PlanStep step;
    step.kind = kind;
    step.dynamic = op.dynamic;
    program_.steps.push_back(std::move(step));
    return static_cast<uint32_t>(program_.steps.size() - 1);
  }

  void group() {
    for (OpId id = 0; id < program_.ops.size(); ++id) {
      const Op& op = program_.ops[id];
      if (is_leaf(op)) continue;
      uint32_t s = kNoStep;
      switch (op.kind) {
        case OpKind::kKernel:
          s = op.form == Form::kColumn ? step_for({StepKind::kSegment, op.domain, op.stage, false})
                                       : step_for({StepKind::kScalars, 0, op.stage, op.dynamic});
          break;
        case OpKind::kAggregate: {
          const uint32_t domain = column_domain(op);
          s = step_for({StepKind::kSegment, domain, op.stage, false});
          break;
        }
        case OpKind::kColumn:
          s = step_for({StepKind::kColumns, program_.args_of(op)[0].op, op.stage, false});
          break;
        case OpKind::kOperator:
          s = own_step(StepKind::kOperator, op);
          break;
        case OpKind::kCall:
          s = own_step(StepKind::kCall, op);
          break;
        case OpKind::kBlock:
          s = own_step(StepKind::kBlock, op);
          break;
        default:
          s = own_step(StepKind::kCheck, op);
          break;
      }
      PlanStep& step = program_.steps[s];
      step.domain = op.kind == OpKind::kAggregate ? column_domain(op) : op.domain;
      (op.kind == OpKind::kAggregate ? step.aggregates : step.ops).push_back(id);
      step_of_[id] = s;
    }
  }

  uint32_t column_domain(const Op& op) const {
    for (const Arg& arg : program_.args_of(op)) {
      const Op& from = program_.ops[arg.op];
      if (from.form == Form::kColumn) return from.domain;
    }
    return 0;
  }

  void connect() {
    const size_t n = program_.ops.size();
    program_.frame.uses.assign(n, 0);
    std::vector<uint32_t> waited(program_.steps.size(), kNoStep);
    std::vector<uint32_t> read(n, kNoStep);
    for (uint32_t s = 0; s < program_.steps.size(); ++s) {
      const auto visit = [&](OpId id) {
        for (const Arg& arg : program_.args_of(program_.ops[id])) {
          const uint32_t from = step_of_[arg.op];
          if (from == s) continue;
          PlanStep& step = program_.steps[s];
          if (from != kNoStep && waited[from] != s) {
            waited[from] = s;
            program_.steps[from].after.push_back(s);
            ++step.waits;
          }
          if (program_.ops[arg.op].form == Form::kScalar || read[arg.op] == s) continue;
          read[arg.op] = s;
          step.reads.push_back(arg.op);
          ++program_.frame.uses[arg.op];
        }
      };
      for (const OpId id : program_.steps[s].ops) visit(id);
      for (const OpId id : program_.steps[s].aggregates) visit(id);
    }
    for (const OpId id : program_.output_ops) ++program_.frame.uses[id];
    for (const auto& [node, id] : program_.fit_nodes) ++program_.frame.uses[id];
    for (const OpId id : program_.watched) ++program_.frame.uses[id];
    for (OpId id = 0; id < n; ++id) {
      const Op& op = program_.ops[id];
      if (op.kind != OpKind::kKernel || op.form != Form::kColumn) continue;
      if (program_.frame.uses[id] > 0) program_.steps[step_of_[id]].outputs.push_back(id);
    }
  }

  void lay_out() {
    FrameLayout& frame = program_.frame;
    frame.offset.assign(program_.ops.size(), FrameLayout::kNone);
    for (OpId id = 0; id < program_.ops.size(); ++id) {
      const Op& op = program_.ops[id];
      if (op.form != Form::kScalar || op.type->size == 0) continue;
      frame.offset[id] = static_cast<uint32_t>(frame.bytes);
      // Eight bytes align every slot but records of larger alignment, of which there are none.
      frame.bytes += (op.type->size + 7) / 8 * 8;
      if (op.type->construct) frame.constructed.push_back(id);
    }
    frame.kept.assign(program_.ops.size(), FrameLayout::kNone);
    for (OpId id = 0; id < program_.ops.size(); ++id) {
      const Op& op = program_.ops[id];
      if (op.form == Form::kObject) {
        frame.kept[id] = frame.objects++;
        frame.object_ops.push_back(id);
      }
      const bool inner = op.kind == OpKind::kKernel && frame.uses[id] == 0;
      if (op.form == Form::kColumn && !inner) frame.kept[id] = frame.columns++;
    }
  }

  Program& program_;
  std::vector<uint32_t> step_of_;
  std::vector<uint8_t> output_;
  std::map<std::tuple<StepKind, uint32_t, uint32_t, bool>, uint32_t> shared_;
};

}  // namespace

void schedule(Program& program) { Scheduler(program).run(); }

}  // namespace weft
