/// Tasks run ahead of their use on Arrow's threads, a limited number, results in order.
#pragma once

#include <arrow/util/thread_pool.h>

#include <deque>
#include <functional>
#include <future>
#include <memory>

#include "data/arrow.h"

namespace weft {

/// A task must own what it uses: it may still run when the queue is gone. On one of Arrow's own
/// threads tasks run at once, since waiting there for others could wait for ever. Not thread-safe.
template <class T>
class Ahead {
 public:
  Ahead() : pool_(arrow::internal::GetCpuThreadPool()) {
    limit_ = pool_->OwnsThisThread() ? 1 : static_cast<size_t>(pool_->GetCapacity()) + 2;
  }

  bool full() const { return results_.size() >= limit_; }
  bool empty() const { return results_.empty(); }

  void start(std::function<T()> task) {
    auto packaged = std::make_shared<std::packaged_task<T()>>(std::move(task));
    results_.push_back(packaged->get_future());
    if (pool_->OwnsThisThread()) {
      (*packaged)();
    } else {
      throw_if_failed(pool_->Spawn([packaged] { (*packaged)(); }), "starting a task");
    }
  }

  /// The oldest result; rethrows what its task threw.
  T take() {
    std::future<T> result = std::move(results_.front());
    results_.pop_front();
    return result.get();
  }

 private:
  arrow::internal::ThreadPool* pool_;
  size_t limit_;
  std::deque<std::future<T>> results_;
};

}  // namespace weft
