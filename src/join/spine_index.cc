#include "join/spine_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "data/slots.h"
#include "exec/thread_pool.h"
#include "join/feature_rows.h"

namespace weft {
namespace {

constexpr int64_t kFindRows = 1024;
constexpr uint32_t kShortMax = 16;

bool is_integer_like(Type type) {
  switch (type->kind) {
    case Kind::kBool:
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return true;
    default:
      return false;
  }
}

// The keys as 64-bit words: where they lie, or in `room`.
const int64_t* words_of(Type type, const Slice& key, int64_t from, int64_t n, int64_t* room) {
  const char* at = key.data + from * key.stride;
  if (type->size == sizeof(int64_t)) return reinterpret_cast<const int64_t*>(at);
  if (type->kind == Kind::kInt32) {
    const auto* values = reinterpret_cast<const int32_t*>(at);
    for (int64_t i = 0; i < n; ++i) room[i] = values[i];
  } else {
    for (int64_t i = 0; i < n; ++i) room[i] = static_cast<uint8_t>(at[i]);
  }
  return room;
}

inline uint64_t hash_of(int64_t key) {
  const uint64_t x = static_cast<uint64_t>(key) * 0x9e3779b97f4a7c15;
  return x ^ x >> 32;
}

template <class T>
uint64_t word_at(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

inline uint64_t hash_of(uint64_t front, uint64_t back) {
  const uint64_t x = (front ^ (back << 29 | back >> 35)) * 0x9e3779b97f4a7c15;
  return (x ^ x >> 29) * 0xd6e8feb86659fd93 >> 20;
}

// Where a key of n rows is null, so is the row's entity.
void leave_out_nulls(const Slice& slice, int64_t from, int64_t n, uint32_t nobody,
                     uint32_t* entity) {
  if (!slice.valid) return;
  for (int64_t i = 0; i < n; ++i) {
    if (!slice.is_valid(from + i)) entity[i] = nobody;
  }
}

}  // namespace

// ---- EntityNumbers ---------------------------------------------------------------------------

EntityNumbers::EntityNumbers(std::vector<Type> types) : types_(std::move(types)) {
  if (types_.empty()) {
    form_ = Form::kNobody;
  } else if (types_.size() == 1 && is_integer_like(types_[0])) {
    form_ = Form::kWide;
  } else {
    const bool is_text = types_.size() == 1 && types_[0]->kind == Kind::kString;
    form_ = is_text ? Form::kShortTexts : Form::kAny;
    groups_ = std::make_unique<GroupIndex>(types_, NullKeys::kLeftOut);
  }
}

// Of longer ones the size alone, which none of those that are kept has.
EntityNumbers::ShortText EntityNumbers::short_text(std::string_view text) {
  const char* p = text.data();
  const size_t n = text.size();
  ShortText out = {0, 0, static_cast<uint32_t>(std::min<size_t>(n, kShortMax + 1)), kNone};
  if (n > kShortMax || n == 0) return out;
  if (n >= 8) {
    out.front = word_at<uint64_t>(p);
    out.back = word_at<uint64_t>(p + n - 8);
  } else if (n >= 4) {
    out.front = word_at<uint32_t>(p);
    out.back = word_at<uint32_t>(p + n - 4);
  } else {
    out.front = word_at<uint8_t>(p) | word_at<uint8_t>(p + n / 2) << 8;
    out.back = word_at<uint8_t>(p + n - 1);
  }
  return out;
}

// False: there are longer texts.
bool EntityNumbers::build_texts(const ColumnData& key, int64_t rows, uint32_t* entity) {
  std::vector<ShortText> found;  // of each entity
  const auto place_of = [&](const ShortText& text) {
    uint64_t at = hash_of(text.front, text.back) & mask_;
    while (texts_[at].entity != kNone &&
           (texts_[at].front != text.front || texts_[at].back != text.back ||
            texts_[at].size != text.size)) {
      at = (at + 1) & mask_;
    }
    return at;
  };
  const auto resize = [&](size_t size) {
    texts_ = PooledArray<ShortText>(size);
    mask_ = size - 1;
    std::fill(texts_.begin(), texts_.end(), ShortText{0, 0, 0, kNone});
    for (const ShortText& text : found) texts_[place_of(text)] = text;
  };
  resize(1024);
  std::fill_n(entity, rows, 0);
  bool all_short = true;
  read_in_ranges({&key, 1}, types_, [&](std::span<const Slice> slices, int64_t from, int64_t n) {
    leave_out_nulls(slices[0], 0, n, kNone, entity + from);
    for (int64_t i = 0; i < n && all_short; ++i) {
      if (entity[from + i] == kNone) continue;
      ShortText text = short_text(slices[0].at<std::string_view>(i));
      all_short = text.size <= kShortMax;
      ShortText& slot = texts_[place_of(text)];
      if (slot.entity == kNone) {
        text.entity = static_cast<uint32_t>(found.size());
        slot = text;
        found.push_back(text);
      }
      entity[from + i] = slot.entity;
      if (2 * found.size() > texts_.size()) resize(texts_.size() * 4);
    }
  });
  if (!all_short) texts_ = {};
  size_ = static_cast<uint32_t>(found.size());
  return all_short;
}

void EntityNumbers::find_texts(const Slice& key, int64_t n, uint32_t* entity) const {
  ShortText texts[kFindRows];
  for (int64_t from = 0; from < n; from += kFindRows) {
    const int64_t m = std::min(kFindRows, n - from);
    uint32_t* to = entity + from;
    for (int64_t i = 0; i < m; ++i) {
      texts[i] = key.is_valid(from + i) ? short_text(key.at<std::string_view>(from + i))
                                        : ShortText{0, 0, kShortMax + 1, kNone};
      __builtin_prefetch(&texts_[hash_of(texts[i].front, texts[i].back) & mask_]);
    }
    for (int64_t i = 0; i < m; ++i) {
      uint64_t at = hash_of(texts[i].front, texts[i].back) & mask_;
      const auto differs = [&](const ShortText& slot) {
        return (slot.front ^ texts[i].front) | (slot.back ^ texts[i].back) |
               (slot.size ^ texts[i].size);
      };
      while (differs(texts_[at]) && texts_[at].entity != kNone) at = (at + 1) & mask_;
      to[i] = std::min(texts_[at].entity, size_);
    }
  }
}

void EntityNumbers::build(std::span<const ColumnData> keys, int64_t rows, uint32_t* entity) {
  if (form_ == Form::kNobody) {
    size_ = 1;
    std::fill_n(entity, rows, 0);
  } else if (form_ == Form::kWide) {
    build_integers(keys[0], rows, entity);
  } else if (form_ != Form::kShortTexts || !build_texts(keys[0], rows, entity)) {
    form_ = Form::kAny;
    // kNone is GroupIndex's too, as an unsigned number.
    read_in_ranges(keys, types_, [&](std::span<const Slice> slices, int64_t from, int64_t n) {
      groups_->add(slices.data(), n, reinterpret_cast<int32_t*>(entity + from));
    });
    size_ = static_cast<uint32_t>(groups_->size());
  }
}

void EntityNumbers::build_integers(const ColumnData& key, int64_t rows, uint32_t* entity) {
  PooledArray<int64_t> words(static_cast<size_t>(rows));
  std::fill_n(entity, rows, 0);
  int64_t least = std::numeric_limits<int64_t>::max();
  int64_t most = std::numeric_limits<int64_t>::min();
  read_in_ranges({&key, 1}, types_, [&](std::span<const Slice> slices, int64_t from, int64_t n) {
    int64_t* to = words.data() + from;
    const int64_t* at = words_of(types_[0], slices[0], 0, n, to);
    if (at != to) std::memcpy(to, at, static_cast<size_t>(n) * sizeof(int64_t));
    leave_out_nulls(slices[0], 0, n, kNone, entity + from);
    for (int64_t i = 0; i < n; ++i) {
      const bool null = entity[from + i] == kNone;
      least = std::min(least, null ? least : to[i]);
      most = std::max(most, null ? most : to[i]);
    }
  });
  if (least > most) return;  // nothing but nulls
  base_ = static_cast<uint64_t>(least);
  const uint64_t range = static_cast<uint64_t>(most) - base_;
  if (range < static_cast<uint64_t>(2 * rows + 1024) && range < kNone - 1) {
    form_ = Form::kNarrow;
    size_ = static_cast<uint32_t>(range) + 1;
    for (int64_t i = 0; i < rows; ++i) {
      const auto number =
          static_cast<uint32_t>(static_cast<uint64_t>(words[static_cast<size_t>(i)]) - base_);
      entity[i] = entity[i] == kNone ? kNone : number;
    }
  } else {
    build_wide(words.data(), rows, entity);
  }
}

void EntityNumbers::build_wide(const int64_t* words, int64_t rows, uint32_t* entity) {
  std::vector<int64_t> keys;  // of each entity
  const auto resize = [&](size_t size) {
    slots_ = PooledArray<Slot>(size);
    mask_ = size - 1;
    std::fill(slots_.begin(), slots_.end(), Slot{0, kNone});
    for (size_t e = 0; e < keys.size(); ++e) {
      uint64_t at = hash_of(keys[e]) & mask_;
      while (slots_[at].entity != kNone) at = (at + 1) & mask_;
      slots_[at] = {keys[e], static_cast<uint32_t>(e)};
    }
  };
  resize(1024);
  for (int64_t from = 0; from < rows; from += 64) {
    const int64_t end = std::min(rows, from + 64);
    for (int64_t i = from; i < end; ++i) __builtin_prefetch(&slots_[hash_of(words[i]) & mask_]);
    for (int64_t i = from; i < end; ++i) {
      if (entity[i] == kNone) continue;
      uint64_t at = hash_of(words[i]) & mask_;
      while (slots_[at].entity != kNone && slots_[at].key != words[i]) at = (at + 1) & mask_;
      if (slots_[at].entity == kNone) {
        slots_[at] = {words[i], static_cast<uint32_t>(keys.size())};
        keys.push_back(words[i]);
      }
      entity[i] = slots_[at].entity;
      if (3 * keys.size() > slots_.size()) resize(slots_.size() * 4);
    }
  }
  size_ = static_cast<uint32_t>(keys.size());
}

void EntityNumbers::find_integers(const Slice& key, int64_t n, uint32_t* entity) const {
  int64_t room[kFindRows];
  for (int64_t from = 0; from < n; from += kFindRows) {
    const int64_t m = std::min(kFindRows, n - from);
    const int64_t* words = words_of(types_[0], key, from, m, room);
    uint32_t* to = entity + from;
    if (form_ == Form::kNarrow) {
      for (int64_t i = 0; i < m; ++i) {
        const uint64_t number = static_cast<uint64_t>(words[i]) - base_;
        to[i] = static_cast<uint32_t>(std::min<uint64_t>(number, size_));
      }
    } else if (slots_.empty()) {
      std::fill_n(to, m, size_);
    } else {
      for (int64_t i = 0; i < m; ++i) __builtin_prefetch(&slots_[hash_of(words[i]) & mask_]);
      for (int64_t i = 0; i < m; ++i) {
        uint64_t at = hash_of(words[i]) & mask_;
        while (slots_[at].key != words[i] && slots_[at].entity != kNone) at = (at + 1) & mask_;
        to[i] = std::min(slots_[at].entity, size_);
      }
    }
    leave_out_nulls(key, from, m, size_, to);
  }
}

void EntityNumbers::find(const Slice* keys, int64_t n, uint32_t* entity) const {
  switch (form_) {
    case Form::kNobody:
      std::fill_n(entity, n, 0);
      return;
    case Form::kNarrow:
    case Form::kWide:
      return find_integers(keys[0], n, entity);
    case Form::kShortTexts:
      return find_texts(keys[0], n, entity);
    case Form::kAny:
      groups_->find(keys, n, reinterpret_cast<int32_t*>(entity));
      for (int64_t i = 0; i < n; ++i) entity[i] = std::min(entity[i], size_);
  }
}

// ---- SpineIndex ------------------------------------------------------------------------------

SpineIndex::SpineIndex(std::vector<Type> types, std::span<const ColumnData> keys,
                       const SpineTimes& times, int64_t rows, ThreadPool& pool, int threads)
    : numbers_(std::move(types)),
      rows_(rows),
      first_us_(std::numeric_limits<int64_t>::max()),
      last_us_(std::numeric_limits<int64_t>::min()) {
  if (rows >= EntityNumbers::kNone) {
    throw Error(ErrorCode::kResourceLimit,
                fmt::format("a spine of {} rows in one part; give a memory limit", rows));
  }
  PooledArray<uint32_t> entity(static_cast<size_t>(rows));
  numbers_.build(keys, rows, entity.data());
  leave_out(entity.data(), times);
  place(entity.data(), times);
  const std::vector<uint32_t> parts = entity_parts(*this, 8 * threads);
  pool.parallel_for(static_cast<int64_t>(parts.size()) - 1, threads, [&](int64_t i, int) {
    sort_entities(parts[static_cast<size_t>(i)], parts[static_cast<size_t>(i) + 1]);
  });
  find_long_entities();
  pool.parallel_for(static_cast<int64_t>(long_entities_.size()), threads,
                    [&](int64_t i, int) { make_ladder(long_entities_[static_cast<size_t>(i)]); });
}

// Notes the rows without a key or time, and counts the places of each entity.
void SpineIndex::leave_out(uint32_t* entity, const SpineTimes& times) {
  begin_ = PooledArray<uint32_t>(static_cast<size_t>(entities()) + 2);
  std::fill(begin_.begin(), begin_.end(), 0);
  for (int64_t i = 0; i < rows_; ++i) {
    if (entity[i] == EntityNumbers::kNone) placeless_.push_back({i, MatchReason::kKeyIsNull});
  }
  if (times.column && times.column->null_count() > 0) {
    const Type type = timestamp_type();
    read_in_ranges({times.column, 1}, {&type, 1},
                   [&](std::span<const Slice> time, int64_t from, int64_t n) {
                     if (!time[0].valid) return;
                     for (int64_t i = 0; i < n; ++i) {
                       uint32_t& e = entity[from + i];
                       if (time[0].is_valid(i) || e == EntityNumbers::kNone) continue;
                       e = EntityNumbers::kNone;
                       placeless_.push_back({from + i, MatchReason::kTimeIsNull});
                     }
                   });
  }
  if (placeless_.empty()) {
    for (int64_t i = 0; i < rows_; ++i) ++begin_[entity[i]];
  } else {
    for (int64_t i = 0; i < rows_; ++i) {
      if (entity[i] != EntityNumbers::kNone) ++begin_[entity[i]];
    }
  }
  uint32_t at = 0;
  for (uint32_t& b : begin_) {
    const uint32_t count = b;
    b = at;
    at += count;
    longest_ = std::max(longest_, count < kManyPlaces ? count : 0);
  }
}

void SpineIndex::place(const uint32_t* entity, const SpineTimes& times) {
  const auto places = static_cast<size_t>(rows_) - placeless_.size();
  times_ = PooledArray<int64_t>(places + 1);
  times_[places] = 0;
  row_ = PooledArray<uint32_t>(places);
  PooledArray<uint32_t> next(begin_.size());
  std::copy(begin_.begin(), begin_.end(), next.begin());
  const auto put = [&](int64_t from, int64_t n, const int64_t* us, size_t stride) {
    for (int64_t i = 0; i < n; ++i) {
      const uint32_t e = entity[from + i];
      if (e == EntityNumbers::kNone) continue;
      const int64_t t = us[static_cast<size_t>(i) * stride];
      const uint32_t p = next[e]++;
      times_[p] = t;
      row_[p] = static_cast<uint32_t>(from + i);
      first_us_ = std::min(first_us_, t);
      last_us_ = std::max(last_us_, t);
    }
  };
  if (!times.column) return put(0, rows_, &times.at_us, 0);
  const Type type = timestamp_type();
  read_in_ranges({times.column, 1}, {&type, 1},
                 [&](std::span<const Slice> time, int64_t from, int64_t n) {
                   put(from, n, reinterpret_cast<const int64_t*>(time[0].data), 1);
                 });
}

void SpineIndex::sort_entities(uint32_t from, uint32_t to) {
  std::vector<std::pair<int64_t, uint32_t>> pairs;
  for (uint32_t e = from; e < to; ++e) {
    const uint32_t n = begin_[e + 1] - begin_[e];
    int64_t* t = times_.data() + begin_[e];
    uint32_t* r = row_.data() + begin_[e];
    if (n <= 24) {
      for (uint32_t i = 1; i < n; ++i) {
        const int64_t time = t[i];
        const uint32_t row = r[i];
        uint32_t j = i;
        for (; j > 0 && t[j - 1] > time; --j) {
          t[j] = t[j - 1];
          r[j] = r[j - 1];
        }
        t[j] = time;
        r[j] = row;
      }
    } else if (!std::is_sorted(t, t + n)) {
      pairs.clear();
      for (uint32_t i = 0; i < n; ++i) pairs.emplace_back(t[i], r[i]);
      std::sort(pairs.begin(), pairs.end());
      for (uint32_t i = 0; i < n; ++i) std::tie(t[i], r[i]) = pairs[i];
    }
  }
}

void SpineIndex::find_long_entities() {
  size_t rungs = 0;
  for (uint32_t e = 0; e < entities(); ++e) {
    const uint32_t count = begin_[e + 1] - begin_[e];
    if (count < kManyPlaces) continue;
    long_entities_.push_back(e);
    ladders_.push_back({0, 0, nullptr, count / 2, 0});
    rungs += count / 2 + 1;
  }
  if (ladders_.empty()) return;
  rungs_ = PooledArray<uint32_t>(rungs);
  ladder_of_.resize(entities());
  uint32_t* next = rungs_.data();
  for (size_t i = 0; i < ladders_.size(); ++i) {
    ladder_of_[long_entities_[i]] = static_cast<uint32_t>(i);
    ladders_[i].rung = next;
    next += ladders_[i].rungs + 1;
  }
}

void SpineIndex::make_ladder(uint32_t entity) {
  __extension__ using Wide = unsigned __int128;
  Ladder& ladder = ladders_[ladder_of_[entity]];
  const int64_t* times = times_.data() + begin_[entity];
  const uint32_t count = begin_[entity + 1] - begin_[entity];
  ladder.first_us = times[0];
  // Unsigned, because two times can lie further apart than int64 reaches.
  const Wide span = Wide{static_cast<uint64_t>(times[count - 1]) - static_cast<uint64_t>(times[0])};
  const Wide scale = (Wide{ladder.rungs} << 64) / (span + 1);
  ladder.scale = static_cast<uint64_t>(std::min<Wide>(scale, ~uint64_t{0}));
  auto* rung = rungs_.data() + (ladder.rung - rungs_.data());
  uint32_t most = 0;
  uint32_t place = 0;
  for (uint32_t r = 0; r < ladder.rungs; ++r) {
    rung[r] = place;
    while (place < count && ladder.rung_of(times[place]) <= r) ++place;
    most = std::max(most, place - rung[r]);
  }
  rung[ladder.rungs] = count;
  ladder.steps = std::bit_width(most);
}

std::vector<uint32_t> entity_parts(const SpineIndex& index, int parts) {
  std::vector<uint32_t> borders = {0};
  const uint32_t* begin = index.begin();
  for (int p = 1; p < parts; ++p) {
    const auto place =
        static_cast<uint32_t>(static_cast<uint64_t>(index.places()) * static_cast<uint64_t>(p) /
                              static_cast<uint64_t>(parts));
    const auto e =
        static_cast<uint32_t>(std::lower_bound(begin, begin + index.entities(), place) - begin);
    if (e > borders.back()) borders.push_back(e);
  }
  if (index.entities() > borders.back()) borders.push_back(index.entities());
  return borders;
}

}  // namespace weft
