// bench_expressions FILE: the features of features.cc over a table in memory, and the hand-fused
// loop. Prints one JSON object a line: {"impl", "seconds" (median a run), "summary": {output: [sum,
// nulls]}}.
#include <arrow/api.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/page_pool.h"
#include "hand.h"
#include "weft/io.h"
#include "weft/module.h"
#include "weft/weft.h"

namespace {

using namespace weft;
constexpr int kThreads = 2;
const std::vector<std::string> kOutputs = {"f08", "f13", "f17", "f19", "f22", "f28", "f30"};

template <class F>
double median_seconds(F run, int64_t rows) {
  const int repeat = rows > 1'000'000 ? 9 : 2000;
  std::vector<double> seconds;
  for (int i = 0; i <= repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i > 0) seconds.push_back(took.count());
  }
  std::ranges::nth_element(seconds, seconds.begin() + repeat / 2);
  return seconds[static_cast<size_t>(repeat) / 2];
}

void print(const char* impl, double seconds,
           const std::map<std::string, std::pair<double, int64_t>>& s) {
  std::printf("{\"impl\": \"%s\", \"seconds\": %.9g, \"summary\": {", impl, seconds);
  bool first = true;
  for (const auto& [name, sum] : s) {
    std::printf("%s\"%s\": [%.17g, %lld]", first ? "" : ", ", name.c_str(), sum.first,
                static_cast<long long>(sum.second));
    first = false;
  }
  std::printf("}}\n");
}

void bench_weft(const Table& table, int64_t rows) {
  const Driver driver({compiled_module("expressions")}, {}, {.threads = kThreads});
  const Plan plan = driver.plan(kOutputs);
  Values inputs;
  for (const auto& input : plan.inputs()) inputs[input.name] = Value::of(table.column(input.name));
  if (std::getenv("WEFT_BENCH_EXPLAIN")) {
    const Result r = plan.run(inputs);
    std::fprintf(stderr, "%s", plan.explain(&r).c_str());
  }
  std::optional<Result> result;
  const double seconds = median_seconds(
      [&] {
        result.reset();
        result = plan.run(inputs);
      },
      rows);
  std::map<std::string, std::pair<double, int64_t>> summary;
  for (const auto& name : kOutputs) {
    const ColumnData column = result->column(name);
    double sum = 0;
    if (column.type() == bool_type()) {
      for (const auto v : Series<bool>(column)) sum += v.value_or(false);
    } else {
      for (const auto v : Series<double>(column)) sum += v.value_or(0);
    }
    summary[name] = {sum, column.null_count()};
  }
  print("weft", seconds, summary);
}

struct Buffers {
  explicit Buffers(int64_t n) : rows(n), words(static_cast<size_t>((n + 63) / 64)) {
    for (auto& column : columns) column = take<double>(static_cast<size_t>(n));
    for (auto& column : bits) column = take<uint64_t>(words);
  }
  ~Buffers() {
    for (auto* p : columns) give_back(p, static_cast<size_t>(rows));
    for (auto* p : bits) give_back(p, words);
  }
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  // The same memory as the engine's columns, so that neither pays for fresh pages alone.
  template <class T>
  static T* take(size_t n) {
    const size_t bytes = n * sizeof(T);
    if (bytes < PagePool::kBytesMin) return static_cast<T*>(std::malloc(bytes + 64));
    return reinterpret_cast<T*>(PagePool::instance().take(bytes));
  }
  template <class T>
  static void give_back(T* p, size_t n) {
    if (n * sizeof(T) < PagePool::kBytesMin) return std::free(p);
    PagePool::instance().give_back(reinterpret_cast<char*>(p), n * sizeof(T));
  }
  expressions::HandOutput output() {
    return {columns[0], bits[0], columns[1], columns[2], bits[1],
            columns[3], bits[2], columns[4], bits[3],    columns[5]};
  }

  int64_t rows;
  size_t words;
  double* columns[6];
  uint64_t* bits[4];
};

std::pair<double, double> mean_and_stddev(const double* a, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += a[i];
  const double mean = sum / static_cast<double>(n);
  double squares = 0;
  for (int64_t i = 0; i < n; ++i) squares += (a[i] - mean) * (a[i] - mean);
  return {mean, std::sqrt(squares / static_cast<double>(n - 1))};
}

void bench_hand(const Table& table, int64_t rows) {
  const auto doubles = [&](const char* name) {
    return table.column(name).arrow()->chunk(0)->data()->GetValues<double>(1);
  };
  const auto& d = *table.column("d").arrow()->chunk(0);
  const auto& s = static_cast<const arrow::StringArray&>(*table.column("s").arrow()->chunk(0));
  const expressions::HandInput in = {
      rows,
      doubles("a"),
      doubles("b"),
      doubles("c"),
      doubles("d"),
      d.null_bitmap_data(),
      table.column("ts").arrow()->chunk(0)->data()->GetValues<int64_t>(1),
      s.raw_value_offsets(),
      reinterpret_cast<const char*>(s.raw_data())};
  std::unique_ptr<Buffers> buffers;
  const double seconds = median_seconds(
      [&] {
        buffers.reset();
        buffers = std::make_unique<Buffers>(rows);
        const auto [mean, stddev] = mean_and_stddev(in.a, rows);
        const auto out = buffers->output();
        if (rows < 100'000) return expressions::hand_fused(in, out, 0, rows, mean, stddev);
        const int64_t half = rows / 128 * 64;
        std::thread other(
            [&, m = mean, sd = stddev] { expressions::hand_fused(in, out, half, rows, m, sd); });
        expressions::hand_fused(in, out, 0, half, mean, stddev);
        other.join();
      },
      rows);
  const auto summary = [&](const double* v, const uint64_t* valid) {
    double sum = 0;
    int64_t nulls = 0;
    for (int64_t i = 0; i < rows; ++i) {
      const bool ok = !valid || (valid[i / 64] >> (i % 64) & 1);
      ok ? sum += v[i] : ++nulls;
    }
    return std::pair(sum, nulls);
  };
  const auto out = buffers->output();
  double trues = 0;
  for (int64_t i = 0; i < rows; ++i) trues += static_cast<double>(out.f13[i / 64] >> (i % 64) & 1);
  print("hand", seconds,
        {{"f08", summary(out.f08, nullptr)},
         {"f13", {trues, 0}},
         {"f17", summary(out.f17, nullptr)},
         {"f19", summary(out.f19, out.f19_valid)},
         {"f22", summary(out.f22, out.f22_valid)},
         {"f28", summary(out.f28, out.f28_valid)},
         {"f30", summary(out.f30, out.f28_valid)}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_expressions FILE\n");
    return 2;
  }
  // One chunk a column, so that the hand-written loop can run over plain pointers.
  const auto table =
      Table::from_arrow(read_parquet(argv[1]).to_arrow()->CombineChunks().ValueOrDie());
  bench_weft(table, table.num_rows());
  bench_hand(table, table.num_rows());
  return 0;
}
