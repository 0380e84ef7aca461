#include "server/work_pool.h"

#include <algorithm>

namespace weft {

WorkPool::WorkPool(int threads, int64_t queue_max) : queue_max_(queue_max) {
  for (int i = 0; i < std::max(1, threads); ++i) {
    threads_.emplace_back([this, i] { work(static_cast<size_t>(i)); });
  }
}

WorkPool::~WorkPool() { stop(); }

bool WorkPool::try_submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    // A thread that is idle takes a job out of the queue at once.
    const auto idle = static_cast<int64_t>(threads_.size()) - running_;
    if (static_cast<int64_t>(queue_.size()) >= queue_max_ + std::max<int64_t>(0, idle)) {
      return false;
    }
    queue_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

int64_t WorkPool::under_way() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(queue_.size()) + running_;
}

void WorkPool::work(size_t thread) {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    job(thread);
    job = nullptr;
    lock.lock();
    --running_;
  }
}

void WorkPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace weft
