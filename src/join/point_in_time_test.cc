#include "weft/point_in_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "base/scratch_folder.h"
#include "join/point_in_time_oracle.h"
#include "ops/table_test_values.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft {
namespace {

using join_test::in_blocks;
using table_test::error_of;
using table_test::texts;
using testing::ElementsAre;
using testing::HasSubstr;

Time at(int64_t minutes) { return Time(std::chrono::minutes(minutes)); }

ColumnData times(const std::vector<std::optional<int64_t>>& minutes) {
  std::vector<std::optional<Time>> out;
  for (const auto& m : minutes) out.push_back(m ? std::optional(at(*m)) : std::nullopt);
  return ColumnData::of(out);
}

template <class T>
ColumnData column(const std::vector<std::optional<T>>& values) {
  return ColumnData::of(values);
}

// Drivers 1, 1, 2 and 3 at minutes 10, 20, 20 and 20.
Spine drivers() {
  return {{{"driver", ColumnData::of<int64_t>({1, 1, 2, 3})}, {"at", times({10, 20, 20, 20})}},
          "at"};
}

PointInTimeView trips() {
  return {.name = "trips",
          .table = {{"driver", ColumnData::of<int64_t>({2, 1, 1, 1, 3})},
                    {"when", times({20, 25, 10, 5, 30})},
                    {"count", ColumnData::of<int64_t>({21, 25, 10, 5, 30})}},
          .keys = {"driver"},
          .event_time = "when"};
}

std::vector<std::string> joined(const Spine& spine, const PointInTimeView& view,
                                const std::string& feature = "count",
                                const PointInTimeOptions& options = {}) {
  return texts(point_in_time_join(spine, {view}, options), feature);
}

TEST(PointInTimeTest, TakesTheNewestRowThatIsNotLater) {
  const Table out = point_in_time_join(drivers(), {trips()});
  EXPECT_EQ(to_string(out.schema()), "driver: int64, at: timestamp, count: int64");
  EXPECT_THAT(texts(out, "driver"), ElementsAre("1", "1", "2", "3"));
  EXPECT_THAT(texts(out, "count"), ElementsAre("10", "10", "21", "null"));
}

TEST(PointInTimeTest, TtlIncludesItsOwnEdge) {
  PointInTimeView view = trips();
  view.ttl = 10min;
  EXPECT_THAT(joined(drivers(), view), ElementsAre("10", "10", "21", "null"));
  view.ttl = 10min - 1us;
  EXPECT_THAT(joined(drivers(), view), ElementsAre("10", "null", "21", "null"));
  view.ttl = 0us;  // the same instant only
  EXPECT_THAT(joined(drivers(), view), ElementsAre("10", "null", "21", "null"));
}

TEST(PointInTimeTest, FarApartTimesDoNotOverflow) {
  const auto only = [](int64_t us) { return ColumnData::of<Time>({Time(Duration(us))}); };
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const Spine spine = {{{"t", only(kMost)}}, "t"};
  PointInTimeView view = {.name = "v",
                          .table = {{"t", only(kLeast)}, {"x", ColumnData::of<int64_t>({7})}},
                          .event_time = "t"};
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("7"));
  view.ttl = Duration(kMost);
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("null"));
}

// Many places of one entity are searched by a guess from their times, which may be spread anyhow.
TEST(PointInTimeTest, ManyPlacesOfOneEntityMaySpreadAnyhow) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  std::vector<std::vector<int64_t>> spreads(4);
  for (int64_t i = 0; i < 200; ++i) {
    spreads[0].push_back(7);
    spreads[1].push_back(i < 190 ? i : kMost - i);
    spreads[2].push_back(i % 2 ? kLeast + i : kMost - i);
    spreads[3].push_back(kMost - i / 3);
  }
  for (const auto& spread : spreads) {
    std::vector<Time> times;
    for (const int64_t us : spread) times.emplace_back(Duration(us));
    std::vector<Time> events = {Time(Duration(kLeast)), Time(Duration(kMost)), Time(Duration(0)),
                                Time(Duration(7)), Time(Duration(8))};
    events.insert(events.end(), times.begin(), times.end());
    const Spine spine = {{{"t", ColumnData::of(times)}}, "t"};
    const PointInTimeView view = {
        .name = "v", .table = {{"e", ColumnData::of(events)}}, .event_time = "e"};
    const Table out = point_in_time_join(spine, {view}, {.event_times = true});
    const auto wanted = join_test::expected(spine, view, false);
    EXPECT_TRUE(out.column("v__event_time").equals(ColumnData::of(events).take(wanted.row)));
  }
}

// Short texts are told apart by their ends and size: every length has its own way.
TEST(PointInTimeTest, TextsOfEveryLengthAreTheirOwnKeys) {
  std::vector<std::optional<std::string>> texts = {std::nullopt};
  for (size_t size = 0; size <= 20; ++size) {
    texts.emplace_back(std::string(size, 'a'));
    for (size_t at = 0; at < size; ++at) {
      for (const char c : {'b', '\0'}) {
        texts.push_back(std::string(size, 'a'));
        (*texts.back())[at] = c;
      }
    }
  }
  std::vector<int64_t> number(texts.size());
  std::iota(number.begin(), number.end(), 0);
  const auto rows = static_cast<int64_t>(texts.size());
  const PointInTimeView view = {
      .name = "v",
      .table = {{"name", ColumnData::of(texts)},
                {"when", ColumnData::of(std::vector<Time>(number.size()))},
                {"x", ColumnData::of(number)}},
      .keys = {"name"},
      .event_time = "when"};
  // Those of up to 16 bytes, and all.
  for (const int64_t wanted : {int64_t{1 + 17 + 2 * 136}, rows}) {
    Spine spine = {{{"name", ColumnData::of(texts).slice(0, wanted)}}, "", at(1)};
    const ColumnData found = point_in_time_join(spine, {view}).column("x");
    EXPECT_TRUE(found.is_null(0));
    for (int64_t i = 1; i < wanted; ++i) ASSERT_EQ(found.at(i).get<int64_t>(), i);
    spine.rows = {{"name", ColumnData::of(std::vector<std::string>{"", "c", "ca", "caaaaaaa"})}};
    EXPECT_THAT(table_test::texts(point_in_time_join(spine, {view}), "x"),
                ElementsAre("1", "null", "null", "null"));
  }
}

TEST(PointInTimeTest, NullInTheNewestRowIsTheAnswer) {
  const Spine spine = {{{"driver", ColumnData::of<int64_t>({1})}, {"at", times({9})}}, "at"};
  const PointInTimeView view = {.name = "v",
                                .table = {{"driver", ColumnData::of<int64_t>({1, 1})},
                                          {"when", times({1, 2})},
                                          {"x", column<int64_t>({5, {}})}},
                                .keys = {"driver"},
                                .event_time = "when"};
  const Table out = point_in_time_join(spine, {view}, {.event_times = true, .reasons = true});
  EXPECT_THAT(texts(out, "x"), ElementsAre("null"));
  EXPECT_THAT(texts(out, "v__event_time"), ElementsAre("1970-01-01T00:02:00Z"));
  EXPECT_THAT(texts(out, "v__reason"), ElementsAre("\"matched\""));
}

TEST(PointInTimeTest, TiesGoByKnownTimeThenSequenceThenRow) {
  const Spine spine = {{{"at", times({9})}}, "at"};
  PointInTimeView view = {.name = "v",
                          .table = {{"when", times({5, 5, 5, 5})},
                                    {"known", times({7, 6, 7, {}})},
                                    {"number", column<int64_t>({2, 9, 1, {}})},
                                    {"x", ColumnData::of<int64_t>({0, 1, 2, 3})}},
                          .event_time = "when",
                          .features = {"x"}};
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("3"));  // the last row
  view.sequence = "number";
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("1"));
  view.known_time = "known";
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("0"));
  view.sequence = "";
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("2"));
}

// Backfills must not leak: a row that was learned of after the spine's time does not exist.
TEST(PointInTimeTest, AsOfWhatWasKnown) {
  const Spine spine = {{{"at", times({4, 5, 9, 12, 30})}}, "at"};
  PointInTimeView view = {.name = "v",
                          .table = {{"when", times({1, 5, 8, 10})},
                                    {"known", times({4, 11, 9, {}})},
                                    {"x", ColumnData::of<int64_t>({1, 5, 8, 10})}},
                          .event_time = "when",
                          .known_time = "known"};
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("1", "5", "8", "10", "10"));
  const PointInTimeOptions known = {.as_of = AsOf::kKnown, .reasons = true};
  EXPECT_THAT(joined(spine, view, "x", known), ElementsAre("1", "1", "8", "8", "8"));
  view.ttl = 1min;
  EXPECT_THAT(joined(spine, view, "x", known), ElementsAre("null", "null", "8", "null", "null"));
  EXPECT_THAT(joined(spine, view, "v__reason", known),
              ElementsAre("\"older than ttl\"", "\"known later\"", "\"matched\"",
                          "\"older than ttl\"", "\"older than ttl\""));
}

TEST(PointInTimeTest, NullKeysAndTimesMatchNothing) {
  const Spine spine = {{{"driver", column<int64_t>({1, {}, 1, {}})}, {"at", times({9, 9, {}, {}})}},
                       "at"};
  const PointInTimeView view = {.name = "v",
                                .table = {{"driver", column<int64_t>({1, {}, 1})},
                                          {"when", times({1, 2, {}})},
                                          {"x", ColumnData::of<int64_t>({7, 8, 9})}},
                                .keys = {"driver"},
                                .event_time = "when"};
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("7", "null", "null", "null"));
  EXPECT_THAT(joined(spine, view, "v__reason", {.reasons = true}),
              ElementsAre("\"matched\"", "\"key is null\"", "\"time is null\"", "\"key is null\""));
}

TEST(PointInTimeTest, OneViewUnderTwoNames) {
  const Spine spine = {{{"origin", ColumnData::of<std::string>({"ams", "fra"})},
                        {"target", ColumnData::of<std::string>({"fra", "oslo"})},
                        {"at", times({9, 9})}},
                       "at"};
  const Table airports = {{"airport", ColumnData::of<std::string>({"fra", "ams"})},
                          {"when", times({1, 2})},
                          {"delay", ColumnData::of<double>({1.5, 2.5})}};
  const auto view = [&](const char* name, const char* key) {
    return PointInTimeView{
        .name = name, .table = airports, .keys = {{"airport", key}}, .event_time = "when"};
  };
  const Table out = point_in_time_join(spine, {view("from", "origin"), view("to", "target")},
                                       {.full_names = true});
  EXPECT_THAT(texts(out, "from__delay"), ElementsAre("2.5", "1.5"));
  EXPECT_THAT(texts(out, "to__delay"), ElementsAre("1.5", "null"));
  EXPECT_THAT(
      error_of([&] { point_in_time_join(spine, {view("from", "origin"), view("to", "target")}); }),
      HasSubstr("both view \"from\" and view \"to\" give a column \"delay\""));
}

TEST(PointInTimeTest, KeysOfEveryType) {
  const auto check = [](const ColumnData& in_view, const ColumnData& in_spine,
                        const std::vector<std::string>& wanted) {
    const Spine spine = {{{"k", in_spine}}, "", at(9)};
    std::vector<int64_t> numbers;
    std::vector<std::optional<int64_t>> when;
    for (int64_t i = 0; i < in_view.size(); ++i) {
      numbers.push_back(i);
      when.emplace_back(1);
    }
    const PointInTimeView view = {
        .name = "v",
        .table = {{"k", in_view}, {"when", times(when)}, {"x", ColumnData::of(numbers)}},
        .keys = {"k"},
        .event_time = "when"};
    EXPECT_EQ(joined(spine, view, "x"), wanted) << in_view.type()->name;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check(ColumnData::of<bool>({true}), ColumnData::of<bool>({false, true}), {"null", "0"});
  check(ColumnData::of<int32_t>({-5, 7}), ColumnData::of<int64_t>({7, -5, 1LL << 40}),
        {"1", "0", "null"});
  check(ColumnData::of<int64_t>({-5, 1LL << 62}), ColumnData::of<int32_t>({-5, 5}), {"0", "null"});
  check(ColumnData::of<int64_t>({-(1LL << 62), 1LL << 62, 0}),
        ColumnData::of<int64_t>({1LL << 62, 0, -(1LL << 62), 1}), {"1", "2", "0", "null"});
  check(ColumnData::of<float>({0.5F}), ColumnData::of<double>({0.5, 0.25}), {"0", "null"});
  check(ColumnData::of<double>({nan, 0.0}), ColumnData::of<double>({-0.0, nan}), {"1", "0"});
  check(ColumnData::of<std::string>({"", "a"}), ColumnData::of<std::string>({"a", "", "b"}),
        {"1", "0", "null"});
  check(times({3}), times({3, 4}), {"0", "null"});
  check(ColumnData::of<std::vector<int64_t>>({{1, 2}, {}}),
        ColumnData::of<std::vector<int64_t>>({{}, {1}, {1, 2}}), {"1", "null", "0"});
}

TEST(PointInTimeTest, SeveralKeys) {
  const Spine spine = {{{"user", ColumnData::of<std::string>({"ann", "ann", "bob"})},
                        {"shop", ColumnData::of<int64_t>({1, 2, 1})},
                        {"at", times({9, 9, 9})}},
                       "at"};
  const PointInTimeView view = {
      .name = "v",
      .table = {{"shop", ColumnData::of<int32_t>({1, 1, 2})},
                {"who", ColumnData::of<std::string>({"bob", "ann", "bob"})},
                {"when", times({1, 1, 1})},
                {"x", ColumnData::of<int64_t>({0, 1, 2})}},
      .keys = {"shop", {"who", "user"}},
      .event_time = "when"};
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("1", "null", "0"));
}

TEST(PointInTimeTest, NoKeysAtAll) {
  const Spine spine = {{{"at", times({9, 1, 5})}}, "at"};
  const PointInTimeView view = {
      .name = "rate",
      .table = {{"when", times({8, 5, 2})}, {"x", ColumnData::of<int64_t>({8, 5, 2})}},
      .event_time = "when"};
  EXPECT_THAT(joined(spine, view, "x"), ElementsAre("8", "null", "5"));
}

TEST(PointInTimeTest, NothingToJoin) {
  const Spine empty = {drivers().rows.slice(0, 0), "at"};
  const Table none = point_in_time_join(empty, {trips()}, {.event_times = true, .reasons = true});
  EXPECT_EQ(none.num_rows(), 0);
  EXPECT_EQ(to_string(none.schema()),
            "driver: int64, at: timestamp, count: int64, trips__event_time: timestamp, "
            "trips__reason: string");
  PointInTimeView view = trips();
  view.table = view.table.slice(0, 0);
  EXPECT_THAT(joined(drivers(), view), ElementsAre("null", "null", "null", "null"));
  EXPECT_THAT(joined(drivers(), view, "trips__reason", {.reasons = true}),
              testing::Each("\"no row for the key\""));
  EXPECT_TRUE(point_in_time_join(drivers(), {}).equals(drivers().rows));
}

TEST(PointInTimeTest, NestedValues) {
  PointInTimeView view = trips();
  view.table = view.table.with_column(
      "lists", ColumnData::of<std::vector<std::string>>({{"a", "b"}, {}, {"c"}, {}, {"d"}}));
  view.table = view.table.with_column("flags", column<bool>({true, false, {}, true, true}));
  const Table out = point_in_time_join(drivers(), {view});
  EXPECT_THAT(texts(out, "lists"), ElementsAre("[\"c\"]", "[\"c\"]", "[\"a\", \"b\"]", "null"));
  EXPECT_THAT(texts(out, "flags"), ElementsAre("null", "null", "true", "null"));
}

TEST(PointInTimeTest, ReasonsSayWhy) {
  const Spine spine = {
      {{"driver", ColumnData::of<int64_t>({1, 1, 1, 9})}, {"at", times({4, 5, 99, 5})}}, "at"};
  PointInTimeView view = trips();
  view.ttl = 3min;
  EXPECT_THAT(joined(spine, view, "trips__reason", {.reasons = true}),
              ElementsAre("\"only later rows\"", "\"matched\"", "\"older than ttl\"",
                          "\"no row for the key\""));
}

TEST(PointInTimeTest, ViewsInSourcesStream) {
  const ScratchFolder folder;
  PointInTimeView view = trips();
  write_parquet(view.table, folder / "trips.parquet");
  view.table = read_parquet(folder / "trips.parquet");
  PointInTimeView names = trips();
  names.name = "names";
  names.table =
      in_blocks(trips().table.with_column("name", column<std::string>({"b", {}, "a", "", "c"})), 2);
  names.features = {"name"};
  const Table out = point_in_time_join(drivers(), {view, names}, {.threads = 2});
  EXPECT_THAT(texts(out, "count"), ElementsAre("10", "10", "21", "null"));
  EXPECT_THAT(texts(out, "name"), ElementsAre("\"a\"", "\"a\"", "\"b\"", "null"));
}

TEST(PointInTimeTest, ExplainsOneRow) {
  const Spine spine = {
      {{"driver", column<int64_t>({1, 1, 3, 9, {}})}, {"at", times({12, 99, 5, 5, 5})}}, "at"};
  PointInTimeView view = trips();
  view.ttl = 30min;
  const auto line = [&](int64_t row) { return explain_point_in_time(spine, {view}, row)[0]; };
  EXPECT_EQ(line(0), "trips: matched the row of 1970-01-01T00:10:00Z, 2m before");
  EXPECT_EQ(line(1),
            "trips: older than ttl: the newest row is of 1970-01-01T00:25:00Z, 1h14m before, and "
            "the ttl is 30m");
  EXPECT_EQ(line(2), "trips: only later rows: the earliest is of 1970-01-01T00:30:00Z, 25m after");
  EXPECT_EQ(line(3), "trips: no row for the key");
  EXPECT_EQ(line(4), "trips: key is null");
  view.known_time = "known";
  view.table = view.table.with_column("known", times({40, 40, 40, 40, 40}));
  EXPECT_EQ(explain_point_in_time(spine, {view}, 0, {.as_of = AsOf::kKnown})[0],
            "trips: known later: the row of 1970-01-01T00:10:00Z, 2m before, was not known then");
  EXPECT_EQ(error_of([&] { line(5); }), "invalid_argument: row 5 of a spine of 5 rows");
}

TEST(PointInTimeTest, LatestFeaturesOfAllKeys) {
  PointInTimeView view = trips();
  view.keys = {{"driver", "who"}};
  PointInTimeView other = trips();
  other.name = "other";
  other.keys = view.keys;
  other.table = in_blocks({{"driver", column<int32_t>({4, {}, 1, 5})},
                           {"when", times({20, 20, 1, 99})},
                           {"stars", ColumnData::of<double>({4, 5, 1, 2})}},
                          2);
  const Table out = latest_features({view, other}, at(22));
  EXPECT_EQ(to_string(out.schema()),
            "who: int64, event_time: timestamp, count: int64, stars: double");
  EXPECT_THAT(table_test::rows_of(out),
              ElementsAre("2|1970-01-01T00:22:00Z|21|null", "1|1970-01-01T00:22:00Z|10|1.0",
                          "4|1970-01-01T00:22:00Z|null|4.0"));
  view.keys = {};
  view.features = {"count"};
  EXPECT_THAT(table_test::rows_of(latest_features({view}, at(22), {.reasons = true})),
              ElementsAre("1970-01-01T00:22:00Z|21|\"matched\""));
  EXPECT_THAT(error_of([&] { latest_features({view, other}, at(22)); }),
              HasSubstr("do not have the same keys"));
}

TEST(PointInTimeTest, HistoryOfARange) {
  PointInTimeView view = trips();
  view.keys = {{"driver", "who"}};
  const auto rows = [&](const PointInTimeOptions& options = {}) {
    return table_test::rows_of(feature_history(view, at(10), at(25), options));
  };
  EXPECT_THAT(rows(), ElementsAre("2|1970-01-01T00:20:00Z|21", "1|1970-01-01T00:25:00Z|25",
                                  "1|1970-01-01T00:10:00Z|10"));
  view.table = view.table.with_column("known", times({30, 25, {}, 1, 1}));
  view.known_time = "known";
  EXPECT_THAT(rows({.as_of = AsOf::kKnown}), ElementsAre("1|1970-01-01T00:25:00Z|25"));
  view.table = in_blocks(view.table, 2);
  const Table streamed = feature_history(view, at(10), at(25));
  EXPECT_NE(streamed.source(), nullptr);
  EXPECT_THAT(texts(streamed, "count"), ElementsAre("21", "25", "10"));
  EXPECT_THAT(error_of([&] { feature_history(view, at(2), at(1)); }),
              HasSubstr("the end comes before the start"));
}

// Under a limit the join goes through files, and its result is read from them in the spine's order.
TEST(PointInTimeTest, MoreThanTheMemoryGoesThroughFiles) {
  constexpr int64_t kRows = 20'000;
  std::vector<int64_t> key;
  std::vector<std::optional<int64_t>> minute;
  for (int64_t i = 0; i < kRows; ++i) {
    key.push_back(i * 7919 % 97);
    minute.emplace_back(i * 104'729 % 10'007);
  }
  const Spine spine = {{{"driver", ColumnData::of(key)}, {"at", times(minute)}}, "at"};
  std::ranges::reverse(key);
  PointInTimeView view = trips();
  view.ttl = 24h;
  view.table = {
      {"driver", ColumnData::of(key)}, {"when", times(minute)}, {"count", ColumnData::of(key)}};
  PointInTimeView everybody = view;  // without keys all rows are in one part
  everybody.name = "everybody";
  everybody.keys = {};
  everybody.features = {"count"};
  const ScratchFolder folder;
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  const PointInTimeOptions options = {.full_names = true, .event_times = true, .reasons = true};
  PointInTimeOptions limited = options;
  limited.memory_limit = 1 << 19;
  const Table out = point_in_time_join(spine, {view, everybody}, limited);
  ASSERT_NE(out.source(), nullptr);
  EXPECT_EQ(folder.count(), 0);  // the files have no names
  EXPECT_TRUE(out.load().equals(point_in_time_join(spine, {view, everybody}, options)));
  const std::vector<std::string> one = {"everybody__count"};
  EXPECT_TRUE(out.select(one).load().equals(out.load().select(one)));
  ::unsetenv("TMPDIR");
}

TEST(PointInTimeTest, ErrorsSayWhatToDo) {
  const auto error = [](const auto& change, const PointInTimeOptions& options = {}) {
    Spine spine = drivers();
    PointInTimeView view = trips();
    change(spine, view);
    return error_of([&] { point_in_time_join(spine, {view}, options); });
  };
  EXPECT_THAT(
      error([](Spine&, auto& v) { v.keys = {"drivr"}; }),
      HasSubstr("not_found: view \"trips\" has no column \"drivr\", its key; it has driver, "
                "when, count; did you mean 'driver'?"));
  EXPECT_THAT(error([](Spine& s, auto&) { s.rows = s.rows.rename("driver", "driver_id"); }),
              HasSubstr("the spine has no column \"driver\", the key of view \"trips\""));
  EXPECT_THAT(error([](Spine& s, auto&) {
                s.rows =
                    s.rows.with_column("driver", ColumnData::of<std::string>({"", "", "", ""}));
              }),
              HasSubstr("type_mismatch: the key \"driver\" is int64 in view \"trips\" and "
                        "\"driver\" is string in the spine: cast one of them"));
  EXPECT_THAT(error([](Spine& s, auto&) { s.time = ""; }), HasSubstr("the spine has no time"));
  EXPECT_THAT(error([](Spine& s, auto&) { s.at = at(1); }), HasSubstr("choose one"));
  EXPECT_THAT(error([](Spine& s, auto&) { s.time = "driver"; }),
              HasSubstr("the time \"driver\" of the spine is int64; times are timestamps"));
  EXPECT_THAT(error([](Spine&, auto& v) { v.event_time = ""; }),
              HasSubstr("view \"trips\" has no event time"));
  EXPECT_THAT(error([](Spine&, auto& v) { v.event_time = "count"; }),
              HasSubstr("the event time \"count\" of view \"trips\" is int64"));
  EXPECT_THAT(error([](Spine&, auto& v) { v.features = {"cont"}; }),
              HasSubstr("did you mean 'count'?"));
  EXPECT_THAT(error([](Spine&, auto& v) { v.features = {{"count", "at"}}; }),
              HasSubstr("both the spine and view \"trips\" give a column \"at\""));
  EXPECT_THAT(error([](Spine&, auto& v) { v.ttl = -1us; }), HasSubstr("it cannot be negative"));
  EXPECT_THAT(error([](Spine&, auto& v) { v.sequence = "when"; }), HasSubstr("expected integers"));
  EXPECT_THAT(error([](Spine&, auto&) {}, {.as_of = AsOf::kKnown}),
              HasSubstr("needs the known time of every row, and view \"trips\" has none"));
}

}  // namespace
}  // namespace weft
