#include "case_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "testing/yaml_value.h"

namespace weft::store_cases {
namespace {

constexpr Time kStart = std::chrono::sys_days(std::chrono::January / 1 / 2024);

[[noreturn]] void bad(const YAML::Node& node, const std::string& message) {
  throw Error(ErrorCode::kBadData, message, {"", node.Mark().line + 1});
}

void check_keys(const YAML::Node& node, const std::vector<std::string>& known) {
  if (!node.IsMap()) bad(node, "expected a map");
  for (const auto& item : node) {
    const std::string key = item.first.Scalar();
    if (std::ranges::find(known, key) != known.end()) continue;
    bad(item.first, fmt::format("unknown key {}{}", key, did_you_mean(key, known)));
  }
}

void check_step(const YAML::Node& step) {
  check_keys(step, {"apply", "clock", "materialize", "incremental", "push", "write", "history",
                    "online", "both", "expect", "statuses", "event_times", "error", "feast"});
  for (const char* question : {"history", "online", "both"}) {
    if (!step[question]) continue;
    check_keys(step[question], {"features", "service", "full_names", "rows", "time", "at", "as_of",
                                "reasons", "event_times"});
    if (!step["expect"] && !step["error"]) bad(step, "a question needs expect or error");
  }
  if (step["error"]) check_keys(step["error"], {"code", "contains"});
}

StoreCase read_case(const YAML::Node& node, const YAML::Node& file) {
  check_keys(node, {"name", "feast", "why", "definitions", "rows", "steps", "only"});
  for (const char* key : {"name", "feast", "steps"}) {
    if (!node[key]) bad(node, fmt::format("a case needs {}", key));
  }
  const std::string feast = node["feast"].Scalar();
  if (feast != "same" && feast != "differs") bad(node["feast"], "expected same or differs");
  if ((feast == "differs") != !!node["why"]) bad(node, "`why` belongs to `feast: differs`");
  StoreCase c;
  c.name = node["name"].Scalar();
  c.where.line = node.Mark().line + 1;
  c.definitions = merged(file["definitions"], node["definitions"]);
  for (const YAML::Node& from : {file, node}) {
    if (from["rows"]) c.rows.reset(from["rows"]);
  }
  c.steps.reset(node["steps"]);
  for (const auto& step : c.steps) check_step(step);
  if (node["only"]) c.only = node["only"].Scalar();
  c.now = file["clock"] ? time_of(file["clock"]) : kStart + 48h;
  return c;
}

// Texts become times where times are wanted; all else as in other cases.
Value cell_of(const YAML::Node& node, Type type) {
  const Value value = value_from_yaml(node, "");
  if (!type) return value;
  if (value.has_value() && type->kind == Kind::kTimestamp) return Value::of(time_of(node));
  return value_as(value, type);
}

Type common_type(const YAML::Node& values) {
  Type type = nullptr;
  for (const auto& node : values) {
    const Value value = value_from_yaml(node, "");
    if (!value.has_value()) continue;
    if (!type || widens(type, value.type())) type = value.type();
  }
  return type ? type : double_type();
}

}  // namespace

Time time_of(const YAML::Node& node) {
  if (const auto after = parse_duration(node.Scalar())) return kStart + *after;
  if (const auto time = parse_time(node.Scalar())) return *time;
  bad(node, "expected a time such as 5h or 2024-01-01T05:00:00Z, found " + quote(node.Scalar()));
}

Table table_of(const YAML::Node& columns, const std::function<Type(const std::string&)>& type_of) {
  std::vector<std::pair<std::string, ColumnData>> out;
  for (const auto& item : columns) {
    const std::string& spelled = item.first.Scalar();
    const size_t colon = spelled.find(':');
    const std::string name = spelled.substr(0, colon);
    Type type = nullptr;
    if (colon != spelled.npos) {
      type = type_by_name(spelled.substr(colon + 1));
      if (!type) bad(item.first, "no type is called " + quote(spelled.substr(colon + 1)));
    } else {
      type = type_of(name);
    }
    if (!type) type = common_type(item.second);
    ColumnBuilder builder(type);
    for (const auto& node : item.second) {
      const Value value = cell_of(node, type);
      value.has_value() ? builder.append(value) : builder.append_null();
    }
    out.emplace_back(name, builder.finish());
  }
  return Table(std::move(out));
}

YAML::Node merged(const YAML::Node& under, const YAML::Node& over) {
  if (!over) return under ? YAML::Clone(under) : YAML::Node(YAML::NodeType::Map);
  if (!under || !under.IsMap() || !over.IsMap()) return YAML::Clone(over);
  YAML::Node out(YAML::NodeType::Map);
  for (const auto& item : under) {
    const YAML::Node other = over[item.first.Scalar()];
    if (other && other.IsNull()) continue;
    out[item.first.Scalar()] = other ? merged(item.second, other) : YAML::Clone(item.second);
  }
  for (const auto& item : over) {
    if (!item.second.IsNull() && !under[item.first.Scalar()]) {
      out[item.first.Scalar()] = YAML::Clone(item.second);
    }
  }
  return out;
}

std::vector<StoreCase> load_store_cases(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  std::vector<StoreCase> cases;
  for (const std::string& path : files) {
    try {
      const YAML::Node file = YAML::LoadFile(path);
      check_keys(file, {"definitions", "rows", "clock", "cases"});
      for (const auto& node : file["cases"]) {
        cases.push_back(read_case(node, file));
        cases.back().group = std::filesystem::path(path).stem().string();
        cases.back().where.file = path;
      }
    } catch (const YAML::Exception& e) {
      throw Error(ErrorCode::kBadData, e.msg, {path, e.mark.line + 1});
    } catch (const Error& e) {
      throw Error(e.code(), e.message(), {path, e.where().line});
    }
  }
  return cases;
}

}  // namespace weft::store_cases
