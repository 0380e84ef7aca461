/// Tests of every online store: what readers and scans see.
#pragma once

#include <atomic>
#include <limits>
#include <random>
#include <set>
#include <thread>

#include "online/store_contract.h"

namespace weft {

TEST_P(OnlineStoreContract, ValuesExpire) {
  const OnlineViewId view = store_->define(trips());
  store_->write(view, trip(1, 1'000, 7), {.event_time = "at"});
  const auto read = [&](std::optional<int64_t> ttl, int64_t now) {
    return row(view, 1, {kKm, kCity}, ttl ? std::optional(Duration(*ttl)) : std::nullopt,
               at_us(now));
  };
  EXPECT_EQ(read({}, 1'000'000), "7.0 absent");
  EXPECT_EQ(read(10, 1'010), "7.0 absent");
  EXPECT_EQ(read(10, 1'011), "expired expired");
  EXPECT_EQ(read(0, 1'000), "7.0 absent");
  EXPECT_EQ(read(0, 1'001), "expired expired");
  EXPECT_EQ(read(0, 999), "7.0 absent");
  EXPECT_EQ(read(std::numeric_limits<int64_t>::max(), -5), "7.0 absent");
}

TEST_P(OnlineStoreContract, AScanHasEveryRow) {
  const OnlineViewId view = store_->define(trips());
  constexpr int64_t kRows = 10'000;  // several blocks
  std::vector<int64_t> ids;
  std::vector<Time> times;
  std::vector<double> km;
  for (int64_t i = 0; i < kRows; ++i) {
    ids.push_back(i);
    times.push_back(at_us(i));
    km.push_back(static_cast<double>(i) / 2);
  }
  store_->write(
      view,
      Table(
          {{"id", ColumnData::of(ids)}, {"at", ColumnData::of(times)}, {"km", ColumnData::of(km)}}),
      {.event_time = "at"});
  EXPECT_EQ(store_->num_keys(view), kRows);
  const auto scan = store_->scan(view, {.event_time = "at", .sequence = "n"});
  std::set<int64_t> seen;
  while (const auto block = scan->next()) {
    EXPECT_EQ(to_string(block->schema()),
              "id: int64, at: timestamp, n: int64, km: double, city: string");
    for (int64_t i = 0; i < block->num_rows(); ++i) {
      const auto id = block->column("id").at(i).get<int64_t>();
      EXPECT_EQ(block->column("km").at(i).get<double>(), static_cast<double>(id) / 2);
      EXPECT_EQ(block->column("at").at(i).get<Time>(), at_us(id));
      seen.insert(id);
    }
    EXPECT_EQ(block->column("city").null_count(), block->num_rows());
  }
  EXPECT_EQ(seen.size(), kRows);
}

TEST_P(OnlineStoreContract, ManyLookupsOfSeveralViewsAtOnce) {
  const OnlineViewId a = store_->define({"a", {{"id", int64_type()}}, {kKm}});
  const OnlineViewId b = store_->define({"b", {{"id", int64_type()}}, {kCity, kKm}});
  for (int64_t id = 0; id < 300; ++id) {
    store_->write(id % 2 ? a : b, trip(id, id, static_cast<double>(id)), {.event_time = "at"});
  }
  const auto reader = store_->reader();
  const size_t of_a = reader->select({a, {kKm}, {}}), of_b = reader->select({b, {kKm, kCity}, {}});
  OnlineTexts keys;
  std::vector<OnlineLookup> lookups(1200);
  for (int64_t i = 0; i < 1200; ++i) keys.push_back(online_key_of(i / 2));
  for (size_t i = 0; i < 1200; ++i) {
    lookups[i].selection = i % 2 ? of_a : of_b;
    lookups[i].key = keys[i];
  }
  for (int round = 0; round < 3; ++round) {
    reader->begin(Time());
    reader->read(std::span(lookups).first(600));  // what is read first stays while more is read
    reader->read(std::span(lookups).last(600));
    for (size_t i = 0; i < 1200; ++i) {
      const size_t id = i / 2;
      const bool found = id < 300 && id % 2 == i % 2;
      ASSERT_EQ(lookups[i].found, found) << i;
      ASSERT_EQ(online_cell_text(lookups[i].cells[0], double_type()),
                found ? Value::of(static_cast<double>(id)).to_string() : "not_found");
    }
    reader->end();
  }
  reader->end();
}

TEST_P(OnlineStoreContract, LargeRows) {
  const OnlineViewId view = store_->define(trips());
  std::mt19937_64 random(5);
  for (const size_t n : {100, 1'900, 2'000, 2'040, 4'000, 4'096, 70'000, 3'000'000}) {
    std::string city(n, ' ');
    for (char& c : city) c = static_cast<char>('a' + random() % 26);
    store_->write(view, trip(1, 1, 1.5).with_column("city", ColumnData::of<std::string>({city})),
                  {.event_time = "at"});
    EXPECT_EQ(row(view, 1, {kKm, kCity}), "1.5 \"" + city + "\"");
  }
}

TEST_P(OnlineStoreContract, ReadersSeeWholeRowsWhileOthersWrite) {
  const std::vector<OnlineColumn> columns = {{"x", int64_type(), ""}, {"y", int64_type(), ""}};
  const OnlineViewId view = store_->define({"pairs", {{"id", int64_type()}}, columns});
  constexpr int64_t kKeys = 10;
  const auto write = [&](int64_t round) {
    std::vector<int64_t> ids;
    for (int64_t id = 0; id < kKeys; ++id) ids.push_back(id);
    const auto n = ColumnData::of(std::vector<int64_t>(kKeys, round));
    store_->write(view,
                  Table({{"id", ColumnData::of(ids)},
                         {"at", ColumnData::of(std::vector<Time>(kKeys, at_us(round)))},
                         {"x", n},
                         {"y", n}}),
                  {.event_time = "at"});
  };
  write(0);
  std::atomic<bool> done = false;
  std::atomic<int64_t> torn = 0, reads = 0;
  const auto read = [&] {
    const auto reader = store_->reader();
    OnlineTexts keys;
    std::vector<OnlineLookup> lookups(kKeys);
    const size_t selection = reader->select({view, columns, {}});
    for (int64_t id = 0; id < kKeys; ++id) keys.push_back(online_key_of(id));
    for (size_t i = 0; i < kKeys; ++i) {
      lookups[i].selection = selection;
      lookups[i].key = keys[i];
    }
    while (!done) {
      reader->begin(Time());
      reader->read(lookups);
      for (const OnlineLookup& each : lookups) {
        const auto x = *static_cast<const int64_t*>(each.cells[0].slot);
        if (x != *static_cast<const int64_t*>(each.cells[1].slot)) ++torn;
        if (at_us(x) != each.event_time) ++torn;
        ++reads;
      }
      reader->end();
    }
  };
  std::thread first(read), second(read);
  for (int64_t round = 1; round < 200; ++round) write(round);
  while (reads < 1000) std::this_thread::yield();
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace weft
