// weft apply: the project's definitions become what stands in the registry.
#include <fmt/format.h>

#include "cli/store_project.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console, false);
  const auto registry = open_registry(project);
  const RegistryPlan plan = plan_project(project, *registry);
  console.out << plan_as_text(plan);
  warn_of(plan, console);
  if (plan.empty()) return 0;
  plan.check({arguments.has("allow-destructive"), arguments.has("allow-deprecated")});
  FeatureStore store = open_store(project);
  store.apply({.allow_destructive = arguments.has("allow-destructive"),
               .allow_deprecated = arguments.has("allow-deprecated"),
               .recompute = !arguments.has("no-recompute"),
               .note = arguments.text("note").value_or("")});
  console.note(fmt::format("applied as version {}", store.version()));
  return 0;
}

}  // namespace

Verb apply_verb() {
  Verb verb;
  verb.name = "apply";
  verb.summary = "make the project's definitions stand";
  verb.description =
      "Puts the entities, sources, views and services of the project into its registry, all or "
      "nothing, as a new version. What would lose stored values has to be allowed; a type that "
      "history cannot be read as is refused. If somebody else applied meanwhile, nothing changes. "
      "Views that were online and of which features changed are brought online again, as far as "
      "they were.";
  verb.flags =
      std::vector<Flag>{{.name = "allow-destructive",
                         .help = "also what loses stored values: removed views and "
                                 "features, other keys"},
                        allow_deprecated_flag(),
                        {.name = "no-recompute",
                         .help = "leave what changed out of the latest values until it is "
                                 "materialized"},
                        {.name = "note", .value = "TEXT", .help = "why, for the history"}} +
      project_flags();
  verb.examples = {{"weft apply --note 'km per trip'", ""}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
