/// Rows of a spine by entity and time: what feature rows are matched against.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "join/pooled_array.h"
#include "ops/group_ids.h"
#include "weft/point_in_time.h"

namespace weft {

class ThreadPool;

/// Keys as numbers: 0, 1, 2, ... Integers of a narrow range are their own numbers, other integers
/// and short texts are hashed here, all else goes through GroupIndex. find() is const and may run
/// in many threads.
class EntityNumbers {
 public:
  explicit EntityNumbers(std::vector<Type> types);

  /// Numbers all rows; kNone where a key is null. Once.
  void build(std::span<const ColumnData> keys, int64_t rows, uint32_t* entity);
  /// The entity of each of n rows; size() for those that build() did not see and for nulls. A
  /// `find` takes about 1024 rows at best.
  void find(const Slice* keys, int64_t n, uint32_t* entity) const;
  uint32_t size() const { return size_; }

  static constexpr uint32_t kNone = ~uint32_t{0};

 private:
  enum class Form : uint8_t { kNobody, kNarrow, kWide, kShortTexts, kAny };
  struct Slot {
    int64_t key;
    uint32_t entity;  // kNone: free
  };
  // A text of up to 16 bytes: which it is follows from its ends and its size.
  struct ShortText {
    uint64_t front;
    uint64_t back;
    uint32_t size;
    uint32_t entity;  // kNone: free
  };
  static ShortText short_text(std::string_view text);
  bool build_texts(const ColumnData& key, int64_t rows, uint32_t* entity);
  void find_texts(const Slice& key, int64_t n, uint32_t* entity) const;
  void build_integers(const ColumnData& key, int64_t rows, uint32_t* entity);
  void build_wide(const int64_t* words, int64_t rows, uint32_t* entity);
  void find_integers(const Slice& key, int64_t n, uint32_t* entity) const;

  std::vector<Type> types_;
  Form form_ = Form::kAny;
  uint32_t size_ = 0;
  uint64_t base_ = 0;  // of kNarrow: the key of entity 0
  PooledArray<Slot> slots_;
  PooledArray<ShortText> texts_;
  uint64_t mask_ = 0;
  std::unique_ptr<GroupIndex> groups_;
};

/// A spine's times: a column, or one for all rows.
struct SpineTimes {
  const ColumnData* column = nullptr;
  int64_t at_us = 0;
};

/// A place is a spine row that has a key and a time; places of one entity lie together, sorted by
/// time. Immutable once made.
class SpineIndex {
 public:
  /// `keys` are of `types`. Throws Error(kResourceLimit) past 2^32 - 2 rows.
  SpineIndex(std::vector<Type> types, std::span<const ColumnData> keys, const SpineTimes& times,
             int64_t rows, ThreadPool& pool, int threads);

  int64_t rows() const { return rows_; }
  uint32_t places() const { return static_cast<uint32_t>(row_.size()); }
  uint32_t entities() const { return numbers_.size(); }
  const EntityNumbers& numbers() const { return numbers_; }
  /// [entities + 2] where the places of each entity begin; the one behind the last has none.
  const uint32_t* begin() const { return begin_.data(); }
  /// [places + 1], the last is no place's.
  const int64_t* times() const { return times_.data(); }
  /// [places]
  const uint32_t* row() const { return row_.data(); }
  /// The most places an entity has that has no ladder.
  uint32_t longest() const { return longest_; }

  /// From so many places on an entity has a ladder.
  static constexpr uint32_t kManyPlaces = 64;
  /// Where to look for a time among many places: their span is cut into equal rungs, about two
  /// places each if times are spread evenly.
  struct Ladder {
    int64_t first_us;
    uint64_t scale;        // rungs for a microsecond, times 2^64
    const uint32_t* rung;  // [rungs + 1] the number of places before it
    uint32_t rungs;
    int steps;  // no rung has 2^steps places

    uint32_t rung_of(int64_t us) const {
      if (us <= first_us) return 0;
      __extension__ using Wide = unsigned __int128;
      const uint64_t after = static_cast<uint64_t>(us) - static_cast<uint64_t>(first_us);
      const auto at = static_cast<uint64_t>(Wide{after} * scale >> 64);
      return static_cast<uint32_t>(std::min<uint64_t>(at, rungs - 1));
    }
  };
  /// Of an entity that has kManyPlaces or more.
  const Ladder& ladder(uint32_t entity) const { return ladders_[ladder_of_[entity]]; }
  int64_t first_us() const { return first_us_; }  ///< the earliest time; of no places the maximum
  int64_t last_us() const { return last_us_; }    ///< the latest; of no places the minimum

  struct Placeless {
    int64_t row;
    MatchReason reason;
  };
  /// The rows that have no place, and why.
  const std::vector<Placeless>& placeless() const { return placeless_; }

 private:
  void leave_out(uint32_t* entity, const SpineTimes& times);
  void place(const uint32_t* entity, const SpineTimes& times);
  void sort_entities(uint32_t from, uint32_t to);
  void find_long_entities();
  void make_ladder(uint32_t entity);

  EntityNumbers numbers_;
  int64_t rows_;
  PooledArray<uint32_t> begin_;
  PooledArray<int64_t> times_;
  PooledArray<uint32_t> row_;
  uint32_t longest_ = 0;
  std::vector<uint32_t> long_entities_;  // those with ladders
  std::vector<Ladder> ladders_;          // of each of them
  std::vector<uint32_t> ladder_of_;      // [entities], or [0] where there are none
  PooledArray<uint32_t> rungs_;
  int64_t first_us_;
  int64_t last_us_;
  std::vector<Placeless> placeless_;
};

/// Entities [first, last) in parts of about equal numbers of places, for threads to share.
std::vector<uint32_t> entity_parts(const SpineIndex& index, int parts);

}  // namespace weft
