// weft run: computes nodes, and prints or writes them.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>

#include "cli/given.h"
#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/project.h"
#include "cli/show_values.h"
#include "cli/verbs.h"
#include "weft/write.h"

namespace weft::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kRowsShown = 20;
constexpr int64_t kBatchRows = 1024;

// What one or several runs gave, and what they cost.
struct Outcome {
  NamedValues values;
  std::vector<Result> results;  // one a micro-batch
  double plan_seconds = 0;
  double run_seconds = 0;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Micro-batches take their rows from --rows and from inputs that are columns, side by side.
Table stream_rows(const std::optional<Table>& rows, Values& inputs) {
  std::vector<std::pair<std::string, ColumnData>> columns;
  if (rows) {
    const Table loaded = rows->load();
    for (const auto& name : loaded.names()) columns.emplace_back(name, loaded.column(name));
  }
  for (auto it = inputs.begin(); it != inputs.end();) {
    const auto* column = it->second.get_if<ColumnData>();
    if (column) columns.emplace_back(it->first, *column);
    it = column ? inputs.erase(it) : std::next(it);
  }
  return Table(std::move(columns));
}

std::vector<Result> run_stream(const Plan& plan, const std::optional<Table>& rows, Values inputs,
                               int64_t batch_rows, const RunOptions& options) {
  const Table all = stream_rows(rows, inputs);
  StreamRunner runner(plan);
  std::vector<Result> results;
  const int64_t n = all.num_rows();
  for (int64_t from = 0; from == 0 || from < n; from += batch_rows) {
    results.push_back(
        runner.feed(all.slice(from, std::min(batch_rows, n - from)), inputs, options));
    if (options.hooks) options.hooks->progress("stream", std::min(from + batch_rows, n), n);
  }
  return results;
}

// Columns of micro-batches are put under one another; of all else the last value stands. A column
// whose rows are too many to be held is a table of its own, still to be computed.
NamedValues values_of(const Plan& plan, const std::vector<Result>& results) {
  NamedValues values;
  for (const std::string& name : plan.outputs()) {
    if (!results.back().is_held(name)) {
      values.emplace_back(name, Value::of(results.back().table({&name, 1})));
      continue;
    }
    Value last = results.back().at(name);
    if (results.size() > 1 && last.get_if<ColumnData>()) {
      std::vector<Table> parts;
      for (const Result& result : results) parts.push_back(Table{{name, result.column(name)}});
      last = Value::of(Table::concat(parts).column(name));
    }
    values.emplace_back(name, std::move(last));
  }
  return values;
}

Outcome run_plan(const Driver& driver, const Given& given, const Arguments& arguments,
                 const Console& console) {
  Outcome outcome;
  const bool is_stream = arguments.text("context").value_or("batch") == "stream";
  auto start = Clock::now();
  const Plan plan = driver.plan(arguments.operands(),
                                given.plan_options(is_stream ? Context::kStream : Context::kBatch));
  Values inputs = given.values_for(plan);
  const std::optional<Table> rows = given.rows_for(plan);
  outcome.plan_seconds = seconds_since(start);

  ProgressBar bar(console);
  const Hooks hooks = bar.hooks();
  RunOptions options;
  options.threads = static_cast<int>(arguments.number("threads").value_or(0));
  options.memory_limit = arguments.bytes("memory").value_or(0);
  options.hooks = &hooks;
  start = Clock::now();
  if (is_stream) {
    const int64_t batch_rows = arguments.number("batch-rows").value_or(kBatchRows);
    outcome.results =
        run_stream(plan, rows, std::move(inputs), std::max<int64_t>(batch_rows, 1), options);
  } else {
    outcome.results.push_back(rows ? plan.run(*rows, inputs, options) : plan.run(inputs, options));
  }
  outcome.run_seconds = seconds_since(start);
  outcome.values = values_of(plan, outcome.results);
  bar.clear();
  if (arguments.has("explain")) console.err << plan.explain(&outcome.results.back());
  return outcome;
}

// Every output side by side; of micro-batches one under another, with the running single values.
Table whole_table(const Outcome& outcome) {
  std::vector<Table> parts;
  for (const Result& result : outcome.results) parts.push_back(result.table());
  return parts.size() == 1 ? parts[0] : Table::concat(parts);
}

Table table_of(const std::string& name, const Value& value) {
  if (const auto* table = value.get_if<Table>()) return *table;
  if (const auto* column = value.get_if<ColumnData>()) return Table{{name, *column}};
  if (!value.type() || value.type()->is_object()) {
    throw Error(ErrorCode::kTypeMismatch,
                fmt::format("{} is {}, which no file of rows can hold", name, value.to_string()));
  }
  return Table{{name, ColumnData::of_values(value.type(), std::span(&value, 1))}};
}

// Writes what --to names, and takes it out of the values that are printed.
std::vector<WriteResult> write_files(const Arguments& arguments, Outcome& outcome,
                                     const Console& console) {
  ProgressBar bar(console);
  std::vector<WriteResult> written;
  std::set<std::string> done;
  for (const std::string& target : arguments.all("to")) {
    const std::string name = target.substr(0, target.find('='));
    const auto value =
        std::ranges::find(outcome.values, name, [](const auto& v) { return v.first; });
    if (target.find('=') == target.npos || value == outcome.values.end()) {
      written.push_back(write_table(bar.watched(whole_table(outcome)), target));
      for (const auto& [each, ignored] : outcome.values) done.insert(each);
    } else {
      written.push_back(
          write_table(bar.watched(table_of(name, value->second)), target.substr(name.size() + 1)));
      done.insert(name);
    }
  }
  std::erase_if(outcome.values, [&](const auto& v) { return done.contains(v.first); });
  return written;
}

void print_json(const Outcome& outcome, const std::vector<WriteResult>& written,
                std::optional<int64_t> rows_max, const Console& console) {
  std::string out = "{\"values\": {";
  for (size_t i = 0; i < outcome.values.size(); ++i) {
    const auto& [name, value] = outcome.values[i];
    out += (i > 0 ? ",\n  " : "\n  ") + json_string(name) + ": ";
    const auto* column = value.get_if<ColumnData>();
    const bool is_cut = column && rows_max && column->size() > *rows_max;
    append_json(is_cut ? Value::of(column->slice(0, *rows_max)) : value, out);
  }
  out += "},\n\"checks\": [";
  bool first = true;
  for (const Result& result : outcome.results) {
    for (const CheckReport& check : result.checks()) {
      out += first ? "\n  " : ",\n  ";
      first = false;
      out += fmt::format(
          "{{\"node\": {}, \"check\": {}, \"importance\": {}, \"passed\": {}, \"rows\": {}, "
          "\"failed_rows\": {}, \"message\": {}}}",
          json_string(check.node), json_string(check.check),
          json_string(importance_name(check.importance)), check.passed, check.rows,
          check.failed_rows, json_string(check.message));
    }
  }
  out += "],\n\"written\": [";
  for (size_t i = 0; i < written.size(); ++i) {
    out += fmt::format("{}{{\"path\": {}, \"rows\": {}, \"bytes\": {}}}", i > 0 ? ", " : "",
                       json_string(written[i].path), written[i].rows, written[i].bytes);
  }
  console.out << out << "],\n" << fmt::format("\"seconds\": {:.6f}}}\n", outcome.run_seconds);
}

// What is printed for a person is a sample, and values tagged pii are no part of it.
Value hidden(const Value& value) {
  static constexpr const char* kHidden = "<hidden: tagged pii>";
  const auto* column = value.get_if<ColumnData>();
  if (!column) return Value::of(std::string(kHidden));
  const std::vector<std::string> rows(static_cast<size_t>(column->size()), kHidden);
  return Value::of(ColumnData::of(rows));
}

// Columns that are not held are computed as far as they are shown, side by side.
void print_outcome(const Outcome& outcome, const Graph& graph, int64_t rows_max,
                   const Console& console) {
  const Result& result = outcome.results.back();
  NamedValues held;
  std::vector<std::string> not_held;
  bool any_hidden = false;
  for (const auto& [name, value] : outcome.values) {
    const bool is_held = result.is_held(name);
    if (graph.node(graph.at(name)).personal) {
      held.emplace_back(name, hidden(is_held ? value : Value()));
      any_hidden = true;
    } else if (is_held) {
      held.emplace_back(name, value);
    } else {
      not_held.push_back(name);
    }
  }
  print_values(held, rows_max, console);
  if (!not_held.empty()) print_table(result.table(not_held), rows_max, console);
  if (any_hidden) {
    console.note(
        "values tagged pii or computed from such are hidden: --to FILE or --json gives them");
  }
}

void print_stats(const Outcome& outcome, const Console& console) {
  int64_t rows = 0;
  size_t steps = 0;
  for (const Result& result : outcome.results) {
    steps += result.steps().size();
    for (const StepReport& step : result.steps()) rows += step.rows;
  }
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  console.note(fmt::format(
      "planned in {:.1f} ms, ran in {:.1f} ms: {} runs, {} steps over {} rows; {:.2f} s of CPU, {} "
      "MiB at most",
      outcome.plan_seconds * 1e3, outcome.run_seconds * 1e3, outcome.results.size(), steps,
      grouped(rows), cpu, grouped(usage.ru_maxrss / 1024)));
}

// A number of rows, or "all" (negative); nothing if the flag is not given.
std::optional<int64_t> limit_of(const Arguments& arguments) {
  if (arguments.text("limit") == "all") return -1;
  return arguments.number("limit");
}

int run(const Arguments& arguments, const Console& console) {
  const auto limit = limit_of(arguments);
  const Project project = open_project(arguments, console);
  DriverOptions options;
  options.threads = static_cast<int>(arguments.number("threads").value_or(0));
  options.cache.directory = arguments.text("cache").value_or("");
  const Driver driver(project.modules, project.config, options);
  const Given given(arguments, driver.graph());
  Outcome outcome = run_plan(driver, given, arguments, console);
  for (const Result& result : outcome.results) {
    for (const CheckReport& check : result.checks()) {
      if (check.passed) continue;
      console.warn(fmt::format("check {} of {}: {}", check.check, check.node, check.message));
    }
  }
  if (const auto path = arguments.text("save-fit")) outcome.results.back().fit(*path).save(*path);
  const std::vector<WriteResult> written = write_files(arguments, outcome, console);
  if (arguments.has("json")) {
    print_json(outcome, written, limit && *limit >= 0 ? limit : std::nullopt, console);
  } else {
    for (const WriteResult& file : written) {
      console.note(fmt::format("wrote {}: {} rows, {} bytes", file.path, grouped(file.rows),
                               grouped(file.bytes)));
    }
    print_outcome(outcome, driver.graph(), limit.value_or(kRowsShown), console);
  }
  if (arguments.has("stats")) print_stats(outcome, console);
  return 0;
}

}  // namespace

Verb run_verb() {
  Verb verb;
  verb.name = "run";
  verb.summary = "compute nodes, and print or write them";
  verb.description =
      "Computes the outputs and prints them: columns as a table, single values as `name = value`. "
      "Values on the command line have the types the graph gives their inputs.";
  verb.operands = {
      {.name = "OUTPUT", .help = "a node to compute", .count_min = 1, .hint = Hint::kNode}};
  verb.flags =
      given_flags() +
      std::vector<Flag>{
          {.name = "to",
           .value = "[OUTPUT=]FILE",
           .help = "write the outputs, or one of them, in place of printing: .parquet, .csv, .tsv, "
                   ".arrow, .feather or .jsonl",
           .repeats = true,
           .hint = Hint::kFile},
          {.name = "save-fit",
           .value = "FILE",
           .help = "write every single value and object that was computed, to be used with --fit",
           .hint = Hint::kFile},
          {.name = "cache",
           .value = "FOLDER",
           .help = "where results of nodes with cache() are kept between runs",
           .hint = Hint::kFolder},
          {.name = "limit", .value = "N", .help = "rows to print: 20 unless given, or `all`"},
          json_flag(),
          {.name = "context",
           .value = "CONTEXT",
           .help = "where rows come from: batch (all at once) or stream (micro-batches)",
           .choices = {"batch", "stream"}},
          {.name = "batch-rows", .value = "N", .help = "rows of a micro-batch: 1024 unless given"},
          {.name = "threads", .value = "N", .help = "threads to use; 0: one a core"},
          {.name = "memory",
           .value = "SIZE",
           .help = "what a table's columns may take, as 4GiB: a larger one is read block by block; "
                   "half of the machine's memory unless given"},
          {.name = "explain", .help = "print on stderr what ran, and what each step cost"},
          {.name = "stats", .help = "print on stderr the time and memory it took"}} +
      project_flags();
  verb.examples = {
      {"weft run -m survey.so age_normalized --input survey_path=survey.csv", "one feature"},
      {"weft run avg_speed -i distance=@trips.csv:km -i hours=@trips.csv:h",
       "inputs that are columns of a file"},
      {"weft run avg_speed is_weekend --rows trips.parquet --to features.parquet",
       "columns of a file by name, results into another"},
      {"weft run age_mean --override age=@ages.csv:age --json", "a node's value given"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
