// bench_io PARQUET: tables in and out of files. Tasks "read_csv FILE", "read_parquet FILE",
// "write_csv FILE", "write_parquet FILE" (the table of PARQUET, in memory). They answer
// {"seconds"}; readers also the "summary" {column: [sum, nulls]} of what they read.
#include <optional>

#include "serve.h"
#include "weft/io.h"
#include "weft/weft.h"

namespace {

using namespace weft;

template <class T, class Number>
double sum_of(const ColumnData& column, Number number) {
  double sum = 0;
  for (const auto value : Series<T>(column)) {
    if (value) sum += static_cast<double>(number(*value));
  }
  return sum;
}

double sum_of(const ColumnData& column) {
  const auto same = [](auto v) { return v; };
  switch (column.type()->kind) {
    case Kind::kBool:
      return sum_of<bool>(column, same);
    case Kind::kInt64:
      return sum_of<int64_t>(column, same);
    case Kind::kString:
      return sum_of<std::string>(column, [](std::string_view text) { return text.size(); });
    case Kind::kTimestamp:
      return sum_of<Time>(column, [](Time t) { return t.time_since_epoch().count() / 1'000'000; });
    default:
      return sum_of<double>(column, same);
  }
}

nlohmann::json summary_of(const Table& table) {
  nlohmann::json summary;
  for (const auto& name : table.names()) {
    const ColumnData column = table.column(name);
    summary[name] = {sum_of(column), column.null_count()};
  }
  return summary;
}

// The summary is made once; what is read again is the same file.
template <class Read>
bench::Task reader(Read read) {
  return [read, summary = std::optional<nlohmann::json>()](
             const std::vector<std::string>& words) mutable -> nlohmann::json {
    std::optional<Table> table;
    const double seconds = bench::seconds_of([&] { table = read(words.at(0)).load(); });
    if (!summary) summary = summary_of(*table);
    return {{"seconds", seconds}, {"summary", *summary}};
  };
}

template <class Write>
bench::Task writer(const Table& table, Write write) {
  return [&table, write](const std::vector<std::string>& words) -> nlohmann::json {
    return {{"seconds", bench::seconds_of([&] { write(table, words.at(0)); })}};
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_io PARQUET\n");
    return 2;
  }
  const Table table = read_parquet(argv[1]).load();
  return bench::serve(
      {{"read_csv", reader([](const std::string& path) { return read_csv(path); })},
       {"read_parquet", reader([](const std::string& path) { return read_parquet(path); })},
       {"write_csv", writer(table, [](const Table& t, const auto& path) { write_csv(t, path); })},
       {"write_parquet",
        writer(table, [](const Table& t, const auto& path) { write_parquet(t, path); })}});
}
