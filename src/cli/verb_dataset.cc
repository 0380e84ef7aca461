// weft dataset: training sets that were saved.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "cli/progress.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "data/text_form.h"
#include "registry/records.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const SavedDataset& dataset) {
  Json json = {{"name", dataset.name}};
  json.update(Json::parse(to_json(dataset)));
  return json;
}

void list(const Arguments& arguments, const std::vector<SavedDataset>& all,
          const Console& console) {
  if (arguments.has("json")) {
    Json items = Json::array();
    for (const SavedDataset& dataset : all) items.push_back(json_of(dataset));
    console.out << items.dump(2) << '\n';
    return;
  }
  TextTable table({"dataset", "of", "rows", "made", "user", "path"});
  table.align_right(2);
  for (const SavedDataset& dataset : all) {
    const std::string of = dataset.service.empty()
                               ? fmt::format("{}", fmt::join(dataset.features, ", "))
                               : "service " + dataset.service;
    table.add({dataset.name, of, grouped(dataset.rows), format_time(dataset.time), dataset.user,
               dataset.path});
  }
  table.print(console, TextTable::Overflow::kDropColumns);
}

const SavedDataset& named(const Arguments& arguments, const std::vector<SavedDataset>& all) {
  const auto& operands = arguments.operands();
  if (operands.size() < 2) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("`weft dataset {}` needs the name of a dataset", operands[0]));
  }
  std::vector<std::string> names;
  for (const SavedDataset& dataset : all) {
    if (dataset.name == operands[1]) return dataset;
    names.push_back(dataset.name);
  }
  throw Error(ErrorCode::kNotFound, fmt::format("no dataset is called '{}'{}", operands[1],
                                                did_you_mean(operands[1], names)));
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console, false);
  const auto registry = open_registry(project);
  const std::string& action = arguments.operands()[0];
  const auto all = saved_datasets(*registry, project.name);
  if (action == "list") {
    list(arguments, all, console);
  } else if (action == "show") {
    console.out << json_of(named(arguments, all)).dump(2) << '\n';
  } else {
    const SavedDataset& dataset = named(arguments, all);
    remove_dataset(*registry, project.name, dataset.name);
    console.note(fmt::format("forgot dataset {}; its rows are still in {}", dataset.name,
                             printable(dataset.path)));
  }
  return 0;
}

}  // namespace

Verb dataset_verb() {
  Verb verb;
  verb.name = "dataset";
  verb.summary = "show which training sets were saved, and of what";
  verb.description =
      "`weft history --to FILE --save NAME` records a training set. list. show NAME: of which "
      "features, with the fingerprint of each, for which rows, as JSON. remove NAME: forgets the "
      "record; the file stays.";
  verb.operands = {{.name = "ACTION",
                    .help = "list, show or remove",
                    .count_min = 1,
                    .count_max = 1,
                    .choices = {"list", "show", "remove"}},
                   {.name = "NAME", .help = "of a dataset", .count_max = 1}};
  verb.flags = std::vector<Flag>{json_flag()} + project_flags();
  verb.examples = {{"weft dataset show june", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
