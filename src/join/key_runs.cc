#include "join/key_runs.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string_view>

namespace weft {
namespace {

constexpr uint32_t kSample = 64;

template <class T>
void compare(const Slice& key, int64_t at, uint32_t from, uint32_t to, uint8_t* changes) {
  const auto* values = reinterpret_cast<const T*>(key.data) + at;
  for (uint32_t i = from; i < to; ++i) {
    changes[i] = static_cast<uint8_t>(changes[i] | (values[i] != values[i - 1]));
  }
}

}  // namespace

KeyRuns::KeyRuns(std::span<const Type> types) {
  for (const Type type : types) {
    Column& column = columns_.emplace_back();
    column.text = type->kind == Kind::kString;
    const bool plain = type->is_number() || type->is_time() || type->kind == Kind::kBool;
    if (plain || column.text) column.size = static_cast<uint32_t>(type->size);
    comparable_ &= column.size > 0;
    column.slots.resize(size_t{kRowsMax} / kRowsPerRun * column.size);
    column.valid.resize(kRowsMax / kRowsPerRun / 64);
  }
  slices_.resize(columns_.size());
}

// changes_[i] of rows [from, to), from > 0.
void KeyRuns::note_changes(const Slice& key, const Column& column, int64_t at, uint32_t from,
                           uint32_t to) {
  if (key.stride == 0) return;
  if (column.text) {
    const auto* values = reinterpret_cast<const std::string_view*>(key.data) + at;
    for (uint32_t i = from; i < to; ++i) {
      // A null's slot may hold anything.
      if (key.valid && !(key.is_valid(at + i) && key.is_valid(at + i - 1))) continue;
      changes_[i] = static_cast<uint8_t>(changes_[i] | (values[i] != values[i - 1]));
    }
  } else if (column.size == 8) {
    compare<uint64_t>(key, at, from, to, changes_);
  } else if (column.size == 4) {
    compare<uint32_t>(key, at, from, to, changes_);
  } else {
    compare<uint8_t>(key, at, from, to, changes_);
  }
  if (!key.valid) return;
  for (uint32_t i = from; i < to; ++i) {
    const bool both = key.is_valid(at + i) && key.is_valid(at + i - 1);
    changes_[i] = static_cast<uint8_t>(changes_[i] | !both);
  }
}

bool KeyRuns::find(const Slice* keys, int64_t at, uint32_t n) {
  if (!comparable_ || n < kRowsPerRun) return false;
  std::fill_n(changes_, n, 0);
  changes_[0] = 1;
  const auto note = [&](uint32_t from, uint32_t to) {
    for (size_t k = 0; k < columns_.size(); ++k) note_changes(keys[k], columns_[k], at, from, to);
  };
  // Keys that lie anywhere show it at once.
  const uint32_t sample = std::min(n, kSample);
  note(1, sample);
  if (std::accumulate(changes_, changes_ + sample, 0u) > sample / 2) return false;
  note(sample, n);
  if (std::accumulate(changes_, changes_ + n, 0u) > n / kRowsPerRun) return false;
  runs_ = 0;
  for (uint32_t i = 0; i < n; ++i) {
    begin_[runs_] = i;
    runs_ += changes_[i];
  }
  begin_[runs_] = n;
  copy_keys(keys, at);
  return true;
}

void KeyRuns::copy_keys(const Slice* keys, int64_t at) {
  for (size_t k = 0; k < columns_.size(); ++k) {
    Column& column = columns_[k];
    const Slice& key = keys[k];
    slices_[k] = {column.slots.data(), nullptr, column.size};
    for (uint32_t r = 0; r < runs_; ++r) {
      std::memcpy(column.slots.data() + size_t{r} * column.size,
                  key.data + (at + begin_[r]) * key.stride, column.size);
    }
    if (!key.valid) continue;
    std::ranges::fill(column.valid, 0);
    for (uint32_t r = 0; r < runs_; ++r) {
      column.valid[r / 64] |= static_cast<uint64_t>(key.is_valid(at + begin_[r])) << (r % 64);
    }
    slices_[k].valid = column.valid.data();
  }
}

}  // namespace weft
