// bench_point_in_time: joins of a spine and views of Parquet files. Task "join memory|parquet
// THREADS TTL_HOURS SPINE VIEW...": from tables in memory (which are read by the first task that
// names them) or from the files. Answers {"seconds", "cpu_seconds", "summary", "peak_bytes"}; the
// summary is {feature: [sum of value * (row % 1009), values]}, which does not depend on the order
// of rows.
#include <time.h>

#include <fstream>
#include <map>

#include "serve.h"
#include "weft/io.h"
#include "weft/point_in_time.h"
#include "weft/weft.h"

namespace {

using namespace weft;

// Not getrusage's: that goes on from whoever started the process.
int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    int64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

// Of all threads of the process.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

nlohmann::json summary_of(const Table& joined) {
  nlohmann::json summary;
  const Series<int64_t> row(joined.column("row"));
  for (const auto& [name, type] : joined.schema()) {
    if (type != double_type()) continue;
    const Series<double> values(joined.column(name));
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < values.size(); ++i) {
      if (values.is_null(i)) continue;
      sum += values.value(i) * static_cast<double>(row.value(i) % 1009);
      ++count;
    }
    summary[name] = {sum, count};
  }
  return summary;
}

class Joins {
 public:
  nlohmann::json join(const std::vector<std::string>& words) {
    const bool held = words.at(0) == "memory";
    const PointInTimeOptions options = {.full_names = true, .threads = std::stoi(words.at(1))};
    Spine spine = {table(words.at(3), held), "at"};
    std::vector<PointInTimeView> views;
    for (size_t i = 4; i < words.size(); ++i) {
      views.push_back({.name = "v" + std::to_string(i - 4),
                       .table = table(words[i], held),
                       .keys = {"entity"},
                       .event_time = "at",
                       .ttl = std::chrono::hours(std::stoi(words.at(2)))});
    }
    Table joined;
    const double cpu = cpu_seconds();
    const double seconds =
        bench::seconds_of([&] { joined = point_in_time_join(spine, views, options).load(); });
    const double cpu_spent = cpu_seconds() - cpu;
    const int64_t peak = peak_bytes();
    return {{"seconds", seconds},
            {"cpu_seconds", cpu_spent},
            {"summary", summary_of(joined)},
            {"peak_bytes", peak}};
  }

 private:
  Table table(const std::string& path, bool held) {
    if (!held) return read_parquet(path);
    const auto at = held_.find(path);
    return at != held_.end() ? at->second
                             : held_.emplace(path, read_parquet(path).load()).first->second;
  }

  std::map<std::string, Table> held_;
};

}  // namespace

int main() {
  Joins joins;
  return bench::serve(
      {{"join", [&](const std::vector<std::string>& words) { return joins.join(words); }}});
}
