// Runs the features over the files of a folder: orders_main FOLDER SCRATCH_FOLDER.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "weft/module.h"
#include "weft/weft.h"

namespace {

using namespace weft;
using namespace weft::modifiers;

void in_parallel(const Driver& driver, const Values& inputs) {
  const Result result = driver.execute({"summary", "save.summary", "widest_of_each"}, inputs);
  std::cout << result.get<Table>("summary").to_string() << '\n';
  for (const int64_t width : result.get<std::vector<int64_t>>("widest_of_each")) {
    std::cout << "widest line: " << width << '\n';
  }
  const auto& saved = result.get<Values>("save.summary");
  std::cout << "saved " << saved.at("rows").to_string() << " rows:";
  for (const auto& [column, type] : saved.at("schema").get<Values>()) {
    std::cout << ' ' << column << ' ' << type.get<std::string>();
  }
  std::cout << '\n';
}

void asynchronously(const Driver& driver, Values inputs) {
  inputs["currency"] = Value::of("EUR");
  const Task task = driver.execute_async({"total_abroad"}, inputs);
  // ... something else ...
  std::cout << "abroad: " << task.get().get<double>("total_abroad") << '\n';
}

void named_at_the_call(const Driver& driver, const Values& inputs, const std::string& scratch) {
  const Result result = driver.materialize(
      {to("parquet", "shares", {"summary"}, {{"path", value(scratch + "/shares.parquet")}}),
       from("object", "loyalty", {{"path", value(scratch + "/loyalty.json")}})},
      {"total"}, inputs);
  std::cout << result.get<Values>("shares").at("rows").to_string() << " rows in shares, total "
            << result.get<double>("total") << '\n';
}

void own_formats(const Driver& driver, const std::string& scratch) {
  std::ofstream(scratch + "/stock.txt") << "tea 40\ncoffee 15.5\n";
  const Result result =
      driver.execute({"save.stock"}, {{"stock_path", Value::of(scratch + "/stock.txt")},
                                      {"copy_path", Value::of(scratch + "/copy.txt")}});
  std::cout << "copied " << result.get<Values>("save.stock").at("rows").to_string() << " pairs\n";
}

void traced(const Driver& driver, const Values& inputs, const std::string& scratch) {
  Trace trace;
  driver.execute({"total"}, inputs, {}, {.hooks = &trace.hooks()});
  trace.write(scratch + "/run.trace.json");  // for chrome://tracing and Perfetto
  int64_t segments = 0;
  for (const Span& span : trace.spans()) segments += span.kind == "segment" ? 1 : 0;
  std::cout << segments << " segments ran\n";
}

void run(const std::string& folder, const std::string& scratch) {
  const Driver driver({compiled_module("orders")});
  const Values inputs = {{"folder", Value::of(folder)},
                         {"loyalty", Value::of(10.0)},
                         {"summary_path", Value::of(scratch + "/summary.csv")}};
  in_parallel(driver, inputs);
  asynchronously(driver, inputs);
  own_formats(driver, scratch);
  traced(driver, inputs, scratch);
  // The loyalty is loaded from a file instead of being given.
  driver.materialize(
      {to("object", "kept", {"loyalty"}, {{"path", value(scratch + "/loyalty.json")}})}, {},
      {{"loyalty", Value::of(50.0)}});
  Values without = inputs;
  without.erase("loyalty");
  named_at_the_call(driver, without, scratch);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: orders_main FOLDER SCRATCH_FOLDER\n";
    return 2;
  }
  try {
    std::filesystem::create_directories(argv[2]);
    run(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
