// A module of features through driver, plan, batch, micro-batches and rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "weft/module.h"
#include "weft/weft.h"

namespace exec_test {
struct Trip {
  std::string name;
  double km;
};
}  // namespace exec_test
template <>
inline constexpr bool weft::is_record<exec_test::Trip> = true;

namespace exec_test {
using namespace weft;

struct Model {
  double weight = 0;
  double bias = 0;
};

FEATURE(double, total, (double a, double b)) { return a + b; }
FEATURE(double, half, (double total)) { return total / 2; }
FEATURE(std::optional<double>, or_zero, (std::optional<double> a)) { return a.value_or(0); }
FEATURE(int64_t, quotient, (int64_t k, int64_t m)) { return k / m; }
FEATURE(std::string, label, (std::string_view city, double a)) {
  return std::string(city) + (a > 2 ? " and a text too long for any small buffer" : " low");
}
FEATURE(std::string_view, initial, (std::string_view label)) { return label.substr(0, 1); }
FEATURE(bool, is_lisbon, (std::string_view city)) { return city == "Lisbon"; }
FEATURE(std::vector<double>, pair_of, (double a, double b)) { return {a, b}; }
FEATURE(double, norm, (std::span<const double> pair_of)) {
  double sum = 0;
  for (const double x : pair_of) sum += x * x;
  return std::sqrt(sum);
}
FEATURE(int64_t, strict, (double a)) {
  if (a > 2) throw std::runtime_error("too big");
  return static_cast<int64_t>(a);
}
FEATURE(int64_t, lenient, (double a), on_error(null)) {
  if (a > 2) throw std::runtime_error("too big");
  return static_cast<int64_t>(a);
}
FEATURE(Table, people, (std::string path),
        extract_columns(column<double>("age"), column<std::string>("name"))) {
  if (path != "here") throw Error(ErrorCode::kNotFound, "no file " + path);
  return {{"age", ColumnData::of<double>({30, 40, 50})},
          {"name", ColumnData::of<std::string>({"Ann", "Ben", "Cy"})}};
}
FEATURE(Table, declared, (bool as_text),
        schema({column<double>("age"), column<std::string>("name")})) {
  const auto names = ColumnData::of<std::string>({"Ann"});
  if (as_text) return {{"age", names}, {"name", names}};
  return {{"agee", ColumnData::of<double>({30})}, {"name", names}};
}
FEATURE(double, older, (double age, int64_t years)) { return age + static_cast<double>(years); }
FEATURE(double, mixed, (double age, double a)) { return age * a; }
FEATURE(Model, model, (Series<double> age)) {
  double sum = 0;
  for (const auto v : age) sum += v.value_or(0);
  return {2, sum};
}
FEATURE(double, predicted, (const Model& model, double age)) {
  return model.weight * age + model.bias;
}
FEATURE(double, with_default, (double a, double factor = 3)) { return a * factor; }
FEATURE(Table, report, (Series<double> predicted, Series<double> age)) {
  return {{"predicted", predicted.column()}, {"age", age.column()}};
}

FEATURE(Scalar<double>, sum_so_far, (Column<double> a)) { return sum(a); }
FEATURE(Scalar<double>, sum_of_batch, (Column<double> a)) { return sum(a); }
FEATURE(std::vector<Trip>, trips, (std::string_view city, double a)) {
  return {{std::string(city) + " is a text too long for any small buffer", a}};
}
FEATURE(Scalar<std::vector<std::vector<Trip>>>, all_trips, (Column<std::vector<Trip>> trips)) {
  return list(trips);
}

Driver driver(int threads = 2) {
  return Driver({compiled_module("exec_test")}, {}, {.threads = threads});
}

Value doubles(std::vector<std::optional<double>> values) {
  return Value::of(ColumnData::of(values));
}
Value texts(std::vector<std::string> values) { return Value::of(ColumnData::of(values)); }

std::vector<std::optional<double>> read(const ColumnData& column) {
  std::vector<std::optional<double>> out;
  for (const auto v : Series<double>(column)) out.push_back(v);
  return out;
}

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(ExecTest, ChainsRunOverColumnsAndPropagateNulls) {
  const auto result = driver().execute(
      {"half", "or_zero"}, {{"a", doubles({1, std::nullopt, 3})}, {"b", doubles({1, 2, 5})}});
  EXPECT_THAT(read(result.column("half")), ElementsAre(1, std::nullopt, 4));
  EXPECT_THAT(read(result.column("or_zero")), ElementsAre(1, 0, 3));
}

TEST(ExecTest, ATableHasTheColumnsItsNodeDeclares) {
  const auto run = [](bool as_text) {
    return error_of([&] { driver().execute({"declared"}, {{"as_text", Value::of(as_text)}}); });
  };
  EXPECT_THAT(run(true), HasSubstr("declares column \"age\" as double, but returned string"));
  EXPECT_THAT(run(false), HasSubstr("declares column \"age\", but returned a table without it"));
  EXPECT_THAT(run(false), HasSubstr("did you mean 'agee'?"));
}

TEST(ExecTest, ScalarsGiveScalars) {
  const auto result = driver().execute({"half"}, {{"a", Value::of(1.0)}, {"b", Value::of(2.0)}});
  EXPECT_EQ(result.get<double>("half"), 1.5);
}

TEST(ExecTest, ScalarsBroadcast) {
  const auto result = driver().execute({"total"}, {{"a", doubles({1, 2})}, {"b", Value::of(10.0)}});
  EXPECT_THAT(read(result.column("total")), ElementsAre(11, 12));
}

TEST(ExecTest, IntegersAreNotTouchedWhereNull) {
  const auto result = driver().execute(
      {"quotient"}, {{"k", Value::of(ColumnData::of<std::optional<int64_t>>({6, {}, 8}))},
                     {"m", Value::of(ColumnData::of<std::optional<int64_t>>({3, {}, 4}))}});
  EXPECT_TRUE(result.column("quotient").equals(ColumnData::of<std::optional<int64_t>>({2, {}, 2})));
}

TEST(ExecTest, TextsAndLists) {
  const auto result = driver().execute(
      {"label", "initial", "is_lisbon", "norm"},
      {{"a", doubles({1, 3})}, {"b", doubles({0, 4})}, {"city", texts({"Lisbon", "Oslo"})}});
  EXPECT_EQ(result.column("label").at(1).get<std::string>(),
            "Oslo and a text too long for any small buffer");
  EXPECT_EQ(result.column("initial").at(0).get<std::string>(), "L");
  EXPECT_TRUE(result.column("is_lisbon").at(0).get<bool>());
  EXPECT_THAT(read(result.column("norm")), ElementsAre(1, 5));
}

TEST(ExecTest, ErrorsNameFeatureRowAndArguments) {
  const auto run = [] { driver().execute({"strict"}, {{"a", doubles({1, 2, 3})}}); };
  EXPECT_THAT(error_of(run), HasSubstr("strict, row 2: too big (given a = 3.0)"));
  EXPECT_THAT(error_of(run), HasSubstr("exec_test.cc:"));
  const auto result = driver().execute({"lenient"}, {{"a", doubles({1, 3})}});
  EXPECT_TRUE(result.column("lenient").is_null(1));
}

TEST(ExecTest, TablesColumnsAndModels) {
  const auto result = driver().execute(
      {"report", "older"}, {{"path", Value::of("here")}, {"years", Value::of(int64_t{5})}});
  EXPECT_THAT(read(result.get<Table>("report").column("predicted")), ElementsAre(180, 200, 220));
  EXPECT_THAT(read(result.column("older")), ElementsAre(35, 45, 55));
}

TEST(ExecTest, RowsOfTwoTablesDoNotLineUp) {
  EXPECT_THAT(error_of([] {
                driver().execute({"mixed"},
                                 {{"path", Value::of("here")}, {"a", doubles({1, 2, 3})}});
              }),
              HasSubstr("do not line up"));
}

TEST(ExecTest, DefaultsGiveWayToInputs) {
  EXPECT_THAT(
      read(driver().execute({"with_default"}, {{"a", doubles({2})}}).column("with_default")),
      ElementsAre(6));
  EXPECT_THAT(read(driver()
                       .execute({"with_default"}, {{"a", doubles({2})}, {"factor", Value::of(5.0)}})
                       .column("with_default")),
              ElementsAre(10));
}

TEST(ExecTest, MissingInputsAreNamedTogether) {
  const std::string text = error_of([] { driver().execute({"half"}, {}); });
  EXPECT_THAT(text, HasSubstr("a (double"));
  EXPECT_THAT(text, HasSubstr("b (double"));
}

TEST(ExecTest, RequestsRefuseWhatNeedsAllRows) {
  EXPECT_THAT(error_of([] { driver().plan({"predicted"}, {.context = Context::kOnline}); }),
              HasSubstr("model needs all rows"));
}

TEST(ExecTest, AFitServesRequests) {
  const Driver d = driver();
  const auto batch = d.execute({"predicted"}, {{"path", Value::of("here")}});
  const Plan plan = d.plan({"predicted"}, {.context = Context::kOnline,
                                           .choice = Choice::kFitted,
                                           .fit = std::make_shared<const Fit>(batch.fit("first"))});
  RowRunner rows = plan.rows();
  rows.set(rows.input("age"), 40.0);
  rows.run();
  EXPECT_EQ(rows.get<double>(rows.output("predicted")), 200.0);
}

TEST(ExecTest, RowsEqualBatch) {
  const Driver d = driver();
  const Plan plan = d.plan({"half", "label", "initial"}, {.context = Context::kOnline});
  RowRunner rows = plan.rows();
  rows.set(rows.input("a"), 3.0);
  rows.set_null(rows.input("b"));
  rows.set(rows.input("city"), "Oslo");
  rows.run();
  EXPECT_EQ(rows.get<double>(rows.output("half")), std::nullopt);
  EXPECT_EQ(rows.get<std::string>(rows.output("initial")), "O");
}

TEST(ExecTest, OneAggregateMayBeRunningAndAnotherOfTheBatch) {
  const Plan plan = driver().plan(
      {"sum_so_far", "sum_of_batch"},
      {.context = Context::kStream,
       .choices = {{"sum_so_far", Choice::kStream}, {"sum_of_batch", Choice::kBatch}}});
  StreamRunner runner(plan);
  runner.feed({{"a", ColumnData::of<double>({1, 2})}});
  const Result second = runner.feed({{"a", ColumnData::of<double>({4})}});
  EXPECT_EQ(second.get<double>("sum_so_far"), 7);
  EXPECT_EQ(second.get<double>("sum_of_batch"), 4);
}

TEST(ExecTest, AMicroBatchThatFailsLeavesRunningValues) {
  const Plan plan =
      driver().plan({"sum_so_far", "strict"},
                    {.context = Context::kStream, .choices = {{"sum_so_far", Choice::kStream}}});
  StreamRunner runner(plan);
  runner.feed({{"a", ColumnData::of<double>({1, 2})}});
  EXPECT_THROW(runner.feed({{"a", ColumnData::of<double>({4})}}), Error);
  EXPECT_EQ(runner.feed({{"a", ColumnData::of<double>({0.5})}}).get<double>("sum_so_far"), 3.5);
}

// Under the address sanitizer: what the records own is given back.
TEST(ExecTest, ListsOfListsOfRecords) {
  const auto all =
      driver().execute({"all_trips"}, {{"a", doubles({1, 2})}, {"city", texts({"Oslo", "Rome"})}});
  const auto trips = all.get<std::vector<std::vector<Trip>>>("all_trips");
  ASSERT_EQ(trips.size(), 2);
  EXPECT_THAT(trips[1][0].name, HasSubstr("Rome is"));
}

TEST(ExecTest, ManyRowsOnSeveralThreadsAgreeWithOne) {
  std::vector<std::optional<double>> a;
  std::vector<std::optional<double>> b;
  for (int i = 0; i < 300'000; ++i) {
    a.push_back(i % 7 == 0 ? std::nullopt : std::optional(i * 0.5));
    b.push_back(i * 0.25);
  }
  const Values inputs = {{"a", doubles(a)}, {"b", doubles(b)}};
  const auto one = driver(1).execute({"half"}, inputs).column("half");
  const auto two = driver(2).execute({"half"}, inputs).column("half");
  EXPECT_TRUE(one.equals(two));
  EXPECT_EQ(one.null_count(), 300'000 / 7 + 1);
}

}  // namespace exec_test
