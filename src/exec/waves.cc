// The order of a run: steps wave by wave, and those that wait for something outside.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "exec/execution.h"
#include "exec/thread_pool.h"

namespace weft {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How long to look at one of several things that are awaited, and how long a cancelled run may take
// to notice where there is but one.
constexpr Duration kGlance = std::chrono::milliseconds(1);
constexpr Duration kPatience = std::chrono::milliseconds(20);

}  // namespace

void Execution::refuse_cancelled() const {
  if (options_.cancelled && options_.cancelled->load()) {
    throw Error(ErrorCode::kCancelled, "the run was cancelled");
  }
}

void Execution::run(const std::function<bool(const PlanStep&)>& wanted) {
  begin(wanted);
  while (!advance()) wait(kPatience);
}

void Execution::begin(std::function<bool(const PlanStep&)> wanted) {
  wanted_ = std::move(wanted);
  const auto& steps = program_->steps;
  waits_.resize(steps.size());
  ready_.clear();
  for (uint32_t s = 0; s < steps.size(); ++s) {
    waits_[s] = steps[s].waits;
    if (waits_[s] == 0) ready_.push_back(s);
  }
  if (cache_) cache_->start();
}

bool Execution::advance() {
  for (;;) {
    resume_pending();
    if (!ready_.empty()) {
      run_wave();
    } else if (pending_.empty()) {
      return true;
    } else if (!ready()) {
      return false;
    }
  }
}

bool Execution::ready() {
  if (options_.cancelled && options_.cancelled->load()) return true;
  return std::ranges::any_of(pending_, [](const auto& p) { return p.step->ready(); });
}

void Execution::wait(Duration patience) {
  refuse_cancelled();
  if (pending_.size() > 1) patience = std::min(patience, kGlance);
  if (!pending_.empty()) pending_.front().step->wait(patience);
}

void Execution::run_wave() {
  std::vector<uint32_t> now;
  now.swap(ready_);
  std::vector<uint32_t> run;
  std::vector<uint32_t> done;
  for (const uint32_t s : now) {
    if (cache_ && !cache_->needed(s)) {
      finish(s);
      done.push_back(s);
    } else if (wanted_(program_->steps[s])) {
      run.push_back(s);
    } else {
      done.push_back(s);
    }
  }
  std::vector<uint8_t> ended(run.size());
  if (run.size() == 1) {
    ended[0] = start_step(run[0]);
  } else {
    program_->threads->parallel_for(static_cast<int64_t>(run.size()), options_.threads,
                                    [&](int64_t i, int) {
                                      const auto k = static_cast<size_t>(i);
                                      ended[k] = start_step(run[k]);
                                    });
  }
  fail_checks();
  std::vector<uint32_t> ran;
  for (size_t i = 0; i < run.size(); ++i) {
    if (ended[i]) ran.push_back(run[i]);
  }
  if (cache_) cache_->after(ran);
  done.insert(done.end(), ran.begin(), ran.end());
  release_followers(done);
}

void Execution::release_followers(std::span<const uint32_t> done) {
  for (const uint32_t s : done) {
    for (const uint32_t next : program_->steps[s].after) {
      if (--waits_[next] == 0) ready_.push_back(next);
    }
  }
}

void Execution::resume_pending() {
  std::vector<uint32_t> done;
  for (size_t i = 0; i < pending_.size();) {
    refuse_cancelled();
    if (!pending_[i].step->ready() || !resume(pending_[i])) {
      ++i;
      continue;
    }
    done.push_back(pending_[i].number);
    pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(i));
  }
  if (done.empty()) return;
  fail_checks();
  if (cache_) cache_->after(done);
  release_followers(done);
}

bool Execution::resume(Pending& pending) {
  try {
    if (!pending.step->resume()) return false;
  } catch (const std::exception& e) {
    tell_after(pending.number, 0, 0, pending.start, e.what());
    throw;
  }
  end_step(pending.number, 1, pending.start);
  return true;
}

void Execution::run_step(uint32_t s) {
  if (start_step(s)) return;
  Pending pending;
  {
    const std::scoped_lock lock(mutex_);
    pending = std::move(pending_.back());
    pending_.pop_back();
  }
  do {
    refuse_cancelled();
    pending.step->wait(kPatience);
  } while (!resume(pending));
}

bool Execution::start_step(uint32_t s) {
  const PlanStep& step = program_->steps[s];
  refuse_cancelled();
  tell_before(s);
  const auto start = SteadyClock::now();
  int64_t rows = 1;
  std::unique_ptr<PendingStep> pending;
  try {
    switch (step.kind) {
      case StepKind::kScalars:
        state_->run_scalars(s);
        break;
      case StepKind::kSegment:
        rows = run_segment_step(s);
        break;
      case StepKind::kOperator:
        hold_arguments(step);
        rows = run_operator(step);
        break;
      case StepKind::kColumns:
        rows = load_columns(step);
        break;
      case StepKind::kCall:
        if (append_out_of_core(step.ops[0], state_->arena(s))) break;
        if (build_out_of_core(step.ops[0], state_->arena(s))) break;
        hold_arguments(step);
        pending = run_call(s);
        break;
      case StepKind::kBlock:
        hold_arguments(step);
        pending = start_block(s);
        if (pending->resume()) pending = nullptr;
        break;
      case StepKind::kCheck:
        hold_arguments(step);
        run_check(step);
        break;
    }
  } catch (const std::exception& e) {
    tell_after(s, rows, 0, start, e.what());
    throw;
  }
  if (pending) {
    const std::scoped_lock lock(mutex_);
    pending_.push_back({s, std::move(pending), start});
    return false;
  }
  end_step(s, rows, start);
  return true;
}

void Execution::end_step(uint32_t s, int64_t rows, SteadyClock::time_point start) {
  const int64_t bytes = bytes_of(program_->steps[s]);
  const double seconds = tell_after(s, rows, bytes, start, {});
  if (uses_) finish(s);
  const std::scoped_lock lock(mutex_);
  records_.push_back({s, rows, bytes, seconds});
}

// ---- hooks -------------------------------------------------------------------------------------

// A block and what picks from it compute no node: those are told of element by element.
bool Execution::computes_nodes(uint32_t s) const {
  const PlanStep& step = program_->steps[s];
  return step.kind != StepKind::kBlock && !collects(*program_, step);
}

void Execution::tell_before(uint32_t s) const {
  const Hooks* hooks = options_.hooks;
  if (!hooks || (!hooks->before_step && !hooks->before_node)) return;
  StepReport report = step_report(*program_, s);
  report.element = element_;
  if (hooks->before_step) hooks->before_step(report);
  if (!hooks->before_node || !computes_nodes(s)) return;
  for (const auto& node : report.nodes) hooks->before_node(node, element_);
}

double Execution::tell_after(uint32_t s, int64_t rows, int64_t bytes, SteadyClock::time_point start,
                             std::string_view error) const {
  const std::chrono::duration<double> seconds = SteadyClock::now() - start;
  const Hooks* hooks = options_.hooks;
  if (!hooks || (!hooks->after_step && !hooks->after_node)) return seconds.count();
  StepReport report = step_report(*program_, s);
  report.rows = rows;
  report.bytes = bytes;
  report.seconds = seconds.count();
  report.element = element_;
  report.error = error;
  if (hooks->after_node && computes_nodes(s)) {
    for (const auto& node : report.nodes) {
      hooks->after_node({node, element_, report.seconds, report.error});
    }
  }
  if (hooks->after_step) hooks->after_step(report);
  return seconds.count();
}

// ---- what is awaited ---------------------------------------------------------------------------

// A value that a call has begun and somebody else makes.
class Execution::AwaitedCall : public PendingStep {
 public:
  AwaitedCall(Execution& run, uint32_t step, Awaited awaited)
      : run_(run), step_(step), awaited_(std::move(awaited)) {}

  bool ready() override { return awaited_.wait(Duration(0)); }
  void wait(Duration patience) override { awaited_.wait(patience); }
  bool resume() override {
    if (!ready()) return false;
    run_.finish_call(step_, [this] { return awaited_.take(); });
    return true;
  }

 private:
  Execution& run_;
  uint32_t step_;
  Awaited awaited_;
};

std::unique_ptr<PendingStep> Execution::await(uint32_t s, Awaited awaited) {
  return std::make_unique<AwaitedCall>(*this, s, std::move(awaited));
}

}  // namespace weft
