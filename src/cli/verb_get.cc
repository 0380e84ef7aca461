// weft get: the latest features of some entities, as a request gets them.
#include <fmt/format.h>

#include "base/nearest_name.h"
#include "cli/given.h"
#include "cli/json_text.h"
#include "cli/show_values.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "data/text_form.h"

namespace weft::cli {
namespace {

// Values by input: of --rows a column each, of --key one for each time it is given.
using Requested = std::map<std::string, std::vector<std::string>>;

Requested keys_given(const Arguments& arguments) {
  Requested given;
  for (const std::string& text : arguments.all("key")) {
    const auto [name, value] = key_and_value("key", text);
    given[name].push_back(value);
  }
  return given;
}

Table rows_of(const Arguments& arguments, const OnlinePlan& plan) {
  if (const auto file = arguments.text("rows")) return read_table(*file).load();
  const Requested given = keys_given(arguments);
  size_t rows = given.empty() ? 0 : 1;
  for (const auto& [name, values] : given) rows = std::max(rows, values.size());
  std::vector<std::string> names;
  for (const OnlineInput& input : plan.inputs()) names.push_back(input.name);
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, texts] : given) {
    const auto input = std::ranges::find(plan.inputs(), name, &OnlineInput::name);
    if (input == plan.inputs().end()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--key {}: the request takes {}{}", name, fmt::join(names, ", "),
                              did_you_mean(name, names)));
    }
    if (texts.size() != 1 && texts.size() != rows) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--key {} is given {} times, another one {} times", name,
                              texts.size(), rows));
    }
    std::vector<Value> values;
    for (size_t row = 0; row < rows; ++row) {
      values.push_back(typed_value(texts[texts.size() == 1 ? 0 : row], input->type, name));
    }
    columns.emplace_back(name, ColumnData::of_values(input->type, values));
  }
  return Table(std::move(columns));
}

void print_json(const FeatureReader& reader, const Table& rows, const Console& console) {
  const auto& outputs = reader.plan().outputs();
  std::string out = "[";
  for (int64_t row = 0; row < reader.rows(); ++row) {
    out += row > 0 ? ",\n {" : "\n {";
    for (const std::string& name : rows.names()) {
      out += json_string(name) + ": ";
      append_json(rows.column(name).at(row), out);
      out += ", ";
    }
    out += "\"features\": {";
    for (size_t o = 0; o < outputs.size(); ++o) {
      out += (o > 0 ? ", " : "") + json_string(outputs[o].name) + ": {\"value\": ";
      append_json(reader.value(row, o), out);
      out += fmt::format(", \"status\": \"{}\"", feature_status_name(reader.status(row, o)));
      if (reader.event_time(row, o) != Time()) {
        out += fmt::format(", \"event_time\": \"{}\"", format_time(reader.event_time(row, o)));
      }
      out += "}";
    }
    out += "}}";
  }
  console.out << out << "\n]\n";
}

// One row stands upright, with where each value is from; several lie in a table.
void print_rows(const FeatureReader& reader, const Table& rows, const Console& console) {
  const auto& outputs = reader.plan().outputs();
  if (reader.rows() != 1) {
    Table all = rows;
    const Table features = reader.table();
    for (const std::string& name : features.names()) {
      all = all.with_column(name, features.column(name));
    }
    return print_table(all, -1, console);
  }
  TextTable table({"feature", "value", "status", "of"});
  for (size_t o = 0; o < outputs.size(); ++o) {
    const Time time = reader.event_time(0, o);
    table.add({outputs[o].name, reader.value(0, o).to_string(),
               std::string(feature_status_name(reader.status(0, o))),
               time == Time() ? "" : format_time(time)});
  }
  table.print(console, TextTable::Overflow::kDropColumns);
}

int run(const Arguments& arguments, const Console& console) {
  const FeatureStore store = open_store(open_project(arguments, console, false));
  const FeatureRequest request = request_of(arguments.operands(), arguments.has("full-names"));
  FeatureReader reader(store.online_plan(request));
  if (arguments.has("explain")) {
    console.out << reader.plan().explain();
    return 0;
  }
  const Table rows = rows_of(arguments, reader.plan());
  reader.begin(rows);
  reader.run();
  if (arguments.has("json")) {
    print_json(reader, rows, console);
  } else {
    print_rows(reader, rows, console);
  }
  return 0;
}

}  // namespace

Verb get_verb() {
  Verb verb;
  verb.name = "get";
  verb.summary = "the latest features of some entities, as a request gets them";
  verb.description =
      "Reads the latest values, computes what the service computes in the request, and prints both "
      "with status and event time.";
  verb.operands = {request_operand()};
  verb.flags =
      std::vector<Flag>{
          {.name = "key",
           .letter = 'k',
           .value = "NAME=VALUE",
           .help = "a key, or a value that the request brings; given several times: several rows",
           .repeats = true},
          {.name = "rows",
           .value = "FILE",
           .help = "keys and values as columns of a file",
           .hint = Hint::kFile},
          full_names_flag(),
          {.name = "explain", .help = "what the request takes, and where each value comes from"},
          json_flag()} +
      project_flags();
  verb.examples = {{"weft get eta_v1 -k driver_id=1001 -k driver_id=1002", ""},
                   {"weft get trip_stats:km trip_stats:speed -k driver_id=1001 --json", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
