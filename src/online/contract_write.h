/// Tests of every online store: what is written and which row stays.
#pragma once

#include <limits>

#include "online/store_contract.h"

namespace weft {

TEST_P(OnlineStoreContract, EveryTypeComesBack) {
  const double inf = std::numeric_limits<double>::infinity();
  using Nested = std::vector<OnlineTexts>;
  const Table rows(
      {{"id", ColumnData::of<int32_t>({1, 2, 3})},
       {"at", ColumnData::of<Time>({at_us(1), at_us(-1), at_us(0)})},
       {"b", ColumnData::of<std::optional<bool>>({true, false, std::nullopt})},
       {"i", ColumnData::of<std::optional<int32_t>>({1, -2'147'483'648, std::nullopt})},
       {"l", ColumnData::of<std::optional<int64_t>>({1, -9'223'372'036'854'775'807, {}})},
       {"f", ColumnData::of<std::optional<float>>({0.1f, -1e38f, std::nullopt})},
       {"d", ColumnData::of<std::optional<double>>({5e-324, -inf, std::nullopt})},
       {"s", ColumnData::of<std::optional<std::string>>({std::string("é\0\"", 4), "", {}})},
       {"t", ColumnData::of<std::optional<Time>>({at_us(1'700'000'000'123'456), at_us(-1), {}})},
       {"u", ColumnData::of<std::optional<Duration>>({Duration(90), Duration(-1), {}})},
       {"lb", ColumnData::of<std::vector<bool>>({{true, false, true}, {}, {false}})},
       {"ld", ColumnData::of<std::optional<std::vector<double>>>(
                  {std::vector<double>{1, -inf}, std::vector<double>{}, std::nullopt})},
       {"ls", ColumnData::of<OnlineTexts>({{"a b", "", std::string(300, 'x')}, {}, {""}})},
       {"ll", ColumnData::of<Nested>({{{"a", "b"}, {}, {"c"}}, {}, {{}}})}});
  OnlineView view{"all", {{"id", int64_type()}}, {}};
  for (const ColumnSchema& column : rows.schema()) {
    if (column.name != "id" && column.name != "at") {
      view.features.push_back({column.name, column.type, ""});
    }
  }
  const OnlineViewId id = store_->define(view);
  const OnlineWriteReport report = store_->write(id, rows, {.event_time = "at"});
  EXPECT_EQ(report.written, 3);
  open_again();
  for (int64_t i = 0; i < 3; ++i) {
    for (const OnlineColumn& feature : view.features) {
      const Value value = rows.column(feature.name).at(i);
      EXPECT_EQ(row(id, i + 1, {feature}), value.has_value() ? value.to_string() : "null")
          << feature.name << i;
    }
  }
  EXPECT_EQ(row(id, 4, {view.features[0], view.features[1]}), "not_found not_found");
}

TEST_P(OnlineStoreContract, TheNewestRowOfAKeyStays) {
  struct Row {
    int64_t event, known, sequence;
  };
  struct Case {
    const char* name;
    std::vector<Row> rows;
    double kept;  // the number of the row
  };
  const int64_t big = int64_t{1} << 60;  // beyond what a double tells apart
  const Case cases[] = {
      {"a later event", {{1, 0, 0}, {2, 0, 0}}, 1},
      {"an earlier event", {{2, 0, 0}, {1, 9, 9}}, 0},
      {"an equal one replaces", {{1, 1, 1}, {1, 1, 1}}, 1},
      {"known later", {{1, 1, 9}, {1, 2, 0}}, 1},
      {"known earlier", {{1, 2, 0}, {1, 1, 9}}, 0},
      {"a higher sequence", {{1, 1, 1}, {1, 1, 2}}, 1},
      {"a lower sequence", {{1, 1, 2}, {1, 1, 1}}, 0},
      {"before 1970", {{-5, 0, 0}, {-6, 0, 0}}, 0},
      {"across zero", {{-1, 0, 0}, {0, 0, 0}}, 1},
      {"across the half of 64 bits", {{0xffff'ffff, 0, 0}, {0x1'0000'0000, 0, 0}}, 1},
      {"large and near, later", {{1, 1, big}, {1, 1, big + 1}}, 1},
      {"large and near, earlier", {{1, 1, big + 1}, {1, 1, big}}, 0},
      {"the least of all", {{0, 0, 0}, {std::numeric_limits<int64_t>::min(), 0, 0}}, 0},
      {"three", {{2, 1, 0}, {3, 0, 0}, {2, 9, 9}}, 1},
  };
  const OnlineViewId view = store_->define(trips());
  int64_t id = 0;
  for (const Case& one : cases) {
    const auto n = static_cast<int64_t>(one.rows.size());
    std::vector<Time> event, known;
    std::vector<int64_t> sequence, first, second;
    std::vector<double> km;
    for (const Row& each : one.rows) {
      event.push_back(at_us(each.event));
      known.push_back(at_us(each.known));
      sequence.push_back(each.sequence);
      km.push_back(static_cast<double>(km.size()));
    }
    const auto table = [&](int64_t key) {
      return Table({{"id", ColumnData::of(std::vector<int64_t>(one.rows.size(), key))},
                    {"at", ColumnData::of(event)},
                    {"known", ColumnData::of(known)},
                    {"n", ColumnData::of(sequence)},
                    {"km", ColumnData::of(km)}});
    };
    const OnlineRowColumns columns{.event_time = "at", .known_time = "known", .sequence = "n"};
    const OnlineWriteReport together = store_->write(view, table(id), columns);
    EXPECT_EQ(together.written, 1) << one.name;
    EXPECT_EQ(together.older, n - 1) << one.name;
    const std::string kept = Value::of(one.kept).to_string();
    EXPECT_EQ(row(view, id, {kKm}), kept) << one.name << ", in one call";
    int64_t written = 0;
    for (int64_t i = 0; i < n; ++i) {
      written += store_->write(view, table(id + 1).slice(i, 1), columns).written;
    }
    EXPECT_EQ(row(view, id + 1, {kKm}), kept) << one.name << ", one after another";
    EXPECT_EQ(written, one.kept == 0 ? 1 : 2) << one.name;
    id += 2;
  }
}

TEST_P(OnlineStoreContract, WithoutKnownTimeOrSequenceIsBeforeAllOthers) {
  const OnlineViewId view = store_->define(trips());
  store_->write(view, trip(1, 50, 1), {.event_time = "at"});
  const auto reader = store_->reader();
  OnlineLookup lookup;
  lookup.selection = reader->select({view, {kKm}, {}});
  const std::string key = online_key_of(1);
  lookup.key = key;
  reader->begin(Time());
  reader->read({&lookup, 1});
  EXPECT_TRUE(lookup.found);
  EXPECT_EQ(lookup.event_time, at_us(50));
  EXPECT_EQ(lookup.known_time, Time::min());
  EXPECT_EQ(lookup.sequence, std::numeric_limits<int64_t>::min());
  reader->end();
}

TEST_P(OnlineStoreContract, ANullComesBeforeAllOthers) {
  const OnlineViewId view = store_->define(trips());
  using Times = std::vector<std::optional<Time>>;
  using Numbers = std::vector<std::optional<int64_t>>;
  const auto write = [&](double km, const std::optional<Time>& known,
                         const std::optional<int64_t>& sequence) {
    const Table rows = trip(1, 50, km)
                           .with_column("known", ColumnData::of(Times{known}))
                           .with_column("n", ColumnData::of(Numbers{sequence}));
    return store_->write(view, rows, {.event_time = "at", .known_time = "known", .sequence = "n"})
        .written;
  };
  EXPECT_EQ(write(1, at_us(-70), -3), 1);
  EXPECT_EQ(write(2, std::nullopt, 9), 0);
  EXPECT_EQ(write(3, at_us(-70), std::nullopt), 0);
  EXPECT_EQ(write(4, at_us(-70), -2), 1);
}

TEST_P(OnlineStoreContract, RowsWithoutKeyOrTimeAreCounted) {
  const OnlineViewId view = store_->define(trips());
  const Table rows({{"id", ColumnData::of<std::optional<int64_t>>({1, {}, 3, 3})},
                    {"at", ColumnData::of<std::optional<Time>>({{}, at_us(1), at_us(1), at_us(2)})},
                    {"km", ColumnData::of<double>({1, 2, 3, 4})}});
  const OnlineWriteReport report = store_->write(view, rows, {.event_time = "at"});
  EXPECT_EQ(report.rows, 4);
  EXPECT_EQ(report.no_key, 2);
  EXPECT_EQ(report.older, 1);
  EXPECT_EQ(report.written, 1);
  EXPECT_EQ(store_->num_keys(view), 1);
  EXPECT_EQ(row(view, 3, {kKm}), "4.0");
  EXPECT_EQ(store_->write(view, rows.slice(0, 0), {.event_time = "at"}).rows, 0);
}

TEST_P(OnlineStoreContract, AFeatureCountsOnlyUnderItsFingerprintAndType) {
  const OnlineViewId view = store_->define(trips());
  store_->write(view, trip(1, 1, 2.5), {.event_time = "at"});
  EXPECT_EQ(row(view, 1, {kKm, kCity}), "2.5 absent");
  OnlineView changed = trips();
  changed.features = {{"km", double_type(), "f2"}, kCity, {"n", int64_type(), ""}};
  EXPECT_EQ(store_->define(changed), view);
  EXPECT_EQ(row(view, 1, changed.features), "absent absent absent");
  EXPECT_EQ(row(view, 1, {kKm}), "2.5");
  EXPECT_EQ(row(view, 1, {{"km", float_type(), "f1"}}), "absent");
  store_->write(view, trip(2, 1, 3), {.event_time = "at"});
  EXPECT_EQ(row(view, 2, {changed.features[0], kKm}), "3.0 absent");
  store_->define(trips());
  EXPECT_EQ(row(view, 1, {kKm}), "2.5");
  store_->write(view, trip(1, 1, 4), {.event_time = "at"});
  EXPECT_EQ(row(view, 1, {kKm}), "4.0");
}

TEST_P(OnlineStoreContract, AViewWithoutKeysHasOneRow) {
  const OnlineViewId view = store_->define({"totals", {}, {kKm}});
  store_->write(view, trip(1, 1, 10), {.event_time = "at"});
  store_->write(view, trip(2, 2, 20), {.event_time = "at"});
  EXPECT_EQ(online_row_text(*store_, "", {view, {kKm}, {}}), "20.0");
  EXPECT_EQ(store_->num_keys(view), 1);
}

}  // namespace weft
