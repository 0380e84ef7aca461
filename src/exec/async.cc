#include "exec/async.h"

#include <condition_variable>
#include <list>
#include <thread>
#include <utility>

#include "exec/thread_pool.h"

namespace weft {

// How often runs that wait are looked at: a std::future does not call back.
constexpr Duration kLook = std::chrono::milliseconds(1);

struct Task::State {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::optional<Result> result;
  std::exception_ptr error;
  std::atomic<bool> cancelled = false;
};

namespace {

struct AsyncRun {
  std::shared_ptr<Task::State> task;
  std::shared_ptr<ThreadPool> threads;
  std::optional<PlanRun> run;
  bool begun = false;
  bool ended = false;

  // By one thread at a time.
  void advance() {
    try {
      if (!run->advance()) return;
      task->result = run->finish();
    } catch (...) {
      task->error = std::current_exception();
    }
    ended = true;
  }
};

}  // namespace

// Belongs to the thread that looks after the runs; the runs are in one of the lists or on their way
// through the pool, which gives them back rather than freeing them: the last owner of a pool must
// be none of its threads.
struct AsyncRuns::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::list<std::unique_ptr<AsyncRun>> fresh;  // begun, or back from the pool
  bool stopping = false;
  std::thread thread;
};

namespace {

void dispatch(const std::shared_ptr<AsyncRuns::State>& state, std::unique_ptr<AsyncRun> run) {
  ThreadPool& threads = *run->threads;
  const auto work = [state, raw = run.get()] {
    raw->advance();
    const std::scoped_lock lock(state->mutex);
    state->fresh.emplace_back(raw);
    state->wake.notify_one();
  };
  run.release();  // NOLINT: `work` puts it back into a list
  if (threads.threads() > 1) {
    threads.submit(work);
  } else {
    work();
  }
}

void end(std::unique_ptr<AsyncRun> run) {
  const auto task = run->task;
  run.reset();  // nothing of it is left when the task is done
  const std::scoped_lock lock(task->mutex);
  task->done = true;
  task->ended.notify_all();
}

void look_after(std::shared_ptr<AsyncRuns::State> state) {  // NOLINT: keeps it alive
  std::list<std::unique_ptr<AsyncRun>> waiting;
  for (;;) {
    std::list<std::unique_ptr<AsyncRun>> now;
    {
      std::unique_lock lock(state->mutex);
      const auto something = [&] { return state->stopping || !state->fresh.empty(); };
      if (waiting.empty()) {
        state->wake.wait(lock, something);
      } else {
        state->wake.wait_for(lock, kLook, something);
      }
      if (state->fresh.empty() && waiting.empty() && state->stopping) return;
      now.swap(state->fresh);
    }
    for (auto& run : now) {
      if (run->ended) {
        end(std::move(run));
      } else {
        waiting.push_back(std::move(run));
      }
    }
    for (auto at = waiting.begin(); at != waiting.end();) {
      AsyncRun& run = **at;
      if (run.begun && !run.run->ready()) {
        ++at;
        continue;
      }
      run.begun = true;
      dispatch(state, std::move(*at));
      at = waiting.erase(at);
    }
  }
}

}  // namespace

AsyncRuns::AsyncRuns()
    : state_(std::make_shared<State>()),
      forks_([this] { state_->mutex.lock(); }, [this] { state_->mutex.unlock(); },
             [this] { forget_runs(); }) {}

// Every run keeps its program alive and the program this, so that there are none left.
AsyncRuns::~AsyncRuns() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
    state_->wake.notify_one();
  }
  if (!state_->thread.joinable()) return;
  if (state_->thread.get_id() == std::this_thread::get_id()) {
    state_->thread.detach();  // it has ended the last run, and ends after it
  } else {
    state_->thread.join();
  }
}

// In the child of a fork.
void AsyncRuns::forget_runs() {
  state_->mutex.unlock();
  if (state_->thread.joinable()) state_->thread.detach();
  // Kept for good: runs under way in the parent lie in it.
  static_cast<void>(new std::shared_ptr<State>(std::exchange(state_, std::make_shared<State>())));
}

Task AsyncRuns::start(std::shared_ptr<const Program> program, const Values& inputs,
                      const RunOptions& options) {
  if (options.cancelled) {
    throw Error(ErrorCode::kInvalidArgument,
                "a run that was started with run_async() is cancelled through its Task: leave "
                "RunOptions::cancelled empty");
  }
  auto run = std::make_unique<AsyncRun>();
  run->task = std::make_shared<Task::State>();
  run->threads = program->threads;
  RunOptions own = options;
  own.cancelled = &run->task->cancelled;
  run->run.emplace(std::move(program), inputs, nullptr, own);
  Task task(run->task);
  const std::scoped_lock lock(state_->mutex);
  if (!state_->thread.joinable()) state_->thread = std::thread(look_after, state_);
  state_->fresh.push_back(std::move(run));
  state_->wake.notify_one();
  return task;
}

// ---- Task --------------------------------------------------------------------------------------

bool Task::done() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->done;
}

void Task::wait() const {
  std::unique_lock lock(state_->mutex);
  state_->ended.wait(lock, [this] { return state_->done; });
}

bool Task::wait_for(Duration patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->ended.wait_for(lock, patience, [this] { return state_->done; });
}

void Task::cancel() const { state_->cancelled = true; }

Result Task::get() const {
  wait();
  if (state_->error) std::rethrow_exception(state_->error);
  return *state_->result;
}

Task Plan::run_async(Values inputs, const RunOptions& options) const {
  refuse_unfit(*program_, inputs);
  return program_->async->start(program_, inputs, options);
}

}  // namespace weft
