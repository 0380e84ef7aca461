// weft registry: what stands, what stood, and who changed it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "cli/registry_actions.h"
#include "cli/verbs.h"
#include "data/text_form.h"
#include "store/recompute_cost.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const DefinitionId& id, const Registered& registered) {
  Json item = {{"kind", kind_name(id.kind)}, {"name", id.name}};
  item.update(Json::parse(registered.spec));
  if (!registered.features.empty()) {
    Json features = Json::object();
    for (const auto& [name, feature] : registered.features) {
      features[name] = {{"type", feature.type}, {"fingerprint", feature.fingerprint}};
    }
    item["features"] = std::move(features);
  }
  if (!registered.place.empty()) item["place"] = registered.place;
  return item;
}

std::string deprecated_text(const Json& spec) {
  std::vector<std::string> texts;
  const auto text = [](const Json& of) {
    return to_string(Deprecated{of.value("reason", ""), of.value("until", "")});
  };
  if (spec.contains("deprecated")) texts.push_back(text(spec["deprecated"]));
  const Json features = spec.value("deprecated_features", Json::object());
  for (const auto& [name, of] : features.items()) texts.push_back(name + ": " + text(of));
  return fmt::format("{}", fmt::join(texts, ", "));
}

RegisteredSet read(const Arguments& arguments, const Project& project, Registry& registry) {
  return registry.read(project.name, arguments.number("version"));
}

int list(const Arguments& arguments, const Project& project, Registry& registry,
         const Console& console) {
  const RegisteredSet set = read(arguments, project, registry);
  if (arguments.has("json")) {
    Json all = Json::array();
    for (const auto& [id, registered] : set) all.push_back(json_of(id, registered));
    console.out << all.dump(2) << '\n';
    return 0;
  }
  TextTable table({"kind", "name", "features", "owner", "deprecated", "place"});
  for (const auto& [id, registered] : set) {
    const Json spec = Json::parse(registered.spec);
    std::vector<std::string> features;
    for (const auto& [name, feature] : registered.features) features.push_back(name);
    table.add({std::string(kind_name(id.kind)), id.name,
               fmt::format("{}", fmt::join(features, ", ")), spec.value("owner", ""),
               deprecated_text(spec), registered.place});
  }
  table.print(console, TextTable::Overflow::kDropColumns);
  return 0;
}

int show(const Arguments& arguments, const Project& project, Registry& registry,
         const Console& console) {
  const RegisteredSet set = read(arguments, project, registry);
  const auto& operands = arguments.operands();
  if (operands.size() < 2) {
    throw Error(ErrorCode::kInvalidArgument, "`weft registry show` needs the name of a definition");
  }
  std::vector<std::string> names;
  bool found = false;
  for (const auto& [id, registered] : set) {
    names.push_back(id.name);
    if (id.name != operands[1]) continue;
    found = true;
    console.out << json_of(id, registered).dump(2) << '\n';
  }
  if (found) return 0;
  throw Error(ErrorCode::kNotFound, fmt::format("the registry has no definition '{}'{}",
                                                operands[1], did_you_mean(operands[1], names)));
}

int history(const Arguments& arguments, const Project& project, Registry& registry,
            const Console& console) {
  const auto versions = registry.history(project.name);
  if (arguments.has("json")) {
    Json all = Json::array();
    for (const RegistryVersion& version : versions) {
      all.push_back({{"version", version.number},
                     {"time", format_time(version.time)},
                     {"user", version.user},
                     {"note", version.note},
                     {"changes", version.changes}});
    }
    console.out << all.dump(2) << '\n';
    return 0;
  }
  for (const RegistryVersion& version : versions) {
    console.out << fmt::format("{}  {}  {}{}\n", version.number, format_time(version.time),
                               printable(version.user),
                               version.note.empty() ? "" : "  " + printable(version.note));
    for (const std::string& change : version.changes) {
      console.out << "    " << printable(change) << '\n';
    }
  }
  return 0;
}

int rollback(const Arguments& arguments, const Project& project, Registry& registry,
             const Console& console) {
  const auto& operands = arguments.operands();
  int64_t version = 0;
  const std::string text = operands.size() < 2 ? "" : operands[1];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("`weft registry rollback` needs the number of a version, not '{}'; see "
                            "`weft registry history`",
                            text));
  }
  const RegisteredSet then = registry.read(project.name, version);
  RegistryPlan plan = plan_changes(registry, project.name, then);
  add_costs(plan, Driver(project.modules, project.config), store_options(project));
  console.out << plan_as_text(plan);
  warn_of(plan, console);
  FeatureStore store = open_store(project);
  const auto changes = store.rollback(
      version,
      {.allow_destructive = arguments.has("allow-destructive"),
       .allow_deprecated = arguments.has("allow-deprecated"),
       .allow_other_code = arguments.has("allow-other-code"),
       .note = arguments.text("note").value_or(fmt::format("rollback to version {}", version))});
  if (changes.empty()) return 0;
  for (const std::string& line :
       other_code(then, Driver(project.modules, project.config).graph())) {
    console.warn(fmt::format("the code of {} is not that of version {}", line, version));
  }
  console.note(fmt::format("applied as version {}", store.version()));
  return 0;
}

struct Action {
  const char* name;
  int (*run)(const Arguments&, const Project&, Registry&, const Console&);
};
constexpr Action kActions[] = {{"list", list},
                               {"show", show},
                               {"history", history},
                               {"rollback", rollback},
                               {"unused", registry_unused},
                               {"lineage", registry_lineage}};

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console, false);
  const auto registry = open_registry(project);
  const std::string& name = arguments.operands()[0];
  std::vector<std::string> known;
  for (const Action& action : kActions) {
    if (name == action.name) return action.run(arguments, project, *registry, console);
    known.emplace_back(action.name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("`weft registry` has {}, not '{}'{}", fmt::join(known, ", "), name,
                          did_you_mean(name, known)));
}

}  // namespace

Verb registry_verb() {
  Verb verb;
  verb.name = "registry";
  verb.summary = "show what stands in the registry, and its history";
  verb.description =
      "list: the definitions that stand, or stood at a version. show NAME: all that is kept of "
      "one, as JSON. history: who applied what, and when. rollback VERSION: what stood at a "
      "version stands again, as a new version; the code of its features has to be loaded. unused: "
      "features in no service, and with --days those whose services and views were not read for so "
      "long. lineage NAME: what it is made of and what it goes into, from the columns of sources "
      "over features, views and services to datasets and models.";
  verb.operands = {{.name = "ACTION",
                    .help = "list, show, history, rollback, unused or lineage",
                    .count_min = 1,
                    .count_max = 1},
                   {.name = "NAME",
                    .help = "of show: a definition; of rollback: a version; of lineage: anything",
                    .count_max = 1}};
  verb.flags =
      std::vector<Flag>{
          {.name = "version", .value = "N", .help = "as of this version"},
          {.name = "days", .value = "N", .help = "unused: also what was not read for N days"},
          {.name = "upstream", .help = "lineage: only what it is made of"},
          {.name = "downstream", .help = "lineage: only what it goes into"},
          {.name = "allow-destructive", .help = "rollback: also what loses stored values"},
          {.name = "allow-other-code",
           .help = "rollback: also features whose code is not loaded; they cannot be read then"},
          allow_deprecated_flag(),
          {.name = "note", .value = "TEXT", .help = "rollback: why, for the history"},
          json_flag()} +
      project_flags();
  verb.examples = {
      {"weft registry list", ""},
      {"weft registry show trip_stats --version 3", ""},
      {"weft registry lineage visits.spend --downstream", "who is asked before the column goes"},
      {"weft registry rollback 3", "version 3 again, as the newest"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
