#include "registry/change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "registry/lineage.h"
#include "registry/records.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;
using What = DefinitionChange::What;

std::string_view what_name(What what) {
  return what == What::kCreated ? "created" : what == What::kChanged ? "changed" : "removed";
}

std::string shown(const Json& value) {
  if (value.is_object() && value.contains("reason")) {
    return to_string(Deprecated{value.value("reason", ""), value.value("until", "")});
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_told_by_feature(const std::string& field) {
  return field == "features" || field == "deprecated_features";
}

// "feature km: deprecated: use miles", or no longer.
void add_deprecated_changes(const Json& before, const Json& after,
                            std::vector<std::string>& details) {
  const Json old = before.value("deprecated_features", Json::object());
  const Json now = after.value("deprecated_features", Json::object());
  for (const auto& [name, why] : now.items()) {
    if (old.value(name, Json()) == why) continue;
    details.push_back(fmt::format("feature {}: deprecated: {}", name, shown(why)));
  }
  for (const auto& [name, why] : old.items()) {
    if (!now.contains(name)) details.push_back("feature " + name + ": no longer deprecated");
  }
}

// Of a definition's text, field by field.
std::vector<std::string> field_changes(const Json& before, const Json& after) {
  std::vector<std::string> details;
  for (const auto& [name, value] : before.items()) {
    if (is_told_by_feature(name)) continue;
    if (!after.contains(name)) {
      details.push_back(fmt::format("{}: {} -> default", name, shown(value)));
    } else if (after[name] != value) {
      details.push_back(fmt::format("{}: {} -> {}", name, shown(value), shown(after[name])));
    }
  }
  for (const auto& [name, value] : after.items()) {
    if (!is_told_by_feature(name) && !before.contains(name)) {
      details.push_back(fmt::format("{}: {}", name, shown(value)));
    }
  }
  add_deprecated_changes(before, after, details);
  return details;
}

// Could values written as `from` be read as `to`?
bool reads_as(const std::string& from, const std::string& to) {
  if (from == to || from.empty() || to.empty()) return true;
  const Type a = type_by_name(from);
  const Type b = type_by_name(to);
  return a && b && widens(a, b);
}

class Comparison {
 public:
  Comparison(const RegisteredSet& before, const RegisteredSet& after, StoreLineage lineage)
      : before_(before), after_(after), lineage_(std::move(lineage)) {
    lineage_.add(after);
    lineage_.add(before);
  }

  std::vector<DefinitionChange> run() {
    for (const auto& [id, registered] : after_) {
      const auto old = before_.find(id);
      if (old == before_.end()) {
        create(id, registered);
      } else if (!old->second.is_same(registered)) {
        change(id, old->second, registered);
      }
    }
    for (const auto& [id, registered] : before_) {
      if (!after_.contains(id)) remove(id, registered);
    }
    std::ranges::sort(changes_, {}, &DefinitionChange::id);
    return std::move(changes_);
  }

 private:
  static Json spec_of(const Registered& registered) { return Json::parse(registered.spec); }

  DefinitionChange& add(const DefinitionId& id, What what, const Registered& registered) {
    DefinitionChange& change = changes_.emplace_back();
    change.id = id;
    change.what = what;
    change.owner = spec_of(registered).value("owner", "");
    change.consumers = consumers_of(id);
    return change;
  }

  void create(const DefinitionId& id, const Registered& registered) {
    DefinitionChange& change = add(id, What::kCreated, registered);
    change.computes = id.kind == DefinitionKind::kView;
    for (const auto& [name, feature] : registered.features) {
      change.details.push_back(fmt::format("feature {}{}", name, typed(feature)));
    }
  }

  void remove(const DefinitionId& id, const Registered& registered) {
    DefinitionChange& change = add(id, What::kRemoved, registered);
    if (id.kind != DefinitionKind::kView) return;
    change.destructive = "its history and its online values go with it";
    for (const auto& [name, feature] : registered.features) change.invalid_features.push_back(name);
  }

  void change(const DefinitionId& id, const Registered& old, const Registered& now) {
    DefinitionChange& change = add(id, What::kChanged, now);
    change.details = field_changes(spec_of(old), spec_of(now));
    const bool rekeyed =
        spec_of(old).value("entities", Json()) != spec_of(now).value("entities", Json());
    for (const auto& [name, feature] : old.features) {
      const auto it = now.features.find(name);
      if (it == now.features.end()) {
        change.details.push_back("feature " + name + ": removed");
        change.invalid_features.push_back(name);
        lose(change, "the history of feature " + name);
      } else if (!reads_as(feature.type, it->second.type)) {
        change.refused = fmt::format(
            "feature {} was {} and is now {}, as which its history cannot be read: give it "
            "another name",
            name, feature.type, it->second.type);
      } else if (it->second.fingerprint != feature.fingerprint) {
        change.details.push_back("feature " + name + ": its code changed");
        change.invalid_features.push_back(name);
      } else if (rekeyed) {
        change.invalid_features.push_back(name);
      }
    }
    for (const auto& [name, feature] : now.features) {
      if (old.features.contains(name)) continue;
      change.details.push_back(fmt::format("feature {}{}: added", name, typed(feature)));
      change.computes = true;
    }
    const auto is_kept = [&](const std::string& name) { return now.features.contains(name); };
    change.computes |= std::ranges::any_of(change.invalid_features, is_kept);
    if (id.kind == DefinitionKind::kView && rekeyed) lose(change, "its history under the old keys");
    if (id.kind == DefinitionKind::kEntity) compare_keys(change, spec_of(old), spec_of(now));
  }

  static void compare_keys(DefinitionChange& change, const Json& old, const Json& now) {
    const Json before = old.value("keys", Json::object());
    const Json after = now.value("keys", Json::object());
    if (before != after) {
      lose(change, "the history of every view of this entity, whose keys are others now");
    }
  }

  static void lose(DefinitionChange& change, const std::string& what) {
    change.destructive += (change.destructive.empty() ? "" : ", ") + what;
  }

  static std::string typed(const Registered::Feature& feature) {
    return feature.type.empty() ? "" : " (" + feature.type + ")";
  }

  // Who uses a definition, in what stands or is wanted.
  std::vector<std::string> consumers_of(const DefinitionId& id) const {
    static constexpr LineageKind kKinds[] = {LineageKind::kEntity, LineageKind::kSource,
                                             LineageKind::kView, LineageKind::kService};
    std::vector<std::string> consumers;
    const auto node = lineage_.find(kKinds[static_cast<size_t>(id.kind)], id.name);
    if (!node) return consumers;
    for (const size_t i : lineage_.downstream(*node)) {
      const LineageNode& consumer = lineage_.nodes()[i];
      if (consumer.kind == LineageKind::kView || consumer.kind >= LineageKind::kService) {
        consumers.push_back(to_string(consumer));
      }
    }
    return consumers;
  }

  const RegisteredSet& before_;
  const RegisteredSet& after_;
  StoreLineage lineage_;
  std::vector<DefinitionChange> changes_;
};

template <class T>
void add_all(RegisteredSet& set, DefinitionKind kind, const std::vector<T>& definitions,
             const Collected& collected) {
  for (const T& definition : definitions) {
    const DefinitionId id = {kind, definition.name};
    Registered registered = {to_json(definition), {}, {}};
    const auto place = collected.places.find(id);
    if (place != collected.places.end()) registered.place = place->second.to_string();
    const auto features = collected.features.find(definition.name);
    if (kind == DefinitionKind::kView && features != collected.features.end()) {
      for (const auto& [name, feature] : features->second) {
        registered.features[name] = {feature.fingerprint, feature.type ? feature.type->name : ""};
      }
    }
    set.emplace(id, std::move(registered));
  }
}

}  // namespace

RegisteredSet registered_set(const Collected& collected) {
  RegisteredSet set;
  const StoreDefinitions& all = collected.definitions;
  add_all(set, DefinitionKind::kEntity, all.entities, collected);
  add_all(set, DefinitionKind::kSource, all.sources, collected);
  add_all(set, DefinitionKind::kView, all.views, collected);
  add_all(set, DefinitionKind::kService, all.services, collected);
  return set;
}

RegistryPlan plan_changes(Registry& registry, const std::string& project, RegisteredSet wanted,
                          const Clock& clock) {
  RegistryPlan plan;
  plan.project = project;
  plan.base = registry.standing(project);
  const RegisteredSet before = plan.base == 0 ? RegisteredSet() : registry.read(project, plan.base);
  StoreLineage lineage;
  lineage.add(saved_datasets(registry, project));
  lineage.add(models(registry, project));
  plan.changes = Comparison(before, wanted, std::move(lineage)).run();
  plan.deprecated = deprecated_uses(wanted, clock.now());
  plan.wanted = std::move(wanted);
  return plan;
}

std::vector<std::string> other_code(const RegisteredSet& set, const Graph& graph) {
  std::vector<std::string> lines;
  for (const auto& [id, registered] : set) {
    const Json spec = Json::parse(registered.spec);
    for (const auto& [feature, of_then] : registered.features) {
      const std::string source = spec.value("source", "");
      if (feature_fingerprint(graph, feature, source) == of_then.fingerprint) continue;
      lines.push_back(fmt::format("feature {} of {}", feature, to_string(id)));
    }
    if (id.kind != DefinitionKind::kService) continue;
    for (const auto& name : spec.value("on_demand", std::vector<std::string>())) {
      if (!graph.find(name)) lines.push_back(fmt::format("{} of {}", name, to_string(id)));
    }
  }
  return lines;
}

void RegistryPlan::check(const PlanAllowance& allowed) const {
  std::string refused;
  std::string destructive;
  for (const DefinitionChange& change : changes) {
    if (!change.refused.empty()) refused += "\n  " + to_string(change.id) + ": " + change.refused;
    if (!change.destructive.empty()) {
      destructive += fmt::format("\n  {} {}: {}", to_string(change.id), what_name(change.what),
                                 change.destructive);
    }
  }
  if (!refused.empty()) throw Error(ErrorCode::kUnsupported, "this cannot be applied:" + refused);
  if (!destructive.empty() && !allowed.destructive) {
    throw Error(ErrorCode::kInvalidArgument,
                "this would lose what is stored, and has to be allowed:" + destructive);
  }
  if (changes.empty() || allowed.deprecated) return;
  std::string over;
  for (const DeprecatedUse& use : deprecated) {
    if (use.is_over) over += "\n  " + to_string(use);
  }
  if (over.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              "this takes what was to be used no more by now, and has to be allowed:" + over);
}

namespace {

// "to compute: 5 rows, 120 bytes of its source", "keys online that lose values: 3".
std::vector<std::string> cost_texts(const DefinitionChange& change) {
  std::vector<std::string> texts;
  if (!change.cost) return texts;
  const RecomputeCost& cost = *change.cost;
  if (change.computes) {
    texts.push_back(fmt::format(
        "to compute: {}, {} of its source",
        cost.rows ? fmt::format("{} rows", *cost.rows) : std::string("rows not known"),
        cost.bytes ? fmt::format("{} bytes", *cost.bytes) : std::string("bytes not known")));
  }
  if (cost.online_keys.value_or(0) > 0) {
    texts.push_back(fmt::format("keys online that lose values: {}", *cost.online_keys));
  }
  return texts;
}

Json json_of(const RecomputeCost& cost) {
  const auto number = [](const std::optional<int64_t>& n) { return n ? Json(*n) : Json(); };
  return {{"rows", number(cost.rows)},
          {"bytes", number(cost.bytes)},
          {"online_keys", number(cost.online_keys)}};
}

}  // namespace

std::string plan_as_text(const RegistryPlan& plan) {
  if (plan.empty()) {
    return fmt::format("{} is as version {} has it: nothing to do\n", plan.project, plan.base);
  }
  static constexpr char kMarks[] = {'+', '~', '-'};
  std::string text;
  for (const DefinitionChange& change : plan.changes) {
    text += fmt::format("{} {}{}\n", kMarks[static_cast<size_t>(change.what)], to_string(change.id),
                        change.owner.empty() ? "" : " (" + change.owner + ")");
    for (const std::string& detail : change.details) text += "    " + detail + "\n";
    if (!change.invalid_features.empty()) {
      text += fmt::format("    stored values no longer stand for: {}\n",
                          fmt::join(change.invalid_features, ", "));
    }
    for (const std::string& cost : cost_texts(change)) text += "    " + cost + "\n";
    if (!change.destructive.empty()) text += "    loses " + change.destructive + "\n";
    if (!change.refused.empty()) text += "    refused: " + change.refused + "\n";
    if (change.what != What::kCreated && !change.consumers.empty()) {
      text += fmt::format("    used by {}\n", fmt::join(change.consumers, ", "));
    }
  }
  const auto count = [&](What what) {
    return std::ranges::count(plan.changes, what, &DefinitionChange::what);
  };
  text += fmt::format("{} to create, {} to change, {} to remove\n", count(What::kCreated),
                      count(What::kChanged), count(What::kRemoved));
  return text;
}

std::string plan_as_json(const RegistryPlan& plan) {
  Json changes = Json::array();
  for (const DefinitionChange& change : plan.changes) {
    Json item = {{"kind", kind_name(change.id.kind)},
                 {"name", change.id.name},
                 {"change", what_name(change.what)},
                 {"details", change.details},
                 {"invalid_features", change.invalid_features},
                 {"owner", change.owner},
                 {"consumers", change.consumers}};
    if (!change.destructive.empty()) item["destructive"] = change.destructive;
    if (!change.refused.empty()) item["refused"] = change.refused;
    if (change.cost) item["cost"] = json_of(*change.cost);
    changes.push_back(std::move(item));
  }
  Json deprecated = Json::array();
  for (const DeprecatedUse& use : plan.deprecated) {
    Json item = {{"service", use.service}, {"owner", use.owner}, {"view", use.view}};
    if (!use.feature.empty()) item["feature"] = use.feature;
    item.update({{"reason", use.deprecated.reason},
                 {"until", use.deprecated.until},
                 {"is_over", use.is_over}});
    deprecated.push_back(std::move(item));
  }
  const Json json = {{"project", plan.project},
                     {"base", plan.base},
                     {"changes", changes},
                     {"deprecated", deprecated}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string plan_as_markdown(const RegistryPlan& plan) {
  if (plan.empty()) return fmt::format("**{}**: no change to the feature store.\n", plan.project);
  std::string text = fmt::format("**{}**: changes to the feature store\n\n", plan.project);
  text += "| definition | change | what | used by |\n|---|---|---|---|\n";
  for (const DefinitionChange& change : plan.changes) {
    std::vector<std::string> what = change.details;
    for (std::string& cost : cost_texts(change)) what.push_back(std::move(cost));
    if (!change.destructive.empty()) what.push_back("**loses " + change.destructive + "**");
    if (!change.refused.empty()) what.push_back("**refused: " + change.refused + "**");
    text +=
        fmt::format("| `{}`{} | {} | {} | {} |\n", to_string(change.id),
                    change.owner.empty() ? "" : " (" + change.owner + ")", what_name(change.what),
                    fmt::join(what, "<br>"), fmt::join(change.consumers, "<br>"));
  }
  if (!plan.deprecated.empty()) text += '\n';
  for (const DeprecatedUse& use : plan.deprecated) text += "- " + to_string(use) + "\n";
  return text;
}

}  // namespace weft
