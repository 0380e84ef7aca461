// weft validate: everything that is wrong with the definitions, as a compiler says it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/project.h"
#include "cli/promise.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Finding {
  std::string severity;  // "error" or "note"
  std::string code;
  std::string message;
  SourceLocation where;
};

std::vector<Finding> findings_of(const Project& project) {
  std::vector<Finding> findings;
  const auto [graph, problems] = Graph::try_resolve(project.modules, project.config);
  for (const Problem& problem : problems) {
    findings.push_back(
        {"error", std::string(error_code_name(problem.code)), problem.message, problem.where});
  }
  for (const Module& module : project.modules) {
    for (const DefinitionPtr& definition : module.definitions) {
      for (PromiseNote& note : find_promise_notes(definition->source_text)) {
        SourceLocation where = definition->where;
        where.line += note.line;
        findings.push_back(
            {"note", "bits", fmt::format("'{}': {}", definition->name, note.message), where});
      }
    }
  }
  return findings;
}

void print_json(const std::vector<Finding>& findings, const Console& console) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json item = {
        {"severity", finding.severity}, {"code", finding.code}, {"message", finding.message}};
    if (!finding.where.empty()) {
      item["file"] = finding.where.file;
      item["line"] = finding.where.line;
    }
    list.push_back(std::move(item));
  }
  console.out << list.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print_text(const std::vector<Finding>& findings, const Console& console) {
  for (const Finding& finding : findings) {
    if (!finding.where.empty()) {
      console.out << console.ink(Ink::kBold, printable(finding.where.to_string()) + ":") << ' ';
    }
    const bool is_error = finding.severity == "error";
    console.out << console.ink(is_error ? Ink::kRed : Ink::kCyan, finding.severity + ":") << ' '
                << printable(finding.message) << '\n';
  }
}

int run(const Arguments& arguments, const Console& console) {
  const Project project = open_project(arguments, console);
  const std::vector<Finding> findings = findings_of(project);
  int errors = 0;
  for (const Finding& finding : findings) errors += finding.severity == "error" ? 1 : 0;
  if (arguments.has("json")) {
    print_json(findings, console);
  } else {
    print_text(findings, console);
    if (errors > 0) {
      console.out << fmt::format("{} error{}\n", errors, errors == 1 ? "" : "s");
    }
  }
  return errors > 0 ? exit_status(ErrorCode::kInvalidGraph) : 0;
}

}  // namespace

Verb validate_verb() {
  Verb verb;
  verb.name = "validate";
  verb.summary = "check that the definitions fit together";
  verb.description =
      "Resolves the modules with the config and prints everything that is wrong, each with its "
      "file and line. Notes say where the text of a function leaves the promise of equal bits in "
      "every context and on every machine: the C library's mathematics, clocks, random numbers.\n"
      "Exit status: 0 without errors (notes are none), 2 with errors.";
  verb.flags = std::vector<Flag>{json_flag()} + project_flags();
  verb.examples = {{"weft validate -m survey.so", "before a commit"},
                   {"weft validate --config region=eu", "the variants of one config"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
