// Online: one client per request. Logins come with the request; the rest was fitted in batch.
#include <weft/io.h>
#include <weft/module.h>
#include <weft/weft.h>

#include <cstdio>

#include "execution_time.h"

int main(int, char** argv) {
  const std::string folder = argv[1];
  const weft::Values inputs = {{"survey_path", weft::Value::of(folder + "/survey_results.csv")},
                               {"login_path", weft::Value::of(folder + "/client_login.csv")},
                               {"execution_time", weft::Value::of(survey::kExecutionTime)}};
  const std::vector<std::string> asked = {"age_normalized", "is_male", "days_away", "prediction"};
  const weft::Driver training({weft::compiled_module("survey")});
  const weft::Result batch =
      training.execute({"client_id", "age", "gender", "last_logged_in", "age_normalized", "is_male",
                        "days_away", "prediction"},
                       inputs);
  const auto fit = std::make_shared<const weft::Fit>(batch.fit("survey"));

  const weft::Driver serving({weft::compiled_module("survey")},
                             {{"logins", weft::Value::of("request")}});
  weft::RowRunner rows = serving
                             .plan(asked, {.context = weft::Context::kOnline,
                                           .overrides = {"model", "age_mean", "age_stddev"}})
                             .rows({{"model", fit->entries().at("model").value},
                                    {"age_mean", fit->entries().at("age_mean").value},
                                    {"age_stddev", fit->entries().at("age_stddev").value}});

  // One request for each of the first clients; the answers are those of the batch, bit for bit.
  const weft::Table clients = batch.table().load();
  int64_t different = 0;
  for (int64_t client = 0; client < clients.num_rows(); ++client) {
    for (const auto& [name, column] : {std::pair("age", "age"), std::pair("gender", "gender"),
                                       std::pair("last_login_seen", "last_logged_in")}) {
      rows.set_value(rows.input(name), clients.column(column).at(client));
    }
    rows.set(rows.input("execution_time"), survey::kExecutionTime);
    rows.run();
    for (const auto& name : asked) {
      const weft::Value answer = rows.value(rows.output(name));
      if (!answer.equals(clients.column(name).at(client))) ++different;
    }
    if (client < 5) {
      std::printf("client %s: prediction %s\n",
                  clients.column("client_id").at(client).to_string().c_str(),
                  rows.value(rows.output("prediction")).to_string().c_str());
    }
  }
  std::printf("%lld clients, %lld answers differ from the batch\n",
              static_cast<long long>(clients.num_rows()), static_cast<long long>(different));
  return different == 0 ? 0 : 1;
}
