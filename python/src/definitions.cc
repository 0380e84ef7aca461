// Definitions and modules.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "calls.h"
#include "names.h"
#include "opaque.h"
#include "source_text.h"
#include "weft/definition_builder.h"
#include "weft/module.h"

namespace weft::python {
namespace {

// (type's name or None, missing, constant or None) for each argument; gives (an Expression or None,
// missing, reason). What goes wrong in there is a reason to call the function, and no more.
Translate translate_of(SharedObject translate) {
  return [translate = std::move(translate)](std::span<const KnownType> known) -> Translation {
    const Gil gil;
    try {
      nb::list arguments;
      for (const KnownType& k : known) {
        const bool named = k.type && !k.type->is_object();
        arguments.append(
            nb::make_tuple(named ? nb::object(nb::str(k.type->name.c_str())) : nb::none(),
                           static_cast<int>(k.missing), to_python(k.constant)));
      }
      const auto made = nb::cast<nb::tuple>(translate->get()(arguments));
      Translation out;
      out.missing = static_cast<Missing>(nb::cast<int>(made[1]));
      out.reason = nb::cast<std::string>(made[2]);
      if (!made[0].is_none()) out.expr = nb::cast<const Expression&>(made[0]).expr;
      return out;
    } catch (const std::exception& e) {
      return {nullptr, Missing::kUnknown, e.what()};
    }
  };
}

DefinitionPtr definition(const std::string& name, const std::vector<Parameter>& parameters,
                         Type result, const std::string& shape_text, nb::object function,
                         const std::string& kind, bool nullable,
                         const std::vector<Modifier>& modifiers, const std::string& doc,
                         const std::string& source_text, const std::string& module,
                         const std::pair<std::string, int>& where, const std::string& version,
                         nb::object translate) {
  const Shape shape = shape_of_name(shape_text);
  DefinitionBuilder builder(name);
  builder.doc(doc)
      .source_text(source_text)
      .module(module)
      .language("Python")
      .version(version)
      .where({where.first, where.second});
  for (const Parameter& parameter : parameters) builder.parameter(parameter);
  for (const Modifier& modifier : modifiers) builder.modifier(modifier);
  if (nullable) builder.returns_null();
  SharedObject shared = share(std::move(function));
  const auto translated = [&](const DefinitionPtr& made) {
    auto own = std::make_shared<Definition>(*made);
    if (!translate.is_none()) own->translate = translate_of(share(std::move(translate)));
    return own;
  };
  if (kind == "row") {
    auto own = translated(builder.row(result, {}));
    own->kernel = kernel_of_python(name, result, own->parameters, std::move(shared));
    return own;
  }
  if (kind == "column") {
    return builder.column(
        result,
        [shared = std::move(shared)](std::span<const Value> values) -> Value {
          const Gil gil;
          nb::list arguments;
          for (const Value& value : values) {
            const auto* expr = value.get_if<ExprPtr>();
            arguments.append(expr ? nb::cast(Expression{*expr}) : to_python(value));
          }
          return Value::of(expr_from_python(called(shared->get(), nb::tuple(arguments))));
        },
        shape);
  }
  if (kind != "object") {
    throw Error(ErrorCode::kInvalidArgument, "kind is row, column or object, not " + kind);
  }
  return translated(builder.object(result, call_of(std::move(shared), result, shape), shape));
}

}  // namespace

void bind_definitions(nb::module_& m) {
  nb::class_<Parameter>(m, "Parameter")
      .def(
          "__init__",
          [](Parameter* self, const std::string& name, Type type, const std::string& shape,
             bool nullable, nb::args default_value) {
            new (self) Parameter{name, type, shape_of_name(shape), nullable, {}};
            if (default_value.size() > 0) self->default_value = from_python(default_value[0], type);
          },
          nb::arg("name"), nb::arg("type").none(), nb::arg("shape"), nb::arg("nullable"),
          nb::arg("default"), "Parameter(name, type, shape, nullable[, default])")
      .def_prop_ro("name", [](const Parameter& p) { return p.name; })
      .def_prop_ro(
          "type", [](const Parameter& p) { return p.type; }, nb::rv_policy::reference)
      .def_prop_ro("shape", [](const Parameter& p) { return std::string(shape_name(p.shape)); });

  nb::class_<DefinitionHandle>(m, "Definition", "A function as it was declared.")
      .def_prop_ro("name", [](const DefinitionHandle& d) { return d.definition->name; })
      .def_prop_ro("doc", [](const DefinitionHandle& d) { return d.definition->doc; })
      .def_prop_ro("module", [](const DefinitionHandle& d) { return d.definition->module; })
      .def_prop_ro("parameters", [](const DefinitionHandle& d) { return d.definition->parameters; })
      .def_prop_ro(
          "result", [](const DefinitionHandle& d) { return d.definition->result; },
          nb::rv_policy::reference)
      .def("__repr__",
           [](const DefinitionHandle& d) { return "Definition(" + d.definition->name + ")"; });
  m.def(
      "definition",
      [](const std::string& name, const std::vector<Parameter>& parameters, Type result,
         const std::string& shape, nb::object function, const std::string& kind, bool nullable,
         const std::vector<Modifier>& modifiers, const std::string& doc,
         const std::string& source_text, const std::string& module,
         const std::pair<std::string, int>& where, const std::string& version,
         nb::object translate) {
        return DefinitionHandle{definition(name, parameters, result, shape, std::move(function),
                                           kind, nullable, modifiers, doc, source_text, module,
                                           where, version, std::move(translate))};
      },
      nb::arg("name"), nb::arg("parameters"), nb::arg("result").none(), nb::arg("shape"),
      nb::arg("function"), nb::kw_only(), nb::arg("kind"), nb::arg("nullable") = false,
      nb::arg("modifiers") = std::vector<Modifier>(), nb::arg("doc") = "",
      nb::arg("source_text") = "", nb::arg("module") = "",
      nb::arg("where") = std::pair<std::string, int>(), nb::arg("version") = "",
      nb::arg("translate") = nb::none(),
      "A definition of a Python function, which is called with its parameters in order.");

  nb::class_<Module>(m, "Module", "A named set of definitions.")
      .def(
          "__init__",
          [](Module* self, const std::string& name,
             const std::vector<DefinitionHandle>& definitions, const std::string& path,
             const std::vector<DefinitionHandle>& loaders,
             const std::vector<DefinitionHandle>& savers) {
            new (self) Module{name, definitions_of(definitions), path, definitions_of(loaders),
                              definitions_of(savers)};
          },
          nb::arg("name"), nb::arg("definitions"), nb::arg("path") = "",
          nb::arg("loaders") = std::vector<DefinitionHandle>(),
          nb::arg("savers") = std::vector<DefinitionHandle>())
      .def_prop_ro("name", [](const Module& module) { return module.name; })
      .def_prop_ro("path", [](const Module& module) { return module.path; })
      .def_prop_ro("definitions",
                   [](const Module& module) {
                     std::vector<DefinitionHandle> out;
                     for (const auto& d : module.definitions) out.push_back({d});
                     return out;
                   })
      .def("__repr__", [](const Module& module) { return "Module(" + module.name + ")"; });
  m.def("normalized_python", &normalized_python, nb::arg("text"),
        "The text of a function without decorators, documentation, comments and needless spaces.");
  m.def("load_module", &load_module, nb::arg("path"),
        "The features of a compiled module, a shared library.");
  m.def(
      "compiled_module", [](const std::string& name) { return compiled_module(name); },
      nb::arg("name"));
}

}  // namespace weft::python
