// weft version: which Weft this is.
#include <fmt/format.h>

#include "cli/json_text.h"
#include "cli/verbs.h"

namespace weft::cli {
namespace {

int run(const Arguments& arguments, const Console& console) {
  if (arguments.has("json")) {
    console.out << fmt::format("{{\"version\": {}, \"compiler\": {}}}\n", json_string(WEFT_VERSION),
                               json_string(__VERSION__));
  } else {
    console.out << fmt::format("weft {} (compiler {})\n", WEFT_VERSION, __VERSION__);
  }
  return 0;
}

}  // namespace

Verb version_verb() {
  Verb verb;
  verb.name = "version";
  verb.summary = "print the version";
  verb.description =
      "Prints the version and the compiler: modules are loaded only if both are theirs too.";
  verb.flags = {json_flag()};
  verb.run = run;
  return verb;
}

}  // namespace weft::cli
