// Streaming: the same features over micro-batches of clients, with the values fitted in batch.
#include <weft/io.h>
#include <weft/module.h>
#include <weft/weft.h>

#include <cstdio>

#include "execution_time.h"

int main(int, char** argv) {
  const std::string folder = argv[1];
  const weft::Driver driver({weft::compiled_module("survey")});
  const weft::Values inputs = {{"survey_path", weft::Value::of(folder + "/survey_results.csv")},
                               {"login_path", weft::Value::of(folder + "/client_login.csv")},
                               {"execution_time", weft::Value::of(survey::kExecutionTime)}};
  const auto fit =
      std::make_shared<const weft::Fit>(driver.execute({"prediction"}, inputs).fit("survey"));

  // The plan is made once and held; each batch brings the columns of the survey.
  const weft::Plan plan =
      driver.plan({"client_id", "age_normalized", "is_male", "days_away", "prediction"},
                  {.context = weft::Context::kStream,
                   .shapes = {{"execution_time", weft::Shape::kScalar}},
                   .choice = weft::Choice::kFitted,
                   .fit = fit});
  const weft::Table survey =
      weft::read_csv(folder + "/survey_results.csv",
                     {.types = {{"age", weft::int64_type()}, {"budget", weft::double_type()}}});
  const std::vector<std::string> columns = {"client_id", "age", "gender"};
  const auto batches = survey.load().read(columns, /*batch_rows=*/100);
  std::vector<weft::Table> results;
  while (const auto batch = batches->next()) {
    results.push_back(plan.run(*batch, {{"login_path", inputs.at("login_path")},
                                        {"execution_time", inputs.at("execution_time")}})
                          .table());
  }
  std::printf("%s", weft::Table::concat(results).to_string(5).c_str());
}
