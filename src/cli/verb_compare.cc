// weft compare: what differs between two tables.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/store_project.h"
#include "cli/verbs.h"
#include "weft/compare.h"
#include "weft/read.h"

namespace weft::cli {
namespace {

constexpr int64_t kRowsShown = 10;

int run(const Arguments& arguments, const Console& console) {
  CompareOptions options;
  options.keys = arguments.all("key");
  options.columns = arguments.all("column");
  if (const auto tolerance = arguments.text("tolerance")) {
    const Value number = value_of_text(*tolerance, "--tolerance");
    if (!number.has_value() || !number.type()->is_number()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--tolerance is a number such as 1e-9, not '{}'", *tolerance));
    }
    options.tolerance = number.as(double_type()).get<double>();
  }
  const TableDifference found = compare_tables(read_table(arguments.operands()[0]),
                                               read_table(arguments.operands()[1]), options);
  if (arguments.has("json")) {
    nlohmann::ordered_json columns = nlohmann::ordered_json::object();
    for (const auto& [name, different] : found.columns) columns[name] = different;
    console.out << nlohmann::ordered_json{{"rows", found.rows_compared},
                                          {"only_left", found.only_left.num_rows()},
                                          {"only_right", found.only_right.num_rows()},
                                          {"columns", columns},
                                          {"schema", found.schema}}
                       .dump(2)
                << '\n';
  } else {
    console.out << found.to_string(arguments.number("limit").value_or(kRowsShown));
  }
  return found.empty() ? 0 : 1;
}

}  // namespace

Verb compare_verb() {
  Verb verb;
  verb.name = "compare";
  verb.summary = "what differs between two tables, by key";
  verb.description =
      "Rows that only one side has, and values that differ, bit for bit unless there is a "
      "tolerance. Ends with status 1 if there is any. Tables are files, folders or Delta tables; "
      "`weft history --to` makes one of a retrieval.";
  verb.operands = {{.name = "LEFT", .count_min = 1, .count_max = 1, .hint = Hint::kFile},
                   {.name = "RIGHT", .count_min = 1, .count_max = 1, .hint = Hint::kFile}};
  verb.flags = {
      {.name = "key",
       .letter = 'k',
       .value = "COLUMN",
       .help = "rows are the same if these are equal; without any, by their number",
       .repeats = true},
      {.name = "column", .value = "COLUMN", .help = "compare only these", .repeats = true},
      {.name = "tolerance", .value = "X", .help = "numbers may differ by this fraction"},
      {.name = "limit", .value = "N", .help = "rows to print of each: 10 unless given"},
      json_flag()};
  verb.examples = {
      {"weft compare train.parquet again.parquet -k driver_id -k event_timestamp", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
