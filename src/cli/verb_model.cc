// weft model: which models use which services and datasets.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "cli/store_project.h"
#include "cli/verbs.h"
#include "data/text_form.h"
#include "registry/records.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Model& model) {
  Json json = {{"name", model.name}};
  json.update(Json::parse(to_json(model)));
  return json;
}

// The versions of a model that the command line names; all of it without --version.
std::vector<Model> named(const Arguments& arguments, const std::vector<Model>& all) {
  const auto& operands = arguments.operands();
  if (operands.size() < 2) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("`weft model {}` needs the name of a model", operands[0]));
  }
  std::vector<Model> found;
  std::vector<std::string> names;
  for (const Model& model : all) {
    names.push_back(model.name);
    const auto version = arguments.text("version");
    if (model.name == operands[1] && version.value_or(model.version) == model.version) {
      found.push_back(model);
    }
  }
  if (!found.empty()) return found;
  throw Error(ErrorCode::kNotFound, fmt::format("no model is called '{}'{}{}", operands[1],
                                                arguments.has("version") ? " in this version" : "",
                                                did_you_mean(operands[1], names)));
}

int add(const Arguments& arguments, const Project& project, Registry& registry,
        const Console& console) {
  Model model;
  if (arguments.operands().size() < 2 || !arguments.has("service")) {
    throw Error(ErrorCode::kInvalidArgument,
                "`weft model register` needs the name of the model, and --service");
  }
  model.name = arguments.operands()[1];
  model.version = arguments.text("version").value_or("");
  model.service = *arguments.text("service");
  model.datasets = arguments.all("dataset");
  model.fit = arguments.text("fit").value_or("");
  if (!model.fit.empty() && !std::filesystem::exists(model.fit)) {
    throw Error(ErrorCode::kNotFound, "there is no file " + model.fit);
  }
  model.owner = arguments.text("owner").value_or("");
  for (const std::string& text : arguments.all("tag")) {
    const auto [key, value] = key_and_value("tag", text);
    model.tags[key].push_back(value);
  }
  model.time = Clock::system().now();
  model.user = current_user();
  model = record_model(registry, project.name, model);
  console.note(fmt::format("registered model {} {}", model.name, model.version));
  return 0;
}

int list(const Arguments& arguments, const Project& project, Registry& registry,
         const Console& console) {
  const std::vector<Model> all = models(registry, project.name);
  if (arguments.has("json")) {
    Json items = Json::array();
    for (const Model& model : all) items.push_back(json_of(model));
    console.out << items.dump(2) << '\n';
    return 0;
  }
  TextTable table({"model", "version", "service", "datasets", "owner", "registered"});
  for (const Model& model : all) {
    table.add({model.name, model.version, model.service,
               fmt::format("{}", fmt::join(model.datasets, ", ")), model.owner,
               format_time(model.time)});
  }
  table.print(console, TextTable::Overflow::kDropColumns);
  return 0;
}

int show(const Arguments& arguments, const Project& project, Registry& registry,
         const Console& console) {
  console.out << json_of(named(arguments, models(registry, project.name)).back()).dump(2) << '\n';
  return 0;
}

int remove(const Arguments& arguments, const Project& project, Registry& registry,
           const Console& console) {
  for (const Model& model : named(arguments, models(registry, project.name))) {
    remove_model(registry, project.name, model.name, model.version);
    console.note(fmt::format("removed model {} {}", model.name, model.version));
  }
  return 0;
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console, false);
  const auto registry = open_registry(project);
  const std::string& action = arguments.operands()[0];
  if (action == "register") return add(arguments, project, *registry, console);
  if (action == "list") return list(arguments, project, *registry, console);
  if (action == "show") return show(arguments, project, *registry, console);
  return remove(arguments, project, *registry, console);
}

}  // namespace

Verb model_verb() {
  Verb verb;
  verb.name = "model";
  verb.summary = "record which models use which services and datasets";
  verb.description =
      "register NAME: records a model, or its next version, with the service whose features it "
      "takes and the datasets it was fitted on; `weft plan` then names it among those who use what "
      "changes. list. show NAME: the newest version, or --version, as JSON. remove NAME: all of "
      "its versions, or one.";
  verb.operands = {{.name = "ACTION",
                    .help = "register, list, show or remove",
                    .count_min = 1,
                    .count_max = 1,
                    .choices = {"register", "list", "show", "remove"}},
                   {.name = "NAME", .help = "of a model", .count_max = 1}};
  verb.flags =
      std::vector<Flag>{
          {.name = "service", .value = "NAME", .help = "register: whose features it takes"},
          {.name = "dataset",
           .value = "NAME",
           .help = "register: what it was fitted on; see `weft history --save`",
           .repeats = true},
          {.name = "fit",
           .value = "FILE",
           .help = "register: the fit its features are computed with",
           .hint = Hint::kFile},
          {.name = "version", .value = "V", .help = "of the model; the next number unless given"},
          {.name = "owner", .value = "WHO", .help = "register: who is asked"},
          {.name = "tag", .value = "KEY=VALUE", .help = "register: more about it", .repeats = true},
          json_flag()} +
      project_flags();
  verb.examples = {{"weft model register eta --service eta_v1 --dataset june --owner routing", ""},
                   {"weft model show eta --version 3", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
