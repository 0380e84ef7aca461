#include "cli/project.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/nearest_name.h"
#include "testing/yaml_value.h"
#include "weft/module.h"

namespace weft::cli {
namespace {

constexpr int64_t kFileBytesMax = int64_t{64} << 20;

YAML::Node yaml_of_file(const std::string& path) {
  const std::string text = read_file(path, kFileBytesMax);
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    throw Error(ErrorCode::kBadData, e.msg, {path, e.mark.line + 1});
  }
}

// The nearest weft.yaml, from the folder upwards; empty if there is none.
std::string find_project_file(const std::string& folder) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(folder, error).lexically_normal();
  while (true) {
    const std::filesystem::path file = at / "weft.yaml";
    if (std::filesystem::is_regular_file(file, error)) {
      const auto near = std::filesystem::proximate(file, error);
      return error ? file.string() : near.string();
    }
    if (!at.has_relative_path()) return "";
    at = at.parent_path();
  }
}

std::string project_file(const Arguments& arguments, const Console& console) {
  const auto given = arguments.text("project");
  if (!given) return find_project_file(console.directory);
  if (std::filesystem::is_directory(*given)) return *given + "/weft.yaml";
  return *given;
}

// Keys of other parts of Weft may stand in the file; a misspelt one of ours may not.
void check_keys(const YAML::Node& root, const std::string& file) {
  static const std::vector<std::string> known = {"modules",  "config", "project",    "store",
                                                 "registry", "online", "definitions"};
  for (const auto& item : root) {
    const std::string key = item.first.Scalar();
    if (std::ranges::find(known, key) != known.end()) continue;
    if (nearest_name(key, known).empty()) continue;
    throw Error(ErrorCode::kBadData,
                fmt::format("unknown key '{}'{}", key, did_you_mean(key, known)),
                {file, item.first.Mark().line + 1});
  }
}

std::vector<std::string> list_named(const YAML::Node& root, const char* key,
                                    const std::string& file) {
  std::vector<std::string> texts;
  const YAML::Node list = root[key];
  if (!list) return texts;
  if (!list.IsSequence()) {
    throw Error(ErrorCode::kBadData, fmt::format("`{}` is a list of paths and names", key),
                {file, list.Mark().line + 1});
  }
  for (const auto& item : list) texts.push_back(item.Scalar());
  return texts;
}

bool is_path(const std::string& name) {
  return name.find('/') != name.npos || name.ends_with(".so") || is_python_file(name);
}

// A path of a weft.yaml starts at its folder.
std::string path_beside(const std::string& file, const std::string& path) {
  if (path.starts_with("/")) return path;
  return (std::filesystem::path(parent_of(file)) / path).lexically_normal().string();
}

std::vector<std::string> modules_named(const YAML::Node& root, const std::string& file) {
  std::vector<std::string> names = list_named(root, "modules", file);
  for (std::string& name : names) {
    // With a slash, so that it is not taken for the name of a module that is compiled in.
    if (is_path(name) && !name.starts_with("/")) name = parent_of(file) + "/" + name;
  }
  return names;
}

void read_store(const YAML::Node& root, Project& project) {
  const std::string& file = project.file;
  for (const std::string& path : list_named(root, "definitions", file)) {
    project.definitions.push_back(path_beside(file, path));
  }
  if (const YAML::Node name = root["project"]) project.name = name.Scalar();
  if (const YAML::Node registry = root["registry"]) project.registry = registry.Scalar();
  if (const YAML::Node online = root["online"]) project.online = online.Scalar();
  if (const YAML::Node store = root["store"]) project.store = path_beside(file, store.Scalar());
}

Values config_named(const YAML::Node& root, const std::string& file) {
  const YAML::Node config = root["config"];
  if (config && config.IsScalar()) return values_of_file(parent_of(file) + "/" + config.Scalar());
  return values_from_yaml(config, file);
}

void add_config(const std::string& text, Values& config) {
  Values more;
  if (text.find('=') == text.npos) {
    more = values_of_file(text);
  } else {
    const auto [key, value] = key_and_value("config", text);
    more[key] = value_of_text(value, "--config " + key);
  }
  for (auto& [key, value] : more) config.insert_or_assign(key, std::move(value));
}

}  // namespace

bool is_python_file(const std::string& name) { return name.ends_with(".py"); }

Module open_module(const std::string& name, const Console& console, const std::string& folder) {
  if (is_python_file(name)) {
    if (!console.foreign_module) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} is a module of Python, and this command takes compiled ones: the "
                              "command of the Python package takes both (pip install weft, or "
                              "python -m weft)",
                              name));
    }
    return console.foreign_module(name, folder).value();
  }
  if (is_path(name)) return load_module(name);
  try {
    return compiled_module(name);
  } catch (const Error& e) {
    if (console.foreign_module) {
      if (auto module = console.foreign_module(name, folder)) return *std::move(module);
    }
    // A file without a slash or ending is meant less often than a misspelt name.
    if (std::filesystem::is_regular_file(name)) return load_module("./" + name);
    throw;
  }
}

Project open_project(const Arguments& arguments, const Console& console, bool needs_modules) {
  Project project;
  project.file = project_file(arguments, console);
  std::vector<std::string> names;
  if (!project.file.empty()) {
    const YAML::Node root = yaml_of_file(project.file);
    if (!root.IsNull()) {
      if (!root.IsMap()) {
        throw Error(ErrorCode::kBadData, "expected keys such as `modules:` and `config:`",
                    {project.file, 1});
      }
      check_keys(root, project.file);
      names = modules_named(root, project.file);
      project.config = config_named(root, project.file);
      read_store(root, project);
    }
  }
  const std::string folder = project.file.empty() ? console.directory : parent_of(project.file);
  if (project.store.empty()) project.store = folder + "/store";
  if (project.name.empty()) {
    project.name = std::filesystem::weakly_canonical(folder).filename().string();
  }
  const bool is_named_here = arguments.has("module");
  if (is_named_here) names = arguments.all("module");
  for (const std::string& text : arguments.all("config")) add_config(text, project.config);
  if (names.empty() && needs_modules) {
    throw Error(ErrorCode::kInvalidArgument,
                "no module: name one with -m PATH, or list it under `modules:` in a "
                "weft.yaml");
  }
  for (const std::string& name : names) {
    project.modules.push_back(
        open_module(name, console, is_named_here ? console.directory : folder));
  }
  return project;
}

Value value_of_text(const std::string& text, const std::string& what) {
  try {
    return value_from_yaml(YAML::Load(text), what);
  } catch (const YAML::Exception&) {
    return Value::of(text);  // what is no YAML ("{x", "a: b: c") is plain text
  }
}

Values values_of_file(const std::string& path) {
  return values_from_yaml(yaml_of_file(path), path);
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::pair<std::string, std::string> key_and_value(std::string_view flag, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--{} takes name=value, not '{}'", flag, text));
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

const Node& node_of(const Graph& graph, const std::string& name) {
  return graph.node(graph.at(name));
}

bool has_tag(const Node& node, const std::string& wanted) {
  const size_t equals = wanted.find('=');
  const auto tag = node.tags.find(wanted.substr(0, equals));
  if (tag == node.tags.end()) return false;
  if (equals == wanted.npos) return true;
  return std::ranges::find(tag->second, wanted.substr(equals + 1)) != tag->second.end();
}

Tags own_tags(const Node& node) {
  Tags tags = node.tags;
  const auto module = tags.find("module");
  if (module != tags.end() && module->second == std::vector{node.module}) tags.erase(module);
  return tags;
}

std::string source_text_of(const Node& node) {
  return node.definition ? node.definition->source_text : std::string();
}

}  // namespace weft::cli
