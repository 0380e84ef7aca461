#include "exec/parallel.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "base/thrown.h"
#include "exec/execution.h"
#include "exec/thread_pool.h"
#include "weft/container.h"

namespace weft {
namespace {

constexpr size_t kShownMax = 80;

std::string shown(const Value& element) {
  std::string text = element.to_string();
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

Elements elements_by_number(int64_t size, std::function<Value(int64_t)> at) {
  return {[i = std::make_shared<int64_t>(0), size, at = std::move(at)]() -> std::optional<Value> {
            if (*i >= size) return {};
            return at((*i)++);
          },
          size};
}

int64_t list_size(const Value& list) {
  Arena arena;
  ListView view;
  list.type()->unbox(list.type(), list, &view, arena);
  return view.size;
}

// One element on its way through the block.
struct ElementRun {
  int64_t number = 0;
  Value element;
  std::shared_ptr<RunState> state;
  std::unique_ptr<Execution> execution;
};

}  // namespace

Value collected_values(const BlockResults& results, size_t output, Type type, bool nullable) {
  const ValueList& values = results.outputs[output];
  const bool widen = type && !type->is_object();
  ValueList list;
  list.reserve(values.size());
  for (const Value& value : values) {
    if (!value.has_value() && !nullable) return Value::null(type_of<ValueList>());
    list.push_back(widen && value.has_value() ? value.as(type) : value);
  }
  return Value::of(std::move(list));
}

Elements elements_of(const Value& value, Type element) {
  if (const auto* elements = value.get_if<Elements>()) return *elements;
  if (const auto* column = value.get_if<ColumnData>()) {
    return elements_by_number(column->size(), [c = *column](int64_t i) { return c.at(i); });
  }
  const Type type = value.has_value() ? value.type() : nullptr;
  const bool sequence =
      type && (type->kind == Kind::kList ||
               (type->container && type->container->kind == Container::Kind::kSequence));
  if (!sequence) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("expected the elements of a Parallel<{}>: a list, a vector or a "
                            "column; found {}",
                            element ? element->name : "T", type ? type->name : "nothing"));
  }
  const int64_t size = type->kind == Kind::kList
                           ? list_size(value)
                           : static_cast<int64_t>(type->container->size(value.data()));
  return elements_by_number(
      size, [value](int64_t i) { return element_of(value, static_cast<size_t>(i)); });
}

// Elements are begun in order, and at most so many are under way; those that wait for something
// outside are gone on with as soon as it is there.
class Execution::BlockRun : public PendingStep {
 public:
  BlockRun(Execution& outer, uint32_t step, Elements elements, std::vector<Value> feeds)
      : outer_(outer),
        step_(step),
        op_(outer.program_->ops[outer.program_->steps[step].ops[0]]),
        block_(*outer.program_->blocks[op_.value]),
        name_(outer.program_->name_of(op_)),
        elements_(std::move(elements)),
        results_{std::vector<ValueList>(block_.inner->outputs.size())} {
    for (size_t i = 0; i < feeds.size(); ++i) feeds_.emplace(block_.feeds[i], std::move(feeds[i]));
  }

  bool ready() override {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(waiting_, [](const auto& run) { return run->execution->ready(); });
  }

  void wait(Duration patience) override {
    if (!waiting_.empty()) waiting_.front()->execution->wait(patience);
  }

  bool resume() override {
    ThreadPool& pool = *outer_.program_->threads;
    const int limit = outer_.options_.threads;
    const int threads = limit > 0 ? std::min(limit, pool.threads()) : pool.threads();
    // Elements that run at once share what one run may hold.
    const int64_t memory = outer_.options_.memory_limit;
    memory_limit_ = std::max<int64_t>(1, (memory > 0 ? memory : machine_memory() / 2) / threads);
    do {
      pool.parallel_for(threads, threads, [this](int64_t, int) {
        while (const auto run = take()) go_on(run);
      });
      if (error_) {
        waiting_.clear();
        std::rethrow_exception(error_);
      }
    } while (!waiting_.empty() && ready());
    if (!waiting_.empty()) return false;
    hand_over();
    return true;
  }

 private:
  using RunPtr = std::shared_ptr<ElementRun>;

  // One that can go on, else a new one; null: there is nothing to do.
  RunPtr take() {
    {
      const std::scoped_lock lock(mutex_);
      if (error_) return nullptr;
      for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
        if (!(*at)->execution->ready()) continue;
        RunPtr run = std::move(*at);
        waiting_.erase(at);
        return run;
      }
    }
    const std::scoped_lock one(source_mutex_);
    {
      const std::scoped_lock lock(mutex_);
      const auto most = std::max(1, outer_.options_.elements_in_flight);
      if (error_ || at_end_ || in_flight_ >= most) return nullptr;
      ++in_flight_;
    }
    std::optional<Value> element;
    try {
      outer_.refuse_cancelled();
      element = elements_.next();
    } catch (const Error& e) {
      fail(next_number_,
           nested_in(Error(e.code(), name_ + ": " + e.message(),
                           e.where().empty() ? outer_.program_->where(op_) : e.where())));
    } catch (const std::exception& e) {
      fail(next_number_, nested_in(Error(ErrorCode::kFunctionFailed, name_ + ": " + e.what(),
                                         outer_.program_->where(op_))));
    }
    if (!element) {
      const std::scoped_lock lock(mutex_);
      at_end_ = true;
      --in_flight_;
      return nullptr;
    }
    auto run = std::make_shared<ElementRun>();
    run->number = next_number_++;
    run->element = *std::move(element);
    return run;
  }

  void go_on(const RunPtr& run) {
    try {
      if (!run->execution) begin(*run);
      if (run->execution->advance()) return complete(*run);
      const std::scoped_lock lock(mutex_);
      waiting_.push_back(run);
    } catch (const Error& e) {
      if (e.code() == ErrorCode::kCancelled) return fail(run->number, std::current_exception());
      fail(run->number, nested_in(Error(e.code(), place(*run) + ": " + e.message(), e.where())));
    } catch (...) {
      fail(run->number, std::current_exception());  // of a hook
    }
  }

  void begin(ElementRun& run) {
    run.state = RunStatePool::take(block_.inner);
    RunOptions options = outer_.options_;
    options.memory_limit = memory_limit_;
    run.execution = std::make_unique<Execution>(block_.inner, run.state, options);
    run.execution->element_ = fmt::format("{}{}{}[{}]", outer_.element_,
                                          outer_.element_.empty() ? "" : ".", name_, run.number);
    run.execution->bind([&](const std::string& name) -> std::optional<Value> {
      if (name == name_) return run.element;
      const auto feed = feeds_.find(name);
      if (feed == feeds_.end()) return {};
      return feed->second;
    });
    run.execution->begin([](const PlanStep&) { return true; });
  }

  std::string place(const ElementRun& run) const {
    return fmt::format("element {} of {}{}", run.number, name_,
                       block_.hidden ? "" : " (" + shown(run.element) + ")");
  }

  // Its values are kept, everything else of it is freed.
  void complete(ElementRun& run) {
    std::vector<Value> values;
    for (const OpId op : block_.inner->output_ops) values.push_back(run.state->value(op));
    std::vector<CheckReport> checks = run.execution->checks();
    for (CheckReport& check : checks) check.message = place(run) + ": " + check.message;
    auto quarantine = run.execution->quarantine();
    auto log = run.execution->cache_log();
    auto records = std::move(run.execution->records());
    run.execution.reset();
    run.state.reset();
    run.element = Value();
    const auto number = static_cast<size_t>(run.number);
    int64_t done = 0;
    {
      const std::scoped_lock lock(mutex_);
      for (size_t i = 0; i < values.size(); ++i) {
        ValueList& list = results_.outputs[i];
        if (list.size() <= number) list.resize(number + 1);
        list[number] = std::move(values[i]);
      }
      if (!checks.empty()) checks_[number] = std::move(checks);
      if (!quarantine.empty()) quarantine_[number] = std::move(quarantine);
      if (!log.empty()) logs_[number] = std::move(log);
      for (const StepRecord& record : records) add_record(record);
      --in_flight_;
      done = ++done_;
    }
    const Hooks* hooks = outer_.options_.hooks;
    if (hooks && hooks->progress) hooks->progress(name_, done, elements_.size.value_or(0));
  }

  void add_record(const StepRecord& record) {
    const Program* program = record.program ? record.program : block_.inner.get();
    const auto [at, added] = records_.emplace(std::pair(program, record.step), record);
    StepRecord& sum = at->second;
    sum.program = program;
    if (added) return;
    sum.rows += record.rows;
    sum.bytes += record.bytes;
    sum.seconds += record.seconds;
    sum.runs += record.runs;
  }

  // Of several that fail the first one is told of.
  void fail(int64_t number, std::exception_ptr error) {
    const std::scoped_lock lock(mutex_);
    if (error_ && failed_ <= number) return;
    error_ = std::move(error);
    failed_ = number;
  }

  void hand_over() {
    const std::scoped_lock lock(outer_.mutex_);
    for (auto& [number, checks] : checks_) {
      outer_.element_checks_.insert(outer_.element_checks_.end(), checks.begin(), checks.end());
    }
    for (auto& [number, tables] : quarantine_) {
      for (auto& [node, table] : tables) outer_.element_quarantine_[node].push_back(table);
    }
    for (auto& [number, log] : logs_) {
      outer_.element_log_.insert(outer_.element_log_.end(), log.begin(), log.end());
    }
    for (const auto& [key, record] : records_) outer_.records_.push_back(record);
    const OpId id = outer_.program_->steps[step_].ops[0];
    outer_.state_->set(id, Value::of(std::move(results_)), outer_.state_->arena(step_));
  }

  Execution& outer_;
  const uint32_t step_;
  const Op& op_;
  const Block& block_;
  const std::string name_;
  Elements elements_;
  std::map<std::string, Value> feeds_;

  int64_t memory_limit_ = 0;

  std::mutex source_mutex_;  // elements are taken by one thread at a time
  int64_t next_number_ = 0;

  std::mutex mutex_;  // for everything below
  std::vector<RunPtr> waiting_;
  bool at_end_ = false;
  int64_t in_flight_ = 0;
  int64_t done_ = 0;
  BlockResults results_;
  std::map<size_t, std::vector<CheckReport>> checks_;
  std::map<size_t, std::map<std::string, Table>> quarantine_;
  std::map<size_t, std::vector<CacheReport>> logs_;
  std::map<std::pair<const Program*, uint32_t>, StepRecord> records_;
  std::exception_ptr error_;
  int64_t failed_ = 0;
};

std::unique_ptr<PendingStep> Execution::start_block(uint32_t s) {
  const Op& op = program_->ops[program_->steps[s].ops[0]];
  const Block& block = *program_->blocks[op.value];
  std::vector<Value> values;
  for (const Arg& arg : program_->args_of(op)) {
    if (!arg.order_only) values.push_back(argument(arg));
  }
  Elements elements;
  // A null has no elements.
  elements.next = []() -> std::optional<Value> { return {}; };
  try {
    if (values[0].has_value()) elements = elements_of(values[0], block.element);
  } catch (const Error& e) {
    throw Error(e.code(), program_->name_of(op) + ": " + e.message(), program_->where(op));
  }
  values.erase(values.begin());
  return std::make_unique<BlockRun>(*this, s, std::move(elements), std::move(values));
}

}  // namespace weft
