// Expressions as JSON and back, and the kernels that only they use.
#include "exec/expression_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ops/expr_evaluation.h"
#include "weft/rows.h"
#include "weft/weft.h"

namespace weft {
namespace {

using testing::HasSubstr;

Error error_of(const std::string& text) {
  try {
    expression_from_json(text);
  } catch (const Error& e) {
    return e;
  }
  return Error(ErrorCode::kInternal, "no error");
}

TEST(ExpressionJson, ReadsWhatItWrote) {
  const auto x = test_column<double>("x");
  const auto text = test_column<std::string>("text");
  const ExprPtr all[] = {
      (x * 2.0 + std::nan("")).expr,
      if_else(x > mean(x), quantile(x, 0.9), -0.0).expr,
      shift(x, 2).expr,
      mean(x).over(last_rows(3)).by(text).on(test_column<Time>("at")).expr,
      function_expr("map_value",
                    {text.expr, literal_expr(Value::of(std::vector<std::string>{"a", "\"b\n"})),
                     literal_expr(Value::of(std::vector<double>{1.5, HUGE_VAL}))}),
      literal_expr(Value::null(int64_type()))};
  for (const ExprPtr& expr : all) {
    const std::string json = expression_to_json(expr);
    const ExprPtr again = expression_from_json(json);
    EXPECT_EQ(again->to_string(), expr->to_string());
    EXPECT_EQ(again->type, expr->type);
    EXPECT_EQ(again->scalar, expr->scalar);
    EXPECT_EQ(expression_to_json(again), json);
  }
}

TEST(ExpressionJson, WhatIsSharedIsWrittenOnce) {
  ExprPtr x = test_column<double>("x").expr;
  for (int i = 0; i < 40; ++i) x = function_expr("add", {x, x});
  EXPECT_LT(expression_to_json(x).size(), 3000u);
  EXPECT_EQ(expression_from_json(expression_to_json(x))->type, double_type());
}

TEST(ExpressionJson, DamageIsToldByStep) {
  EXPECT_EQ(error_of("{").code(), ErrorCode::kBadData);
  EXPECT_THAT(
      error_of(R"({"steps": [["input", "x", "double"], ["function", "add", [0, 7]]]})").what(),
      HasSubstr("step 1 of an expression: it names step 7"));
  EXPECT_THAT(error_of(R"({"steps": [["input", "x", "double"], ["function", "ad", [0]]]})").what(),
              HasSubstr("there is no function 'ad'"));
  EXPECT_THAT(error_of(R"({"steps": [["thing", "x", "double"]]})").what(), HasSubstr("'thing'"));
}

double divided(int64_t x, int64_t y) {
  const ExprPtr quotient =
      function_expr("python_divide", {literal_expr(Value::of(x)), literal_expr(Value::of(y))});
  return evaluate(quotient, {}).at(0).get<double>();
}

TEST(PythonKernels, IntegersDivideWithOneRounding) {
  EXPECT_EQ(divided(7, 2), 3.5);
  EXPECT_EQ(divided(-7, 2), -3.5);
  // 2^53 + 1 is no double: rounded first, the quotient would end in 330.
  EXPECT_EQ(divided(9007199254740993, 3), 3002399751580331.0);
  EXPECT_EQ(divided(INT64_MAX, 3), 3074457345618258602.0);
  EXPECT_EQ(divided(9007199254740993, 9007199254740992), 1.0);
  EXPECT_EQ(divided(INT64_MIN, -1), 9223372036854775808.0);
  EXPECT_EQ(divided(1, INT64_MIN), -0x1p-63);
}

}  // namespace
}  // namespace weft
