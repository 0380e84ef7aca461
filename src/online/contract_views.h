/// Tests of every online store: views, keys, and what is removed.
#pragma once

#include <set>

#include "online/store_contract.h"

namespace weft {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_P(OnlineStoreContract, KeysOfAnyShape) {
  const Schema keys = {{"name", string_type()}, {"n", int64_type()}, {"flag", bool_type()}};
  const OnlineViewId view = store_->define({"many", keys, {kKm}});
  OnlineTexts names;
  for (const size_t n : {0, 1, 5, 100, 480, 481, 487, 488, 489, 490, 495, 500, 504, 505, 511, 512,
                         600, 10'000, 100'000}) {
    names.push_back(std::string(n, 'k'));
    names.push_back(std::string(n, 'k') + std::string(2, '\0'));
  }
  const size_t n = names.size();
  std::vector<double> km;
  for (size_t i = 0; i < n; ++i) km.push_back(static_cast<double>(i));
  const Table rows({{"name", ColumnData::of(names)},
                    {"n", ColumnData::of(std::vector<int32_t>(n, -1))},
                    {"flag", ColumnData::of(std::vector<bool>(n, true))},
                    {"at", ColumnData::of(std::vector<Time>(n, at_us(5)))},
                    {"km", ColumnData::of(km)}});
  EXPECT_EQ(store_->write(view, rows, {.event_time = "at"}).written, n);
  EXPECT_EQ(store_->write(view, rows, {.event_time = "at"}).written, n);
  EXPECT_EQ(store_->num_keys(view), n);
  const OnlineKeys encoded(keys, rows);
  for (size_t i = 0; i < n; ++i) {
    EXPECT_EQ(online_row_text(*store_, encoded.at(static_cast<int64_t>(i)), {view, {kKm}, {}}),
              Value::of(km[i]).to_string());
  }
  std::set<std::string> seen;
  const auto scan = store_->scan(view, {.event_time = ""});
  while (const auto block = scan->next()) {
    for (int64_t i = 0; i < block->num_rows(); ++i) {
      seen.insert(block->column("name").at(i).get<std::string>());
    }
  }
  EXPECT_EQ(seen, std::set<std::string>(names.begin(), names.end()));
  EXPECT_EQ(store_->forget(view, rows.slice(0, 30)), 30);
  EXPECT_EQ(store_->forget(view, rows), n - 30);
}

TEST_P(OnlineStoreContract, DefinitionsStay) {
  const OnlineViewId view = store_->define(trips());
  const OnlineViewId other = store_->define({"others", {{"id", string_type()}}, {}});
  EXPECT_NE(view, other);
  EXPECT_EQ(store_->define(trips()), view);
  open_again();
  EXPECT_EQ(store_->find("trips"), view);
  EXPECT_EQ(store_->find("trip"), std::nullopt);
  EXPECT_EQ(store_->view(view), trips());
  EXPECT_THAT(store_->views(), ElementsAre("others", "trips"));
  OnlineView narrow = trips();
  narrow.keys = {{"id", int32_type()}};
  EXPECT_EQ(store_->define(narrow), view);
  EXPECT_EQ(store_->view(view), narrow);
  store_->sync();
}

TEST_P(OnlineStoreContract, MistakesAreNamed) {
  const OnlineViewId view = store_->define(trips());
  const auto define = [&](OnlineView wrong) {
    return online_error_text([&] { store_->define(wrong); });
  };
  const auto write = [&](OnlineViewId id, const Table& rows, OnlineRowColumns columns) {
    return online_error_text([&] { store_->write(id, rows, columns); });
  };
  EXPECT_THAT(define({"trips", {{"id", string_type()}}, {}}),
              HasSubstr("conflict: view 'trips' is kept online by the keys (id: int64), not by "
                        "(id: string): purge it first"));
  EXPECT_THAT(define({"t", {}, {kKm, kKm}}),
              HasSubstr("view 't' cannot be kept online: the feature 'km' comes twice"));
  EXPECT_THAT(define({"t", {{"k", list_type(bool_type())}}, {}}), HasSubstr("unsupported"));
  EXPECT_THAT(define({"t", {}, {{"x", object_type("X"), ""}}}),
              HasSubstr("unsupported: view 't' cannot be kept online: feature 'x' is of type"));
  EXPECT_THAT(define({"", {}, {}}), HasSubstr("it has no name"));
  EXPECT_THAT(define({"\xff", {}, {}}), HasSubstr("invalid_argument: a name or fingerprint"));
  EXPECT_THAT(write(view + 7, trip(1, 1, 1), {.event_time = "at"}), HasSubstr("not_found"));
  EXPECT_THAT(write(view, trip(1, 1, 1), {.event_time = "att"}),
              HasSubstr("the rows have no column 'att' for the event time"));
  EXPECT_THAT(write(view, trip(1, 1, 1), {.event_time = "km"}),
              HasSubstr("'km' of the event time is of type double, expected timestamp"));
  EXPECT_THAT(write(view, trip(1, 1, 1).drop(OnlineTexts{"id"}), {.event_time = "at"}),
              HasSubstr("the rows have no column 'id' for the key"));
  EXPECT_THAT(write(view, trip(1, 1, 1).with_column("km", ColumnData::of<std::string>({"x"})),
                    {.event_time = "at"}),
              HasSubstr("type_mismatch: the column 'km' of the feature is of type string"));
  EXPECT_THAT(online_error_text([&] { store_->purge_features("tripz", {}); }),
              HasSubstr("not_found: the online store has no view 'tripz'; did you mean 'trips'?"));
  EXPECT_EQ(store_->num_keys(view), 0);
}

TEST_P(OnlineStoreContract, PurgedViewsAreGoneAndComeBackEmpty) {
  const OnlineViewId view = store_->define(trips());
  const OnlineViewId other = store_->define({"others", {{"id", int64_type()}}, {kKm}});
  store_->write(view, Table::concat(std::vector<Table>{trip(1, 1, 1), trip(2, 1, 2)}),
                {.event_time = "at"});
  store_->write(other, trip(1, 1, 9), {.event_time = "at"});
  EXPECT_EQ(store_->purge("trips"), 2);
  EXPECT_EQ(store_->purge("trips"), 0);
  EXPECT_EQ(store_->find("trips"), std::nullopt);
  EXPECT_EQ(row(view, 1, {kKm}), "not_found");
  EXPECT_EQ(row(other, 1, {kKm}), "9.0");
  EXPECT_THAT(online_error_text([&] { store_->write(view, trip(1, 1, 1), {.event_time = "at"}); }),
              HasSubstr("not_found: the online store has no view of the number"));
  const OnlineViewId anew = store_->define({"trips", {{"id", string_type()}}, {kKm}});
  EXPECT_NE(anew, view);
  EXPECT_EQ(store_->num_keys(anew), 0);
}

TEST_P(OnlineStoreContract, PurgedFeaturesAreGone) {
  const OnlineViewId view = store_->define(trips());
  const Table with_city = trip(1, 3, 1).with_column("city", ColumnData::of<std::string>({"Ulm"}));
  store_->write(view, with_city, {.event_time = "at"});
  store_->write(view, trip(2, 1, 2), {.event_time = "at"});
  EXPECT_EQ(store_->purge_features("trips", OnlineTexts{"city", "unknown"}), 1);
  EXPECT_EQ(store_->purge_features("trips", OnlineTexts{"city"}), 0);
  EXPECT_EQ(row(view, 1, {kKm, kCity}), "1.0 absent");
  EXPECT_EQ(row(view, 2, {kKm, kCity}), "2.0 absent");
  EXPECT_EQ(store_->write(view, trip(1, 2, 5), {.event_time = "at"}).older, 1);
  EXPECT_EQ(store_->write(view, with_city, {.event_time = "at"}).written, 1);
  EXPECT_EQ(row(view, 1, {kCity}), "\"Ulm\"");
}

TEST_P(OnlineStoreContract, ForgottenKeysAreGone) {
  const OnlineViewId view = store_->define(trips());
  for (int64_t id = 0; id < 5; ++id) store_->write(view, trip(id, 1, 1), {.event_time = "at"});
  const Table keys({{"id", ColumnData::of<std::optional<int32_t>>({1, 3, 3, 77, {}})}});
  EXPECT_EQ(store_->forget(view, keys), 2);
  EXPECT_EQ(store_->num_keys(view), 3);
  EXPECT_EQ(row(view, 3, {kKm}), "not_found");
  EXPECT_EQ(store_->write(view, trip(3, 0, 8), {.event_time = "at"}).written, 1);
}

}  // namespace weft
