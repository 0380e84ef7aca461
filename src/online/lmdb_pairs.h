/// For tests of several processes: rows whose values must fit together, written round by round.
#pragma once

#include <array>
#include <numeric>

#include "online/store_contract.h"

namespace weft {

inline constexpr int64_t kPairKeys = 50;
inline OnlineView pairs_view() {
  return {"pairs",
          {{"id", int64_type()}},
          {{"x", int64_type(), ""}, {"y", list_type(int64_type()), ""}}};
}

/// All keys get x = round and y = [round, round].
inline void write_pairs(OnlineStore& store, OnlineViewId view, int64_t round) {
  std::vector<int64_t> ids(kPairKeys);
  std::iota(ids.begin(), ids.end(), 0);
  const std::vector<std::vector<int64_t>> y(kPairKeys, {round, round});
  store.write(view,
              Table({{"id", ColumnData::of(ids)},
                     {"at", ColumnData::of(std::vector<Time>(kPairKeys, at_us(round)))},
                     {"x", ColumnData::of(std::vector<int64_t>(kPairKeys, round))},
                     {"y", ColumnData::of(y)}}),
              {.event_time = "at"});
}

/// Reads all keys at once.
class PairReader {
 public:
  PairReader(OnlineStore& store, OnlineViewId view) : reader_(store.reader()) {
    const size_t selection = reader_->select({view, pairs_view().features, {}});
    for (int64_t id = 0; id < kPairKeys; ++id) keys_.push_back(online_key_of(id));
    for (size_t i = 0; i < lookups_.size(); ++i) {
      lookups_[i].selection = selection;
      lookups_[i].key = keys_[i];
    }
  }
  /// The round that all keys have; -1: none has one; fails if they are of several.
  int64_t round() {
    reader_->begin(Time());
    reader_->read(lookups_);
    int64_t round = -1;
    if (lookups_[0].found) round = lookups_[0].event_time.time_since_epoch().count();
    for (const OnlineLookup& each : lookups_) {
      EXPECT_EQ(each.found, round >= 0);
      if (!each.found) continue;
      const auto& list = *static_cast<const ListView*>(each.cells[1].slot);
      const auto* y = static_cast<const int64_t*>(list.data);
      EXPECT_EQ(*static_cast<const int64_t*>(each.cells[0].slot), round);
      EXPECT_EQ(list.size, 2);
      EXPECT_EQ(y[0], round);
      EXPECT_EQ(y[1], round);
    }
    reader_->end();
    return round;
  }

 private:
  std::unique_ptr<OnlineReader> reader_;
  std::vector<std::string> keys_;
  std::array<OnlineLookup, kPairKeys> lookups_;
};

}  // namespace weft
