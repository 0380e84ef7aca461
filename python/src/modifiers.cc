// Modifiers as data: one function for each struct of definition.h.
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "calls.h"
#include "names.h"
#include "opaque.h"
#include "weft/check.h"
#include "weft/materialize.h"

namespace weft::python {
namespace {

// None: all final outputs; "...": every node; else names.
Target target_from_python(const nb::object& target) {
  if (target.is_none()) return {};
  if (target.ptr() == Py_Ellipsis) return {.all = true};
  if (nb::isinstance<nb::str>(target)) return {.names = {nb::cast<std::string>(target)}};
  return {.names = strings_from_python(target)};
}

std::vector<Value> values_of(const nb::iterable& list) {
  std::vector<Value> out;
  for (const nb::handle item : list) out.push_back(from_python(item));
  return out;
}

// Names, or (name, type, doc) with the last two optional.
std::vector<NamedOutput> outputs_from_python(const nb::iterable& list) {
  std::vector<NamedOutput> out;
  for (const nb::handle item : list) {
    if (nb::isinstance<nb::str>(item)) {
      out.push_back({nb::cast<std::string>(item)});
      continue;
    }
    const auto parts = nb::cast<nb::sequence>(item);
    NamedOutput output{nb::cast<std::string>(parts[0])};
    const size_t size = nb::len(parts);
    if (size > 1 && !nb::object(parts[1]).is_none()) output.type = nb::cast<Type>(parts[1]);
    if (size > 2) output.doc = nb::cast<std::string>(parts[2]);
    out.push_back(std::move(output));
  }
  return out;
}

Tags tags_from_python(const nb::dict& dict) {
  Tags tags;
  for (const auto& [key, value] : dict) {
    tags[nb::cast<std::string>(key)] = nb::isinstance<nb::str>(value)
                                           ? std::vector{nb::cast<std::string>(value)}
                                           : strings_from_python(value);
  }
  return tags;
}

template <class T>
Modifier modifier(T kind) {
  return {ModifierKind(std::move(kind))};
}

std::vector<Modifier> modifiers_from_python(nb::handle list) {
  return nb::cast<std::vector<Modifier>>(list);
}

CacheBehavior behavior_of_name(const std::string& text) {
  if (text == "default") return CacheBehavior::kDefault;
  if (text == "recompute") return CacheBehavior::kRecompute;
  if (text == "ignore") return CacheBehavior::kIgnore;
  if (text == "disable") return CacheBehavior::kDisable;
  throw Error(ErrorCode::kInvalidArgument,
              "a cache's behavior is default, recompute, ignore or disable, not '" + text + "'");
}

// A user's own check: returns a bool, or a dict with passed, message, failed_rows and values.
Call check_call(nb::object function) {
  return [shared = share(std::move(function))](std::span<const Value> values) -> Value {
    const Gil gil;
    nb::list arguments;
    for (const Value& value : values) arguments.append(to_python(value));
    const nb::object said = called(shared->get(), nb::tuple(arguments));
    CheckOutcome outcome;
    if (!PyDict_Check(said.ptr())) {
      outcome.passed = nb::cast<bool>(nb::bool_(said));
      return Value::of(std::move(outcome));
    }
    const auto dict = nb::borrow<nb::dict>(said);
    if (dict.contains("passed")) outcome.passed = nb::cast<bool>(nb::bool_(dict["passed"]));
    if (dict.contains("message")) outcome.message = nb::cast<std::string>(dict["message"]);
    if (dict.contains("failed_rows")) {
      outcome.failed_rows = nb::cast<std::vector<int64_t>>(dict["failed_rows"]);
    }
    if (dict.contains("values"))
      outcome.values = values_from_python(nb::cast<nb::dict>(dict["values"]));
    return Value::of(std::move(outcome));
  };
}

Dependency dependency_from_python(nb::handle object) {
  if (nb::isinstance<Dependency>(object)) return nb::cast<Dependency>(object);
  return {.kind = Dependency::Kind::kValue, .value = from_python(object)};
}

}  // namespace

Dependencies dependencies_from_python(nb::dict dict) {
  Dependencies out;
  for (const auto& [key, value] : dict) {
    out.emplace(nb::cast<std::string>(key), dependency_from_python(value));
  }
  return out;
}

void bind_modifiers(nb::module_& m) {
  using Kind = Dependency::Kind;
  nb::class_<Dependency>(m, "Dependency", "Where a parameter's value comes from.");
  m.def(
      "source",
      [](const std::string& name) { return Dependency{.kind = Kind::kSource, .name = name}; },
      nb::arg("name"));
  m.def(
      "value",
      [](const nb::object& v) { return Dependency{.kind = Kind::kValue, .value = from_python(v)}; },
      nb::arg("value").none());
  m.def(
      "object_of",
      [](const nb::object& v) {
        return Dependency{.kind = Kind::kValue, .value = object_value(object_type_of(v.type()), v)};
      },
      nb::arg("value").none(), "As value(), but the object stays a Python object whatever it is.");
  m.def(
      "configuration",
      [](const std::string& key) { return Dependency{.kind = Kind::kConfig, .name = key}; },
      nb::arg("key"));
  m.def(
      "group",
      [](const nb::object& members) {
        Dependency d{.kind = Kind::kGroup};
        if (PyDict_Check(members.ptr())) {
          for (const auto& [key, v] : nb::borrow<nb::dict>(members)) {
            d.group.emplace_back(nb::cast<std::string>(key), dependency_from_python(v));
          }
        } else {
          for (const nb::handle v : members) d.group.emplace_back("", dependency_from_python(v));
        }
        return d;
      },
      nb::arg("members"));

  nb::class_<Modifier>(m, "Modifier", "What stands beside a function, as data.");
  m.def(
      "tag",
      [](const nb::dict& tags, const nb::object& target) {
        return modifier(Tag{tags_from_python(tags), target_from_python(target)});
      },
      nb::arg("tags"), nb::arg("target") = nb::none());
  m.def(
      "when",
      [](const std::string& key, const nb::iterable& values, bool negate, const std::string& name) {
        return modifier(When{key, values_of(values), negate, name});
      },
      nb::arg("key"), nb::arg("values"), nb::arg("negate") = false, nb::arg("name") = "");
  m.def("exclude", [] { return modifier(Exclude{}); });
  m.def(
      "parameterize",
      [](const std::vector<std::tuple<std::string, nb::dict, std::string>>& variants) {
        Parameterize p;
        for (const auto& [name, bindings, doc] : variants) {
          p.variants.push_back({name, dependencies_from_python(bindings), doc});
        }
        return modifier(std::move(p));
      },
      nb::arg("variants"), "[(name, bindings, doc)]");
  m.def(
      "inject",
      [](const nb::dict& bindings) { return modifier(Inject{dependencies_from_python(bindings)}); },
      nb::arg("bindings"));
  m.def(
      "extract_columns",
      [](const nb::iterable& columns) {
        return modifier(ExtractColumns{outputs_from_python(columns)});
      },
      nb::arg("columns"), "Names, or (name, type, doc).");
  m.def(
      "extract_fields",
      [](const nb::iterable& fields) {
        return modifier(ExtractFields{outputs_from_python(fields)});
      },
      nb::arg("fields"));
  m.def(
      "unpack", [](const std::vector<std::string>& names) { return modifier(Unpack{names}); },
      nb::arg("names"));
  m.def(
      "does",
      [](const DefinitionHandle& function, const std::map<std::string, std::string>& renamed) {
        return modifier(Does{function.definition, renamed});
      },
      nb::arg("function"), nb::arg("renamed") = std::map<std::string, std::string>());
  m.def(
      "resolve_from_config",
      [](const std::vector<std::string>& keys, nb::object function) {
        return modifier(ResolveFromConfig{
            keys, [shared = share(std::move(function))](const Values& config) {
              const Gil gil;
              return modifiers_from_python(shared->get()(values_to_python(config)));
            }});
      },
      nb::arg("keys"), nb::arg("function"), "function(config dict) gives a list of modifiers.");
  m.def(
      "subdag",
      [](const std::vector<std::string>& modules, const std::vector<DefinitionHandle>& definitions,
         const std::string& name_space, const nb::iterable& instances) {
        Subdag subdag{.modules = modules,
                      .definitions = definitions_of(definitions),
                      .name_space = name_space};
        for (const nb::handle item : instances) {
          const auto d = nb::cast<nb::dict>(item);
          Subdag::Instance instance;
          if (d.contains("name")) instance.name = nb::cast<std::string>(d["name"]);
          if (d.contains("inputs"))
            instance.inputs = dependencies_from_python(nb::cast<nb::dict>(d["inputs"]));
          if (d.contains("config"))
            instance.config = dependencies_from_python(nb::cast<nb::dict>(d["config"]));
          if (d.contains("external_inputs"))
            instance.external_inputs = strings_from_python(d["external_inputs"]);
          subdag.instances.push_back(std::move(instance));
        }
        return modifier(std::move(subdag));
      },
      nb::arg("modules"), nb::arg("definitions"), nb::arg("name_space"), nb::arg("instances"));
  nb::class_<Step>(m, "Step");
  m.def(
      "step",
      [](const DefinitionHandle& function, const nb::dict& bindings, const std::string& name,
         const std::string& name_space, const std::vector<Modifier>& when,
         const std::vector<std::string>& on_output) {
        Step step{function.definition,
                  dependencies_from_python(bindings),
                  name,
                  name_space,
                  {},
                  on_output};
        for (const Modifier& w : when) step.when.push_back(std::get<When>(w.kind));
        return step;
      },
      nb::arg("function"), nb::arg("bindings"), nb::arg("name") = "", nb::arg("name_space") = "",
      nb::arg("when") = std::vector<Modifier>(), nb::arg("on_output") = std::vector<std::string>());
  m.def(
      "pipe_input",
      [](const std::vector<Step>& steps, const std::string& on_input,
         const std::string& name_space) {
        return modifier(PipeInput{steps, on_input, name_space});
      },
      nb::arg("steps"), nb::arg("on_input") = "", nb::arg("name_space") = "");
  m.def(
      "pipe_output",
      [](const std::vector<Step>& steps, const std::vector<std::string>& on_output,
         const std::string& name_space) {
        return modifier(PipeOutput{steps, on_output, name_space});
      },
      nb::arg("steps"), nb::arg("on_output") = std::vector<std::string>(),
      nb::arg("name_space") = "");
  m.def(
      "mutate",
      [](const std::vector<std::string>& targets, const nb::dict& bindings) {
        return modifier(Mutate{targets, dependencies_from_python(bindings)});
      },
      nb::arg("targets"), nb::arg("bindings"));
  m.def(
      "with_columns",
      [](const std::vector<std::string>& modules, const std::vector<DefinitionHandle>& definitions,
         const std::vector<std::string>& columns_to_pass, const std::vector<std::string>& select,
         const std::string& on_input, const std::string& name_space) {
        return modifier(WithColumns{modules, definitions_of(definitions), columns_to_pass, select,
                                    on_input, name_space});
      },
      nb::arg("modules"), nb::arg("definitions"),
      nb::arg("columns_to_pass") = std::vector<std::string>(),
      nb::arg("select") = std::vector<std::string>(), nb::arg("on_input") = "",
      nb::arg("name_space") = "");
  m.def(
      "load_from",
      [](const std::string& loader, const nb::dict& options, const std::string& parameter) {
        return modifier(LoadFrom{loader, dependencies_from_python(options), parameter});
      },
      nb::arg("loader"), nb::arg("options"), nb::arg("parameter") = "");
  m.def(
      "save_to",
      [](const std::string& saver, const nb::dict& options, const std::string& output_name,
         const nb::object& target) {
        return modifier(SaveTo{saver, dependencies_from_python(options), output_name,
                               target_from_python(target)});
      },
      nb::arg("saver"), nb::arg("options"), nb::arg("output_name") = "",
      nb::arg("target") = nb::none());
  m.def("dataloader", [] { return modifier(DataLoader{}); });
  m.def("datasaver", [] { return modifier(DataSaver{}); });
  m.def("on_error_null", [] { return modifier(OnErrorNull{}); });
  m.def(
      "cache",
      [](const std::string& behavior, const nb::object& target) {
        return modifier(Cache{behavior_of_name(behavior), target_from_python(target)});
      },
      nb::arg("behavior") = "default", nb::arg("target") = nb::none());
  m.def(
      "schema",
      [](const nb::iterable& columns, const nb::object& target) {
        return modifier(SchemaOf{outputs_from_python(columns), target_from_python(target)});
      },
      nb::arg("columns"), nb::arg("target") = nb::none());

  nb::class_<CheckSpec>(m, "CheckSpec").def_prop_ro("name", [](const CheckSpec& c) {
    return c.name;
  });
  m.def(
      "check_spec",
      [](const std::string& name, const nb::dict& options, const std::string& importance,
         const std::map<std::string, std::string>& inputs, const nb::object& function) {
        CheckSpec spec{name, values_from_python(options), importance_of_name(importance), inputs};
        if (!function.is_none()) spec.function = check_call(function);
        return spec;
      },
      nb::arg("name"), nb::arg("options") = nb::dict(), nb::arg("importance") = "warn",
      nb::arg("inputs") = std::map<std::string, std::string>(), nb::arg("function") = nb::none());
  m.def(
      "check",
      [](const std::vector<CheckSpec>& checks, const nb::object& target) {
        return modifier(Check{checks, target_from_python(target)});
      },
      nb::arg("checks"), nb::arg("target") = nb::none());

  nb::class_<Materializer>(m, "Materializer");
  m.def(
      "to",
      [](const std::string& saver, const std::string& name, const std::vector<std::string>& nodes,
         const nb::dict& options, const nb::object& combine) {
        Materializer made{Materializer::Kind::kTo, saver, name, nodes,
                          dependencies_from_python(options)};
        if (!combine.is_none()) made.combine = call_of(share(combine), nullptr, Shape::kObject);
        return made;
      },
      nb::arg("saver"), nb::arg("name"), nb::arg("nodes"), nb::arg("options"),
      nb::arg("combine") = nb::none(),
      "Saves nodes with a saver; the node `name` is what it says it wrote.");
  m.def(
      "from_",
      [](const std::string& loader, const std::string& node, const nb::dict& options) {
        return Materializer{
            Materializer::Kind::kFrom, loader, node, {}, dependencies_from_python(options)};
      },
      nb::arg("loader"), nb::arg("node"), nb::arg("options"),
      "A loader makes the value of a node.");
}

}  // namespace weft::python
