// Expressions: types, text, and what operators mean.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/expr_evaluation.h"
#include "weft/aggregates.h"
#include "weft/functions.h"

namespace weft {
namespace {

using B = std::optional<bool>;
using D = std::optional<double>;
using I = std::optional<int64_t>;
using S = std::optional<std::string>;

template <class Wanted, class Found>
void is(const Found& found) {
  static_assert(std::is_same_v<Wanted, Found>);
  EXPECT_EQ(found.expr->type, type_of<typename Found::value_type>()) << found.expr->to_string();
  EXPECT_EQ(found.expr->scalar, Found::kScalar) << found.expr->to_string();
}

TEST(ExprTest, StaticAndDynamicTypesAgree) {
  const auto f = test_column<float>("f");
  const auto d = test_column<double>("d");
  const auto i = test_column<int64_t>("i");
  const auto j = test_column<int32_t>("j");
  const auto t = test_column<Time>("t");
  const auto s = test_column<std::string>("s");
  is<Column<float>>(f * 0.5);
  is<Column<float>>(f + 1);
  is<Column<int64_t>>(i + 1);
  is<Column<int32_t>>(2 * j);
  is<Column<double>>(i + 0.5);
  is<Column<double>>(i / 2);
  is<Column<float>>(f / 2);
  is<Column<int64_t>>(i + j);
  is<Column<double>>(f + j);
  is<Column<double>>(f + d);
  is<Column<int64_t>>(floor_div(i, j) % 3);
  is<Column<double>>(-d);
  is<Column<bool>>(d > 1 && s != "x");
  is<Column<Duration>>(t - t);
  is<Column<Time>>(t + 3h);
  is<Column<double>>((t - t) / 2h);
  is<Column<std::string>>(s + "!");
  is<Column<double>>(if_else(d > 1, i, 0.5));
  is<Column<int64_t>>(if_else(d > 1, 1, 0));
  is<Column<std::string>>(case_when<std::string>({{d > 1, "a"}, {i == 2, s}}, "b"));
  is<Column<double>>(log(j));
  is<Column<std::vector<std::string>>>(split(s, ","));
  is<Column<int64_t>>(hour(t, "Europe/Paris"));
  is<Column<int64_t>>(cast<int64_t>(s));
  is<Scalar<double>>(mean(d) * 2);
  is<Column<double>>(d - mean(d));
}

TEST(ExprTest, ReadsAsWritten) {
  const auto age = test_column<double>("age");
  const auto n = test_column<int32_t>("n");
  EXPECT_EQ(zscore(age).expr->to_string(), "(age - mean(age)) / stddev(age)");
  EXPECT_EQ((n * 2 + 1).expr->to_string(), "(n * 2i32) + 1i32");
  EXPECT_EQ((!(age > 3) || age == 1).expr->to_string(), "!(age > 3.0) || (age == 1.0)");
  EXPECT_EQ(quantile(age, 0.9).expr->to_string(), "quantile(age, q=0.9)");
  EXPECT_EQ(is_in(n, {3, 1, 3}).expr->to_string(), "is_in_sorted(n, list<int32>[1, 3])");
  EXPECT_EQ(mean(age).by(n).expr->to_string(), "group(age, n, keys=1, aggregate=mean)");
}

TEST(ExprTest, NullsAndNan) {
  const TestColumns columns = {
      {"x", ColumnData::of<D>({1.0, {}, NAN, 4.0})},
      {"y", ColumnData::of<D>({{}, 2.0, 3.0, 4.0})},
      {"p", ColumnData::of<B>({true, false, {}, {}})},
      {"q", ColumnData::of<B>({{}, {}, {}, false})},
      {"s", ColumnData::of<S>({"a", {}, "c", ""})},
  };
  const auto x = test_column<double>("x"), y = test_column<double>("y");
  const auto p = test_column<bool>("p"), q = test_column<bool>("q");
  const auto s = test_column<std::string>("s");
  const auto check = [&](const auto& column, const ColumnData& expected) {
    const ColumnData found = evaluate(column.expr, columns);
    for (int64_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(found.at(i).equals(expected.at(i)))
          << column.expr->to_string() << ", row " << i << ": " << found.at(i).to_string();
    }
  };
  check(x + y, ColumnData::of<D>({{}, {}, NAN, 8.0}));
  check(x < 3, ColumnData::of<B>({true, {}, false, false}));
  check(x != 3, ColumnData::of<B>({true, {}, true, true}));
  check(p && q, ColumnData::of<B>({{}, false, {}, false}));
  check(p || q, ColumnData::of<B>({true, {}, {}, {}}));
  check(if_else(p, x, y), ColumnData::of<D>({1.0, 2.0, {}, {}}));
  check(case_when<double>({{p, x}}, y), ColumnData::of<D>({1.0, 2.0, 3.0, 4.0}));
  check(case_when<double>({{p, x}}), ColumnData::of<D>({1.0, {}, {}, {}}));
  check(coalesce(x, y), ColumnData::of<D>({1.0, 2.0, NAN, 4.0}));
  check(fill_null(y, 0), ColumnData::of<D>({0.0, 2.0, 3.0, 4.0}));
  check(is_null(s), ColumnData::of({false, true, false, false}));
  check(null_if(s, "a"), ColumnData::of<S>({{}, {}, "c", ""}));
  check(s == "c", ColumnData::of<B>({false, {}, true, false}));
  check(is_in(s, {"", "a"}), ColumnData::of<B>({true, {}, false, true}));
  check(clip(x, 2, y), ColumnData::of<D>({2.0, {}, NAN, 4.0}));
  check(greatest(x, y), ColumnData::of<D>({{}, {}, NAN, 4.0}));
  check(between(y, 3, 4), ColumnData::of<B>({{}, false, true, true}));
  check(mean(y).where(y > 2) + 0.0 * y, ColumnData::of<D>({{}, 3.5, 3.5, 3.5}));
  check(length(s), ColumnData::of<I>({1, {}, 1, 0}));
}

TEST(ExprTest, IntegerOverflowNamesItsRow) {
  const auto i = test_column<int64_t>("i");
  const TestColumns columns = {
      {"i", ColumnData::of<I>({1, {}, std::numeric_limits<int64_t>::max()})}};
  try {
    evaluate((i + 1).expr, columns);
    FAIL();
  } catch (const RowError& e) {
    EXPECT_EQ(e.row(), 2);
  }
  const TestColumns negative = {{"i", ColumnData::of<I>({-7, 7, {}})}};
  EXPECT_TRUE(evaluate((i % 4).expr, negative).equals(ColumnData::of<I>({1, 3, {}})));
  EXPECT_TRUE(evaluate(floor_div(i, 4).expr, negative).equals(ColumnData::of<I>({-2, 1, {}})));
  EXPECT_TRUE(evaluate((i / 2).expr, negative).equals(ColumnData::of<D>({-3.5, 3.5, {}})));
}

TEST(ExprTest, MistakesAreExplained) {
  const auto message = [](auto make) {
    try {
      make();
    } catch (const Error& e) {
      return e.message();
    }
    return std::string("no error");
  };
  const auto s = test_column<std::string>("s");
  const auto j = test_column<int32_t>("j");
  EXPECT_EQ(message([&] { return mean(Column<int64_t>{{s.expr}}); }),
            "mean takes number or bool or duration or timestamp, not string");
  EXPECT_EQ(message([&] { return j + 5'000'000'000; }),
            "the plain value 5000000000 does not fit int32, the type it stands beside");
  EXPECT_EQ(message([&] { return widen_expr(s.expr, double_type()); }),
            "expected double, found s, which is string");
  EXPECT_EQ(message([&] { return Column<double>() + 1.0; }),
            "an empty Column or Scalar stands for nothing: give it an expression");
}

}  // namespace
}  // namespace weft
