// trips_main DATA_FOLDER OUTPUT_FOLDER: from raw trips to a training set and to answers.
//
// Raw trips become features, which are saved; what they are is applied to a store; a training set
// is built as of the time of each label; the latest values are brought online and read.
#include <weft/io.h>
#include <weft/lineage.h>
#include <weft/materialize.h>
#include <weft/module.h>
#include <weft/store.h>
#include <weft/weft.h>

#include <cstdio>
#include <filesystem>

namespace {

using namespace weft;

Time time_of(const char* text) {
  return Value::of(std::string(text)).as(timestamp_type()).get<Time>();
}

void print(const char* title, const Table& rows) {
  std::printf("%s\n%s\n", title, rows.to_string(6).c_str());
}

int run(const std::string& data, const std::string& out) {
  std::filesystem::remove_all(out);
  std::filesystem::create_directories(out);
  const Values inputs = {{"trips_raw_path", Value::of(data + "/trips_raw.parquet")},
                         {"driver_stats_path", Value::of(data + "/driver_stats.parquet")},
                         {"trips_stats_3h_path", Value::of(out + "/trips_stats_3h.parquet")}};
  const Driver driver({compiled_module("trips")});

  // Features, saved where the source of the view reads them.
  driver.materialize({modifiers::to("parquet", "trips_stats_file", {"trips_stats_3h"},
                                    {{"path", modifiers::source("trips_stats_3h_path")}})},
                     {}, inputs);
  print("saved:", read_parquet(out + "/trips_stats_3h.parquet"));
  write_lineage(driver.graph(), out + "/lineage.svg");

  const ManualClock clock(time_of("2023-07-14T16:00:00Z"));
  FeatureStore store(
      driver, {.directory = out + "/store", .project = "trips", .inputs = inputs, .clock = &clock});
  for (const std::string& change : store.apply()) std::printf("%s\n", change.c_str());

  // A training set: what was known of each driver when the label's event happened.
  const Table labels = {
      {"driver_id", ColumnData::of<int64_t>({1001, 1002, 1003, 1009})},
      {"event_timestamp",
       ColumnData::of<Time>({time_of("2023-07-12T10:59:42Z"), time_of("2023-07-10T08:12:10Z"),
                             time_of("2023-07-14T16:40:26Z"), time_of("2023-07-14T16:40:26Z")})},
      {"label", ColumnData::of<int64_t>({1, 0, 1, 0})}};
  const FeatureRequest request = {.service = "driver_activity_v1"};
  print("\ntraining set:", store.get_historical_features(request, {labels, "event_timestamp"}));

  for (const StoreRun& run : store.materialize()) {
    std::printf("%s: %lld rows, %lld drivers online\n", run.view.c_str(),
                static_cast<long long>(run.rows), static_cast<long long>(run.written));
  }
  const Table drivers = labels.select({"driver_id"});
  const Table online = store.get_online_features(request, drivers);
  print("\nonline:", online);
  const Table now = store.get_historical_features(request, {.rows = drivers, .at = clock.now()});
  std::printf("the same as history says of now: %s\n", online.equals(now) ? "yes" : "NO");
  return online.equals(now) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: trips_main DATA_FOLDER OUTPUT_FOLDER\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const Error& e) {
    std::fprintf(stderr, "trips_main: %s\n", e.what());
    return exit_status(e.code());
  }
}
