// bench_expressions FILE: the features of features.cc over a table in memory (task "weft"), and the
// hand-fused loop ("hand"). Answers {"seconds" a run, "summary": {output: [sum, nulls]}}.
#include <arrow/api.h>

#include <cstdlib>
#include <thread>

#include "base/page_pool.h"
#include "hand.h"
#include "serve.h"
#include "weft/io.h"
#include "weft/module.h"
#include "weft/weft.h"

namespace {

using namespace weft;
constexpr int kThreads = 2;
const std::vector<std::string> kOutputs = {"f08", "f13", "f17", "f19", "f22", "f28", "f30"};

using Summary = std::map<std::string, std::pair<double, int64_t>>;  // sum and nulls, by output

class Weft {
 public:
  explicit Weft(const Table& table) : plan_(driver_.plan(kOutputs)) {
    for (const auto& input : plan_.inputs()) {
      inputs_[input.name] = Value::of(table.column(input.name));
    }
    if (std::getenv("WEFT_BENCH_EXPLAIN")) {
      const Result result = plan_.run(inputs_);
      std::fprintf(stderr, "%s", plan_.explain(&result).c_str());
    }
  }

  // The last result goes before the next is made, as one who runs batch after batch would have it.
  void run() {
    result_.reset();
    result_ = plan_.run(inputs_);
  }

  Summary summary() const {
    Summary summary;
    for (const auto& name : kOutputs) {
      const ColumnData column = result_->column(name);
      double sum = 0;
      if (column.type() == bool_type()) {
        for (const auto v : Series<bool>(column)) sum += v.value_or(false);
      } else {
        for (const auto v : Series<double>(column)) sum += v.value_or(0);
      }
      summary[name] = {sum, column.null_count()};
    }
    return summary;
  }

 private:
  Driver driver_{{compiled_module("expressions")}, {}, {.threads = kThreads}};
  Plan plan_;
  Values inputs_;
  std::optional<Result> result_;
};

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

class Hand {
 public:
  explicit Hand(const Table& table) : table_(table), rows_(table.num_rows()) {
    const auto doubles = [&](const char* name) {
      return table.column(name).arrow()->chunk(0)->data()->GetValues<double>(1);
    };
    const auto& s = static_cast<const arrow::StringArray&>(*table.column("s").arrow()->chunk(0));
    in_ = {rows_,
           doubles("a"),
           doubles("b"),
           doubles("c"),
           doubles("d"),
           table.column("d").arrow()->chunk(0)->null_bitmap_data(),
           table.column("ts").arrow()->chunk(0)->data()->GetValues<int64_t>(1),
           s.raw_value_offsets(),
           reinterpret_cast<const char*>(s.raw_data())};
  }

  void run() {
    buffers_.reset();
    buffers_ = std::make_unique<Buffers>(rows_);
    const auto [mean, stddev] = mean_and_stddev(in_.a, rows_);
    const auto out = buffers_->output();
    if (rows_ < 100'000) return expressions::hand_fused(in_, out, 0, rows_, mean, stddev);
    const int64_t half = rows_ / 128 * 64;
    std::thread other(
        [&, m = mean, sd = stddev] { expressions::hand_fused(in_, out, half, rows_, m, sd); });
    expressions::hand_fused(in_, out, 0, half, mean, stddev);
    other.join();
  }

  Summary summary() const {
    const auto of = [&](const double* v, const uint64_t* valid) {
      double sum = 0;
      int64_t nulls = 0;
      for (int64_t i = 0; i < rows_; ++i) {
        const bool ok = !valid || (valid[i / 64] >> (i % 64) & 1);
        ok ? sum += v[i] : ++nulls;
      }
      return std::pair(sum, nulls);
    };
    const auto out = buffers_->output();
    double trues = 0;
    for (int64_t i = 0; i < rows_; ++i) {
      trues += static_cast<double>(out.f13[i / 64] >> (i % 64) & 1);
    }
    return {{"f08", of(out.f08, nullptr)},       {"f13", {trues, 0}},
            {"f17", of(out.f17, nullptr)},       {"f19", of(out.f19, out.f19_valid)},
            {"f22", of(out.f22, out.f22_valid)}, {"f28", of(out.f28, out.f28_valid)},
            {"f30", of(out.f30, out.f28_valid)}};
  }

 private:
  Table table_;
  int64_t rows_;
  expressions::HandInput in_;
  std::unique_ptr<Buffers> buffers_;
};

template <class Side>
bench::Task task_of(std::shared_ptr<Side> side, int64_t rows) {
  return [side, rows, summary = std::optional<Summary>()](const auto&) mutable -> nlohmann::json {
    const double seconds = rows > 1'000'000 ? bench::seconds_of([&] { side->run(); })
                                            : bench::least_seconds([&] { side->run(); });
    if (!summary) summary = side->summary();
    return {{"seconds", seconds}, {"summary", *summary}};
  };
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
  return bench::serve({{"weft", task_of(std::make_shared<Weft>(table), table.num_rows())},
                       {"hand", task_of(std::make_shared<Hand>(table), table.num_rows())}});
}
