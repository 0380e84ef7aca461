#include "registry/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/nearest_name.h"
#include "data/text_form.h"
#include "exec/content_hash.h"
#include "registry/deprecation.h"

namespace weft {
namespace {

constexpr size_t kProblemsShown = 20;
constexpr int64_t kDefinitionBytesMax = int64_t{64} << 20;

template <class T>
std::vector<std::string> names_of(const std::vector<T>& definitions) {
  std::vector<std::string> names;
  for (const T& definition : definitions) names.push_back(definition.name);
  return names;
}

template <class T>
const T* find(const std::vector<T>& definitions, const std::string& name) {
  const auto it = std::ranges::find(definitions, name, &T::name);
  return it == definitions.end() ? nullptr : &*it;
}

class Collector {
 public:
  explicit Collector(const Driver& driver) : driver_(driver) {}

  Collected run(const Values& inputs, std::span<const DefinitionFile> files) {
    add_nodes(inputs);
    for (const DefinitionFile& file : files) add_file(file);
    add_inline();
    sort();
    resolve_names();
    for (FeatureView& view : all().views) check_view(view);
    for (const Source& source : all().sources) check_source(source);
    for (const Entity& entity : all().entities) check_entity(entity);
    for (const FeatureService& service : all().services) check_service(service);
    report();
    return std::move(out_);
  }

 private:
  StoreDefinitions& all() { return out_.definitions; }

  // ---- gathering ------------------------------------------------------------------------------

  void add_nodes(const Values& inputs) {
    std::vector<std::string> nodes;
    for (const Node& node : driver_.graph().nodes()) {
      const bool is_definition = node.type && node.type->named;
      if (is_definition && node.role != Role::kInput) nodes.push_back(node.name);
    }
    if (nodes.empty()) return;
    const Result result = driver_.execute(nodes, inputs);
    for (const std::string& name : nodes) {
      const Value value = result.at(name);
      const SourceLocation place = driver_.graph().node(driver_.graph().at(name)).where;
      if (const auto* entity = value.get_if<Entity>()) add(*entity, place);
      if (const auto* source = value.get_if<Source>()) add(*source, place);
      if (const auto* view = value.get_if<FeatureView>()) add(*view, place);
      if (const auto* service = value.get_if<FeatureService>()) add(*service, place);
    }
  }

  void add_file(const DefinitionFile& file) {
    DefinitionPlaces places;
    StoreDefinitions read;
    try {
      read = definitions_from_yaml(file.text, file.path, places);
    } catch (const Error& e) {
      problems_.push_back({e.code(), e.message(), e.where()});
      return;
    }
    for (auto& d : read.entities) add(d, places.at({DefinitionKind::kEntity, d.name}));
    for (auto& d : read.sources) add(d, places.at({DefinitionKind::kSource, d.name}));
    for (auto& d : read.views) add(d, places.at({DefinitionKind::kView, d.name}));
    for (auto& d : read.services) add(d, places.at({DefinitionKind::kService, d.name}));
  }

  // Entities and sources that a view was given as values.
  void add_inline() {
    for (const FeatureView& view : all().views) {
      const SourceLocation& place = out_.places.at({DefinitionKind::kView, view.name});
      for (const Entity& entity : view.entities) {
        if (!entity.keys.empty()) add(entity, place);
      }
      if (!view.source.path.empty() || view.source.kind != Source::Kind::kFile) {
        add(view.source, place);
      }
    }
  }

  static DefinitionKind kind_of(const Entity&) { return DefinitionKind::kEntity; }
  static DefinitionKind kind_of(const Source&) { return DefinitionKind::kSource; }
  static DefinitionKind kind_of(const FeatureView&) { return DefinitionKind::kView; }
  static DefinitionKind kind_of(const FeatureService&) { return DefinitionKind::kService; }
  std::vector<Entity>& list_of(const Entity&) { return all().entities; }
  std::vector<Source>& list_of(const Source&) { return all().sources; }
  std::vector<FeatureView>& list_of(const FeatureView&) { return all().views; }
  std::vector<FeatureService>& list_of(const FeatureService&) { return all().services; }

  template <class T>
  void add(const T& definition, const SourceLocation& place) {
    const DefinitionId id = {kind_of(definition), definition.name};
    if (const T* other = find(list_of(definition), definition.name)) {
      if (to_json(*other) == to_json(definition)) return;
      problem(fmt::format("{} is defined twice, and not alike; the other is at {}", to_string(id),
                          out_.places.at(id).to_string()),
              place);
      return;
    }
    out_.places.emplace(id, place);
    list_of(definition).push_back(definition);
  }

  void sort() {
    std::ranges::sort(all().entities, {}, &Entity::name);
    std::ranges::sort(all().sources, {}, &Source::name);
    std::ranges::sort(all().views, {}, &FeatureView::name);
    std::ranges::sort(all().services, {}, &FeatureService::name);
  }

  // ---- names ----------------------------------------------------------------------------------

  void resolve_names() {
    for (FeatureView& view : all().views) {
      const DefinitionId id = {DefinitionKind::kView, view.name};
      for (Entity& entity : view.entities) {
        const Entity* found = find(all().entities, entity.name);
        if (found) {
          entity = *found;
        } else {
          unknown(id, "entity", entity.name, names_of(all().entities));
        }
      }
      if (view.source.name.empty()) {
        problem(to_string(id) + " has no source", out_.places.at(id));
      } else if (const Source* found = find(all().sources, view.source.name)) {
        view.source = *found;
      } else {
        unknown(id, "source", view.source.name, names_of(all().sources));
      }
    }
  }

  void unknown(const DefinitionId& id, std::string_view what, const std::string& name,
               const std::vector<std::string>& known) {
    problem(fmt::format("{}: no {} is called {}{}", to_string(id), what, quote(name),
                        did_you_mean(name, known)),
            out_.places.at(id));
  }

  // ---- checks ---------------------------------------------------------------------------------

  void check_entity(const Entity& entity) {
    const DefinitionId id = {DefinitionKind::kEntity, entity.name};
    if (entity.keys.empty()) {
      problem(to_string(id) + " has no keys: give their names and types", out_.places.at(id));
    }
    std::set<std::string> names;
    for (const auto& [key, type] : entity.keys) {
      if (!names.insert(key).second) {
        problem(fmt::format("{} has two keys called {}", to_string(id), quote(key)),
                out_.places.at(id));
      }
      const bool sound = type && (type->kind == Kind::kString || type->kind == Kind::kInt64 ||
                                  type->kind == Kind::kInt32 || type->kind == Kind::kBool ||
                                  type->kind == Kind::kTimestamp);
      if (!sound) {
        problem(fmt::format("{}: key {} is {}, expected a whole number, string, bool or timestamp",
                            to_string(id), quote(key), type ? type->name : "without a type"),
                out_.places.at(id));
      }
    }
  }

  void check_source(const Source& source) {
    const DefinitionId id = {DefinitionKind::kSource, source.name};
    const auto complain = [&](const std::string& message) {
      problem(to_string(id) + message, out_.places.at(id));
    };
    const bool stored = source.kind == Source::Kind::kFile || source.kind == Source::Kind::kTable ||
                        source.kind == Source::Kind::kQuery;
    if (stored && source.path.empty()) complain(" has no path");
    if (source.kind == Source::Kind::kQuery && source.query.empty()) complain(" has no query");
    if (source.kind == Source::Kind::kRequest && source.columns.empty()) {
      complain(" declares no columns: a request brings nothing that is not declared");
    }
    static constexpr std::string_view kUnits[] = {"s", "ms", "us", "ns"};
    if (std::ranges::find(kUnits, source.time_unit) == std::end(kUnits)) {
      complain(fmt::format(": time_unit is {}, expected s, ms, us or ns", quote(source.time_unit)));
    }
    if (source.kind == Source::Kind::kPush && !source.history.empty() &&
        !find(all().sources, source.history)) {
      unknown(id, "source", source.history, names_of(all().sources));
    }
    std::vector<std::string> declared;
    for (const auto& column : source.columns) declared.push_back(column.name);
    for (const std::string& name : source.not_null) {
      if (std::ranges::find(declared, name) == declared.end()) {
        complain(fmt::format(": not_null names {}, which is not among its columns{}", quote(name),
                             did_you_mean(name, declared)));
      }
    }
  }

  void check_view(FeatureView& view) {
    const DefinitionId id = {DefinitionKind::kView, view.name};
    const SourceLocation& place = out_.places.at(id);
    if (view.source.kind != Source::Kind::kRequest && view.source.time.empty() &&
        find(all().sources, view.source.name)) {
      problem(fmt::format("{}: source {} names no column of the event time", to_string(id),
                          view.source.name),
              place);
    }
    if (view.features.empty()) problem(to_string(id) + " has no features", place);
    if (view.ttl && *view.ttl < Duration(0)) problem(to_string(id) + ": ttl is negative", place);
    std::set<std::string> taken = {view.source.time, view.source.known};
    for (const auto& key : view.keys()) {
      if (!taken.insert(key.name).second) {
        problem(fmt::format("{}: two of its keys and times are called {}", to_string(id),
                            quote(key.name)),
                place);
      }
    }
    if (view.deprecated) check_deprecated(to_string(id), *view.deprecated, place);
    for (const auto& [feature, deprecated] : view.deprecated_features) {
      check_deprecated(fmt::format("{}: feature {}", to_string(id), quote(feature)), deprecated,
                       place);
      if (std::ranges::find(view.features, feature) != view.features.end()) continue;
      problem(fmt::format("{}: deprecated_features names {}, which is none of its features{}",
                          to_string(id), quote(feature), did_you_mean(feature, view.features)),
              place);
    }
    for (const std::string& feature : view.features) {
      if (!taken.insert(feature).second) {
        problem(fmt::format("{}: feature {} is there twice, or called like a key or time",
                            to_string(id), quote(feature)),
                place);
      }
      add_feature(view, feature, place);
    }
  }

  void add_feature(const FeatureView& view, const std::string& feature,
                   const SourceLocation& place) {
    const Graph& graph = driver_.graph();
    const auto& columns = view.source.columns;
    const auto column = std::ranges::find(columns, feature, &ColumnSchema::name);
    if (const Node* node = computed_node(graph, feature)) {
      // A column that the source declares was computed by the node before, and saved.
      if (column != columns.end()) {
        out_.features[view.name][feature] = {node->fingerprint, column->type};
        return;
      }
      if (node->type && node->type->is_object()) {
        problem(fmt::format("view {}: {} is {}, which is no value of a row", view.name, feature,
                            node->type->name),
                place);
      }
      out_.features[view.name][feature] = {node->fingerprint, node->type, true};
      return;
    }
    if (column == columns.end() && !columns.empty()) {
      std::vector<std::string> known;
      for (const Node& node : graph.nodes()) known.push_back(node.name);
      for (const auto& each : columns) known.push_back(each.name);
      problem(
          fmt::format("view {}: {} is neither a node of the graph nor a column of source {}{}",
                      view.name, quote(feature), view.source.name, did_you_mean(feature, known)),
          place);
      return;
    }
    const Type type = column == columns.end() ? nullptr : column->type;
    out_.features[view.name][feature] = {feature_fingerprint(graph, feature, view.source.name),
                                         type};
  }

  void check_deprecated(const std::string& what, const Deprecated& deprecated,
                        const SourceLocation& place) {
    const std::string mistake = mistake_in(deprecated);
    if (!mistake.empty()) problem(what + " " + mistake, place);
  }

  void check_service(const FeatureService& service) {
    const DefinitionId id = {DefinitionKind::kService, service.name};
    const SourceLocation& place = out_.places.at(id);
    if (service.deprecated) check_deprecated(to_string(id), *service.deprecated, place);
    if (service.views.empty() && service.on_demand.empty()) {
      problem(to_string(id) + " has no features", place);
    }
    std::set<std::string> prefixes;
    for (const ViewSelection& selection : service.views) {
      const FeatureView* view = find(all().views, selection.view);
      if (!view) {
        unknown(id, "view", selection.view, names_of(all().views));
        continue;
      }
      if (!prefixes.insert(selection.alias.empty() ? selection.view : selection.alias).second) {
        problem(
            fmt::format("{} takes view {} twice: give one an alias", to_string(id), selection.view),
            place);
      }
      for (const std::string& feature : selection.features) {
        if (std::ranges::find(view->features, feature) != view->features.end()) continue;
        problem(fmt::format("{}: view {} has no feature {}{}", to_string(id), view->name,
                            quote(feature), did_you_mean(feature, view->features)),
                place);
      }
      std::vector<std::string> keys;
      for (const auto& key : view->keys()) keys.push_back(key.name);
      for (const auto& [key, request] : selection.keys) {
        if (std::ranges::find(keys, key) != keys.end()) continue;
        problem(fmt::format("{}: view {} has no key {}{}", to_string(id), view->name, quote(key),
                            did_you_mean(key, keys)),
                place);
      }
    }
    for (const std::string& name : service.on_demand) {
      if (driver_.graph().find(name)) continue;
      std::vector<std::string> known;
      for (const Node& node : driver_.graph().nodes()) known.push_back(node.name);
      unknown(id, "feature", name, known);
    }
  }

  // ---- problems -------------------------------------------------------------------------------

  void problem(std::string message, const SourceLocation& place) {
    problems_.push_back({ErrorCode::kInvalidGraph, std::move(message), place});
  }

  void report() const {
    if (problems_.empty()) return;
    if (problems_.size() == 1) {
      throw Error(problems_[0].code, problems_[0].message, problems_[0].where);
    }
    std::string text = fmt::format("{} problems", problems_.size());
    for (size_t i = 0; i < std::min(problems_.size(), kProblemsShown); ++i) {
      const Problem& p = problems_[i];
      text += "\n  " + (p.where.empty() ? "" : p.where.to_string() + ": ") + p.message;
    }
    if (problems_.size() > kProblemsShown) {
      text += fmt::format("\n  and {} more", problems_.size() - kProblemsShown);
    }
    throw Error(ErrorCode::kInvalidGraph, text);
  }

  const Driver& driver_;
  Collected out_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<DefinitionFile> read_definition_files(std::span<const std::string> paths) {
  std::vector<DefinitionFile> files;
  for (const std::string& path : paths) {
    files.push_back({path, read_file(path, kDefinitionBytesMax)});
  }
  return files;
}

const Node* computed_node(const Graph& graph, const std::string& name) {
  const auto i = graph.find(name);
  return i && graph.node(*i).role != Role::kInput ? &graph.node(*i) : nullptr;
}

std::string feature_fingerprint(const Graph& graph, const std::string& feature,
                                const std::string& source) {
  if (const Node* node = computed_node(graph, feature)) return node->fingerprint;
  return bytes_hash(fmt::format("column {} of {}", feature, source)).substr(0, 16);
}

Collected collect_definitions(const Driver& driver, const Values& inputs,
                              std::span<const DefinitionFile> files) {
  return Collector(driver).run(inputs, files);
}

}  // namespace weft
