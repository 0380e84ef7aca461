// Cases as YAML: reading and rewriting their files.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>

#include "base/nearest_name.h"
#include "testing/yaml_value.h"
#include "weft/testing.h"

namespace weft::testing {
namespace {

constexpr std::array<std::string_view, 11> kKeys = {"name",    "config",    "rows",    "columns",
                                                    "scalars", "overrides", "choices", "expect",
                                                    "error",   "refused",   "outputs"};

[[noreturn]] void bad(const YAML::Node& node, const std::string& file, const std::string& message) {
  throw Error(ErrorCode::kBadData, message, {file, node.Mark().line + 1});
}

Context context_of(const YAML::Node& node, const std::string& file) {
  for (const Context c : {Context::kBatch, Context::kStream, Context::kOnline}) {
    if (node.Scalar() == context_name(c)) return c;
  }
  bad(node, file, "expected batch, stream or online, found " + node.Scalar());
}

Choice choice_of(const YAML::Node& node, const std::string& file) {
  for (const Choice c : {Choice::kFitted, Choice::kGiven, Choice::kBatch, Choice::kStream}) {
    if (node.Scalar() == choice_name(c)) return c;
  }
  bad(node, file, "expected fitted, given, batch or stream, found " + node.Scalar());
}

ValueList column_of(const YAML::Node& node, const std::string& file) {
  if (!node.IsSequence()) bad(node, file, "a column is a list of values");
  ValueList values;
  for (const auto& item : node) values.push_back(value_from_yaml(item, file));
  return values;
}

void read_rows(const YAML::Node& rows, const std::string& file, Case& c) {
  size_t n = 0;
  for (const auto& row : rows) {
    if (!row.IsMap()) bad(row, file, "a row is `{name: value, ...}`");
    for (const auto& cell : row) {
      auto& column = c.columns[cell.first.Scalar()];
      column.resize(n);  // null in the rows before that did not name it
      column.push_back(value_from_yaml(cell.second, file));
    }
    ++n;
  }
  for (auto& [name, column] : c.columns) column.resize(n);
}

void read_expect(const YAML::Node& expect, const std::string& file, Case& c) {
  for (const auto& item : expect) {
    const std::string name = item.first.Scalar();
    c.outputs.push_back(name);
    // A list is a column; a single value that is a list stands under `value:`.
    if (item.second.IsSequence()) {
      c.expect_columns[name] = column_of(item.second, file);
    } else if (item.second.IsMap() && item.second["value"]) {
      c.expect_scalars[name] = value_from_yaml(item.second["value"], file);
    } else {
      c.expect_scalars[name] = value_from_yaml(item.second, file);
    }
  }
}

Case read_case(const YAML::Node& node, const std::string& file) {
  Case c;
  c.where = {file, node.Mark().line + 1};
  if (!node.IsMap()) bad(node, file, "a case is a map of name, rows, expect and so on");
  for (const auto& item : node) {
    const std::string key = item.first.Scalar();
    if (std::ranges::find(kKeys, key) != kKeys.end()) continue;
    const std::vector<std::string> names(kKeys.begin(), kKeys.end());
    bad(item.first, file, fmt::format("unknown key {}{}", key, did_you_mean(key, names)));
  }
  if (!node["name"]) bad(node, file, "a case needs a name");
  c.name = node["name"].Scalar();
  c.config = values_from_yaml(node["config"], file);
  if (node["rows"]) read_rows(node["rows"], file, c);
  for (const auto& item : node["columns"]) {
    c.columns[item.first.Scalar()] = column_of(item.second, file);
  }
  c.scalars = values_from_yaml(node["scalars"], file);
  c.overrides = values_from_yaml(node["overrides"], file);
  for (const auto& item : node["choices"]) {
    c.choices[item.first.Scalar()] = choice_of(item.second, file);
  }
  if (node["expect"]) read_expect(node["expect"], file, c);
  for (const auto& item : node["outputs"]) c.outputs.push_back(item.Scalar());
  if (const auto error = node["error"]) {
    if (!error["code"]) bad(error, file, "an error needs a code");
    c.error_code = error["code"].Scalar();
    for (const auto& part : error["contains"]) c.error_parts.push_back(part.Scalar());
  }
  for (const auto& item : node["refused"]) {
    c.refused[context_of(item.first, file)] = item.second.Scalar();
  }
  if (c.outputs.empty())
    bad(node, file, "a case needs outputs: name them under `expect` or `outputs`");
  return c;
}

YAML::Node load_file(const std::string& path) {
  try {
    return YAML::LoadFile(path);
  } catch (const YAML::BadFile&) {
    throw Error(ErrorCode::kNotFound, "cannot read the file of cases " + path);
  } catch (const YAML::Exception& e) {
    throw Error(ErrorCode::kBadData, e.msg, {path, e.mark.line + 1});
  }
}

}  // namespace

std::vector<Case> load_cases(const std::string& path) {
  const YAML::Node root = load_file(path);
  if (!root.IsMap() || !root["cases"]) {
    throw Error(ErrorCode::kBadData, "a file of cases has `module:` and `cases:`", {path, 1});
  }
  std::vector<std::string> modules;
  if (root["module"]) modules.push_back(root["module"].Scalar());
  for (const auto& module : root["modules"]) modules.push_back(module.Scalar());
  std::vector<Case> cases;
  for (const auto& node : root["cases"]) {
    cases.push_back(read_case(node, path));
    cases.back().modules = modules;
  }
  return cases;
}

}  // namespace weft::testing
