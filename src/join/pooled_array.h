/// Arrays of plain values from the pool of large pages.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/page_pool.h"

namespace weft {

/// `size` values that nobody has written yet. Owns its memory.
template <class T>
class PooledArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  PooledArray() = default;
  explicit PooledArray(size_t size) : size_(size) {
    if (size == 0) return;
    data_ = static_cast<T*>(is_large() ? static_cast<void*>(PagePool::instance().take(bytes()))
                                       : ::operator new(bytes(), std::align_val_t(64)));
  }
  PooledArray(PooledArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PooledArray& operator=(PooledArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PooledArray() {
    if (!data_) return;
    if (is_large()) {
      PagePool::instance().give_back(reinterpret_cast<char*>(data_), bytes());
    } else {
      ::operator delete(data_, std::align_val_t(64));
    }
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }

 private:
  size_t bytes() const { return size_ * sizeof(T); }
  bool is_large() const { return bytes() >= PagePool::kBytesMin; }

  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace weft
