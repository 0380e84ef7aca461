// bench_nodes: what a run costs a node. Tasks: "load SHAPE SIZE" makes the graph, its driver and
// its plan; "held" runs the plan, "execute" the driver, and both read the outputs. They answer
// {"seconds" a run, "sum" of the outputs}.
#include <memory>

#include "graphs.h"
#include "serve.h"

namespace {

using namespace weft;

struct Held {
  Held(const std::string& shape, size_t size)
      : outputs(graphs::outputs_of(shape, size)),
        driver({graphs::module_of(shape, size)}, {}, {.threads = 1}),
        plan(driver.plan(outputs, {.shapes = {{"x", Shape::kScalar}}})) {}

  double sum(const Result& result) const {
    double sum = 0;
    for (const auto& name : outputs) sum += result.get<double>(name);
    return sum;
  }

  std::vector<std::string> outputs;
  Driver driver;
  Plan plan;
  Values inputs = {{"x", Value::of(3.0)}};
};

template <class Run>
nlohmann::json measure(const Held& held, Run run) {
  double sum = 0;
  const double seconds = bench::least_seconds([&] { sum = held.sum(run()); });
  const double run_seconds = bench::least_seconds([&] { run(); });
  return {{"seconds", seconds}, {"run_seconds", run_seconds}, {"sum", sum}};
}

}  // namespace

int main() {
  std::unique_ptr<Held> held;
  return bench::serve(
      {{"load",
        [&](const auto& words) -> nlohmann::json {
          held = std::make_unique<Held>(words.at(0), std::stoul(words.at(1)));
          return nlohmann::json::object();
        }},
       {"held",
        [&](const auto&) { return measure(*held, [&] { return held->plan.run(held->inputs); }); }},
       {"execute", [&](const auto&) {
          return measure(*held, [&] { return held->driver.execute(held->outputs, held->inputs); });
        }}});
}
