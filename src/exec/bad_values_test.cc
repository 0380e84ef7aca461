// What values can do wrong while a plan runs, as a table: the feature, its inputs, the message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "weft/module.h"
#include "weft/weft.h"

namespace bad_values_test {
using namespace weft;

FEATURE(int64_t, whole, (double x)) { return cast<int64_t>(x); }
FEATURE(int32_t, narrow, (int64_t n)) { return cast<int32_t>(n); }
FEATURE(Column<int64_t>, whole_column, (Column<double> x)) { return cast<int64_t>(x); }
FEATURE(Column<int64_t>, next, (Column<int64_t> n)) { return n + 1; }
FEATURE(Column<int64_t>, rest, (Column<int64_t> n, Column<int64_t> m)) { return n % m; }
FEATURE(int64_t, number, (std::string_view text)) { return cast<int64_t>(text); }
FEATURE(Scalar<int64_t>, all, (Column<int64_t> n)) { return sum(n); }
FEATURE(Column<bool>, matches, (Column<std::string> text)) { return regex_match(text, "(a"); }
FEATURE(Column<int64_t>, local_hour, (Column<Time> t)) { return hour(t, "Europe/Lisbn"); }
FEATURE(double, thrown, (double x)) {
  if (x > 1) throw std::runtime_error("too big");
  return x;
}
FEATURE(double, thrown_oddly, (double x)) {
  if (x > 1) throw 42;  // NOLINT: no exception of the library
  return x;
}
FEATURE(Table, rows, (std::string path), extract_columns(column<double>("a"))) {
  if (path.empty()) throw std::runtime_error("nowhere to read from");
  return {{"b", ColumnData::of<double>({1})}};
}
FEATURE(Series<double>, shorter, (Series<double> x)) {
  return Series<double>(x.column().slice(0, 1));
}
FEATURE(double, joined, (double a, double x)) { return a + x; }

template <class T>
Value column(std::initializer_list<T> values) {
  return Value::of(ColumnData::of<T>(values));
}

struct BadValue {
  std::string name;
  std::string output;
  Values inputs;
  ErrorCode code;
  std::vector<std::string> message;
};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Value two_rows() { return column<double>({1, 2}); }

std::vector<BadValue> casts() {
  constexpr auto kFailed = ErrorCode::kFunctionFailed;
  return {
      {"NaN as an integer",
       "whole",
       {{"x", column<double>({1, kNan})}},
       kFailed,
       {"whole, row 1: cannot cast to int64: nan", "given x = nan"}},
      {"a double beyond int64",
       "whole",
       {{"x", column<double>({1e19})}},
       kFailed,
       {"whole, row 0: cannot cast to int64: 1e+19"}},
      {"NaN as an integer in a column function",
       "whole_column",
       {{"x", column<double>({kNan})}},
       kFailed,
       {"whole_column, row 0: cannot cast to int64: nan"}},
      {"an int64 beyond int32",
       "narrow",
       {{"n", column<int64_t>({3'000'000'000})}},
       kFailed,
       {"narrow, row 0: cannot cast to int32: 3000000000"}},
      {"text that is no number",
       "number",
       {{"text", column<std::string>({"12", "x"})}},
       kFailed,
       {"number, row 1: cannot cast to int64: \"x\""}},
  };
}

std::vector<BadValue> built_ins() {
  constexpr auto kFailed = ErrorCode::kFunctionFailed;
  return {
      {"integer overflow",
       "next",
       {{"n", column<int64_t>({1, kMax})}},
       kFailed,
       {"next, row 1: integer overflow in add(9223372036854775807, 1)"}},
      {"integer division by zero",
       "rest",
       {{"n", column<int64_t>({1})}, {"m", column<int64_t>({0})}},
       kFailed,
       {"rest, row 0: integer division by zero in modulo(1, 0)"}},
      {"a sum that does not fit",
       "all",
       {{"n", column<int64_t>({kMax, 1})}},
       ErrorCode::kBadData,
       {"all: sum: the sum of int64 does not fit"}},
      {"a wrong pattern",
       "matches",
       {{"text", column<std::string>({"a"})}},
       kFailed,
       {"matches, row 0: not a regular expression: missing closing parenthesis"}},
      {"an unknown time zone",
       "local_hour",
       {{"t", column<Time>({Time()})}},
       kFailed,
       {"local_hour, row 0: ", "Europe/Lisbn"}},
  };
}

std::vector<BadValue> functions() {
  constexpr auto kFailed = ErrorCode::kFunctionFailed;
  return {
      {"a function that throws",
       "thrown",
       {{"x", two_rows()}},
       kFailed,
       {"bad_values_test.cc:", "thrown, row 1: too big (given x = 2.0)"}},
      {"a function that throws no exception",
       "thrown_oddly",
       {{"x", two_rows()}},
       kFailed,
       {"thrown_oddly, row 1: it threw something that is no std::exception"}},
      {"a reader that throws",
       "rows",
       {{"path", Value::of("")}},
       kFailed,
       {"rows: nowhere to read from"}},
      {"a column the table does not have",
       "a",
       {{"path", Value::of("p")}},
       ErrorCode::kNotFound,
       {"rows has no column a; it has: b: double"}},
      {"too few rows of a function",
       "shorter",
       {{"x", two_rows()}},
       ErrorCode::kBadData,
       {"shorter returned 1 rows for 2 rows of the inputs"}},
  };
}

std::vector<BadValue> calls() {
  return {
      {"columns of different length",
       "rest",
       {{"n", column<int64_t>({1})}, {"m", column<int64_t>({1, 2})}},
       ErrorCode::kInvalidArgument,
       {"columns of inputs line up row by row"}},
      {"an input of another type",
       "whole",
       {{"x", column<std::string>({"1"})}},
       ErrorCode::kTypeMismatch,
       {"input x: "}},
      {"an input that is not given",
       "whole",
       {},
       ErrorCode::kInvalidArgument,
       {"an input is not given: x (double"}},
      {"an input nobody takes", "whole", {{"xx", two_rows()}}, ErrorCode::kInvalidArgument, {"xx"}},
      {"an output nobody makes", "whol", {}, ErrorCode::kNotFound, {"did you mean 'whole'?"}},
      {"rows of two tables",
       "joined",
       {{"path", Value::of("p")}, {"x", two_rows()}},
       ErrorCode::kInvalidGraph,
       {"do not line up: join the tables first, or use lookup()"}},
  };
}

void check(const std::vector<BadValue>& bad_values) {
  const Driver driver({compiled_module("bad_values_test")}, {}, {.threads = 2});
  for (const BadValue& bad : bad_values) {
    SCOPED_TRACE(bad.name);
    try {
      driver.execute({bad.output}, bad.inputs);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& e) {
      EXPECT_EQ(error_code_name(e.code()), error_code_name(bad.code)) << e.what();
      for (const auto& part : bad.message) EXPECT_THAT(e.what(), testing::HasSubstr(part));
    }
  }
}

TEST(BadValuesTest, Casts) { check(casts()); }
TEST(BadValuesTest, BuiltIns) { check(built_ins()); }
TEST(BadValuesTest, Functions) { check(functions()); }
TEST(BadValuesTest, Calls) { check(calls()); }

}  // namespace bad_values_test
