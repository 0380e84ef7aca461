/// Ctrl-C while native work runs.
#pragma once

#include <atomic>

#include "python_object.h"

namespace weft::python {

/// While it lives on the main thread, SIGINT also sets `cancelled()`, so that a run ends at its
/// next step or block; Python then raises KeyboardInterrupt as ever. On other threads, which Python
/// interrupts never, it does nothing.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  /// Null on other threads than the main one.
  const std::atomic<bool>* cancelled() const;

 private:
  bool installed_ = false;
};

/// A feature raised KeyboardInterrupt. The run may end as cancelled before that gets to the caller.
void note_keyboard_interrupt();
/// Was one noted since the outermost run began? It is told once.
bool take_keyboard_interrupt();

}  // namespace weft::python
