#include "registry/spec.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

// ---- the fields of each definition, named once -------------------------------------------------

template <class V>
void visit_fields(Entity& e, V&& visit) {
  visit("keys", e.keys);
  visit("description", e.description);
  visit("owner", e.owner);
  visit("tags", e.tags);
}
template <class V>
void visit_fields(Source& s, V&& visit) {
  visit("kind", s.kind);
  visit("path", s.path);
  visit("query", s.query);
  visit("time", s.time);
  visit("known", s.known);
  visit("time_unit", s.time_unit);
  visit("columns", s.columns);
  visit("not_null", s.not_null);
  visit("renamed", s.renamed);
  visit("history", s.history);
  visit("freshness", s.freshness);
  visit("description", s.description);
  visit("owner", s.owner);
  visit("tags", s.tags);
}
template <class V>
void visit_fields(Deprecated& d, V&& visit) {
  visit("reason", d.reason);
  visit("until", d.until);
}
template <class V>
void visit_fields(FeatureView& v, V&& visit) {
  visit("entities", v.entities);
  visit("source", v.source);
  visit("features", v.features);
  visit("ttl", v.ttl);
  visit("online", v.online);
  visit("offline", v.offline);
  visit("description", v.description);
  visit("owner", v.owner);
  visit("tags", v.tags);
  visit("deprecated", v.deprecated);
  visit("deprecated_features", v.deprecated_features);
}
template <class V>
void visit_fields(ViewSelection& s, V&& visit) {
  visit("view", s.view);
  visit("features", s.features);
  visit("alias", s.alias);
  visit("keys", s.keys);
}
template <class V>
void visit_fields(FeatureService& s, V&& visit) {
  visit("views", s.views);
  visit("on_demand", s.on_demand);
  visit("description", s.description);
  visit("owner", s.owner);
  visit("tags", s.tags);
  visit("deprecated", s.deprecated);
}

template <class V>
void visit_fields(SavedDataset& d, V&& visit) {
  visit("service", d.service);
  visit("features", d.features);
  visit("spine", d.spine);
  visit("path", d.path);
  visit("rows", d.rows);
  visit("time", d.time);
  visit("user", d.user);
  visit("fit", d.fit);
  visit("registry_version", d.registry_version);
  visit("fingerprints", d.fingerprints);
}
template <class V>
void visit_fields(Model& m, V&& visit) {
  visit("version", m.version);
  visit("service", m.service);
  visit("datasets", m.datasets);
  visit("fit", m.fit);
  visit("owner", m.owner);
  visit("tags", m.tags);
  visit("time", m.time);
  visit("user", m.user);
  visit("registry_version", m.registry_version);
}

constexpr std::pair<Source::Kind, std::string_view> kSourceKinds[] = {
    {Source::Kind::kFile, "file"},       {Source::Kind::kQuery, "query"},
    {Source::Kind::kTable, "table"},     {Source::Kind::kPush, "push"},
    {Source::Kind::kRequest, "request"},
};

// ---- writing -----------------------------------------------------------------------------------

Json json_of(const std::string& value) { return value; }
Json json_of(bool value) { return value; }
Json json_of(int64_t value) { return value; }
Json json_of(Time value) { return format_time(value); }
Json json_of(const std::vector<std::string>& value) { return value; }
Json json_of(const std::map<std::string, std::string>& value) { return value; }
Json json_of(Source::Kind kind) { return source_kind_name(kind); }
Json json_of(const std::optional<Duration>& value) { return format_duration(*value); }
Json json_of(const Source& source) { return source.name; }
Json json_of(const Schema& schema) {
  Json json = Json::object();
  for (const auto& [name, type] : schema) json[name] = type->name;
  return json;
}
Json json_of(const Tags& tags) {
  Json json = Json::object();
  for (const auto& [key, values] : tags)
    json[key] = values.size() == 1 ? Json(values[0]) : Json(values);
  return json;
}
Json json_of(const std::vector<Entity>& entities) {
  Json json = Json::array();
  for (const Entity& entity : entities) json.push_back(entity.name);
  return json;
}
template <class T>
Json object_of(const T& definition);
Json json_of(const std::optional<Deprecated>& deprecated) { return object_of(*deprecated); }
Json json_of(const std::map<std::string, Deprecated>& deprecated) {
  Json json = Json::object();
  for (const auto& [name, each] : deprecated) json[name] = object_of(each);
  return json;
}
Json json_of(const std::vector<ViewSelection>& views) {
  Json json = Json::array();
  for (const ViewSelection& selection : views) json.push_back(object_of(selection));
  return json;
}

bool is_same(const Source& a, const Source& b) { return a.name == b.name; }
bool is_same(const std::vector<Entity>& a, const std::vector<Entity>& b) {
  return a.empty() && b.empty();
}
bool is_same(const std::vector<ViewSelection>& a, const std::vector<ViewSelection>& b) {
  return a.empty() && b.empty();
}
template <class T>
bool is_same(const T& a, const T& b) {
  return a == b;
}

template <class T>
Json object_of(const T& definition) {
  Json json = Json::object();
  T copy = definition;
  T defaults;
  visit_fields(copy, [&](const char* name, const auto& value) {
    bool is_default = false;
    visit_fields(defaults, [&](const char* other, const auto& value_of_default) {
      if constexpr (std::is_same_v<decltype(value), decltype(value_of_default)>) {
        if (std::string_view(name) == other) is_default = is_same(value, value_of_default);
      }
    });
    if (!is_default) json[name] = json_of(value);
  });
  return json;
}

// ---- reading -----------------------------------------------------------------------------------

// A place in a file of definitions, and what stands there: "views.trips.ttl".
struct At {
  std::string file;
  std::string path;

  At operator/(std::string_view name) const {
    return {file, path.empty() ? std::string(name) : path + "." + std::string(name)};
  }
  [[noreturn]] void fail(const YAML::Node& node, const std::string& message) const {
    throw Error(ErrorCode::kBadData, path + ": " + message, place(node));
  }
  SourceLocation place(const YAML::Node& node) const {
    return file.empty() ? SourceLocation() : SourceLocation{file, node.Mark().line + 1};
  }
};

std::string_view what_is(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return "a single value";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a map";
    default:
      return "nothing";
  }
}

const std::string& text_of(const YAML::Node& node, const At& at) {
  if (!node.IsScalar()) at.fail(node, fmt::format("expected a text, found {}", what_is(node)));
  return node.Scalar();
}

void read(const YAML::Node& node, const At& at, std::string& value) { value = text_of(node, at); }
void read(const YAML::Node& node, const At& at, bool& value) {
  const std::string& text = text_of(node, at);
  if (text != "true" && text != "false") {
    at.fail(node, fmt::format("expected true or false, found {}", quote(text)));
  }
  value = text == "true";
}
void read(const YAML::Node& node, const At& at, int64_t& value) {
  const std::string& text = text_of(node, at);
  if (YAML::convert<int64_t>::decode(node, value)) return;
  at.fail(node, fmt::format("expected a whole number, found {}", quote(text)));
}
void read(const YAML::Node& node, const At& at, Time& value) {
  const std::string& text = text_of(node, at);
  const auto time = parse_time(text);
  if (!time) at.fail(node, fmt::format("expected a time, found {}", quote(text)));
  value = *time;
}
void read(const YAML::Node& node, const At& at, std::vector<std::string>& value) {
  if (!node.IsSequence()) at.fail(node, fmt::format("expected a list, found {}", what_is(node)));
  for (const auto& element : node) value.push_back(text_of(element, at));
}
void read(const YAML::Node& node, const At& at, std::map<std::string, std::string>& value) {
  if (!node.IsMap()) at.fail(node, fmt::format("expected a map, found {}", what_is(node)));
  for (const auto& entry : node) {
    const std::string key = text_of(entry.first, at);
    value[key] = text_of(entry.second, at / key);
  }
}
void read(const YAML::Node& node, const At& at, Schema& schema) {
  if (!node.IsMap()) {
    at.fail(node, fmt::format("expected a map of name to type, found {}", what_is(node)));
  }
  for (const auto& entry : node) {
    const std::string name = text_of(entry.first, at);
    const std::string& type_name = text_of(entry.second, at / name);
    const Type type = type_by_name(type_name);
    if (!type) {
      const std::vector<std::string> known = {"bool",   "int32",  "int64",     "float",
                                              "double", "string", "timestamp", "duration"};
      (at / name).fail(entry.second, fmt::format("no type is called {}{}", quote(type_name),
                                                 did_you_mean(type_name, known)));
    }
    schema.push_back({name, type});
  }
}
void read(const YAML::Node& node, const At& at, Tags& tags) {
  if (!node.IsMap()) at.fail(node, fmt::format("expected a map, found {}", what_is(node)));
  for (const auto& entry : node) {
    const std::string key = text_of(entry.first, at);
    if (entry.second.IsSequence()) {
      read(entry.second, at / key, tags[key]);
    } else {
      tags[key] = {text_of(entry.second, at / key)};
    }
  }
}
void read(const YAML::Node& node, const At& at, Source::Kind& kind) {
  const std::string& text = text_of(node, at);
  std::vector<std::string> names;
  for (const auto& [each, name] : kSourceKinds) {
    names.emplace_back(name);
    if (name == text) {
      kind = each;
      return;
    }
  }
  at.fail(node, fmt::format("no kind of source is called {}; expected one of {}", quote(text),
                            fmt::join(names, ", ")));
}
void read(const YAML::Node& node, const At& at, std::optional<Duration>& value) {
  const std::string& text = text_of(node, at);
  value = text == "0" ? Duration(0) : parse_duration(text);
  if (!value) {
    at.fail(node, fmt::format("expected a duration such as 36h or 7d, found {}", quote(text)));
  }
}
void read(const YAML::Node& node, const At& at, Source& source) { source.name = text_of(node, at); }
void read(const YAML::Node& node, const At& at, std::vector<Entity>& entities) {
  std::vector<std::string> names;
  read(node, at, names);
  for (std::string& name : names) entities.emplace_back().name = std::move(name);
}
template <class T>
void read_object(const YAML::Node& node, const At& at, T& definition);
// A reason alone, or with a date.
void read(const YAML::Node& node, const At& at, Deprecated& deprecated) {
  if (node.IsScalar()) {
    deprecated.reason = node.Scalar();
  } else {
    read_object(node, at, deprecated);
  }
}
void read(const YAML::Node& node, const At& at, std::optional<Deprecated>& deprecated) {
  read(node, at, deprecated.emplace());
}
void read(const YAML::Node& node, const At& at, std::map<std::string, Deprecated>& deprecated) {
  if (!node.IsMap()) at.fail(node, fmt::format("expected a map, found {}", what_is(node)));
  for (const auto& entry : node) {
    const std::string name = text_of(entry.first, at);
    read(entry.second, at / name, deprecated[name]);
  }
}
void read(const YAML::Node& node, const At& at, std::vector<ViewSelection>& views) {
  if (!node.IsSequence()) at.fail(node, fmt::format("expected a list, found {}", what_is(node)));
  for (const auto& element : node) {
    ViewSelection& selection = views.emplace_back();
    if (element.IsScalar()) {
      selection.view = element.Scalar();
    } else {
      read_object(element, at, selection);
    }
  }
}

template <class T>
void read_object(const YAML::Node& node, const At& at, T& definition) {
  if (node.IsNull()) return;
  if (!node.IsMap()) at.fail(node, fmt::format("expected a map, found {}", what_is(node)));
  std::vector<std::string> known;
  visit_fields(definition, [&](const char* name, auto&) { known.emplace_back(name); });
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string name = text_of(entry.first, at);
    if (!seen.insert(name).second) at.fail(entry.first, fmt::format("{} is there twice", name));
    if (std::ranges::find(known, name) == known.end()) {
      at.fail(entry.first, fmt::format("no field is called {}; expected one of {}{}", quote(name),
                                       fmt::join(known, ", "), did_you_mean(name, known)));
    }
    visit_fields(definition, [&](const char* field, auto& value) {
      if (name == field) read(entry.second, at / name, value);
    });
  }
}

template <class T>
void read_all(const YAML::Node& node, const At& at, DefinitionKind kind, std::vector<T>& out,
              DefinitionPlaces& places) {
  if (node.IsNull()) return;
  if (!node.IsMap()) at.fail(node, fmt::format("expected a map of names, found {}", what_is(node)));
  for (const auto& entry : node) {
    T definition;
    definition.name = text_of(entry.first, at);
    const DefinitionId id = {kind, definition.name};
    const auto [other, is_new] = places.emplace(id, at.place(entry.first));
    if (!is_new) {
      at.fail(entry.first, fmt::format("{} is defined twice; the other is at {}", to_string(id),
                                       other->second.to_string()));
    }
    read_object(entry.second, at / definition.name, definition);
    out.push_back(std::move(definition));
  }
}

YAML::Node parse(const std::string& text, const std::string& file) {
  try {
    return YAML::Load(text);
  } catch (const YAML::ParserException& e) {
    throw Error(ErrorCode::kBadData, "this is no YAML: " + e.msg,
                file.empty() ? SourceLocation() : SourceLocation{file, e.mark.line + 1});
  }
}

template <class T>
T one_from_json(const std::string& name, const std::string& json) {
  T definition;
  definition.name = name;
  read_object(parse(json, ""), {"", name}, definition);
  return definition;
}

}  // namespace

std::string_view source_kind_name(Source::Kind kind) {
  return std::ranges::find(kSourceKinds, kind, [](const auto& k) { return k.first; })->second;
}

std::string_view kind_name(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::kEntity:
      return "entity";
    case DefinitionKind::kSource:
      return "source";
    case DefinitionKind::kView:
      return "view";
    case DefinitionKind::kService:
      return "service";
  }
  return "";
}

std::string to_string(const DefinitionId& id) {
  return fmt::format("{} {}", kind_name(id.kind), id.name);
}

Schema FeatureView::keys() const {
  Schema keys;
  for (const Entity& entity : entities) {
    keys.insert(keys.end(), entity.keys.begin(), entity.keys.end());
  }
  return keys;
}

std::string to_json(const Entity& entity) { return object_of(entity).dump(); }
std::string to_json(const Source& source) { return object_of(source).dump(); }
std::string to_json(const FeatureView& view) { return object_of(view).dump(); }
std::string to_json(const FeatureService& service) { return object_of(service).dump(); }

Entity entity_from_json(const std::string& name, const std::string& json) {
  return one_from_json<Entity>(name, json);
}
Source source_from_json(const std::string& name, const std::string& json) {
  return one_from_json<Source>(name, json);
}
FeatureView view_from_json(const std::string& name, const std::string& json) {
  return one_from_json<FeatureView>(name, json);
}
FeatureService service_from_json(const std::string& name, const std::string& json) {
  return one_from_json<FeatureService>(name, json);
}

std::string to_json(const SavedDataset& dataset) { return object_of(dataset).dump(); }
std::string to_json(const Model& model) { return object_of(model).dump(); }
SavedDataset dataset_from_json(const std::string& name, const std::string& json) {
  return one_from_json<SavedDataset>(name, json);
}
Model model_from_json(const std::string& name, const std::string& json) {
  return one_from_json<Model>(name, json);
}

StoreDefinitions definitions_from_yaml(const std::string& text, const std::string& file,
                                       DefinitionPlaces& places) {
  const YAML::Node document = parse(text, file);
  const At at = {file, ""};
  StoreDefinitions definitions;
  if (document.IsNull()) return definitions;
  if (!document.IsMap()) {
    throw Error(ErrorCode::kBadData,
                fmt::format("expected a map of definitions, found {}", what_is(document)),
                at.place(document));
  }
  static const std::vector<std::string> kSections = {"entities", "sources", "views", "services"};
  for (const auto& entry : document) {
    const std::string section = text_of(entry.first, at / "definitions");
    const At inside = at / section;
    if (section == "entities") {
      read_all(entry.second, inside, DefinitionKind::kEntity, definitions.entities, places);
    } else if (section == "sources") {
      read_all(entry.second, inside, DefinitionKind::kSource, definitions.sources, places);
    } else if (section == "views") {
      read_all(entry.second, inside, DefinitionKind::kView, definitions.views, places);
    } else if (section == "services") {
      read_all(entry.second, inside, DefinitionKind::kService, definitions.services, places);
    } else {
      inside.fail(entry.first,
                  fmt::format("no section is called so; expected one of {}{}",
                              fmt::join(kSections, ", "), did_you_mean(section, kSections)));
    }
  }
  return definitions;
}

}  // namespace weft
