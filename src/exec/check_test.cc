// Checks on columns, tables and single values: what passes, what does not, and what is said.
#include "exec/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "exec/check_quarantine.h"

namespace weft {
namespace {

using namespace weft::modifiers;  // NOLINT: as FEATURE has it
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const double kNaN = std::nan("");

template <class T>
Value column(std::vector<std::optional<T>> values) {
  return Value::of(ColumnData::of(values));
}

Node node_of(CheckSpec spec, const Tags& tags = {}) {
  Node node;
  node.name = "x_" + spec.name + "_validator";
  node.tags = tags;
  node.personal = tags.contains("pii");
  node.check = std::make_shared<const CheckSpec>(std::move(spec));
  return node;
}

CheckReport run(CheckSpec spec, std::vector<Value> data, const Tags& tags = {},
                const Clock& clock = Clock::system()) {
  return check_data(node_of(std::move(spec), tags), data, clock);
}

std::string error_of(const CheckSpec& spec, const Value& data) {
  try {
    run(spec, {data});
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "";
}

struct RowCase {
  const char* name;
  CheckSpec spec;
  Value data;
  std::vector<int64_t> bad;
  std::string message;  // a part
};

class RowChecks : public ::testing::TestWithParam<RowCase> {};

TEST_P(RowChecks, FindsTheBadRows) {
  const RowCase& c = GetParam();
  const CheckReport report = run(c.spec, {c.data});
  EXPECT_EQ(report.node, "x");
  EXPECT_EQ(report.check, c.spec.name);
  EXPECT_EQ(report.passed, c.bad.empty()) << report.message;
  EXPECT_EQ(report.sample_rows, c.bad);
  EXPECT_EQ(report.failed_rows, static_cast<int64_t>(c.bad.size()));
  EXPECT_THAT(report.message, HasSubstr(c.message));
}

const Value kAges = column<int64_t>({5, 135, {}, 0, 120, -1});
const Value kShares = column<double>({0.5, kNaN, {}, 1.5, INFINITY, 0.0});
const Value kTexts = column<std::string>({"abc", "", {}, "\xc3\xa4\xc3\xb6", "xbx"});

INSTANTIATE_TEST_SUITE_P(
    Rows, RowChecks,
    ::testing::ValuesIn(std::vector<RowCase>{
        {"Range",
         in_range(0, 120),
         kAges,
         {1, 5},
         "2 of 6 rows outside [0, 120]: row 1 is 135, row 5 is -1"},
        {"RangeOfIntsByDoubles", in_range(-0.5, 119.9), kAges, {1, 4, 5}, "outside [-0.5, 119.9]"},
        {"RangeWithoutEnd", in_range(-INFINITY, 130), kAges, {1}, ""},
        {"NanIsOutside", in_range(0, 1), kShares, {1, 3, 4}, "row 1 is nan"},
        {"RangeOfFloats", in_range(0.0, 0.1), column<float>({0.0F, 0.1F, 0.2F}), {1, 2}, ""},
        {"RangeOfInt32", in_range(1, 2), column<int32_t>({1, 2, 3}), {2}, ""},
        {"RangeOfTexts", in_range("a", "b"), kTexts, {1, 3, 4}, "row 1 is \"\""},
        {"RangeOfTimes",
         in_range(Time(10us), Time(20us)),
         column<Time>({Time(10us), Time(21us)}),
         {1},
         ""},
        {"RangeOfDurations", in_range(1s, 1min), column<Duration>({61s, 1s}), {0}, "row 0 is 1m1s"},
        {"OneOfInts", values_in(5, 0, 120), kAges, {1, 5}, "not in [5, 0, 120]"},
        {"OneOfTexts", values_in("abc", "xbx"), kTexts, {1, 3}, "not in [\"abc\", \"xbx\"]"},
        {"OneOfDoubles", values_in(0.5, kNaN), kShares, {3, 4, 5}, ""},
        {"OneOfBools", values_in({true}), column<bool>({true, false, {}}), {1}, "row 1 is false"},
        {"OneOfTimes", values_in({Time(10us)}), column<Time>({Time(10us), Time(11us)}), {1}, ""},
        {"NotNull", not_null(), kAges, {2}, "1 of 6 rows null: row 2"},
        {"AllowNone", allow_none(false), kTexts, {2}, ""},
        {"AllowsNone", allow_none(true), kTexts, {}, ""},
        {"AllowNans", allow_nans(false), kShares, {1}, "row 1 is nan"},
        {"AllowsNans", allow_nans(true), kShares, {}, ""},
        {"LengthInCharacters", length_in_range(2, 3), kTexts, {1}, "not of 2 to 3 characters"},
        {"LengthOfLists",
         length_in_range(1, 2),
         column<std::vector<int64_t>>({{{1, 2}}, {{}}, {{1, 2, 3}}, {}}),
         {1, 2},
         "elements"},
        {"Contains", contains("b"), kTexts, {1, 3}, "without \"b\": row 1 is \"\""},
        {"DoesNotContain", does_not_contain("b"), kTexts, {0, 4}, "with \"b\""},
        {"Regex", matches_regex("[a-c]*"), kTexts, {3, 4}, "not matching \"[a-c]*\""},
        {"Unique",
         unique(),
         column<int64_t>({3, 4, 3, {}, {}, 3}),
         {2, 5},
         "repeating an earlier value: row 2 is 3"},
        {"UniqueNans", unique(), column<double>({kNaN, 1.0, kNaN}), {2}, ""},
        {"Increasing", monotone(), column<int64_t>({1, 1, {}, 0, 2}), {3}, "not increasing"},
        {"Strictly",
         monotone(Direction::kIncreasing, true),
         column<int64_t>({1, 1, 2}),
         {1},
         "not strictly increasing"},
        {"Decreasing",
         monotone(Direction::kDecreasing),
         column<std::string>({"b", "b", "c"}),
         {2},
         "not decreasing"},
        {"NoRows", in_range(0, 1), column<double>({}), {}, ""},
        {"OwnRows",
         custom_check("even", [](int64_t v) { return v % 2 == 0; }),
         kAges,
         {0, 1, 5},
         "3 of 6 rows refused: row 0 is 5"},
    }),
    [](const auto& test) { return test.param.name; });

struct WholeCase {
  const char* name;
  CheckSpec spec;
  Value data;
  std::string message;  // empty: it passes
  std::string measured;
};
class WholeChecks : public ::testing::TestWithParam<WholeCase> {};

TEST_P(WholeChecks, Measures) {
  const WholeCase& c = GetParam();
  ManualClock clock(Time(2h));
  const CheckReport report = run(c.spec, {c.data}, {}, clock);
  EXPECT_EQ(report.passed, c.message.empty()) << report.message;
  EXPECT_THAT(report.message, HasSubstr(c.message));
  std::string measured;
  for (const auto& [name, value] : report.values) measured += name + "=" + value.to_string() + " ";
  EXPECT_THAT(measured, HasSubstr(c.measured));
}

const Value kNumbers = column<double>({1.0, 2.0, 3.0, {}, 6.0});
const Value kTimes = column<Time>({Time(30min), {}, Time(1h)});

INSTANTIATE_TEST_SUITE_P(
    Whole, WholeChecks,
    ::testing::ValuesIn(std::vector<WholeCase>{
        {"Mean", mean_in_range(2, 4), kNumbers, "", "mean=3.0"},
        {"MeanOutside", mean_in_range(4, 5), kNumbers, "the mean is 3.0, outside [4.0, 5.0]", ""},
        {"MeanOfInts", mean_in_range(0, 1), column<int64_t>({2, 3}), "2.5", "mean=2.5"},
        {"MeanOfNothing", mean_in_range(0, 1), column<double>({{}}), "", ""},
        {"Stddev", stddev_in_range(2, 2.5), kNumbers, "", "stddev=2.16"},
        {"MaxStandardDev", max_standard_dev(2), kNumbers, "above 2.0", ""},
        {"Quantile", quantile_in_range(0.5, 0, 2), kNumbers, "quantile is 2.5", "quantile=2.5"},
        {"Nulls", max_fraction_nulls(0.2), kNumbers, "", "fraction of nulls=0.2"},
        {"TooManyNulls", max_fraction_nulls(0.1), kNumbers, "above 0.1", ""},
        {"Nans", max_fraction_nans(0.5), column<double>({kNaN, 1.0}), "", "nans=0.5"},
        {"TooManyNans", max_fraction_nans(0), column<float>({NAN, 1.0F}), "above 0.0", ""},
        {"NoRowsNoNulls", max_fraction_nulls(0), column<double>({}), "", ""},
        {"Type", data_type<double>(), kNumbers, "", "type=\"double\""},
        {"OtherType", data_type<int64_t>(), kNumbers, "the type is double, not int64", ""},
        {"RowCount", row_count_in_range(5, 5), kNumbers, "", "rows=5"},
        {"TooFewRows", row_count_in_range(6, 9), kNumbers, "5 rows, outside [6, 9]", ""},
        {"Fresh", fresh_within(1h), kTimes, "", "age=1h"},
        {"Stale", fresh_within(59min), kTimes, "1h ago, which is more than 59m", ""},
        {"NoTime", fresh_within(1h), column<Time>({{}}), "no time at all", ""},
        {"FreshValue", fresh_within(1h), Value::of(Time(90min)), "", "age=30m"},
        {"OwnSeries", custom_check("short", [](Series<double> s) { return s.size() < 5; }),
         kNumbers, "did not pass", ""},
        {"OwnValue", custom_check("odd", [](int64_t v) { return v % 2 == 1; }),
         Value::of(int64_t{4}), "did not pass", ""},
    }),
    [](const auto& test) { return test.param.name; });

TEST(CheckTest, SingleValues) {
  EXPECT_EQ(run(in_range(0, 120), {Value::of(int64_t{135})}).message, "135 is outside [0, 120]");
  EXPECT_TRUE(run(in_range(0, 120), {Value::of(int64_t{120})}).passed);
  EXPECT_TRUE(run(in_range(0, 120), {Value::null(int64_type())}).passed);
  EXPECT_EQ(run(not_null(), {Value::null(int64_type())}).message, "the value is null");
  EXPECT_FALSE(run(not_null(), {Value()}).passed);
  EXPECT_TRUE(run(not_null(), {Value::of(Table())}).passed);
  EXPECT_EQ(run(matches_regex("a+"), {Value::of(std::string("b"))}).message,
            "\"b\" is not matching \"a+\"");
}

TEST(CheckTest, ManyRowsAcrossBlocksAndChunks) {
  std::vector<int64_t> values(10'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i % 1000);
  const CheckReport report = run(in_range(0, 997), {Value::of(ColumnData::of(values))});
  EXPECT_EQ(report.rows, 10'000);
  EXPECT_EQ(report.failed_rows, 20);
  EXPECT_THAT(report.sample_rows,
              ElementsAre(998, 999, 1998, 1999, 2998, 2999, 3998, 3999, 4998, 4999));
  EXPECT_THAT(report.message, ::testing::EndsWith(", ..."));
  EXPECT_EQ(report.all_failed_rows, nullptr);
  const CheckReport all = run(quarantine(in_range(0, 997)), {Value::of(ColumnData::of(values))});
  EXPECT_EQ(all.all_failed_rows->size(), 20U);
}

TEST(CheckTest, ReferentialLooksIntoAnotherColumn) {
  const Value known = column<int64_t>({1, 2, {}});
  EXPECT_THAT(run(referential("clients"), {column<int64_t>({1, {}, 3}), known}).message,
              "1 of 3 rows not in clients: row 2 is 3");
  EXPECT_TRUE(run(referential("clients"), {column<int32_t>({1, 2}), known}).passed);
  EXPECT_THROW(run(referential("clients"), {known, Value::of(1.0)}), Error);
}

// ---- tables ----------------------------------------------------------------------------------

Table people() {
  return {{"name", ColumnData::of<std::string>({"Ann", "Ben", "Ann", "Cy"})},
          {"age", ColumnData::of<std::optional<int64_t>>({30, 140, 30, {}})},
          {"limit", ColumnData::of<double>({40, 120, 20, 10})}};
}

struct TableCase {
  const char* name;
  CheckSpec spec;
  std::vector<int64_t> bad;
  std::string message;
};
class TableChecks : public ::testing::TestWithParam<TableCase> {};

TEST_P(TableChecks, FindsTheBadRows) {
  const TableCase& c = GetParam();
  const CheckReport report = run(c.spec, {Value::of(people())});
  EXPECT_EQ(report.passed, c.message.empty()) << report.message;
  EXPECT_EQ(report.sample_rows, c.bad);
  EXPECT_THAT(report.message, HasSubstr(c.message));
}

INSTANTIATE_TEST_SUITE_P(
    Tables, TableChecks,
    ::testing::ValuesIn(std::vector<TableCase>{
        {"Column",
         on_column("age", in_range(0, 120)),
         {1},
         "age: 1 of 4 rows outside [0, 120]: row 1 is 140"},
        {"ColumnAsAWhole", on_column("limit", mean_in_range(0, 10)), {}, "limit: the mean is 47.5"},
        {"UniqueOver", unique_over({"name", "age"}), {2}, "earlier (name, age): row 2 is (\"Ann\""},
        {"Less",
         compare("age", "<=", "limit"),
         {1, 2},
         "2 of 4 rows without age <= limit: row 1 is 140.0 and 120.0"},
        {"Greater", compare("limit", ">", "age"), {1, 2}, "without limit > age"},
        {"NotEqual", compare("name", "!=", "name"), {0, 1, 2, 3}, "without name != name"},
        {"Equal", columns_equal("age", "age"), {}, ""},
        {"NullIsNotAValue", columns_equal("age", "limit"), {0, 1, 2, 3}, "4 of 4 rows"},
        {"RowCount", row_count_in_range(1, 3), {}, "4 rows, outside [1, 3]"},
        {"Own",
         custom_check("own",
                      [](const Table& checked) {
                        return CheckOutcome{.passed = checked.num_rows() > 9,
                                            .message = "few rows",
                                            .failed_rows = {3, 0, 3}};
                      }),
         {0, 3},
         "few rows"},
    }),
    [](const auto& test) { return test.param.name; });

// ---- mistakes --------------------------------------------------------------------------------

TEST(CheckTest, MistakesAreNamed) {
  const Value ints = column<int64_t>({1});
  const std::pair<std::string, std::string> cases[] = {
      {error_of({.name = "rang"}, ints), "x: there is no check rang; did you mean 'range'?"},
      {error_of({.name = "range", .options = {{"lo", Value::of(1.0)}}}, ints),
       "the option hi is missing"},
      {error_of({.name = "not_null", .options = {{"x", Value::of(1.0)}}}, ints),
       "there is no option x"},
      {error_of(in_range(2, 1), ints), "[2, 1] holds nothing"},
      {error_of(in_range(kNaN, 1), ints), "lo is nan"},
      {error_of(in_range("a", "b"), ints), "option lo: expected int64, found string \"a\""},
      {error_of(in_range(0, 1), column<bool>({true})),
       "takes numbers, times, durations and texts, not a column of bool"},
      {error_of(contains("a"), ints), "it takes texts, not a column of int64"},
      {error_of(matches_regex("("), kTexts), "missing closing parenthesis"},
      {error_of(values_in(1.5), ints), "expected int64, found double 1.5"},
      {error_of(max_fraction_nulls(1.5), ints), "fraction is from 0 to 1, not 1.5"},
      {error_of(mean_in_range(0, 1), kTexts), "columns of numbers"},
      {error_of(mean_in_range(0, 1), Value::of(1.0)), "it takes a column, not a single double"},
      {error_of(quarantine(mean_in_range(0, 1)), ints), "there are no rows to put into quarantine"},
      {error_of(quarantine(on_column("age", max_fraction_nulls(0))), Value::of(people())),
       "there are no rows"},
      {error_of(on_column("age", in_range(0, 1)), ints), "it takes a table"},
      {error_of(on_column("agee", in_range(0, 1)), Value::of(people())), "did you mean 'age'?"},
      {error_of(compare("age", "<>", "age"), Value::of(people())), "op is one of"},
      {error_of(compare("age", "<", "name"), Value::of(people())), "int64 and string"},
      {error_of(mean_in_range(0, 1), Value::of(people())), "it takes a column, not a single Table"},
      {error_of(custom_check("own", [](std::string_view) { return true; }), ints),
       "it takes string, not a column of int64"},
      {error_of(custom_check("own",
                             [](Series<int64_t>) {
                               return CheckOutcome{.passed = false, .failed_rows = {7}};
                             }),
                ints),
       "names row 7 of 1"},
      {error_of(custom_check("own", [](int64_t) -> bool { throw std::runtime_error("not today"); }),
                ints),
       "check own: not today"}};
  for (const auto& [found, expected] : cases) EXPECT_THAT(found, HasSubstr(expected));
}

TEST(CheckTest, MistakesShowWhenTheTypeIsKnown) {
  EXPECT_THROW(PreparedCheck(node_of(contains("a")), {int64_type(), true}), Error);
  EXPECT_NO_THROW(PreparedCheck(node_of(contains("a")), {string_type(), true}));
  EXPECT_NO_THROW(PreparedCheck(node_of(contains("a")), {}));
}

TEST(CheckTest, ValuesTaggedPiiAreHidden) {
  const Tags pii = {{"pii", {"true"}}};
  const CheckReport rows = run(in_range(0, 1), {column<int64_t>({4711})}, pii);
  EXPECT_EQ(rows.message, "1 of 1 rows outside [0, 1]: row 0 is <hidden: tagged pii>");
  const CheckReport mean = run(mean_in_range(0, 1), {column<int64_t>({4711})}, pii);
  EXPECT_EQ(mean.message, "the mean is outside [0.0, 1.0]");
  EXPECT_THAT(mean.values, IsEmpty());
  const auto own = custom_check("own", [](Series<int64_t>) {
    return CheckOutcome{.passed = false, .message = "4711", .values = {{"v", Value::of(4711)}}};
  });
  const CheckReport custom = run(own, {column<int64_t>({4711})}, pii);
  EXPECT_THAT(custom.message, ::testing::Not(HasSubstr("4711")));
  EXPECT_THAT(custom.values, IsEmpty());
}

TEST(CheckTest, EveryCheckIsInTheCatalog) {
  for (const auto& info : check_catalog()) {
    const std::string error = error_of({.name = info.name}, Value::of(people()));
    EXPECT_THAT(error, ::testing::Not(HasSubstr("there is no check"))) << info.name;
    EXPECT_FALSE(info.summary.empty());
  }
}

// ---- quarantine and history ------------------------------------------------------------------

TEST(QuarantineTest, ColumnsGetNullsAndTablesLoseRows) {
  const Value ages = column<int64_t>({5, 135, {}, -1});
  const CheckReport report = run(quarantine(in_range(0, 120)), {ages});
  const CheckReport other = run(quarantine(values_in(135)), {ages});
  const Value left = leave_out_bad_rows({{ages, Value::of(report)}});
  EXPECT_TRUE(
      left.get<ColumnData>().equals(ColumnData::of<std::optional<int64_t>>({5, {}, {}, {}})));
  const Value none = leave_out_bad_rows({{ages, Value::of(report), Value::of(other)}});
  EXPECT_EQ(none.get<ColumnData>().null_count(), 4);
  EXPECT_TRUE(bad_rows(ages, report, false)
                  .equals(Table({{"node", ColumnData::of<std::string>({"x", "x"})},
                                 {"check", ColumnData::of<std::string>({"range", "range"})},
                                 {"row", ColumnData::of<int64_t>({1, 3})},
                                 {"value", ColumnData::of<int64_t>({135, -1})}})));
  EXPECT_FALSE(bad_rows(ages, report, true).has("value"));

  const Value table = Value::of(people());
  const CheckReport rows = run(quarantine(on_column("age", in_range(0, 120))), {table});
  const Table kept = leave_out_bad_rows({{table, Value::of(rows)}}).get<Table>();
  EXPECT_TRUE(kept.column("name").equals(ColumnData::of<std::string>({"Ann", "Ann", "Cy"})));
  EXPECT_EQ(bad_rows(table, rows, false).names(),
            (std::vector<std::string>{"node", "check", "row", "name", "age", "limit"}));

  const Value one = Value::of(int64_t{200});
  const CheckReport bad = run(quarantine(in_range(0, 120)), {one});
  EXPECT_FALSE(leave_out_bad_rows({{one, Value::of(bad)}}).has_value());
}

TEST(CheckHistoryTest, GrowsAndMendsWhatACrashLeft) {
  const std::string path = testing::TempDir() + "weft_history.jsonl";
  std::filesystem::remove(path);
  const CheckReport report = run(mean_in_range(0, 1), {kNumbers});
  ManualClock clock(Time(1s));
  append_check_history(path, {{report, report}}, "run 1", clock);
  std::ofstream(path, std::ios::app) << "{\"run_id\": \"ru";
  clock.advance(1s);
  append_check_history(path, {{report}}, "run 2", clock);
  const std::string text = read_file(path);
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_THAT(text, HasSubstr("\"run_id\":\"run 2\",\"skipped\":false,\"time\":"
                              "\"1970-01-01T00:00:02Z\",\"values\":{\"mean\":3.0}}"));
  std::filesystem::remove(path);

  const Table table = check_table({{report}});
  EXPECT_EQ(table.num_rows(), 1);
  EXPECT_EQ(table.column("values").at(0).get<std::string>(), "{\"mean\":3.0}");
  EXPECT_EQ(check_table({}).num_rows(), 0);
}

}  // namespace
}  // namespace weft
