// weft sql: a SELECT over the store and over files.
#include <fmt/format.h>

#include "cli/given.h"
#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/show_values.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "weft/write.h"

namespace weft::cli {
namespace {

constexpr int64_t kRowsShown = 20;

SqlParameters parameters_of(const Arguments& arguments) {
  Values values;
  for (const std::string& text : arguments.all("param")) {
    const auto [name, value] = key_and_value("param", text);
    values[name] = typed_value(value, nullptr, name);
  }
  return SqlParameters(std::move(values));
}

SqlEngine engine_of(const Arguments& arguments) {
  SqlEngineOptions options;
  options.memory_limit = arguments.bytes("memory").value_or(0);
  options.threads = static_cast<int>(arguments.number("threads").value_or(0));
  SqlEngine engine(options);
  for (const std::string& text : arguments.all("table")) {
    const auto [name, path] = key_and_value("table", text);
    engine.add_files(name, path);
  }
  return engine;
}

// The first rows, and whether there are more. Nothing behind them is computed.
std::pair<Table, bool> head_of(const Table& table, std::optional<int64_t> rows_max) {
  std::vector<Table> parts;
  int64_t rows = 0;
  const auto reader = table.read(table.names());
  while (!rows_max || rows <= *rows_max) {
    auto part = reader->next();
    if (!part) break;
    rows += part->num_rows();
    parts.push_back(std::move(*part));
  }
  if (parts.empty()) {
    std::vector<std::pair<std::string, ColumnData>> none;
    for (const auto& [name, type] : table.schema()) {
      none.emplace_back(name, ColumnData::of_values(type, {}));
    }
    return {Table(std::move(none)), false};
  }
  const Table all = Table::concat(parts);
  if (!rows_max || rows <= *rows_max) return {all, false};
  return {all.slice(0, *rows_max), true};
}

// A row at a time, so that any number of them can pass.
void print_json(const Table& table, std::optional<int64_t> rows_max, const Console& console) {
  const std::vector<std::string> names = table.names();
  const auto reader = table.read(names);
  int64_t printed = 0;
  console.out << "[";
  while (!rows_max || printed < *rows_max) {
    const auto part = reader->next();
    if (!part) break;
    std::vector<ColumnData> columns;
    for (const std::string& name : names) columns.push_back(part->column(name));
    for (int64_t row = 0; row < part->num_rows() && (!rows_max || printed < *rows_max); ++row) {
      std::string out = printed++ > 0 ? ",\n {" : "\n {";
      for (size_t c = 0; c < names.size(); ++c) {
        out += (c > 0 ? ", " : "") + json_string(names[c]) + ": ";
        append_json(columns[c].at(row), out);
      }
      console.out << out << "}";
    }
  }
  console.out << (printed > 0 ? "\n]\n" : "]\n");
}

std::optional<int64_t> limit_of(const Arguments& arguments, std::optional<int64_t> otherwise) {
  if (!arguments.has("limit")) return otherwise;
  if (arguments.text("limit") == "all") return {};
  const auto limit = arguments.number("limit");
  if (*limit >= 0) return limit;
  throw Error(ErrorCode::kInvalidArgument, "--limit is a number of rows, or `all`");
}

int run(const Arguments& arguments, const Console& console) {
  const std::string& sql = arguments.operands()[0];
  const auto to = arguments.text("to");
  if (to && (arguments.has("limit") || arguments.has("json"))) {
    throw Error(ErrorCode::kInvalidArgument,
                "--to writes all rows in the file's format: --limit and --json are for printing");
  }
  SqlEngine engine = engine_of(arguments);
  const FeatureStore store = open_store(open_project(arguments, console, false));
  const Table rows = store.sql(engine, sql, parameters_of(arguments), {.stream = true});
  if (to) {
    ProgressBar bar(console);
    const WriteResult written = write_table(bar.watched(rows), *to);
    bar.clear();
    console.note(fmt::format("wrote {}: {} rows, {} bytes", written.path, grouped(written.rows),
                             grouped(written.bytes)));
    return 0;
  }
  if (arguments.has("json")) {
    print_json(rows, limit_of(arguments, {}), console);
    return 0;
  }
  const auto [head, more] = head_of(rows, limit_of(arguments, kRowsShown));
  print_table(head, -1, console);
  if (more) console.out << console.ink(Ink::kDim, "... and more") << '\n';
  return 0;
}

}  // namespace

Verb sql_verb() {
  Verb verb;
  verb.name = "sql";
  verb.summary = "query sources, views and files with SQL";
  verb.description =
      "Runs one SELECT in DuckDB's SQL over what the store has: a source is a table of its name "
      "with all of its rows, a view is view_NAME (or NAME, where no source is called so) with "
      "keys, "
      "event time and features. Only what the query names is opened, and nothing is changed. "
      "--table adds files; no project is needed for them.\n"
      "Times are UTC. DuckDB's libduckdb.so, 1.5 or newer, is loaded when the command runs: from "
      "WEFT_DUCKDB (the file or its folder), the system's libraries, or lib/ of VIRTUAL_ENV or "
      ".venv.";
  verb.operands = {{.name = "QUERY",
                    .help = "a SELECT, with $NAME where a --param stands",
                    .count_min = 1,
                    .count_max = 1}};
  verb.flags =
      std::vector<Flag>{
          {.name = "param",
           .letter = 'p',
           .value = "NAME=VALUE",
           .help = "the value of $NAME, as YAML spells it; it is bound, not pasted into the text",
           .repeats = true},
          {.name = "table",
           .value = "NAME=PATH",
           .help = "a table: files (.parquet, .csv, .jsonl, .arrow), a glob, a folder, a Delta "
                   "table",
           .repeats = true,
           .hint = Hint::kFile},
          {.name = "to",
           .value = "FILE",
           .help = "write the rows: .parquet, .csv, .jsonl, .arrow",
           .hint = Hint::kFile},
          {.name = "limit",
           .value = "N",
           .help = "rows to print: 20 unless given, or `all` (which JSON is)"},
          {.name = "memory",
           .value = "SIZE",
           .help = "what the query may hold, as 512MiB; half of the machine's memory unless given"},
          {.name = "threads", .value = "N", .help = "of the query; one for each core unless given"},
          json_flag()} +
      project_flags();
  verb.examples = {
      {"weft sql \"SELECT driver_id, count(*) FROM trips GROUP BY ALL\"", "rows of a source"},
      {"weft sql \"SELECT * FROM view_trip_stats WHERE km > \\$km\" -p km=5 --to far.parquet",
       "features of a view"},
      {"weft sql \"SELECT * FROM a JOIN b USING (id)\" --table a=a.csv --table b=b.parquet", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
