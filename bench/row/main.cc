// bench_row FILE: the thirty features of expressions/features.cc a row at a time, in process. Tasks
// "weft" (a RowRunner: inputs set, run, outputs read), "hand" and "inlined" (calls by hand) answer
// {"seconds" a row, "sums" of the seven outputs, nulls left out}.
#include <array>
#include <memory>

#include "hand.h"
#include "serve.h"
#include "weft/io.h"
#include "weft/module.h"
#include "weft/weft.h"

namespace {

using namespace weft;
using expressions::Row;

constexpr size_t kOutputs = 7;
using Sums = std::array<double, kOutputs>;

// The rows as a program has them that answers requests: values, not columns.
struct Rows {
  explicit Rows(const Table& table) {
    const Series<double> a(table.column("a")), b(table.column("b")), c(table.column("c")),
        d(table.column("d"));
    const Series<Time> ts(table.column("ts"));
    const Series<std::string> s(table.column("s"));
    for (const auto text : s) texts.emplace_back(*text);
    for (const auto v : a) rows.push_back({.a = *v, .b = 0, .c = 0, .d = {}, .ts = {}, .s = {}});
    fill(b, [](Row& row, auto v) { row.b = *v; });
    fill(c, [](Row& row, auto v) { row.c = *v; });
    fill(d, [](Row& row, auto v) { row.d = v; });
    fill(ts, [](Row& row, auto v) { row.ts = *v; });
    for (size_t i = 0; i < rows.size(); ++i) rows[i].s = texts[i];
  }
  template <class T, class Set>
  void fill(const Series<T>& series, Set set) {
    size_t i = 0;
    for (const auto v : series) set(rows[i++], v);
  }

  std::vector<std::string> texts;
  std::vector<Row> rows;
};

class Weft {
 public:
  Weft(double mean, double stddev)
      : driver_({compiled_module("row")}, {}, {.threads = 1}),
        plan_(driver_.plan({"f08", "f13", "f17", "f19", "f22", "f28", "f30"},
                           {.context = Context::kOnline, .choice = Choice::kGiven})),
        runner_(plan_.rows({{"a_mean", Value::of(mean)}, {"a_stddev", Value::of(stddev)}})) {
    for (const char* name : {"a", "b", "c", "d", "ts", "s"}) in_.push_back(runner_.input(name));
    for (const auto& name : plan_.outputs()) out_.push_back(runner_.output(name));
  }

  void add(const Row& row, Sums& sums) {
    runner_.set(in_[0], row.a);
    runner_.set(in_[1], row.b);
    runner_.set(in_[2], row.c);
    if (row.d) {
      runner_.set(in_[3], *row.d);
    } else {
      runner_.set_null(in_[3]);
    }
    runner_.set(in_[4], row.ts);
    runner_.set(in_[5], row.s);
    runner_.run();
    for (size_t i = 0; i < kOutputs; ++i) {
      sums[i] += i == 1 ? runner_.get<bool>(out_[i]).value_or(false)
                        : runner_.get<double>(out_[i]).value_or(0);
    }
  }

 private:
  Driver driver_;
  Plan plan_;
  RowRunner runner_;
  std::vector<size_t> in_;
  std::vector<size_t> out_;
};

void add(const expressions::RowOutputs& out, Sums& sums) {
  sums[0] += out.f08;
  sums[1] += out.f13;
  sums[2] += out.f17;
  sums[3] += out.f19.value_or(0);
  sums[4] += out.f22.value_or(0);
  sums[5] += out.f28.value_or(0);
  sums[6] += out.f30.value_or(0);
}

template <class Add>
nlohmann::json measure(const Rows& rows, Add add) {
  Sums sums;
  const double seconds = bench::least_seconds([&] {
    sums = {};
    for (const Row& row : rows.rows) add(row, sums);
  });
  return {{"seconds", seconds / static_cast<double>(rows.rows.size())}, {"sums", sums}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_row FILE MEAN STDDEV\n");
    return 2;
  }
  const Rows rows(read_parquet(argv[1]).load());
  const double mean = std::stod(argv[2]);
  const double stddev = std::stod(argv[3]);
  Weft weft(mean, stddev);
  return bench::serve({{"weft",
                        [&](const auto&) {
                          return measure(rows,
                                         [&](const Row& row, Sums& sums) { weft.add(row, sums); });
                        }},
                       {"hand",
                        [&](const auto&) {
                          return measure(rows, [&](const Row& row, Sums& sums) {
                            add(expressions::by_hand(row, mean, stddev), sums);
                          });
                        }},
                       {"inlined", [&](const auto&) {
                          return measure(rows, [&](const Row& row, Sums& sums) {
                            add(expressions::by_hand_inlined(row, mean, stddev), sums);
                          });
                        }}});
}
