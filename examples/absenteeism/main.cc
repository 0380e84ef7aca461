// Features of every absence, and what the checks found.
#include <weft/module.h>
#include <weft/weft.h>

#include <cstdio>

int main(int, char** argv) {
  const weft::Driver driver({weft::compiled_module("absenteeism")});
  const weft::Result result =
      driver.execute({"age_zscore", "height_zscore", "weight_zscore", "computed_body_mass_index",
                      "body_mass_index_error", "seasons_1", "is_monday", "is_summer",
                      "has_children", "has_pet", "absence_per_service_year"},
                     {{"absences_path", weft::Value::of(std::string(argv[1]))}});
  std::printf("%s\n", result.table().to_string(5).c_str());
  for (const auto& check : result.checks()) {
    std::printf("%s  %s of %s%s%s\n", check.passed ? "ok  " : "warn", check.check.c_str(),
                check.node.c_str(), check.message.empty() ? "" : ": ", check.message.c_str());
  }
}
