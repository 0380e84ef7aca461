// weft runs: what wrote to the store.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/progress.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "data/text_form.h"

namespace weft::cli {
namespace {

constexpr int64_t kRunsShown = 20;

std::string state_of(const StoreRun& run) {
  if (!run.ended) return "not ended";
  if (!run.error.empty()) return "failed: " + run.error;
  return run.warning.empty() ? "done" : "done; " + run.warning;
}

nlohmann::ordered_json json_of(const StoreRun& run) {
  nlohmann::ordered_json json = {{"id", run.id},
                                 {"what", run.what},
                                 {"view", run.view},
                                 {"started", format_time(run.started)},
                                 {"seconds", std::chrono::duration<double>(run.took).count()},
                                 {"user", run.user}};
  if (run.start) json["start"] = format_time(*run.start);
  if (run.end) json["end"] = format_time(*run.end);
  json.update({{"rows", run.rows},
               {"written", run.written},
               {"older", run.older},
               {"registry_version", run.registry_version},
               {"fingerprint", run.fingerprint},
               {"inputs", run.inputs},
               {"ended", run.ended},
               {"error", run.error},
               {"warning", run.warning}});
  return json;
}

int run(const Arguments& arguments, const Console& console) {
  const FeatureStore store = open_store(open_project(arguments, console, false));
  const auto runs = store.runs(arguments.number("limit").value_or(kRunsShown));
  if (arguments.has("json")) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const StoreRun& run : runs) all.push_back(json_of(run));
    console.out << all.dump(2) << '\n';
    return 0;
  }
  TextTable table({"run", "what", "of", "started", "seconds", "user", "rows", "written", "state"});
  for (const size_t column : {0, 4, 6, 7}) table.align_right(column);
  for (const StoreRun& run : runs) {
    table.add({std::to_string(run.id), run.what, run.view, format_time(run.started),
               fmt::format("{:.2f}", std::chrono::duration<double>(run.took).count()), run.user,
               grouped(run.rows), grouped(run.written), state_of(run)});
  }
  table.print(console, TextTable::Overflow::kCutLast);
  return 0;
}

}  // namespace

Verb runs_verb() {
  Verb verb;
  verb.name = "runs";
  verb.summary = "what wrote to the store: who, when, how much";
  verb.description =
      "A line for each materialize, push and write, the newest first. A run that has not ended is "
      "under way, or was interrupted.";
  verb.flags =
      std::vector<Flag>{{.name = "limit", .value = "N", .help = "20 unless given"}, json_flag()} +
      project_flags();
  verb.examples = {{"weft runs --json", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
