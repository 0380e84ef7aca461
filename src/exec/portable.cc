#include "exec/portable.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "exec/expression_json.h"
#include "exec/value_json.h"
#include "weft/definition_builder.h"

namespace weft {

using nlohmann::json;

namespace {

json typed(const Value& value) {
  return {value.type()->name, value.has_value() ? value_to_json(value) : json()};
}

Type type_named(const std::string& name) {
  const Type type = type_by_name(name);
  if (!type) throw Error(ErrorCode::kBadData, "there is no type called " + name);
  return type;
}

Value value_of(const json& typed) {
  const Type type = type_named(typed.at(0));
  return typed.at(1).is_null() ? Value::null(type) : value_from_json(type, typed.at(1));
}

}  // namespace

std::string to_json(const PortableNode& node) {
  if (!node.expr) {
    throw Error(ErrorCode::kUnsupported,
                node.name + " is no expression: only its code computes it");
  }
  json inputs = json::array();
  for (const PortableNode::Input& input : node.inputs) {
    json item = {{"parameter", input.parameter}, {"type", input.type->name}};
    if (input.value) {
      item["value"] = typed(*input.value);
    } else {
      item["source"] = input.source;
    }
    if (input.default_value) item["default"] = typed(*input.default_value);
    inputs.push_back(std::move(item));
  }
  const json out = {{"fingerprint", node.fingerprint},
                    {"type", node.type->name},
                    {"inputs", inputs},
                    {"expression", json::parse(expression_to_json(node.expr))}};
  return out.dump();
}

DefinitionPtr definition_from_json(const std::string& name, const std::string& text) {
  try {
    const json spec = json::parse(text);
    DefinitionBuilder builder(name);
    builder.language("expression").version(spec.at("fingerprint").get<std::string>());
    Inject bound;
    for (const json& item : spec.at("inputs")) {
      Parameter parameter = {item.at("parameter"), type_named(item.at("type")), Shape::kColumn};
      parameter.nullable = true;
      Dependency from;
      if (item.contains("value")) {
        from.kind = Dependency::Kind::kValue;
        from.value = value_of(item.at("value"));
        parameter.shape = Shape::kScalar;
      } else {
        from.name = item.at("source");
      }
      if (item.contains("default")) parameter.default_value = value_of(item.at("default"));
      if (from.kind == Dependency::Kind::kValue || from.name != parameter.name) {
        bound.bindings[parameter.name] = std::move(from);
      }
      builder.parameter(std::move(parameter));
    }
    if (!bound.bindings.empty()) builder.modifier({std::move(bound)});
    const ExprPtr expr = expression_from_json(spec.at("expression").dump());
    return builder.column(type_named(spec.at("type")),
                          [expr](std::span<const Value>) { return Value::of(expr); });
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kBadData, fmt::format("the expression of {}: {}", name, e.what()));
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("the expression of {}: {}", name, e.message()));
  }
}

}  // namespace weft
