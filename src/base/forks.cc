#include "base/forks.h"

#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace weft {

class AllForkHandlers {
 public:
  // Never destroyed: a fork may come when the program ends.
  static AllForkHandlers& instance() {
    static auto* all = [] {
      auto* made = new AllForkHandlers();
      ::pthread_atfork([] { instance().before(); },
                       [] { instance().after(&ForkHandlers::in_parent_); },
                       [] { instance().after(&ForkHandlers::in_child_); });
      return made;
    }();
    return *all;
  }

  void add(ForkHandlers* handlers) {
    const std::scoped_lock lock(mutex_);
    all_.push_back(handlers);
  }
  void remove(ForkHandlers* handlers) {
    const std::scoped_lock lock(mutex_);
    std::erase(all_, handlers);
  }

 private:
  void before() {
    mutex_.lock();
    for (const ForkHandlers* one : all_) one->before_();
  }
  void after(std::function<void()> ForkHandlers::* what) {
    for (const ForkHandlers* one : all_) (one->*what)();
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::vector<ForkHandlers*> all_;
};

ForkHandlers::ForkHandlers(std::function<void()> before, std::function<void()> in_parent,
                           std::function<void()> in_child)
    : before_(std::move(before)), in_parent_(std::move(in_parent)), in_child_(std::move(in_child)) {
  AllForkHandlers::instance().add(this);
}

ForkHandlers::~ForkHandlers() { AllForkHandlers::instance().remove(this); }

}  // namespace weft
