// weft explain: how outputs would be computed, without computing them.
#include "cli/given.h"
#include "cli/project.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

Context context_of(const Arguments& arguments) {
  const std::string name = arguments.text("context").value_or("batch");
  for (const Context context : {Context::kStream, Context::kOnline}) {
    if (name == context_name(context)) return context;
  }
  return Context::kBatch;
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console);
  const Driver driver(project.modules, project.config);
  const Given given(arguments, driver.graph());
  const Plan plan = driver.plan(arguments.operands(), given.plan_options(context_of(arguments)));
  console.out << plan.explain();
  return 0;
}

}  // namespace

Verb explain_verb() {
  Verb verb;
  verb.name = "explain";
  verb.summary = "show how outputs would be computed";
  verb.description =
      "Plans the outputs and says what is fused, what runs how and where each value comes from. "
      "Inputs may be given as for `weft run`: whether they are columns or single values decides "
      "the plan. In the stream and online contexts the plan says what it lacks.";
  verb.operands = {
      {.name = "OUTPUT", .help = "a node to compute", .count_min = 1, .hint = Hint::kNode}};
  verb.flags = std::vector<Flag>{{.name = "context",
                                  .value = "CONTEXT",
                                  .help = "batch, stream or online",
                                  .choices = {"batch", "stream", "online"}}} +
               given_flags() + project_flags();
  verb.examples = {{"weft explain -m survey.so age_normalized", "over a table"},
                   {"weft explain age_normalized --context=online --choose=given",
                    "what a request would bring and do"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
