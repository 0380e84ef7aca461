#include "graph/modifier_text.h"

#include <fmt/format.h>

#include "weft/container.h"

namespace weft {
namespace {

using Parts = std::vector<std::string>;

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string list(const Parts& parts) { return fmt::format("[{}]", fmt::join(parts, ", ")); }

std::string names(const std::vector<std::string>& texts) {
  Parts parts;
  for (const std::string& text : texts) parts.push_back(quoted(text));
  return list(parts);
}

std::string typed(const Value& value) {
  return (value.type() ? value.type()->name : std::string("any")) + " " + value_text(value);
}

std::string text_of(const Dependency& d) {
  switch (d.kind) {
    case Dependency::Kind::kSource:
      return "source " + quoted(d.name);
    case Dependency::Kind::kConfig:
      return "configuration " + quoted(d.name);
    case Dependency::Kind::kValue:
      return typed(d.value);
    case Dependency::Kind::kGroup:
      break;
  }
  // A group in a group is refused later; its text only has to end.
  Parts parts;
  for (const auto& [name, entry] : d.group) {
    parts.push_back(quoted(name) + ": " +
                    (entry.kind == Dependency::Kind::kGroup ? "group" : text_of(entry)));
  }
  return "group " + list(parts);
}

std::string text_of(const Dependencies& bindings) {
  Parts parts;
  for (const auto& [name, d] : bindings) parts.push_back(quoted(name) + " = " + text_of(d));
  return list(parts);
}

std::string text_of(const Values& values) {
  Parts parts;
  for (const auto& [name, value] : values) parts.push_back(quoted(name) + " = " + typed(value));
  return list(parts);
}

std::string text_of(const Target& target) { return target.all ? "all" : names(target.names); }

std::string text_of(const std::vector<NamedOutput>& outputs) {
  Parts parts;
  for (const NamedOutput& o : outputs) {
    parts.push_back(quoted(o.name) + ": " + (o.type ? o.type->name : "any"));
  }
  return list(parts);
}

std::string text_of(const Definitions& definitions) {
  Parts parts;
  for (const DefinitionPtr& d : definitions) parts.push_back(d ? quoted(d->name) : "none");
  return list(parts);
}

struct ToText {
  std::string operator()(const Tag& m) const {
    Parts parts;
    for (const auto& [key, values] : m.tags) parts.push_back(quoted(key) + " = " + names(values));
    return fmt::format("tag({} on {})", list(parts), text_of(m.target));
  }
  std::string operator()(const When& m) const {
    Parts parts;
    for (const Value& v : m.values) parts.push_back(typed(v));
    return fmt::format("when({}{} {}, name {})", quoted(m.key), m.negate ? " not" : "", list(parts),
                       quoted(m.name));
  }
  std::string operator()(const Exclude&) const { return "exclude()"; }
  std::string operator()(const Parameterize& m) const {
    Parts parts;
    for (const auto& v : m.variants) parts.push_back(quoted(v.name) + ": " + text_of(v.bindings));
    return "parameterize" + list(parts);
  }
  std::string operator()(const Inject& m) const { return "inject" + text_of(m.bindings); }
  std::string operator()(const ExtractColumns& m) const {
    return "extract_columns" + text_of(m.columns);
  }
  std::string operator()(const ExtractFields& m) const {
    return "extract_fields" + text_of(m.fields);
  }
  std::string operator()(const Unpack& m) const { return "unpack" + names(m.names); }
  std::string operator()(const Does& m) const {
    Parts parts;
    for (const auto& [from, to] : m.renamed) parts.push_back(quoted(from) + " = " + quoted(to));
    return fmt::format("does({}, {})", m.function ? m.function->name : "", list(parts));
  }
  std::string operator()(const ResolveFromConfig& m) const {
    return "resolve_from_config" + names(m.keys);
  }
  std::string operator()(const Subdag& m) const {
    Parts parts;
    for (const auto& i : m.instances) {
      parts.push_back(fmt::format("{}: inputs {}, config {}, external {}", quoted(i.name),
                                  text_of(i.inputs), text_of(i.config), names(i.external_inputs)));
    }
    return fmt::format("subdag({}, {}, {}, {})", names(m.modules), text_of(m.definitions),
                       quoted(m.name_space), list(parts));
  }
  std::string operator()(const PipeInput& m) const {
    return fmt::format("pipe_input({}, {}, {})", steps(m.steps), quoted(m.on_input),
                       quoted(m.name_space));
  }
  std::string operator()(const PipeOutput& m) const {
    return fmt::format("pipe_output({}, {}, {})", steps(m.steps), names(m.on_output),
                       quoted(m.name_space));
  }
  std::string operator()(const Mutate& m) const {
    return fmt::format("mutate({}, {})", names(m.targets), text_of(m.bindings));
  }
  std::string operator()(const WithColumns& m) const {
    return fmt::format("with_columns({}, {}, {}, {}, {}, {})", names(m.modules),
                       text_of(m.definitions), names(m.columns_to_pass), names(m.select),
                       quoted(m.on_input), quoted(m.name_space));
  }
  std::string operator()(const LoadFrom& m) const {
    return fmt::format("load_from({}, {}, {})", quoted(m.loader), text_of(m.options),
                       quoted(m.parameter));
  }
  std::string operator()(const SaveTo& m) const {
    return fmt::format("save_to({}, {}, {}, {})", quoted(m.saver), text_of(m.options),
                       quoted(m.output_name), text_of(m.target));
  }
  std::string operator()(const DataLoader&) const { return "dataloader()"; }
  std::string operator()(const DataSaver&) const { return "datasaver()"; }
  std::string operator()(const Check& m) const {
    Parts parts;
    for (const CheckSpec& c : m.checks) parts.push_back(check_text(c));
    return fmt::format("check({} on {})", list(parts), text_of(m.target));
  }
  std::string operator()(const Cache& m) const {
    return fmt::format("cache({} on {})", static_cast<int>(m.behavior), text_of(m.target));
  }
  std::string operator()(const SchemaOf& m) const {
    return fmt::format("schema({} on {})", text_of(m.columns), text_of(m.target));
  }
  std::string operator()(const OnErrorNull&) const { return "on_error(null)"; }

  static std::string steps(const std::vector<Step>& steps) {
    Parts parts;
    for (const Step& s : steps) {
      Parts whens;
      for (const When& when : s.when) whens.push_back(ToText()(when));
      parts.push_back(fmt::format(
          "{}{} as {} in {} when {} on {}", s.function ? s.function->name : "", text_of(s.bindings),
          quoted(s.name), quoted(s.name_space), list(whens), names(s.on_output)));
    }
    return list(parts);
  }
};

}  // namespace

std::string to_text(const Modifier& modifier) { return std::visit(ToText(), modifier.kind); }

std::string check_text(const CheckSpec& check) {
  Parts inputs;
  for (const auto& [parameter, node] : check.inputs) {
    inputs.push_back(quoted(parameter) + " = " + quoted(node));
  }
  return fmt::format("{}{} {} from {}{}", check.name, text_of(check.options),
                     importance_name(check.importance), list(inputs),
                     check.function ? ", custom" : "");
}

std::string value_text(const Value& value) {
  if (!value.has_value() || !value.type()->container) return value.to_string();
  const Container& container = *value.type()->container;
  // One level: containers of containers are told apart by the sizes of the inner ones at least.
  Parts parts;
  const size_t size = container.size(value.data());
  for (size_t i = 0; i < size; ++i) {
    const Value element = container.at(value.data(), i);
    const Container* inner = element.has_value() ? element.type()->container : nullptr;
    parts.push_back(inner
                        ? fmt::format("{} of {}", element.type()->name, inner->size(element.data()))
                        : element.to_string());
  }
  return list(parts);
}

}  // namespace weft
