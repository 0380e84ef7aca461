/// Large buffers from one pool that asks the system for 2 MiB pages and keeps them.
#pragma once

#include <cstddef>

namespace weft {

/// Touching fresh 4 KiB pages costs more than most kernels that write them, so buffers of 4 MiB or
/// more come from here. Thread-safe.
class PagePool {
 public:
  static constexpr size_t kBytesMin = size_t{4} << 20;

  static PagePool& instance();

  /// At least `bytes`, aligned to 64; contents unspecified. Throws std::bad_alloc.
  char* take(size_t bytes);
  /// What take(bytes) gave. Kept for the next take() up to a limit, then returned to the system.
  void give_back(char* p, size_t bytes);
  /// Returns what is kept to the system.
  void trim();
  size_t kept_bytes() const;

 private:
  PagePool();
  struct State;
  State* state_;
};

}  // namespace weft
