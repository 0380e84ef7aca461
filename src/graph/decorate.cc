// The last stage: what is said about nodes without changing them.
#include <algorithm>
#include <array>
#include <set>

#include "graph/draft.h"

namespace weft {
namespace {

// Ours (and Hamilton's): the first part of a key may be none of them.
constexpr std::array<std::string_view, 7> kReserved = {
    "hamilton", "data_quality", "gdpr", "ccpa", "dag", "module", "ray_remote"};

bool is_identifier(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0]))) return false;
  return std::ranges::all_of(
      text, [](unsigned char c) { return std::isalnum(c) || c == '_' || c >= 128; });
}

bool valid_tag(const Work& work, const std::string& key, const std::vector<std::string>& values) {
  const std::string& function = work.definition->name;
  const std::string first = key.substr(0, key.find('.'));
  if (std::ranges::count(kReserved, first) > 0) {
    work.problem("tag '{}' of '{}': '{}' is a reserved namespace; those are {}", key, function,
                 first, fmt::join(kReserved, ", "));
    return false;
  }
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('.', begin), key.size());
    if (!is_identifier(std::string_view(key).substr(begin, end - begin))) {
      work.problem("tag '{}' of '{}': a key is identifiers with dots between them", key, function);
      return false;
    }
    begin = end + 1;
  }
  if (values.empty()) {
    work.problem("tag '{}' of '{}' has no value", key, function);
    return false;
  }
  if (key == "declassify" && values.front().empty()) {
    work.problem("declassify of '{}' gives no reason", function);
    return false;
  }
  if (std::set<std::string>(values.begin(), values.end()).size() != values.size()) {
    work.problem("tag '{}' of '{}' has the same value twice", key, function);
    return false;
  }
  return true;
}

void add_tag(Work& work, const Tag& tag) {
  if (tag.tags.empty()) work.problem("tag of '{}' has no key", work.definition->name);
  Tags valid;
  for (const auto& [key, values] : tag.tags) {
    if (valid_tag(work, key, values)) valid[key] = values;
  }
  for (Draft* d : work.targets(tag.target, "tag")) {
    for (const auto& [key, values] : valid) d->node.tags[key] = values;
  }
  // What is personal stays so in every node on the way: the raw value, its checks, its steps.
  if (const auto pii = valid.find("pii"); pii != valid.end()) {
    for (Draft* d : work.targets({.all = true}, "tag")) d->node.tags["pii"] = pii->second;
  }
}

void add_schema(Work& work, const SchemaOf& schema) {
  if (schema.columns.empty()) {
    return work.problem("schema of '{}' names no column", work.definition->name);
  }
  std::vector<std::string> parts;
  for (const NamedOutput& column : schema.columns) {
    parts.push_back(column.name + "=" + (column.type ? column.type->name : "any"));
  }
  Target target = schema.target;
  // By default of the table, even where columns are extracted from it.
  std::vector<Draft*> found;
  if (target.names.empty() && !target.all) {
    for (Draft& d : work.drafts) {
      if (d.node.name == work.name) found.push_back(&d);
    }
  }
  if (found.empty()) found = work.targets(target, "schema");
  for (Draft* d : found) {
    if (d->node.type && d->node.type != type_of<Table>()) {
      work.problem(ErrorCode::kTypeMismatch, "schema is for a Table, but '{}' is {}", d->node.name,
                   d->node.type->name);
      continue;
    }
    d->node.schema = schema.columns;
    d->node.tags["hamilton.internal.schema_output"] = {fmt::format("{}", fmt::join(parts, ","))};
  }
}

const char* behavior_name(CacheBehavior behavior) {
  switch (behavior) {
    case CacheBehavior::kDefault:
      return "default";
    case CacheBehavior::kRecompute:
      return "recompute";
    case CacheBehavior::kIgnore:
      return "ignore";
    case CacheBehavior::kDisable:
      return "disable";
  }
  return "";
}

void make_errors_null(Work& work) {
  const Definition& definition = *work.definition;
  if (definition.is_column_function()) {
    return work.problem(
        "on_error of '{}': a column function runs once, when the plan is made, and "
        "has no rows that could fail",
        definition.name);
  }
  for (Draft& d : work.drafts) {
    if (d.node.role != Role::kFunction || d.node.function != definition.name) continue;
    d.node.error_is_null = true;
    d.node.nullable = true;
  }
}

}  // namespace

void decorate(Work& work) {
  for (const ModifierKind* kind : work.modifiers) {
    if (const auto* tag = std::get_if<Tag>(kind)) add_tag(work, *tag);
    if (const auto* schema = std::get_if<SchemaOf>(kind)) add_schema(work, *schema);
    if (std::holds_alternative<OnErrorNull>(*kind)) make_errors_null(work);
    if (const auto* cache = std::get_if<Cache>(kind)) {
      for (Draft* d : work.targets(cache->target, "cache")) {
        d->node.cache = cache->behavior;
        d->node.tags["cache.behavior"] = {behavior_name(cache->behavior)};
      }
    }
  }
}

}  // namespace weft
