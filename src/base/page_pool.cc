#include "base/page_pool.h"

#include <sys/mman.h>

#include <map>
#include <mutex>
#include <new>

namespace weft {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kKeptBytesMax = size_t{1} << 30;

size_t rounded(size_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

char* map_pages(size_t bytes) {
  // One huge page more than asked, so that the part we use can start at a huge page's border.
  void* p =
      mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  const auto start = reinterpret_cast<size_t>(p);
  const size_t aligned = rounded(start);
  if (aligned > start) munmap(p, aligned - start);
  const size_t tail = start + kHugePage - aligned;
  if (tail > 0) munmap(reinterpret_cast<void*>(aligned + bytes), tail);
  auto* q = reinterpret_cast<char*>(aligned);
  madvise(q, bytes, MADV_HUGEPAGE);  // advice: where the system has none, small pages do
  return q;
}

}  // namespace

struct PagePool::State {
  mutable std::mutex mutex;
  std::multimap<size_t, char*> kept;  // by rounded size
  size_t kept_bytes = 0;
};

PagePool::PagePool() : state_(new State) {}

PagePool& PagePool::instance() {
  static auto* pool =
      new PagePool;  // NOLINT: buffers may be given back while statics are destroyed
  return *pool;
}

char* PagePool::take(size_t bytes) {
  const size_t size = rounded(bytes);
  {
    const std::scoped_lock lock(state_->mutex);
    // Only equal sizes match: give_back() is told the bytes asked for, and rounds them alike.
    const auto it = state_->kept.find(size);
    if (it != state_->kept.end()) {
      char* p = it->second;
      state_->kept.erase(it);
      state_->kept_bytes -= size;
      return p;
    }
  }
  return map_pages(size);
}

void PagePool::give_back(char* p, size_t bytes) {
  const size_t size = rounded(bytes);
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->kept_bytes + size <= kKeptBytesMax) {
      state_->kept.emplace(size, p);
      state_->kept_bytes += size;
      return;
    }
  }
  munmap(p, size);
}

void PagePool::trim() {
  const std::scoped_lock lock(state_->mutex);
  for (const auto& [size, p] : state_->kept) munmap(p, size);
  state_->kept.clear();
  state_->kept_bytes = 0;
}

size_t PagePool::kept_bytes() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->kept_bytes;
}

}  // namespace weft
