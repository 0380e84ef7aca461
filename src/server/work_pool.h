/// A few threads for slow work, and a queue in front of them that has an end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weft {

/// Thread-safe.
class WorkPool {
 public:
  /// Gets the number of the thread it runs on, from 0. Must not throw.
  using Job = std::function<void(size_t thread)>;

  WorkPool(int threads, int64_t queue_max);
  ~WorkPool();

  /// False, and nothing happens, if the queue is full or the pool was stopped.
  [[nodiscard]] bool try_submit(Job job);
  /// Jobs that wait or run.
  int64_t under_way() const;
  size_t threads() const { return threads_.size(); }
  /// Waits for all that was taken. Nothing is taken any more.
  void stop();

 private:
  void work(size_t thread);

  const int64_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> queue_;
  int64_t running_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weft
