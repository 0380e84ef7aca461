// weft test: cases in YAML, run in every context.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/project.h"
#include "cli/verbs.h"
#include "weft/testing.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Outcome {
  std::string name;
  SourceLocation where;
  bool passed = true;
  std::string message = {};
  std::vector<std::string> contexts = {};
};

bool is_case_file(const std::filesystem::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

// Files as they are named, and those in folders in path order.
std::vector<std::string> case_files(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && is_case_file(entry.path())) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  if (files.empty()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("no cases (*.yaml) in {}", fmt::join(paths, ", ")));
  }
  return files;
}

std::vector<std::string> paths_of(const Arguments& arguments, const Project& project) {
  if (!arguments.operands().empty()) return arguments.operands();
  return {project.file.empty() ? "cases" : parent_of(project.file) + "/cases"};
}

// A file that cannot be read is one failure, and the others run all the same.
std::vector<Outcome> run_file(const std::string& file, const Project& project,
                              const std::string& filter) {
  std::vector<Outcome> outcomes;
  try {
    for (const testing::Case& c : testing::load_cases(file)) {
      if (c.name.find(filter) == std::string::npos) continue;
      testing::CaseReport report = testing::run_case(c, project.modules);
      outcomes.push_back(
          {c.name, c.where, report.passed, std::move(report.message), std::move(report.contexts)});
    }
  } catch (const Error& e) {
    const SourceLocation where = e.where().empty() ? SourceLocation{file} : e.where();
    outcomes.push_back({file, where, false, e.message()});
  }
  return outcomes;
}

void print_outcome(const Outcome& outcome, bool verbose, const Console& console) {
  if (outcome.passed && !verbose) return;
  const std::string place = printable(outcome.where.to_string());
  if (outcome.passed) {
    console.out << fmt::format("{}: {} {} ({})\n", place, console.ink(Ink::kGreen, "passed"),
                               printable(outcome.name), fmt::join(outcome.contexts, ", "));
    return;
  }
  console.out << fmt::format("{}: {} {}\n", console.ink(Ink::kBold, place),
                             console.ink(Ink::kRed, "failed"), printable(outcome.name));
  std::string_view rest = outcome.message;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    console.out << "    " << printable(rest.substr(0, end)) << '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void print_json(const std::vector<Outcome>& outcomes, size_t updated, const Console& console) {
  Json list = Json::array();
  size_t failed = 0;
  for (const Outcome& outcome : outcomes) {
    Json item = {{"name", outcome.name},
                 {"file", outcome.where.file},
                 {"line", outcome.where.line},
                 {"passed", outcome.passed},
                 {"contexts", outcome.contexts}};
    if (!outcome.passed) item["message"] = outcome.message;
    list.push_back(std::move(item));
    failed += outcome.passed ? 0 : 1;
  }
  const Json json = {{"cases", std::move(list)},
                     {"passed", outcomes.size() - failed},
                     {"failed", failed},
                     {"updated", updated}};
  console.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

int run(const Arguments& arguments, const Console& console) {
  const bool is_update = arguments.has("update");
  if (is_update && arguments.has("filter")) {
    throw Error(ErrorCode::kInvalidArgument,
                "--update rewrites every failing case of a file, so it does not go with --filter");
  }
  const Project project = open_project(arguments, console, /*needs_modules=*/false);
  const std::string filter = arguments.text("filter").value_or("");
  std::vector<Outcome> outcomes;
  size_t updated = 0;
  for (const std::string& file : case_files(paths_of(arguments, project))) {
    std::vector<Outcome> found = run_file(file, project, filter);
    const bool failed = std::ranges::any_of(found, [](const Outcome& o) { return !o.passed; });
    if (failed && is_update) {
      const int count = testing::update_cases(file, project.modules);
      updated += static_cast<size_t>(count);
      if (count > 0) {
        console.note(fmt::format("{}: rewrote {} case{}", file, count, count == 1 ? "" : "s"));
        found = run_file(file, project, filter);
      }
    }
    for (Outcome& outcome : found) {
      if (!arguments.has("json")) print_outcome(outcome, arguments.has("verbose"), console);
      outcomes.push_back(std::move(outcome));
    }
  }
  const auto failed = std::ranges::count_if(outcomes, [](const Outcome& o) { return !o.passed; });
  const auto passed = std::ssize(outcomes) - failed;
  if (arguments.has("json")) {
    print_json(outcomes, updated, console);
  } else {
    console.out << fmt::format("{} passed, {} failed\n", passed, failed);
  }
  return failed > 0 ? 1 : 0;
}

}  // namespace

Verb test_verb() {
  Verb verb;
  verb.name = "test";
  verb.summary = "run cases in every context";
  verb.description =
      "Runs the cases of YAML files over a table, in micro-batches and row by row, and compares: "
      "with what is expected, and the contexts with each other, bit for bit. Prints a line with "
      "file and line for each case that fails, and the first differences.\n"
      "Exit status: 0 if all cases pass, 1 if one fails.";
  verb.operands = {{.name = "PATH",
                    .help = "a file of cases, or a folder of them; else `cases` beside weft.yaml",
                    .hint = Hint::kFile}};
  verb.flags =
      std::vector<Flag>{
          {.name = "filter", .value = "TEXT", .help = "only cases with this in their name"},
          {.name = "update",
           .help = "write what the batch gives now into the `expect` of failing cases; all else in "
                   "the files stays as it is"},
          {.name = "verbose", .letter = 'v', .help = "print the cases that pass, too"},
          json_flag()} +
      project_flags();
  verb.examples = {{"weft test cases -m survey.so", "every case below a folder"},
                   {"weft test cases/trips.yaml --update && git diff", "accept what changed"}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
