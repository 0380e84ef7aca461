/// How a test holds up the table behind the view `slow`.
#pragma once

#include <atomic>
#include <semaphore>

namespace weft {

struct SlowTable {
  std::atomic<bool> hold{false};  ///< the next one who asks for the table waits
  std::counting_semaphore<> entered{0};
  std::counting_semaphore<> may_go{0};
};

inline SlowTable& slow_table() {
  static SlowTable table;
  return table;
}

}  // namespace weft
