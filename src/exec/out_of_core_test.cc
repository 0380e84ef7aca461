// Rows that are not held: the answers are those of a run that holds them, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <mutex>
#include <random>

#include "weft/module.h"
#include "weft/weft.h"

#undef WEFT_MODULE
#define WEFT_MODULE "out_of_core_columns"
namespace out_of_core_columns {
using namespace weft;

FEATURE(double, fare_rate, (double fare, double distance)) { return fare / (distance + 1); }
FEATURE(Scalar<double>, fare_rate_mean, (Column<double> fare_rate)) { return mean(fare_rate); }
FEATURE(double, fare_centred, (double fare, double fare_rate_mean)) {
  return fare - fare_rate_mean;
}
}  // namespace out_of_core_columns
#undef WEFT_MODULE
#define WEFT_MODULE "out_of_core_test"

namespace out_of_core_test {
using namespace weft;

constexpr int64_t kRows = 700'001;
constexpr int64_t kBatchRows = 10'007;

// Rows made from their number, in batches; as if they lay in a file of known size.
class MadeRows : public TableSource {
 public:
  explicit MadeRows(int64_t rows) : rows_(rows) {}
  const Schema& schema() const override {
    static const Schema schema = {{"fare", double_type()},
                                  {"distance", int64_type()},
                                  {"city", string_type()},
                                  {"unused", double_type()}};
    return schema;
  }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override;
  std::string describe() const override { return "made rows"; }
  std::optional<int64_t> num_rows() const override { return rows_; }
  std::optional<int64_t> byte_size(std::span<const std::string>) const override { return 1 << 30; }

  mutable int opens = 0;
  mutable std::set<std::string> opened = {};

 private:
  mutable std::mutex mutex_;  // steps that run at once read the same table
  int64_t rows_;
};

class MadeReader : public BatchReader {
 public:
  MadeReader(std::vector<std::string> columns, int64_t rows)
      : columns_(std::move(columns)), rows_(rows) {}
  std::optional<Table> next() override {
    const int64_t n = std::min(kBatchRows, rows_ - at_);
    if (n <= 0) return {};
    std::vector<std::pair<std::string, ColumnData>> made;
    for (const auto& name : columns_) made.emplace_back(name, column(name, n));
    at_ += n;
    return Table(std::move(made));
  }

 private:
  ColumnData column(const std::string& name, int64_t n) const {
    std::vector<std::optional<double>> fares;
    std::vector<int64_t> distances;
    std::vector<std::string> cities;
    for (int64_t i = at_; i < at_ + n; ++i) {
      const double x = std::sin(static_cast<double>(i)) * 1e6;
      fares.push_back(i % 17 == 0 ? std::nullopt : std::optional(i % 1009 == 1 ? NAN : x));
      distances.push_back(i * 7919 % 1013);
      cities.push_back(i % 3 == 0 ? "Lisbon" : "a city with a long name " + std::to_string(i % 11));
    }
    if (name == "distance") return ColumnData::of(distances);
    if (name == "city") return ColumnData::of(cities);
    return ColumnData::of(fares);
  }
  std::vector<std::string> columns_;
  int64_t rows_;
  int64_t at_ = 0;
};

std::unique_ptr<BatchReader> MadeRows::open(std::span<const std::string> columns) const {
  const std::scoped_lock lock(mutex_);
  ++opens;
  opened.insert(columns.begin(), columns.end());
  return std::make_unique<MadeReader>(std::vector<std::string>(columns.begin(), columns.end()),
                                      rows_);
}

Table made(int64_t rows) { return Table(std::make_shared<MadeRows>(rows)); }

FEATURE(Table, trips, (int64_t rows),
        extract_columns(column<double>("fare"), column<double>("distance"),
                        column<std::string>("city"))) {
  return made(rows);
}
FEATURE(Table, rated_trips, (Table trips),
        with_columns("out_of_core_columns", {"fare", "distance"}, {"fare_rate", "fare_centred"})) {
  return trips;
}
FEATURE(double, rate, (double fare, double distance)) { return fare / (distance + 1); }
FEATURE(Scalar<double>, rate_mean, (Column<double> rate)) { return mean(rate); }
FEATURE(Scalar<double>, rate_stddev, (Column<double> rate)) { return stddev(rate); }
FEATURE(double, rate_normalized, (double rate, double rate_mean, double rate_stddev)) {
  return (rate - rate_mean) / rate_stddev;
}
FEATURE(Scalar<double>, second_pass, (Column<double> rate_normalized)) {
  return max(rate_normalized);
}
FEATURE(Scalar<double>, first_fare, (Column<double> fare)) { return first(fare); }
FEATURE(double, share_of_most, (double rate_normalized, double second_pass)) {
  return rate_normalized / second_pass;
}
FEATURE(Column<double>, distance_rank, (Column<double> distance)) { return rank(distance); }
FEATURE(double, ranked, (double distance_rank, double rate_mean)) {
  return distance_rank * rate_mean;
}
FEATURE(std::string, label, (std::string_view city, double distance)) {
  return std::string(city) + (distance > 500 ? " far" : " near");
}
FEATURE(double, checked, (double distance), check(in_range(0, 1000))) { return distance; }
FEATURE(int64_t, strict, (double distance, std::string_view city)) {
  if (distance == 1012 && city == "Lisbon") throw std::runtime_error("too far");
  return 1;
}
FEATURE(int64_t, count_series, (Series<double> rate)) { return rate.size(); }

namespace {

using testing::HasSubstr;

const std::vector<std::string> kOutputs = {"rate",   "rate_normalized", "share_of_most", "ranked",
                                           "label",  "rate_mean",       "first_fare",    "city",
                                           "checked"};

RunOptions out_of_core() { return {.memory_limit = 1}; }

Driver driver() {
  return Driver({compiled_module("out_of_core_columns"), compiled_module("out_of_core_test")}, {},
                {.threads = 2});
}

TEST(OutOfCoreTest, AnswersAreThoseOfRowsThatAreHeld) {
  const Plan plan = driver().plan(kOutputs);
  for (const int64_t rows : {kRows, int64_t{1}, int64_t{0}}) {
    const Result held = plan.run({{"rows", Value::of(rows)}});
    const Result out = plan.run({{"rows", Value::of(rows)}}, out_of_core());
    EXPECT_TRUE(held.is_held("rate"));
    EXPECT_FALSE(out.is_held("rate"));
    const Table table = out.table();
    ASSERT_TRUE(table.source());
    EXPECT_EQ(table.source()->num_rows(), rows);
    EXPECT_TRUE(table.load().equals(held.table())) << rows;
    EXPECT_TRUE(out.is_held("rate_mean"));
    EXPECT_TRUE(out.column("label").equals(held.column("label")));
    EXPECT_EQ(out.checks()[0].failed_rows, held.checks()[0].failed_rows);
  }
}

TEST(OutOfCoreTest, ReadsWhatIsNeededOnly) {
  const auto source = std::make_shared<MadeRows>(kRows);
  const Result out = driver()
                         .plan({"rate", "rate_normalized"}, {.overrides = {"trips"}})
                         .run({{"trips", Value::of(Table(source))}}, out_of_core());
  EXPECT_EQ(source->opens, 1);  // mean and stddev share a pass
  const Table rate = out.table().select({"rate"});
  int64_t rows = 0;
  const auto reader = rate.read(rate.names());
  while (const auto batch = reader->next()) rows += batch->num_rows();
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(source->opens, 2);
  EXPECT_EQ(source->opened, (std::set<std::string>{"distance", "fare"}));
}

TEST(OutOfCoreTest, RowsOfInputs) {
  const Plan plan =
      driver().plan({"rate_normalized", "label"}, {.overrides = {"fare", "distance", "city"}});
  const Result held = plan.run(made(kRows));
  const Result out = plan.run(made(kRows), {}, {.memory_limit = 1 << 20});
  EXPECT_TRUE(out.table().load().equals(held.table()));
  EXPECT_THAT(plan.explain(&out),
              HasSubstr("out of core:\n  the inputs, 700001 rows, read 2 times"));
}

TEST(OutOfCoreTest, ColumnsThatLineUpAreComparedWithTheRows) {
  const Plan plan = driver().plan({"rate"}, {.overrides = {"fare", "distance"}});
  const Value three = Value::of(ColumnData::of<double>({1, 2, 3}));
  const Result out = plan.run(made(kRows), {{"distance", three}}, out_of_core());
  try {
    out.table().load();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("distance has 3 rows, but the rows it lines up with are"));
  }
}

TEST(OutOfCoreTest, ErrorsNameTheRow) {
  std::string messages[2];
  for (const bool held : {true, false}) {
    const auto options = held ? RunOptions() : out_of_core();
    try {
      driver().plan({"strict"}).run({{"rows", Value::of(kRows)}}, options).table().load();
    } catch (const Error& e) {
      messages[held ? 0 : 1] = e.what();
    }
  }
  EXPECT_THAT(messages[0], HasSubstr("too far"));
  EXPECT_EQ(messages[1].substr(0, messages[1].find(", row")),
            messages[0].substr(0, messages[0].find(", row")));
}

TEST(OutOfCoreTest, ColumnsAreAppendedToATableThatIsReadOnDemand) {
  const Plan plan = driver().plan({"rated_trips"});
  const Table held = plan.run({{"rows", Value::of(kRows)}}).get<Table>("rated_trips");
  const Table out = plan.run({{"rows", Value::of(kRows)}}, out_of_core()).get<Table>("rated_trips");
  EXPECT_FALSE(held.source());
  ASSERT_TRUE(out.source());
  EXPECT_EQ(to_string(out.schema()),
            "fare: double, distance: int64, city: string, unused: double, fare_rate: double, "
            "fare_centred: double");
  EXPECT_TRUE(out.load().equals(held));
}

TEST(OutOfCoreTest, WhatTakesWholeColumnsHoldsThem) {
  const Result out =
      driver().plan({"count_series", "rate"}).run({{"rows", Value::of(kRows)}}, out_of_core());
  EXPECT_EQ(out.get<int64_t>("count_series"), kRows);
}

}  // namespace
}  // namespace out_of_core_test
