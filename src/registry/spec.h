/// Definitions as text: JSON that the registry keeps, YAML that people write. One set of fields.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weft/error.h"
#include "weft/feature_store.h"

namespace weft {

enum class DefinitionKind : uint8_t { kEntity, kSource, kView, kService };
inline constexpr DefinitionKind kDefinitionKinds[] = {
    DefinitionKind::kEntity, DefinitionKind::kSource, DefinitionKind::kView,
    DefinitionKind::kService};
/// "entity", "source", "view", "service".
std::string_view kind_name(DefinitionKind kind);

/// A definition by what it is and its name; prints as "view trips".
struct DefinitionId {
  DefinitionKind kind;
  std::string name;
  auto operator<=>(const DefinitionId&) const = default;
};
std::string to_string(const DefinitionId& id);

/// One line of JSON, fields in a fixed order, without those that have their default. Entities and
/// sources of a view are names.
std::string to_json(const Entity& entity);
std::string to_json(const Source& source);
std::string to_json(const FeatureView& view);
std::string to_json(const FeatureService& service);

std::string to_json(const SavedDataset& dataset);
std::string to_json(const Model& model);

/// Where each definition was written.
using DefinitionPlaces = std::map<DefinitionId, SourceLocation>;

/// A file of definitions, or specs of the registry: maps `entities`, `sources`, `views` and
/// `services` of name to fields. Names that views refer to may be defined elsewhere. Throws
/// Error(kBadData) with file and line: what was expected, what was found, the nearest name.
StoreDefinitions definitions_from_yaml(const std::string& text, const std::string& file,
                                       DefinitionPlaces& places);
/// One definition, as to_json() wrote it.
Entity entity_from_json(const std::string& name, const std::string& json);
Source source_from_json(const std::string& name, const std::string& json);
FeatureView view_from_json(const std::string& name, const std::string& json);
FeatureService service_from_json(const std::string& name, const std::string& json);
SavedDataset dataset_from_json(const std::string& name, const std::string& json);
Model model_from_json(const std::string& name, const std::string& json);

}  // namespace weft
