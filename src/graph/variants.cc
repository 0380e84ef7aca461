// The first stage: which functions are nodes under a config, by what name, and with which
// modifiers.
#include <algorithm>

#include "base/nearest_name.h"
#include "base/thrown.h"
#include "graph/draft.h"

namespace weft {
namespace {

// resolve_from_config may return another resolve_from_config; more levels than this are a loop.
constexpr int kMaxLevels = 16;

std::vector<Modifier> modifiers_from_config(const Work& work, const ResolveFromConfig& r) {
  const Values& config = *work.scope->config;
  bool complete = true;
  for (const std::string& key : r.keys) {
    if (config.contains(key)) continue;
    std::vector<std::string> keys;
    for (const auto& [name, value] : config) keys.push_back(name);
    work.problem("resolve_from_config of '{}' needs the config key '{}', which is not set{}",
                 work.definition->name, key, did_you_mean(key, keys));
    complete = false;
  }
  if (!r.modifiers) {
    work.problem("resolve_from_config of '{}' has no function", work.definition->name);
    complete = false;
  }
  if (!complete) return {};
  try {
    return r.modifiers(config);
  } catch (...) {
    work.problem("resolve_from_config of '{}' failed: {}", work.definition->name, thrown_text());
    return {};
  }
}

// Modifiers in the order in which they are applied: the last written first. What the config makes
// stands where resolve_from_config stood.
void list_modifiers(Work& work) {
  const auto& written = work.definition->modifiers;
  for (size_t i = written.size(); i-- > 0;) work.modifiers.push_back(&written[i].kind);
  for (int level = 0;; ++level) {
    const auto found = std::ranges::find_if(work.modifiers, [](const ModifierKind* kind) {
      return std::holds_alternative<ResolveFromConfig>(*kind);
    });
    if (found == work.modifiers.end()) return;
    const auto& resolve = std::get<ResolveFromConfig>(**found);
    const auto at = work.modifiers.erase(found);
    if (level == kMaxLevels) {
      return work.problem("resolve_from_config of '{}' goes on and on: more than {} levels",
                          work.definition->name, kMaxLevels);
    }
    for (const std::string& key : resolve.keys) work.config_keys.push_back(key);
    std::vector<Modifier> made = modifiers_from_config(work, resolve);
    std::vector<const ModifierKind*> kinds;
    for (size_t i = made.size(); i-- > 0;) {
      work.owned.push_back(std::make_unique<Modifier>(std::move(made[i])));
      kinds.push_back(&work.owned.back()->kind);
    }
    work.modifiers.insert(at, kinds.begin(), kinds.end());
  }
}

template <class... M>
void only_one(const Work& work, const char* which) {
  const auto count = std::ranges::count_if(work.modifiers, [](const ModifierKind* kind) {
    return (std::holds_alternative<M>(*kind) || ...);
  });
  if (count > 1)
    work.problem("'{}' has {} of {}; one is the most", work.definition->name, count, which);
}

void check_classes(const Work& work) {
  only_one<Does, Subdag>(work, "does and subdag");
  only_one<Parameterize, Inject>(work, "parameterize and inject");
  only_one<Mutate>(work, "mutate");
  only_one<SchemaOf>(work, "schema");
  only_one<OnErrorNull>(work, "on_error");
  only_one<Exclude>(work, "exclude");
}

bool valid_when(const Work& work, const When& when) {
  if (when.key.empty()) {
    work.problem("when of '{}' names no config key", work.definition->name);
    return false;
  }
  if (when.values.empty()) {
    work.problem("when of '{}' has no value for '{}'", work.definition->name, when.key);
    return false;
  }
  return true;
}

std::string node_name(const Work& work, const std::vector<const When*>& whens) {
  const std::string& name = work.definition->name;
  std::string chosen;
  for (const When* when : whens) {
    if (when->name.empty() || when->name == chosen) continue;
    if (!chosen.empty()) {
      work.problem("two names for the node of '{}': '{}' and '{}'", name, chosen, when->name);
    }
    chosen = when->name;
  }
  if (!chosen.empty()) return chosen;
  if (whens.empty()) return name;
  if (name.ends_with("__")) {
    work.problem("the name of variant '{}' ends with \"__\": say which variant it is", name);
  }
  const size_t at = name.rfind("__");
  return at == std::string::npos || at == 0 ? name : name.substr(0, at);
}

}  // namespace

bool holds(const When& when, const Values& config) {
  const auto found = config.find(when.key);
  const Value value = found == config.end() ? Value() : found->second;
  const bool in = std::ranges::any_of(when.values, [&](const Value& wanted) {
    if (!value.has_value() || !wanted.has_value()) return value.has_value() == wanted.has_value();
    if (value.type() == wanted.type()) return value.equals(wanted);
    if (!value.type()->is_number() || !wanted.type()->is_number()) return false;
    // A config out of JSON may say 1 where the code says 1.0, and the other way round.
    return value.as(double_type()).equals(wanted.as(double_type()));
  });
  return in != when.negate;
}

std::string when_text(const When& when) {
  std::vector<std::string> values;
  for (const Value& v : when.values) values.push_back(v.to_string());
  const bool one = values.size() == 1;
  return fmt::format("{} {} {}", when.key,
                     one ? (when.negate ? "!=" : "=") : (when.negate ? "not in" : "in"),
                     one ? values[0] : fmt::format("[{}]", fmt::join(values, ", ")));
}

bool select_variant(Work& work) {
  list_modifiers(work);
  check_classes(work);
  std::vector<const When*> whens;
  bool excluded = false;
  bool selected = true;
  for (const ModifierKind* kind : work.modifiers) {
    excluded |= std::holds_alternative<Exclude>(*kind);
    const When* when = std::get_if<When>(kind);
    if (!when || !valid_when(work, *when)) continue;
    whens.push_back(when);
    selected &= holds(*when, *work.scope->config);
    if (std::ranges::count(work.config_keys, when->key) == 0) {
      work.config_keys.push_back(when->key);
    }
  }
  work.name = node_name(work, whens);
  if (excluded) return false;
  if (selected) return true;
  if (work.scope->unselected) {
    std::vector<std::string> texts;
    for (const When* when : whens) texts.push_back(when_text(*when));
    (*work.scope->unselected)[work.name].push_back(
        fmt::format("{} wants {}", work.definition->name, fmt::join(texts, " and ")));
  }
  return false;
}

}  // namespace weft
