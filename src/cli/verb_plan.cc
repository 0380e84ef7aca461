// weft plan: what `weft apply` would do.
#include "cli/store_project.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console, false);
  const auto registry = open_registry(project);
  const RegistryPlan plan = plan_project(project, *registry);
  if (arguments.has("json")) {
    console.out << plan_as_json(plan);
  } else if (arguments.has("markdown")) {
    console.out << plan_as_markdown(plan);
  } else {
    console.out << plan_as_text(plan);
  }
  warn_of(plan, console);
  return arguments.has("exit-code") && !plan.empty() ? 1 : 0;
}

}  // namespace

Verb plan_verb() {
  Verb verb;
  verb.name = "plan";
  verb.summary = "show what `weft apply` would do";
  verb.description =
      "Compares the entities, sources, views and services that the modules and definition files of "
      "the project make with those in its registry: + created, ~ changed, - removed; with the "
      "features whose stored values no longer stand for them, and who uses what changes.";
  verb.flags = std::vector<Flag>{{.name = "exit-code", .help = "exit with 1 if there are changes"},
                                 {.name = "markdown", .help = "print a comment for a review"},
                                 json_flag()} +
               project_flags();
  verb.examples = {{"weft plan", "of the project around this folder"},
                   {"weft plan --exit-code", "in CI: fails if something was not applied"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
