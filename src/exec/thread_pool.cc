#include "exec/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <new>
#include <utility>

namespace weft {

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

// In the child of a fork.
void ThreadPool::forget_threads() {
  for (auto& worker : workers_) worker.detach();
  workers_.clear();
  tasks_.clear();                          // whoever waits for them is no thread of this process
  new (&wake_) std::condition_variable();  // the old one still counts waiters
  mutex_.unlock();
}

void ThreadPool::work() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void ThreadPool::submit(std::function<void()> task) {
  if (workers_.empty()) return task();
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

namespace {

// Shared by all that take part; a helper that comes late finds nothing left and goes.
struct Loop {
  explicit Loop(int64_t size) : n(size) {}

  void run(const std::function<void(int64_t, int)>& body) {
    const int worker = workers.fetch_add(1);
    for (;;) {
      const int64_t i = next.fetch_add(1);
      if (i >= n) return;
      if (!failed.load(std::memory_order_relaxed)) {
        try {
          body(i, worker);
        } catch (...) {
          const std::scoped_lock lock(mutex);
          if (!error) error = std::current_exception();
          failed = true;
        }
      }
      if (done.fetch_add(1) + 1 == n) {
        const std::scoped_lock lock(mutex);
        finished.notify_all();
      }
    }
  }

  int64_t n;
  std::atomic<int64_t> next = 0;
  std::atomic<int64_t> done = 0;
  std::atomic<int> workers = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::condition_variable finished;
  std::exception_ptr error;
};

}  // namespace

void ThreadPool::parallel_for(int64_t n, int threads,
                              const std::function<void(int64_t, int)>& body) {
  const int64_t limit = threads > 0 ? std::min(threads, this->threads()) : this->threads();
  const int64_t helpers = std::min(n, limit) - 1;
  if (helpers <= 0) {
    for (int64_t i = 0; i < n; ++i) body(i, 0);
    return;
  }
  const auto loop = std::make_shared<Loop>(n);
  // A late helper must not touch `body`, which dies with this call: it finds no index left.
  const auto* shared_body = &body;
  for (int64_t i = 0; i < helpers; ++i) {
    submit([loop, shared_body] {
      if (loop->next.load() < loop->n) loop->run(*shared_body);
    });
  }
  loop->run(body);
  std::unique_lock lock(loop->mutex);
  loop->finished.wait(lock, [&] { return loop->done.load() >= n; });
  // Taken out of what is shared: else a helper that comes late would be the one to destroy it.
  if (auto error = std::exchange(loop->error, nullptr)) std::rethrow_exception(std::move(error));
}

}  // namespace weft
