// weft forget: removes what the store has of an entity.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/given.h"
#include "cli/progress.h"
#include "cli/store_project.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

Table keys_of(const Arguments& arguments, const FeatureStore& store, const std::string& entity) {
  if (const auto file = arguments.text("rows")) return read_table(*file).load();
  const StoreDefinitions definitions = store.definitions();
  const auto found = std::ranges::find(definitions.entities, entity, &Entity::name);
  std::map<std::string, std::vector<Value>> given;
  for (const std::string& text : arguments.all("key")) {
    const auto [name, value] = key_and_value("key", text);
    Type type = nullptr;
    if (found != definitions.entities.end()) {
      const auto key = std::ranges::find(found->keys, name, &ColumnSchema::name);
      if (key != found->keys.end()) type = key->type;
    }
    given[name].push_back(typed_value(value, type, name));
  }
  std::vector<std::pair<std::string, ColumnData>> columns;
  for (const auto& [name, values] : given) {
    columns.emplace_back(name, ColumnData::of_values(values[0].type(), values));
  }
  return Table(std::move(columns));
}

int run(const Arguments& arguments, const Console& console) {
  FeatureStore store = open_store(open_project(arguments, console, false));
  const std::string& entity = arguments.operands()[0];
  const ForgetReport report = store.forget(entity, keys_of(arguments, store, entity));
  if (arguments.has("json")) {
    const auto places = [](const std::vector<ForgetReport::Place>& list) {
      nlohmann::ordered_json json = nlohmann::ordered_json::array();
      for (const auto& [where, rows] : list) json.push_back({{"where", where}, {"rows", rows}});
      return json;
    };
    console.out << nlohmann::ordered_json{{"removed", places(report.removed)},
                                          {"still_held", places(report.still_held)}}
                       .dump(2)
                << '\n';
    return 0;
  }
  for (const auto& [where, rows] : report.removed) {
    console.out << fmt::format("removed {} rows: {}\n", grouped(rows), where);
  }
  for (const auto& [where, rows] : report.still_held) {
    console.out << fmt::format("still there, {} rows: {}\n", grouped(rows), where);
  }
  return 0;
}

}  // namespace

Verb forget_verb() {
  Verb verb;
  verb.name = "forget";
  verb.summary = "remove what the store has of an entity, everywhere";
  verb.description =
      "Removes the rows that were pushed or written for it, from every version of their tables, "
      "and "
      "its latest values. Former versions of these tables can then no longer be read. What the "
      "sources' own files still hold is told, and is not changed.";
  verb.operands = {{.name = "ENTITY", .count_min = 1, .count_max = 1}};
  verb.flags = std::vector<Flag>{{.name = "key",
                                  .letter = 'k',
                                  .value = "NAME=VALUE",
                                  .help = "which one; given several times: several",
                                  .repeats = true},
                                 {.name = "rows",
                                  .value = "FILE",
                                  .help = "which ones, as columns of a file",
                                  .hint = Hint::kFile},
                                 json_flag()} +
               project_flags();
  verb.examples = {{"weft forget driver -k driver_id=1001", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
