/// What a verb works on: modules and config, from weft.yaml and the command line.
#pragma once

#include "cli/verb.h"
#include "weft/graph.h"

namespace weft::cli {

struct Project {
  std::string file = {};  ///< the weft.yaml; empty: there is none
  std::vector<Module> modules = {};
  Values config = {};
  std::string name = {};   ///< `project:`; else that of its folder
  std::string store = {};  ///< folder of registry and tables: `store:`, else "store"
  std::string registry =
      {};                   ///< `registry:`, postgresql://...; empty: a file in the store's folder
  std::string online = {};  ///< `online:`, redis://host:port/0; empty: LMDB in the store's folder
  std::vector<std::string> definitions;  ///< `definitions:`, files of entities, sources, views, ...
};

/// Loads what weft.yaml, -m and --config name: modules are code, and no other ones are loaded.
/// Throws Error(kInvalidArgument) if no module is named anywhere but one is needed, and what
/// loading throws.
Project open_project(const Arguments& arguments, const Console& console, bool needs_modules = true);

bool is_python_file(const std::string& name);

/// The module of a path (it has a slash or ends in .so or .py), of a name that is compiled in, or
/// of one that the process's other language finds from `folder` on.
Module open_module(const std::string& name, const Console& console, const std::string& folder);

/// A value as the command line spells it, YAML: 3, true, [a, b], text. `what` is for errors.
Value value_of_text(const std::string& text, const std::string& what);
/// The values of a YAML or JSON file. Throws Error(kNotFound, kIo, kBadData) with file and line.
Values values_of_file(const std::string& path);

/// The folder of a path: "." if it has none.
std::string parent_of(const std::string& path);

/// Splits "key=value". Throws Error(kInvalidArgument) that names the flag.
std::pair<std::string, std::string> key_and_value(std::string_view flag, const std::string& text);

/// A node by name, or Error(kNotFound) with the nearest.
const Node& node_of(const Graph& graph, const std::string& name);

/// Has it the tag "key", or with "key=value" that value of it?
bool has_tag(const Node& node, const std::string& wanted);

/// Its tags but `module`, which resolution gives every node and which is shown as its module.
Tags own_tags(const Node& node);

/// The text of the function a node runs; empty for inputs.
std::string source_text_of(const Node& node);

}  // namespace weft::cli
