#include "cli/verbs.h"

#include <fmt/format.h>

#include <array>

#include "base/nearest_name.h"
#include "weft/error.h"

namespace weft::cli {

std::span<const Flag> global_flags() {
  static const std::array<Flag, 2> flags = {
      Flag{.name = "color",
           .value = "WHEN",
           .help = "colours: auto (on a terminal, unless NO_COLOR is set), always or never",
           .choices = {"auto", "always", "never"}},
      Flag{.name = "help", .letter = 'h', .help = "print this help"},
  };
  return flags;
}

const std::vector<Flag>& project_flags() {
  static const std::vector<Flag> flags = {
      {.name = "module",
       .letter = 'm',
       .value = "MODULE",
       .help = "a module: the path of a shared library, the name of one that is compiled in, or in "
               "the command of the Python package features.py or package.module; takes the place "
               "of the modules in weft.yaml",
       .repeats = true,
       .hint = Hint::kModule},
      {.name = "project",
       .value = "PATH",
       .help = "the weft.yaml with modules and config, or its folder; else the nearest one, from "
               "here upwards",
       .hint = Hint::kFile},
      {.name = "config",
       .value = "KEY=VALUE|FILE",
       .help = "a value of the config, or a YAML or JSON file of them; later ones win",
       .repeats = true,
       .hint = Hint::kFile},
  };
  return flags;
}

Flag json_flag() { return {.name = "json", .help = "print JSON"}; }

std::vector<Flag> operator+(std::vector<Flag> first, const std::vector<Flag>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = {
      run_verb(),     list_verb(),     show_verb(),        lineage_verb(),    graph_verb(),
      explain_verb(), validate_verb(), diff_verb(),        test_verb(),       plan_verb(),
      apply_verb(),   registry_verb(), materialize_verb(), push_verb(),       get_verb(),
      history_verb(), sql_verb(),      runs_verb(),        dataset_verb(),    model_verb(),
      serve_verb(),   forget_verb(),   compare_verb(),     completion_verb(), version_verb(),
      help_verb()};
  return all;
}

const Verb& find_verb(std::string_view name) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("there is no command '{}'{}", name, did_you_mean(name, names)));
}

}  // namespace weft::cli
