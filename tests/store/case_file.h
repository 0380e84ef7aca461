/// Cases of the feature store as data: what is defined, which rows there are, what is done and
/// asked.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <vector>

#include "weft/error.h"
#include "weft/table.h"

namespace weft::store_cases {

/// One case of a file; docs/reference/testing.md says what each key means.
struct StoreCase {
  std::string group;  ///< the file's name without ending
  std::string name;
  SourceLocation where;
  YAML::Node definitions;  ///< the file's, with the case's over them
  YAML::Node rows;         ///< by source
  YAML::Node steps;
  std::string only;  ///< "files" or "written": where its rows may be; empty: in both
  Time now;
};

/// All cases of all files in a folder. Throws Error(kBadData) with file and line for what is none.
std::vector<StoreCase> load_store_cases(const std::string& folder);

/// A time as cases spell it: "5h" after 2024-01-01, or ISO 8601. Throws Error(kBadData).
Time time_of(const YAML::Node& node);

/// Columns as `{name: [values]}`, or `{name:type: [values]}`; without a type it is the one that
/// type_of() gives, and if that is null the values'.
Table table_of(const YAML::Node& columns, const std::function<Type(const std::string&)>& type_of);

/// `over` laid over `under`: maps key by key, all else is replaced, and null removes.
YAML::Node merged(const YAML::Node& under, const YAML::Node& over);

}  // namespace weft::store_cases
