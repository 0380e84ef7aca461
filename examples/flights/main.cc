// flights_demo DATA_FOLDER [OUTPUT_FOLDER]: load, features, checks, a training table, a lineage
// page, and the same features for single flights, compared with the batch; then a store: training
// set, latest values, answers over HTTP, compared with the training set.
#include <weft/io.h>
#include <weft/module.h>
#include <weft/weft.h>

#include <cstdio>
#include <filesystem>

#include "feature_names.h"
#include "stopwatch.h"
#include "store_demo.h"
#include "weft/lineage.h"

namespace {

using namespace weft;

void print_checks(const Result& result) {
  for (const auto& check : result.checks()) {
    std::printf("  %s  %s of %s  %s\n", check.passed ? "ok  " : "WARN", check.check.c_str(),
                check.node.c_str(), check.message.c_str());
  }
}

// What a request brings: the raw columns of one flight, and the delays seen so far.
Values request_inputs(const Plan& plan, const Table& batch, int64_t row) {
  Values inputs;
  for (const auto& input : plan.inputs()) {
    if (batch.has(input.name)) inputs[input.name] = batch.column(input.name).at(row);
  }
  return inputs;
}

int64_t compare_requests(const Driver& driver, const Result& result, const Values& paths) {
  const Table batch = result.table().load();
  const Plan plan = driver.plan(
      flights::kFeatures,
      {.context = Context::kOnline,
       // Windows over earlier flights are what an online store is for; here the request brings
       // them.
       .choices = {{"origin_delay_3h", Choice::kGiven}, {"aircraft_last_delay", Choice::kGiven}},
       .choice = Choice::kFitted,
       .fit = std::make_shared<const Fit>(result.fit("flights 2013"))});
  Stopwatch ready;
  RowRunner rows = plan.rows(paths);
  say("request plan ready (weather and aircraft indexed)", ready.seconds());

  constexpr int64_t kRequests = 20'000;
  const int64_t step = batch.num_rows() / kRequests;
  int64_t different = 0;
  double seconds = 0;
  for (int64_t i = 0; i < kRequests; ++i) {
    const int64_t row = i * step;
    for (const auto& [name, value] : request_inputs(plan, batch, row)) {
      rows.set_value(rows.input(name), value);
    }
    Stopwatch one;
    rows.run();
    seconds += one.seconds();
    for (size_t f = 0; f < flights::kFeatures.size(); ++f) {
      const Value expected = batch.column(flights::kFeatures[f]).at(row);
      if (!rows.value(f).equals(expected)) ++different;
    }
  }
  std::printf("%-58s %9.3f us\n", "one flight, thirty-four features, mean of 20,000 requests",
              seconds / kRequests * 1e6);
  std::printf("values that differ between request and batch: %lld of %lld\n",
              static_cast<long long>(different),
              static_cast<long long>(kRequests * static_cast<int64_t>(flights::kFeatures.size())));
  return different;
}

int run(const std::string& data, const std::string& out) {
  std::filesystem::create_directories(out);
  const Values paths = {{"flights_path", Value::of(data + "/flights.csv")},
                        {"weather_path", Value::of(data + "/weather.csv")},
                        {"planes_path", Value::of(data + "/planes.csv")}};
  Stopwatch whole;
  Stopwatch build;
  const Driver driver({compiled_module("flights")});
  std::vector<std::string> outputs = flights::kFeatures;
  for (const char* name : {"is_late", "scheduled", "time_hour", "minute", "carrier", "tailnum",
                           "origin", "dest", "distance", "dep_delay"}) {
    outputs.emplace_back(name);
  }
  const Plan plan = driver.plan(outputs);
  say("graph resolved and plan made", build.seconds());

  Stopwatch batch;
  const Result result = plan.run(paths);
  const Table training = result.table();
  std::printf("%-58s %9.3f s\n",
              ("34 features of " + std::to_string(training.num_rows()) + " flights").c_str(),
              batch.seconds());
  print_checks(result);

  Stopwatch write;
  write_parquet(training, out + "/training.parquet");
  say("training table written as Parquet", write.seconds());
  Stopwatch page;
  write_lineage(driver.graph(), out + "/lineage.html",
                {.title = "Flights out of New York in 2013", .measured = &result});
  say("lineage page written", page.seconds());
  std::printf("\n%s\n", training
                            .select({"route", "hour_of_day", "temperature", "aircraft_age",
                                     "origin_delay_3h", "is_late"})
                            .to_string(5)
                            .c_str());

  int64_t different = compare_requests(driver, result, paths);
  std::printf("\n");
  different += flights::run_store_demo(driver, paths, training, out);
  say("everything", whole.seconds());
  std::printf("\n%s/training.parquet\n%s/lineage.html\n", out.c_str(), out.c_str());
  return different == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: flights_demo DATA_FOLDER [OUTPUT_FOLDER]\n");
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? argv[2] : "build/flights");
  } catch (const Error& e) {
    std::fprintf(stderr, "flights_demo: %s\n", e.what());
    return exit_status(e.code());
  }
}
