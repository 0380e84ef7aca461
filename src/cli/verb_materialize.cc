// weft materialize: from history to the latest values.
#include <fmt/format.h>

#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "data/text_form.h"

namespace weft::cli {
namespace {

int run(const Arguments& arguments, const Console& console) {
  FeatureStore store = open_store(open_project(arguments, console, false));
  ProgressBar bar(console);
  MaterializeOptions options;
  options.views = arguments.operands();
  options.start = time_flag(arguments, "start");
  options.end = time_flag(arguments, "end");
  options.progress = [&](const std::string& view, int64_t rows) { bar.update(view, rows, 0); };
  const auto runs = arguments.has("incremental") ? store.materialize_incremental(options)
                                                 : store.materialize(options);
  bar.clear();
  for (const StoreRun& run : runs) {
    const double seconds = std::chrono::duration<double>(run.took).count();
    console.out << fmt::format(
        "{}: {} rows read, {} latest values written, {} older ones left "
        "out, {:.2f} s\n",
        run.view, grouped(run.rows), grouped(run.written), grouped(run.older), seconds);
  }
  return 0;
}

}  // namespace

Verb materialize_verb() {
  Verb verb;
  verb.name = "materialize";
  verb.summary = "bring the latest values of views online";
  verb.description =
      "Computes the views over their sources and keeps the newest row of each key for requests. "
      "Newer values stay, so a range may be repeated; a run that was interrupted goes on where it "
      "ended.";
  verb.operands = {{.name = "VIEW", .help = "a view; else all that are kept online"}};
  verb.flags =
      std::vector<Flag>{
          {.name = "start", .value = "TIME", .help = "first event time; else the first there is"},
          {.name = "end", .value = "TIME", .help = "last event time, included; else now"},
          {.name = "incremental",
           .help = "from where the last run ended; all of it if a source changed meanwhile, so "
                   "that rows which came late count"}} +
      project_flags();
  verb.examples = {{"weft materialize", "all views, up to now"},
                   {"weft materialize trip_stats --start 2013-01-01 --end 2013-02-01", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
