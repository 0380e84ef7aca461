// weft help: what a command does and takes.
#include "cli/verbs.h"

namespace weft::cli {
namespace {

int run(const Arguments& arguments, const Console& console) {
  if (arguments.operands().empty()) {
    console.out << overview_text(console);
  } else {
    console.out << help_text(find_verb(arguments.operands()[0]), console);
  }
  return 0;
}

}  // namespace

Verb help_verb() {
  Verb verb;
  verb.name = "help";
  verb.summary = "print help on a command";
  verb.description =
      "Prints what a command does, its flags and examples; without one, all commands.";
  verb.operands = {{.name = "COMMAND", .count_max = 1, .hint = Hint::kVerb}};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
