// Batch: the whole survey at once, from its files.
#include <weft/module.h>
#include <weft/weft.h>

#include <cstdio>

#include "execution_time.h"

int main(int, char** argv) {
  const std::string folder = argv[1];
  const weft::Driver driver({weft::compiled_module("survey")});
  const weft::Result result =
      driver.execute({"client_id", "age_normalized", "is_male", "days_away", "prediction"},
                     {{"survey_path", weft::Value::of(folder + "/survey_results.csv")},
                      {"login_path", weft::Value::of(folder + "/client_login.csv")},
                      {"execution_time", weft::Value::of(survey::kExecutionTime)}});
  std::printf("%s", result.table().to_string(5).c_str());
}
