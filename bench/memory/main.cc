// bench_memory CHAIN NODES ROWS: the most memory that a run of a chain takes above what was there
// before, in a process of its own. Answers one line {"bytes", "sum", "nulls"} of the last column.
//
//   row       every node is a row function of the one before
//   operator  every node is an operator over all rows (lag) of the one before, plus a row function
//   hand      the operator chain as a loop that holds two columns, which is the least there can be
#include <fstream>
#include <memory>
#include <stdexcept>

#include "serve.h"
#include "weft/weft.h"

namespace {

using namespace weft;

double step(double before) { return before * 0.5 + 1; }
Column<double> lag_of(Column<double> column) { return lag(column); }
double mixed(double before, double lagged) { return before * 0.5 + lagged * 0.25; }

std::string name_of(size_t i, std::string prefix = "n") { return prefix.append(std::to_string(i)); }

Module chain(const std::string& kind, size_t nodes) {
  Module module{.name = "chain", .definitions = {}};
  for (size_t i = 1; i <= nodes; ++i) {
    if (kind == "row") {
      module.definitions.push_back(modifiers::function<&step>(name_of(i), {name_of(i - 1)}));
      continue;
    }
    const std::string lagged = name_of(i, "lagged");
    module.definitions.push_back(modifiers::function<&lag_of>(lagged, {name_of(i - 1)}));
    module.definitions.push_back(modifiers::function<&mixed>(name_of(i), {name_of(i - 1), lagged}));
  }
  return module;
}

int64_t status_bytes(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  }
  throw std::runtime_error("no " + field);
}

/// The peak of resident memory while `run` runs, above what there was before.
template <class F>
int64_t peak_bytes(F run) {
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts again from here
  const int64_t before = status_bytes("VmRSS");
  run();
  return status_bytes("VmHWM") - before;
}

std::vector<double> numbers(size_t rows) {
  std::vector<double> values(rows);
  for (size_t i = 0; i < rows; ++i) values[i] = static_cast<double>(i % 1000);
  return values;
}

nlohmann::json by_weft(const std::string& kind, size_t nodes, size_t rows) {
  const Driver driver({chain(kind, nodes)}, {}, {.threads = 2});
  const Plan plan = driver.plan({name_of(nodes)});
  const Values inputs = {{"n0", Value::of(ColumnData::of(numbers(rows)))}};
  std::optional<Result> result;
  const int64_t bytes = peak_bytes([&] { result = plan.run(inputs); });
  const ColumnData column = result->column(name_of(nodes));
  double sum = 0;
  for (const auto v : Series<double>(column)) sum += v.value_or(0);
  return {{"bytes", bytes}, {"sum", sum}, {"nulls", column.null_count()}};
}

// Rows before `nulls` are null, one more with each node, so no bitmap is needed.
nlohmann::json by_hand(size_t nodes, size_t rows) {
  std::vector<double> column = numbers(rows);
  const int64_t bytes = peak_bytes([&] {
    for (size_t node = 1; node <= nodes; ++node) {
      std::vector<double> next(rows);
      for (size_t i = node; i < rows; ++i) next[i] = mixed(column[i], column[i - 1]);
      column = std::move(next);
    }
  });
  double sum = 0;
  for (size_t i = nodes; i < rows; ++i) sum += column[i];
  return {{"bytes", bytes}, {"sum", sum}, {"nulls", nodes}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_memory row|operator|hand NODES ROWS\n");
    return 2;
  }
  const std::string kind = argv[1];
  const size_t nodes = std::stoul(argv[2]);
  const size_t rows = std::stoul(argv[3]);
  std::printf("%s\n",
              (kind == "hand" ? by_hand(nodes, rows) : by_weft(kind, nodes, rows)).dump().c_str());
  return 0;
}
