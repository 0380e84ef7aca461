/// What every online store must hold to, as tests: included by the test of each store, which says
/// how it is opened.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "online/online_key.h"
#include "online/online_store.h"

namespace weft {

/// Opens the store of the test: an empty one, or once more the one of before.
using OpenStore = std::unique_ptr<OnlineStore> (*)(bool again);

inline Time at_us(int64_t us) { return Time(Duration(us)); }

inline std::string online_key_of(int64_t id) {
  return *encode_key({{"id", int64_type()}}, std::vector<Value>{Value::of(id)});
}

inline std::string online_cell_text(const OnlineCell& cell, Type type) {
  switch (cell.status) {
    case OnlineStatus::kPresent:
      return type->box(type, cell.slot).to_string();
    case OnlineStatus::kNull:
      return "null";
    case OnlineStatus::kNotFound:
      return "not_found";
    case OnlineStatus::kAbsent:
      return "absent";
    case OnlineStatus::kExpired:
      return "expired";
  }
  return "?";
}

/// The features of one key as text, with a space between them.
inline std::string online_row_text(OnlineStore& store, std::string_view key,
                                   const OnlineSelection& selection, Time now = Time()) {
  const auto reader = store.reader();
  OnlineLookup lookup;
  lookup.selection = reader->select(selection);
  lookup.key = key;
  reader->begin(now);
  reader->read({&lookup, 1});
  std::string text;
  for (size_t i = 0; i < lookup.cells.size(); ++i) {
    if (i) text += ' ';
    text += online_cell_text(lookup.cells[i], selection.features[i].type);
  }
  reader->end();
  return text;
}

using OnlineTexts = std::vector<std::string>;
inline const OnlineColumn kKm{"km", double_type(), "f1"};
inline const OnlineColumn kCity{"city", string_type(), "f1"};
inline OnlineView trips() { return {"trips", {{"id", int64_type()}}, {kKm, kCity}}; }

inline Table trip(int64_t id, int64_t event_us, double km) {
  return Table({{"id", ColumnData::of<int64_t>({id})},
                {"at", ColumnData::of<Time>({at_us(event_us)})},
                {"km", ColumnData::of<double>({km})}});
}

template <class F>
std::string online_error_text(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(error_code_name(error.code())) + ": " + error.what();
  }
  return "nothing was thrown";
}

class OnlineStoreContract : public testing::TestWithParam<OpenStore> {
 protected:
  void SetUp() override { store_ = GetParam()(false); }
  void TearDown() override { store_.reset(); }
  void open_again() {
    store_.reset();
    store_ = GetParam()(true);
  }
  /// Of the key `id`.
  std::string row(OnlineViewId view, int64_t id, std::vector<OnlineColumn> features,
                  std::optional<Duration> ttl = {}, Time now = Time()) {
    return online_row_text(*store_, online_key_of(id), {view, std::move(features), ttl}, now);
  }

  std::unique_ptr<OnlineStore> store_;
};

}  // namespace weft
