/// Clock: where the current time comes from. Nothing else in Weft asks the operating system.
#pragma once

#include <atomic>

#include "weft/types.h"

namespace weft {

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;

  /// The operating system's.
  static const Clock& system();
};

/// Stands still until it is told otherwise: for tests and for runs that are repeated.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time now = Time()) : us_(now.time_since_epoch().count()) {}
  Time now() const override { return Time(Duration(us_.load())); }
  void set(Time now) { us_ = now.time_since_epoch().count(); }
  void advance(Duration by) { us_ += by.count(); }

 private:
  std::atomic<int64_t> us_;
};

}  // namespace weft
