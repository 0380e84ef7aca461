/// From modules and files of definitions to one set of them that fits together.
#pragma once

#include "registry/spec.h"
#include "weft/driver.h"

namespace weft {

/// A set of definitions with all names resolved, and what the registry compares of it.
struct Collected {
  StoreDefinitions definitions;
  DefinitionPlaces places;
  /// By view: of each feature the fingerprint of the code that makes it, and its type (null: known
  /// only from the source).
  struct Feature {
    std::string fingerprint;
    Type type = nullptr;
    bool computed = false;  ///< by a node of the graph; else a column of the source
  };
  std::map<std::string, std::map<std::string, Feature>> features;
};

/// Of a feature of a view over this source: of the code that computes it, or of the column it is.
std::string feature_fingerprint(const Graph& graph, const std::string& feature,
                                const std::string& source);

/// The node of this name, if the graph computes it; null for inputs and names it does not know.
const Node* computed_node(const Graph& graph, const std::string& name);

/// A file of definitions, for messages and as text.
struct DefinitionFile {
  std::string path;
  std::string text;
};
/// Throws Error(kNotFound, kIo), and kResourceLimit above 64 MiB.
std::vector<DefinitionFile> read_definition_files(std::span<const std::string> paths);

/// Runs every node that yields an Entity, Source, FeatureView or FeatureService, adds what the
/// files define, and checks that it fits together: unknown names (with the nearest), definitions of
/// one name that differ, views without keys' types, time or features, features that are neither
/// nodes nor declared columns, names that clash. Throws Error(kInvalidGraph) with every problem,
/// one a line, each with its place.
Collected collect_definitions(const Driver& driver, const Values& inputs,
                              std::span<const DefinitionFile> files);

}  // namespace weft
