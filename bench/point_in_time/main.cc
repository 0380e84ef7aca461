// bench_point_in_time: joins of a spine and views, which are Parquet files or Delta tables. Task
// "join memory|parquet|table|within:MIB THREADS TTL_HOURS SPINE VIEW...": from tables in memory
// (which are read by the first task that names them), from the files, or from the files within a
// limit of memory, where the result is read block by block, too. Answers {"seconds", "cpu_seconds",
// "summary", "peak_bytes"}; the summary is {feature: [sum of value * (row % 1009), values]}, which
// does not depend on the order of rows. Task "write PARQUET TABLE" makes a Delta table of a file,
// clustered by entity and time.
#include <time.h>

#include <fstream>
#include <map>

#include "serve.h"
#include "weft/delta_table.h"
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

// Of rows that come in blocks.
class Summary {
 public:
  void add(const Table& joined) {
    const Series<int64_t> row(joined.column("row"));
    for (const auto& [name, type] : joined.schema()) {
      if (type != double_type()) continue;
      const Series<double> values(joined.column(name));
      auto& [sum, count] = features_[name];
      for (int64_t i = 0; i < values.size(); ++i) {
        if (values.is_null(i)) continue;
        sum += values.value(i) * static_cast<double>(row.value(i) % 1009);
        ++count;
      }
    }
  }
  nlohmann::json json() const { return features_; }

 private:
  std::map<std::string, std::pair<double, int64_t>> features_;
};

// As stores write theirs.
nlohmann::json make_table(const std::vector<std::string>& words) {
  const Table rows = read_parquet(words.at(0));
  const auto seconds = bench::seconds_of([&] {
    DeltaTable table =
        DeltaTable::create(words.at(1), {.schema = rows.schema(), .cluster_by = {"entity", "at"}},
                           {.compression = Compression::kLz4});
    table.append(rows);
  });
  return {{"seconds", seconds}, {"peak_bytes", peak_bytes()}};
}

class Joins {
 public:
  nlohmann::json join(const std::vector<std::string>& words) {
    const bool held = words.at(0) == "memory";
    const std::string limit = words.at(0).starts_with("within:") ? words.at(0).substr(7) : "";
    PointInTimeOptions options = {.full_names = true, .threads = std::stoi(words.at(1))};
    if (!limit.empty()) options.memory_limit = std::stoll(limit) << 20;
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
    Summary summary;
    const double cpu = cpu_seconds();
    const double seconds = bench::seconds_of([&] {
      joined = point_in_time_join(spine, views, options);
      if (limit.empty()) {
        joined = joined.load();
      } else {
        const auto blocks = joined.read(joined.names());
        while (const auto block = blocks->next()) summary.add(*block);
      }
    });
    const double cpu_spent = cpu_seconds() - cpu;
    const int64_t peak = peak_bytes();
    if (limit.empty()) summary.add(joined);
    return {{"seconds", seconds},
            {"cpu_seconds", cpu_spent},
            {"summary", summary.json()},
            {"peak_bytes", peak}};
  }

 private:
  static Table opened(const std::string& path) {
    return DeltaTable::exists(path) ? read_delta(path) : read_parquet(path);
  }

  Table table(const std::string& path, bool held) {
    if (!held) return opened(path);
    const auto at = held_.find(path);
    return at != held_.end() ? at->second : held_.emplace(path, opened(path).load()).first->second;
  }

  std::map<std::string, Table> held_;
};

}  // namespace

int main() {
  Joins joins;
  return bench::serve(
      {{"join", [&](const std::vector<std::string>& words) { return joins.join(words); }},
       {"write", make_table}});
}
