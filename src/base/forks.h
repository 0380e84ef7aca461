/// Forks: a child process has none of its parent's threads.
#pragma once

#include <functional>

namespace weft {

/// What an owner of threads does where the process forks, so that it goes on in the child without
/// them. All three are called by the thread that forks. The last member of its owner: what they use
/// is still there.
class ForkHandlers {
 public:
  /// `before` takes the locks that have to be free in the child, `in_parent` gives them back.
  ForkHandlers(std::function<void()> before, std::function<void()> in_parent,
               std::function<void()> in_child);
  ~ForkHandlers();
  ForkHandlers(const ForkHandlers&) = delete;
  ForkHandlers& operator=(const ForkHandlers&) = delete;

 private:
  friend class AllForkHandlers;
  std::function<void()> before_;
  std::function<void()> in_parent_;
  std::function<void()> in_child_;
};

}  // namespace weft
