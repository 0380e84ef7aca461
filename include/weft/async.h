/// Values that are on their way, and runs that go on while the caller does something else.
#pragma once

#include <functional>
#include <future>
#include <memory>

#include "weft/native.h"

namespace weft {

/// What the call of an object function gives that returns std::future<T>, T being what the graph
/// knows of. The run goes on with what does not need the value, and none of the driver's threads
/// waits. The destructor of a future made by std::async waits for it, even where a run has failed.
struct Awaited {
  /// Waits at most so long; is it there? Called by one thread at a time.
  std::function<bool(Duration patience)> wait;
  /// The value, once it is there, or what its making threw. Called once.
  std::function<Value()> take;

  template <class T>
  static Awaited of(std::future<T> future) {
    const auto shared = std::make_shared<std::future<T>>(std::move(future));
    return {[shared](Duration patience) {
              // A deferred future is made by who takes it.
              return shared->wait_for(patience) != std::future_status::timeout;
            },
            [shared]() -> Value {
              T value = shared->get();
              if constexpr (Native<T>::kNullable) {
                return value ? Value::of(*std::move(value)) : Value::null(type_of<T>());
              } else {
                return Value::of(std::move(value));
              }
            }};
  }
};

class Result;

/// A run that was started with run_async() or execute_async(). Cheap to copy; thread-safe. If all
/// copies are dropped, the run goes on all the same.
class Task {
 public:
  bool done() const;
  void wait() const;
  /// False if it is not done after that time.
  bool wait_for(Duration patience) const;
  /// The run ends with Error(kCancelled) before its next step or block of rows, unless it is done
  /// already. Returns at once.
  void cancel() const;
  /// Waits, and gives the result or throws what the run threw.
  Result get() const;

  struct State;
  explicit Task(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace weft
