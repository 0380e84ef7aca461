/// All verbs of the command, in the order in which help lists them.
#pragma once

#include "cli/verb.h"

namespace weft::cli {

Verb run_verb();
Verb list_verb();
Verb show_verb();
Verb lineage_verb();
Verb graph_verb();
Verb explain_verb();
Verb validate_verb();
Verb diff_verb();
Verb test_verb();
Verb plan_verb();
Verb apply_verb();
Verb registry_verb();
Verb materialize_verb();
Verb push_verb();
Verb get_verb();
Verb history_verb();
Verb sql_verb();
Verb runs_verb();
Verb dataset_verb();
Verb model_verb();
Verb serve_verb();
Verb forget_verb();
Verb compare_verb();
Verb completion_verb();
Verb version_verb();
Verb help_verb();

const std::vector<Verb>& verbs();
/// Throws Error(kInvalidArgument) with the nearest name.
const Verb& find_verb(std::string_view name);

}  // namespace weft::cli
