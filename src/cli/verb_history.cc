// weft history: training sets, and features as of a time.
#include <fmt/format.h>

#include <filesystem>

#include "cli/progress.h"
#include "cli/show_values.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "registry/records.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft::cli {
namespace {

constexpr int64_t kRowsShown = 20;

PointInTimeOptions options_of(const Arguments& arguments) {
  PointInTimeOptions options;
  if (arguments.text("as-of") == "known") options.as_of = AsOf::kKnown;
  options.event_times = arguments.has("event-times");
  options.reasons = arguments.has("reasons");
  options.memory_limit = arguments.bytes("memory").value_or(0);
  return options;
}

Spine spine_of(const Arguments& arguments) {
  Spine spine;
  spine.rows = read_table(*arguments.text("spine"));
  spine.at = time_flag(arguments, "at");
  if (!spine.at) spine.time = arguments.text("time").value_or("event_timestamp");
  return spine;
}

Table rows_of(const Arguments& arguments, const FeatureStore& store,
              const FeatureRequest& request) {
  if (arguments.has("spine")) {
    return store.get_historical_features(request, spine_of(arguments), options_of(arguments));
  }
  const auto at = time_flag(arguments, "at");
  if (!at) {
    throw Error(ErrorCode::kInvalidArgument,
                "for which rows? --spine FILE gives them with their times, --at TIME takes every "
                "key as of one time");
  }
  return store.get_historical_features(request, *at, options_of(arguments));
}

// What was written, for who asks later what a model was fitted on.
void save(const Arguments& arguments, const Project& project, const FeatureRequest& request,
          int64_t version, const WriteResult& written) {
  const auto registry = open_registry(project);
  SavedDataset dataset;
  dataset.name = *arguments.text("save");
  dataset.service = request.service;
  dataset.features = request.features;
  dataset.spine = arguments.text("spine").value_or("every key");
  if (const auto at = arguments.text("at")) dataset.spine += " as of " + *at;
  dataset.path = std::filesystem::absolute(written.path).lexically_normal().string();
  dataset.rows = written.rows;
  dataset.time = Clock::system().now();
  dataset.user = current_user();
  dataset.registry_version = version;
  dataset.fingerprints =
      fingerprints_of(registry->read(project.name, version), request.service, request.features);
  record_dataset(*registry, project.name, dataset);
}

int run(const Arguments& arguments, const Console& console) {
  if (arguments.has("save") && !arguments.has("to")) {
    throw Error(ErrorCode::kInvalidArgument, "--save records what --to FILE writes");
  }
  const Project project = open_project(arguments, console, false);
  const FeatureStore store = open_store(project);
  const FeatureRequest request = request_of(arguments.operands(), arguments.has("full-names"));
  if (const auto row = arguments.number("explain")) {
    if (!arguments.has("spine")) {
      throw Error(ErrorCode::kInvalidArgument, "--explain is about a row of --spine");
    }
    for (const std::string& line : store.explain_historical_features(request, spine_of(arguments),
                                                                     *row, options_of(arguments))) {
      console.out << printable(line) << '\n';
    }
    return 0;
  }
  const Table rows = rows_of(arguments, store, request);
  const auto to = arguments.text("to");
  if (!to) {
    const bool all = arguments.text("limit") == "all";
    print_table(rows, all ? -1 : arguments.number("limit").value_or(kRowsShown), console);
    return 0;
  }
  ProgressBar bar(console);
  const WriteResult written = write_table(bar.watched(rows), *to);
  bar.clear();
  console.note(fmt::format("wrote {}: {} rows, {} bytes", written.path, grouped(written.rows),
                           grouped(written.bytes)));
  if (arguments.has("save")) {
    save(arguments, project, request, store.version(), written);
    console.note(fmt::format("saved as dataset {}", *arguments.text("save")));
  }
  return 0;
}

}  // namespace

Verb history_verb() {
  Verb verb;
  verb.name = "history";
  verb.summary = "features as they stood at given times: a training set";
  verb.description =
      "For each row of the spine the newest row of every view that is not later than the row's "
      "time, nor older than the view's ttl. Rows and their order stay.";
  verb.operands = {request_operand()};
  verb.flags =
      std::vector<Flag>{
          {.name = "spine",
           .value = "FILE",
           .help = "rows with keys, times and labels: .parquet, .csv, .jsonl, .arrow",
           .hint = Hint::kFile},
          {.name = "time",
           .value = "COLUMN",
           .help = "the spine's column of times; else event_timestamp"},
          {.name = "at",
           .value = "TIME",
           .help = "one time for all rows; without --spine every key as of then"},
          {.name = "as-of",
           .value = "CLOCK",
           .help = "event: rows that had happened; known: of those, rows that had come in",
           .choices = {"event", "known"}},
          full_names_flag(),
          {.name = "event-times", .help = "add the event time of each view's row"},
          {.name = "reasons", .help = "add why each view's row was taken, or none"},
          {.name = "explain", .value = "ROW", .help = "print why this row gets what it gets"},
          {.name = "to",
           .value = "FILE",
           .help = "write the rows: .parquet, .csv, .jsonl, .arrow",
           .hint = Hint::kFile},
          {.name = "save",
           .value = "NAME",
           .help = "record what --to writes as a dataset of this name; see `weft dataset`"},
          {.name = "limit", .value = "N", .help = "rows to print: 20 unless given, or `all`"},
          {.name = "memory",
           .value = "SIZE",
           .help =
               "what the join may take, as 512MiB; half of the machine's memory unless given"}} +
      project_flags();
  verb.examples = {{"weft history eta_v1 --spine labels.parquet --time at --to train.parquet", ""},
                   {"weft history trip_stats:km --at 2013-06-01", "every driver as of then"},
                   {"weft history eta_v1 --spine labels.parquet --explain 17", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
