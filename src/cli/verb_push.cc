// weft push: rows of a file into a source.
#include <fmt/format.h>

#include "cli/progress.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "weft/read.h"

namespace weft::cli {
namespace {

int run(const Arguments& arguments, const Console& console) {
  FeatureStore store = open_store(open_project(arguments, console, false));
  const std::string& source = arguments.operands()[0];
  const std::string to = arguments.text("to").value_or("both");
  const PushTo where = to == "online"    ? PushTo::kOnline
                       : to == "offline" ? PushTo::kOffline
                                         : PushTo::kBoth;
  const WriteReport report = store.push(source, read_table(arguments.operands()[1]), where);
  for (const CheckReport& check : report.checks) {
    if (check.passed) continue;
    console.warn(fmt::format("check {} of {}: {}", check.check, check.node, check.message));
  }
  console.out << fmt::format(
      "{}: {} rows; {} added to history, {} latest values written, {} older ones left out\n",
      source, grouped(report.rows), grouped(report.offline), grouped(report.online),
      grouped(report.older));
  return 0;
}

}  // namespace

Verb push_verb() {
  Verb verb;
  verb.name = "push";
  verb.summary = "add rows to a source, and to the latest values";
  verb.description =
      "Checks the rows against what the source declares, computes the views over it, and writes "
      "both. When it returns the rows are on disk and seen by requests. Rows that fail a check, or "
      "of which a feature cannot be computed, leave everything as it was.";
  verb.operands = {{.name = "SOURCE", .help = "a source", .count_min = 1, .count_max = 1},
                   {.name = "FILE",
                    .help = "rows: .parquet, .csv, .jsonl, .arrow",
                    .count_min = 1,
                    .count_max = 1,
                    .hint = Hint::kFile}};
  verb.flags = std::vector<Flag>{{.name = "to",
                                  .value = "WHERE",
                                  .help = "online, offline or both (the default)",
                                  .choices = {"online", "offline", "both"}}} +
               project_flags();
  verb.examples = {{"weft push trips new_trips.jsonl", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
