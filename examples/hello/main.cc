// Marketing spend by week, as a table on the terminal.
#include <weft/module.h>
#include <weft/weft.h>

#include <cstdio>

int main() {
  const weft::Driver driver({weft::compiled_module("hello")});
  const weft::Table weeks = {
      {"spend", weft::ColumnData::of<double>({10, 10, 20, 40, 40, 50})},
      {"signups", weft::ColumnData::of<int64_t>({1, 10, 50, 100, 200, 400})},
  };
  const weft::Plan plan = driver.plan(
      {"spend", "signups", "avg_3wk_spend", "spend_per_signup", "spend_zero_mean_unit_variance"});
  std::printf("%s", plan.run(weeks).table().to_string().c_str());
}
