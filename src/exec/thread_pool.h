/// The executor's threads. Operators never make any of their own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/forks.h"

namespace weft {

/// A fixed number of threads that take tasks in order. The thread that waits for work always works
/// on it itself, so nesting cannot deadlock. In the child of a fork it has no thread but the
/// caller.
class ThreadPool {
 public:
  /// `threads` counts the caller: 1 makes no thread at all.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Runs body(i, worker) for i in [0, n), on at most `threads` threads (0: all); `worker` numbers
  /// those that take part, from 0. Returns when all have run. The first exception ends the loop and
  /// is thrown here; which bodies ran after it is not said.
  void parallel_for(int64_t n, int threads, const std::function<void(int64_t, int)>& body);

  /// Hands a task to some thread; it must not throw.
  void submit(std::function<void()> task);

 private:
  void work();
  void forget_threads();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
  ForkHandlers forks_{[this] { mutex_.lock(); }, [this] { mutex_.unlock(); },
                      [this] { forget_threads(); }};
};

}  // namespace weft
