/// Modifiers: what stands after the parameters of a FEATURE. Each makes a piece of data (Modifier).
#pragma once

#include "weft/definition.h"

namespace weft::modifiers {

// ---- where a parameter comes from ---------------------------------------------------------------

inline Dependency source(std::string node) {
  return {.kind = Dependency::Kind::kSource, .name = std::move(node)};
}
template <class T>
Dependency value(T v) {
  return {.kind = Dependency::Kind::kValue, .value = Value::of(std::move(v))};
}
/// The value of a config key, known when the graph is built.
inline Dependency configuration(std::string key) {
  return {.kind = Dependency::Kind::kConfig, .name = std::move(key)};
}
/// A list of sources and values, for a parameter that takes a std::vector.
template <class... D>
Dependency group(D... dependency) {
  return {.kind = Dependency::Kind::kGroup, .group = {{std::string(), dependency}...}};
}
/// A map of them by name, for a parameter that takes a std::map<std::string, T>.
inline Dependency group_by_name(Dependencies dependencies) {
  return {.kind = Dependency::Kind::kGroup, .group = {dependencies.begin(), dependencies.end()}};
}
/// "param", source("node") of a binding.
using Binding = std::pair<const std::string, Dependency>;

// ---- metadata
// -------------------------------------------------------------------------------------

inline Modifier tag(std::string key, std::string v) { return {Tag{{{std::move(key), {v}}}}}; }
inline Modifier tag(std::string key, std::vector<std::string> v, Target target = {}) {
  return {Tag{{{std::move(key), std::move(v)}}, std::move(target)}};
}
inline Modifier tag(std::string key, std::initializer_list<const char*> v, Target target = {}) {
  return tag(std::move(key), std::vector<std::string>(v.begin(), v.end()), std::move(target));
}
/// Tags single outputs of a function that makes several.
inline Modifier tag_output(std::string node, std::string key, std::string v) {
  return {Tag{{{std::move(key), {std::move(v)}}}, {.names = {std::move(node)}}}};
}
/// What is computed from values tagged pii is as personal as they are, unless this says why not:
/// declassify("a count of thousands"). In the graph it is the tag `declassify`.
inline Modifier declassify(std::string reason) {
  return {Tag{{{"declassify", {std::move(reason)}}}, {.all = true}}};
}
inline Modifier schema(std::vector<NamedOutput> columns) { return {SchemaOf{std::move(columns)}}; }
inline Modifier cache(CacheBehavior behavior = CacheBehavior::kDefault) {
  return {Cache{behavior}};
}
struct Null {};
inline constexpr Null null;
/// A row whose function throws becomes null instead of failing the run.
inline Modifier on_error(Null) { return {OnErrorNull{}}; }

// ---- variants by config
// ---------------------------------------------------------------------------

template <class V>
Modifier when(std::string key, V v) {
  return {When{std::move(key), {Value::of(std::move(v))}}};
}
template <class V>
Modifier when_not(std::string key, V v) {
  return {When{std::move(key), {Value::of(std::move(v))}, true}};
}
template <class... V>
Modifier when_in(std::string key, V... v) {
  return {When{std::move(key), {Value::of(std::move(v))...}}};
}
template <class... V>
Modifier when_not_in(std::string key, V... v) {
  return {When{std::move(key), {Value::of(std::move(v))...}, true}};
}
inline Modifier exclude() { return {Exclude{}}; }
inline Modifier resolve_from_config(
    std::vector<std::string> keys,
    std::function<std::vector<Modifier>(const Values& config)> modifiers) {
  return {ResolveFromConfig{std::move(keys), std::move(modifiers)}};
}

// ---- several nodes of one function
// ----------------------------------------------------------------

inline Parameterize::Variant variant(std::string name, Dependencies bindings,
                                     std::string doc = {}) {
  return {std::move(name), std::move(bindings), std::move(doc)};
}
template <class... V>
Modifier parameterize(V... variants) {
  return {Parameterize{{variants...}}};
}
inline Modifier inject(Dependencies bindings) { return {Inject{std::move(bindings)}}; }

/// A named output with a type: `column<double>("budget")`.
template <class T>
NamedOutput column(std::string name, std::string doc = {}) {
  return {std::move(name), type_of<T>(), std::move(doc)};
}
template <class T>
NamedOutput field(std::string name, std::string doc = {}) {
  return column<T>(std::move(name), std::move(doc));
}
namespace detail {
inline NamedOutput named(NamedOutput output) { return output; }
inline NamedOutput named(const char* name) { return {name}; }
inline NamedOutput named(std::string name) { return {std::move(name)}; }
}  // namespace detail
template <class... C>
Modifier extract_columns(C... columns) {
  return {ExtractColumns{{detail::named(columns)...}}};
}
template <class... F>
Modifier extract_fields(F... fields) {
  return {ExtractFields{{detail::named(fields)...}}};
}
template <class... N>
Modifier unpack(N... names) {
  return {Unpack{{std::string(names)...}}};
}

// ---- other functions
// ------------------------------------------------------------------------------

/// A plain function as a definition: the parameters are named as given.
template <auto F>
DefinitionPtr function(std::string name, std::vector<std::string> parameters);

/// A link of a chain: F's first parameter is the value passed on, the others are bound in order.
/// "smooth": the node is <feature>.with_smooth unless named().
template <auto F, class... D>
Step step(std::string function_name, D... bindings);

inline Step named(Step step, std::string name, std::string name_space = {}) {
  step.name = std::move(name);
  if (!name_space.empty()) step.name_space = std::move(name_space);
  return step;
}
template <class V>
Step only_when(Step step, std::string key, V v) {
  step.when.push_back({std::move(key), {Value::of(std::move(v))}});
  return step;
}
inline Step on_output(Step step, std::vector<std::string> outputs) {
  step.on_output = std::move(outputs);
  return step;
}
template <class... S>
Modifier pipe_input(S... steps) {
  return {PipeInput{{steps...}}};
}
template <class... S>
Modifier pipe_output(S... steps) {
  return {PipeOutput{{steps...}}};
}
template <class... T>
Modifier mutate(T... targets) {
  return {Mutate{{std::string(targets)...}}};
}
inline Modifier does(DefinitionPtr replacement, std::map<std::string, std::string> renamed = {}) {
  return {Does{std::move(replacement), std::move(renamed)}};
}
inline Modifier subdag(std::string module, Dependencies inputs = {}, Dependencies config = {}) {
  return {Subdag{.modules = {std::move(module)},
                 .instances = {{.inputs = std::move(inputs), .config = std::move(config)}}}};
}
inline Modifier parameterized_subdag(std::string module, std::vector<Subdag::Instance> instances) {
  return {Subdag{.modules = {std::move(module)}, .instances = std::move(instances)}};
}
inline Modifier with_columns(std::string module, std::vector<std::string> columns_to_pass,
                             std::vector<std::string> select = {}) {
  return {WithColumns{.modules = {std::move(module)},
                      .columns_to_pass = std::move(columns_to_pass),
                      .select = std::move(select)}};
}

// ---- in and out
// -----------------------------------------------------------------------------------

inline Modifier load_from(std::string loader, Dependencies options, std::string parameter = {}) {
  return {LoadFrom{std::move(loader), std::move(options), std::move(parameter)}};
}
inline Modifier save_to(std::string saver, Dependencies options, std::string output_name = {}) {
  return {SaveTo{std::move(saver), std::move(options), std::move(output_name)}};
}

/// The function returns std::pair<T, Values>: data, and what there is to say about it.
inline Modifier dataloader() { return {DataLoader{}}; }
/// The function writes what it is given, and returns Values that tell of it.
inline Modifier datasaver() { return {DataSaver{}}; }

template <class... C>
Modifier check(C... specs) {
  return {Check{{specs...}}};
}

}  // namespace weft::modifiers
