// What a feature store is made of, as Python objects: values that functions return.
#include "store_definitions.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "times.h"

namespace weft::python {

Schema schema_from_python(nb::handle object) {
  Schema out;
  const auto add = [&](nb::handle name, nb::handle type) {
    Type found = nullptr;
    if (nb::isinstance<nb::str>(type)) {
      found = type_by_name(nb::cast<std::string>(type));
      if (!found) {
        throw Error(ErrorCode::kInvalidArgument, nb::cast<std::string>(name) +
                                                     ": no type is called " +
                                                     nb::cast<std::string>(nb::repr(type)));
      }
    } else {
      found = nb::cast<Type>(type);
    }
    out.push_back({nb::cast<std::string>(name), found});
  };
  if (nb::isinstance<nb::dict>(object)) {
    for (const auto& [name, type] : nb::borrow<nb::dict>(object)) add(name, type);
  } else {
    for (const nb::handle pair : object) add(pair[0], pair[1]);
  }
  return out;
}

nb::dict schema_to_python(const Schema& schema) {
  nb::dict out;
  for (const ColumnSchema& column : schema) out[column.name.c_str()] = column.type->name;
  return out;
}

namespace {

Tags tags_from_python(const nb::dict& dict) {
  Tags out;
  for (const auto& [key, value] : dict) {
    auto& values = out[nb::cast<std::string>(key)];
    values = nb::isinstance<nb::str>(value) ? std::vector{nb::cast<std::string>(value)}
                                            : strings_from_python(value);
  }
  return out;
}

std::optional<Duration> duration_or_none(nb::handle object) {
  if (object.is_none()) return {};
  return duration_from_python(object);
}
nb::object duration_or_none(const std::optional<Duration>& duration) {
  return duration ? to_timedelta(*duration) : nb::none();
}

std::optional<Deprecated> deprecated_from_python(nb::handle object) {
  if (object.is_none()) return {};
  if (nb::isinstance<nb::str>(object)) return Deprecated{nb::cast<std::string>(object)};
  return nb::cast<Deprecated>(object);
}

constexpr std::pair<std::string_view, Source::Kind> kSourceKinds[] = {
    {"file", Source::Kind::kFile},       {"query", Source::Kind::kQuery},
    {"table", Source::Kind::kTable},     {"push", Source::Kind::kPush},
    {"request", Source::Kind::kRequest},
};

Source::Kind source_kind(std::string_view name) {
  for (const auto& [known, kind] : kSourceKinds) {
    if (known == name) return kind;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "a source is of kind file, query, table, push or request, not " + std::string(name));
}

Entity entity_of(nb::handle object) {
  if (nb::isinstance<nb::str>(object)) return {.name = nb::cast<std::string>(object)};
  return nb::cast<Entity>(object);
}
Source source_of(nb::handle object) {
  if (object.is_none()) return {};
  if (nb::isinstance<nb::str>(object)) return {.name = nb::cast<std::string>(object)};
  return nb::cast<Source>(object);
}
std::string view_name(nb::handle object) {
  if (nb::isinstance<nb::str>(object)) return nb::cast<std::string>(object);
  return nb::cast<const FeatureView&>(object).name;
}
ViewSelection selection_of(nb::handle object) {
  if (nb::isinstance<ViewSelection>(object)) return nb::cast<ViewSelection>(object);
  return {view_name(object), {}};
}

template <class T>
std::string named(const char* what, const T& definition) {
  return std::string(what) + "(" + definition.name + ")";
}

void bind_entity(nb::module_& m) {
  nb::class_<Entity>(m, "Entity",
                     "What rows are about. `keys` are names and types: {\"id\": \"int64\"}.")
      .def(
          "__init__",
          [](Entity* self, const std::string& name, const nb::object& keys,
             const std::string& description, const std::string& owner, const nb::dict& tags) {
            new (self)
                Entity{name, schema_from_python(keys), description, owner, tags_from_python(tags)};
          },
          nb::arg("name") = "", nb::kw_only(), nb::arg("keys") = nb::dict(),
          nb::arg("description") = "", nb::arg("owner") = "", nb::arg("tags") = nb::dict())
      .def_rw("name", &Entity::name)
      .def_prop_ro("keys", [](const Entity& e) { return schema_to_python(e.keys); })
      .def_ro("description", &Entity::description)
      .def_ro("owner", &Entity::owner)
      .def_ro("tags", &Entity::tags)
      .def("__repr__", [](const Entity& e) { return named("Entity", e); });
}

void bind_source(nb::module_& m) {
  nb::class_<Source>(m, "Source", "Where rows come from.")
      .def(
          "__init__",
          [](Source* self, const std::string& name, const std::string& kind,
             const std::string& path, const std::string& query, const std::string& time,
             const std::string& known, const std::string& time_unit, const nb::object& columns,
             const std::vector<std::string>& not_null,
             const std::map<std::string, std::string>& renamed, const std::string& history,
             const nb::object& freshness, const std::string& description, const std::string& owner,
             const nb::dict& tags) {
            new (self) Source{.name = name,
                              .kind = source_kind(kind),
                              .path = path,
                              .query = query,
                              .time = time,
                              .known = known,
                              .time_unit = time_unit,
                              .columns = schema_from_python(columns),
                              .not_null = not_null,
                              .renamed = renamed,
                              .history = history,
                              .freshness = duration_or_none(freshness),
                              .description = description,
                              .owner = owner,
                              .tags = tags_from_python(tags)};
          },
          nb::arg("name") = "", nb::kw_only(), nb::arg("kind") = "file", nb::arg("path") = "",
          nb::arg("query") = "", nb::arg("time") = "", nb::arg("known") = "",
          nb::arg("time_unit") = "us", nb::arg("columns") = nb::dict(),
          nb::arg("not_null") = std::vector<std::string>(),
          nb::arg("renamed") = std::map<std::string, std::string>(), nb::arg("history") = "",
          nb::arg("freshness") = nb::none(), nb::arg("description") = "", nb::arg("owner") = "",
          nb::arg("tags") = nb::dict(), "`kind` is file, query, table, push or request.")
      .def_rw("name", &Source::name)
      .def_prop_ro("kind", [](const Source& s) { return std::string(source_kind_name(s.kind)); })
      .def_ro("path", &Source::path)
      .def_ro("query", &Source::query)
      .def_ro("time", &Source::time)
      .def_ro("known", &Source::known)
      .def_ro("time_unit", &Source::time_unit)
      .def_prop_ro("columns", [](const Source& s) { return schema_to_python(s.columns); })
      .def_ro("not_null", &Source::not_null)
      .def_ro("renamed", &Source::renamed)
      .def_ro("history", &Source::history)
      .def_prop_ro("freshness", [](const Source& s) { return duration_or_none(s.freshness); })
      .def_ro("description", &Source::description)
      .def_ro("owner", &Source::owner)
      .def_ro("tags", &Source::tags)
      .def("__repr__", [](const Source& s) { return named("Source", s); });
}

void bind_view(nb::module_& m) {
  nb::class_<FeatureView>(m, "FeatureView", "Features of some entities out of one source.")
      .def(
          "__init__",
          [](FeatureView* self, const std::string& name, const nb::list& entities,
             const nb::object& source, const std::vector<std::string>& features,
             const nb::object& ttl, bool online, bool offline, const std::string& description,
             const std::string& owner, const nb::dict& tags, const nb::object& deprecated,
             const std::map<std::string, Deprecated>& deprecated_features) {
            new (self) FeatureView{.name = name,
                                   .source = source_of(source),
                                   .features = features,
                                   .ttl = duration_or_none(ttl),
                                   .online = online,
                                   .offline = offline,
                                   .description = description,
                                   .owner = owner,
                                   .tags = tags_from_python(tags),
                                   .deprecated = deprecated_from_python(deprecated),
                                   .deprecated_features = deprecated_features};
            for (const nb::handle entity : entities) self->entities.push_back(entity_of(entity));
          },
          nb::arg("name") = "", nb::kw_only(), nb::arg("entities") = nb::list(),
          nb::arg("source") = nb::none(), nb::arg("features") = std::vector<std::string>(),
          nb::arg("ttl") = nb::none(), nb::arg("online") = true, nb::arg("offline") = true,
          nb::arg("description") = "", nb::arg("owner") = "", nb::arg("tags") = nb::dict(),
          nb::arg("deprecated") = nb::none(),
          nb::arg("deprecated_features") = std::map<std::string, Deprecated>(),
          "`entities` and `source` are such objects, or names. `ttl` None: for ever.")
      .def_rw("name", &FeatureView::name)
      .def_ro("entities", &FeatureView::entities)
      .def_ro("source", &FeatureView::source)
      .def_ro("features", &FeatureView::features)
      .def_prop_ro("ttl", [](const FeatureView& v) { return duration_or_none(v.ttl); })
      .def_ro("online", &FeatureView::online)
      .def_ro("offline", &FeatureView::offline)
      .def_ro("description", &FeatureView::description)
      .def_ro("owner", &FeatureView::owner)
      .def_ro("tags", &FeatureView::tags)
      .def_ro("deprecated", &FeatureView::deprecated)
      .def_ro("deprecated_features", &FeatureView::deprecated_features)
      .def_prop_ro("keys", [](const FeatureView& v) { return schema_to_python(v.keys()); })
      .def("__repr__", [](const FeatureView& v) { return named("FeatureView", v); });
}

void bind_service(nb::module_& m) {
  nb::class_<ViewSelection>(m, "ViewSelection", "What a service takes of a view.")
      .def(
          "__init__",
          [](ViewSelection* self, const nb::object& view, std::vector<std::string> features,
             std::string alias, std::map<std::string, std::string> keys) {
            new (self) ViewSelection(view_name(view), std::move(features), std::move(alias),
                                     std::move(keys));
          },
          nb::arg("view"), nb::arg("features") = std::vector<std::string>(), nb::kw_only(),
          nb::arg("alias") = "", nb::arg("keys") = std::map<std::string, std::string>(),
          "`features` empty: all. `keys`: key of the view -> key of the request.")
      .def_ro("view", &ViewSelection::view)
      .def_ro("features", &ViewSelection::features)
      .def_ro("alias", &ViewSelection::alias)
      .def_ro("keys", &ViewSelection::keys);
  nb::class_<FeatureService>(m, "FeatureService", "The features of one model or use.")
      .def(
          "__init__",
          [](FeatureService* self, const std::string& name, const nb::list& views,
             const std::vector<std::string>& on_demand, const std::string& description,
             const std::string& owner, const nb::dict& tags, const nb::object& deprecated) {
            new (self) FeatureService{.name = name,
                                      .on_demand = on_demand,
                                      .description = description,
                                      .owner = owner,
                                      .tags = tags_from_python(tags),
                                      .deprecated = deprecated_from_python(deprecated)};
            for (const nb::handle view : views) self->views.push_back(selection_of(view));
          },
          nb::arg("name") = "", nb::kw_only(), nb::arg("views") = nb::list(),
          nb::arg("on_demand") = std::vector<std::string>(), nb::arg("description") = "",
          nb::arg("owner") = "", nb::arg("tags") = nb::dict(), nb::arg("deprecated") = nb::none(),
          "`views` are views, their names, or ViewSelections; `on_demand` nodes of the graph.")
      .def_rw("name", &FeatureService::name)
      .def_ro("views", &FeatureService::views)
      .def_ro("on_demand", &FeatureService::on_demand)
      .def_ro("description", &FeatureService::description)
      .def_ro("owner", &FeatureService::owner)
      .def_ro("tags", &FeatureService::tags)
      .def_ro("deprecated", &FeatureService::deprecated)
      .def("__repr__", [](const FeatureService& s) { return named("FeatureService", s); });
}

template <class T>
bool take(nb::handle object, Value& value) {
  if (!nb::isinstance<T>(object)) return false;
  value = Value::of(nb::cast<T>(object));
  return true;
}
template <class T>
bool give(const Value& value, nb::object& object) {
  const T* definition = value.get_if<T>();
  if (definition) object = nb::cast(*definition);
  return definition != nullptr;
}

}  // namespace

bool definition_from_python(nb::handle object, Value& value) {
  return take<Entity>(object, value) || take<Source>(object, value) ||
         take<FeatureView>(object, value) || take<FeatureService>(object, value);
}

nb::object definition_to_python(const Value& value) {
  nb::object object;
  const bool is_one = give<Entity>(value, object) || give<Source>(value, object) ||
                      give<FeatureView>(value, object) || give<FeatureService>(value, object);
  return is_one ? object : nb::object();
}

void bind_store_definitions(nb::module_& m) {
  nb::class_<Deprecated>(m, "Deprecated", "That something should be used no more, and why.")
      .def(
          "__init__",
          [](Deprecated* self, const std::string& reason, const std::string& until) {
            new (self) Deprecated{reason, until};
          },
          nb::arg("reason"), nb::arg("until") = "")
      .def_ro("reason", &Deprecated::reason)
      .def_ro("until", &Deprecated::until);
  bind_entity(m);
  bind_source(m);
  bind_view(m);
  bind_service(m);
  nb::class_<StoreDefinitions>(m, "StoreDefinitions", "All definitions of one project.")
      .def_ro("entities", &StoreDefinitions::entities)
      .def_ro("sources", &StoreDefinitions::sources)
      .def_ro("views", &StoreDefinitions::views)
      .def_ro("services", &StoreDefinitions::services);
  m.def(
      "definition_type",
      [](nb::handle type) -> Type {
        if (type.is(nb::type<Entity>())) return type_of<Entity>();
        if (type.is(nb::type<Source>())) return type_of<Source>();
        if (type.is(nb::type<FeatureView>())) return type_of<FeatureView>();
        if (type.is(nb::type<FeatureService>())) return type_of<FeatureService>();
        return nullptr;
      },
      nb::rv_policy::reference, nb::arg("type").none(),
      "The type of Entity, Source, FeatureView or FeatureService; None for other classes.");
}

}  // namespace weft::python
