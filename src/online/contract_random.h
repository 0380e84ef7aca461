/// A test of every online store: random writes and removals against a map.
#pragma once

#include <array>
#include <cstdlib>
#include <map>
#include <random>

#include "base/test_seed.h"
#include "online/store_contract.h"

namespace weft {

/// A store and what should be in it, changed alike. Prints its seed where they differ.
class OnlineModel {
 public:
  OnlineModel(OpenStore open, uint64_t seed) : open_(open), random_(seed), store_(open(false)) {
    view_ = store_->define(definition());
  }

  void step() {
    switch (below(12)) {
      case 0:
        return forget();
      case 1:
        return purge_feature();
      case 2:
        ++versions_[below(kFeatures)];
        EXPECT_EQ(store_->define(definition()), view_);
        return;
      case 3:
        if (below(4)) return;
        store_.reset();
        store_ = open_(true);
        return;
      default:
        return write();
    }
  }

  void check() {
    const auto reader = store_->reader();
    const auto features = definition().features;
    const size_t selection = reader->select({view_, features, {}});
    std::vector<std::string> keys;
    std::vector<OnlineLookup> lookups(kKeys);
    for (size_t id = 0; id < kKeys; ++id) keys.push_back(key(id));
    for (size_t id = 0; id < kKeys; ++id) {
      lookups[id].selection = selection;
      lookups[id].key = keys[id];
    }
    reader->begin(Time());
    reader->read(lookups);
    for (size_t id = 0; id < kKeys; ++id) {
      const auto row = rows_.find(id);
      ASSERT_EQ(lookups[id].found, row != rows_.end()) << "key " << id;
      for (size_t i = 0; i < kFeatures; ++i) {
        std::string expected = "not_found";
        if (row != rows_.end()) {
          const auto kept = row->second.values.find({i, versions_[i]});
          expected = kept == row->second.values.end() ? "absent" : kept->second;
        }
        ASSERT_EQ(online_cell_text(lookups[id].cells[i], features[i].type), expected)
            << "key " << id << " feature " << i;
      }
    }
    reader->end();
    ASSERT_EQ(store_->num_keys(view_), rows_.size());
  }

 private:
  static constexpr size_t kFeatures = 5;
  static constexpr size_t kKeys = 40;
  using Order = std::array<int64_t, 3>;
  struct Row {
    Order order;
    std::map<std::pair<size_t, int>, std::string> values;  // by feature and version
  };

  uint64_t below(uint64_t n) { return random_() % n; }
  static Type type(size_t feature) {
    const std::array types = {int64_type(), double_type(), string_type(), list_type(double_type()),
                              list_type(list_type(string_type()))};
    return types[feature];
  }
  OnlineView definition() const {
    OnlineView view{"random", {{"name", string_type()}, {"id", int64_type()}}, {}};
    for (size_t i = 0; i < kFeatures; ++i) {
      view.features.push_back({"f" + std::to_string(i), type(i), std::to_string(versions_[i])});
    }
    return view;
  }
  // Every tenth is longer than LMDB's keys.
  static std::string name(size_t id) { return std::string(id % 10 ? id : 600 + id, 'n'); }
  static std::string key(size_t id) {
    return *encode_key(
        {{"name", string_type()}, {"id", int64_type()}},
        std::vector<Value>{Value::of(name(id)), Value::of(static_cast<int64_t>(id))});
  }
  Value value(size_t feature) {
    const auto number = static_cast<double>(static_cast<int64_t>(below(2000)) - 1000) / 8;
    if (below(5) == 0) return Value::null(type(feature));
    const auto text = [&] { return std::string(below(40), static_cast<char>('a' + below(26))); };
    switch (feature) {
      case 0:
        return Value::of(static_cast<int64_t>(random_()));
      case 1:
        return Value::of(number);
      case 2:
        return Value::of(text());
      case 3:
        return Value::of(std::vector<double>(below(5), number));
      default: {
        std::vector<std::vector<std::string>> nested(below(4));
        for (auto& list : nested) list.resize(below(3), text());
        return Value::of(std::move(nested));
      }
    }
  }
  Table keys(const std::vector<size_t>& ids) {
    std::vector<std::string> names;
    for (const size_t id : ids) names.push_back(name(id));
    return Table({{"name", ColumnData::of(names)},
                  {"id", ColumnData::of(std::vector<int64_t>(ids.begin(), ids.end()))}});
  }

  void write() {
    std::vector<size_t> ids(1 + below(30));
    std::vector<Order> orders;
    for (size_t& id : ids) {
      id = below(kKeys);
      orders.push_back({static_cast<int64_t>(below(4)) - 1, static_cast<int64_t>(below(2)),
                        static_cast<int64_t>(below(2))});
    }
    Table table = keys(ids);
    const std::array<const char*, 3> times = {"at", "known", "n"};
    for (size_t i = 0; i < 3; ++i) {
      std::vector<Value> column;
      for (const Order& order : orders) {
        column.push_back(i < 2 ? Value::of(at_us(order[i])) : Value::of(order[i]));
      }
      table = table.with_column(
          times[i], ColumnData::of_values(i < 2 ? timestamp_type() : int64_type(), column));
    }
    std::vector<Row> rows;
    for (const Order& order : orders) rows.push_back({order, {}});
    for (size_t i = 0; i < kFeatures; ++i) {
      if (below(4) == 0) continue;
      std::vector<Value> column;
      for (Row& row : rows) {
        column.push_back(value(i));
        row.values[{i, versions_[i]}] =
            column.back().has_value() ? column.back().to_string() : "null";
      }
      table = table.with_column("f" + std::to_string(i), ColumnData::of_values(type(i), column));
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto kept = rows_.find(ids[i]);
      if (kept == rows_.end() || kept->second.order <= rows[i].order) rows_[ids[i]] = rows[i];
    }
    const auto report =
        store_->write(view_, table, {.event_time = "at", .known_time = "known", .sequence = "n"});
    EXPECT_EQ(report.written + report.older, ids.size());
  }
  void forget() {
    std::vector<size_t> ids(below(4));
    for (size_t& id : ids) id = below(kKeys);
    int64_t expected = 0;
    for (const size_t id : ids) expected += static_cast<int64_t>(rows_.erase(id));
    EXPECT_EQ(store_->forget(view_, keys(ids)), expected);
  }
  void purge_feature() {
    const size_t feature = below(kFeatures);
    int64_t expected = 0;
    for (auto& [id, row] : rows_) {
      expected += std::erase_if(row.values,
                                [&](const auto& each) { return each.first.first == feature; }) > 0;
    }
    const std::vector<std::string> names = {"f" + std::to_string(feature)};
    EXPECT_EQ(store_->purge_features("random", names), expected);
  }

  OpenStore open_;
  std::mt19937_64 random_;
  std::unique_ptr<OnlineStore> store_;
  OnlineViewId view_ = 0;
  std::array<int, kFeatures> versions_ = {};
  std::map<size_t, Row> rows_;
};

TEST_P(OnlineStoreContract, RandomWritesAndReadsAgreeWithAMap) {
  const uint64_t seed = first_seed();
  SCOPED_TRACE("WEFT_SEED=" + std::to_string(seed));
  store_.reset();
  OnlineModel model(GetParam(), seed);
  for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) {
    model.step();
    model.check();
  }
}

}  // namespace weft
