/// What an apply would do to a registry.
#pragma once

#include "registry/collect.h"
#include "registry/deprecation.h"
#include "registry/registry.h"

namespace weft {

/// What bringing a view to what is wanted takes. Nothing: it cannot be told without reading.
struct RecomputeCost {
  std::optional<int64_t> rows = {};         ///< of its source
  std::optional<int64_t> bytes = {};        ///< of its source, as stored
  std::optional<int64_t> online_keys = {};  ///< whose values no longer stand
};

struct DefinitionChange {
  enum class What : uint8_t { kCreated, kChanged, kRemoved };
  DefinitionId id;
  What what = What::kCreated;
  /// In words: "ttl: 1d -> 36h", "feature km: its code changed".
  std::vector<std::string> details = {};
  /// Of a view: features whose stored values no longer stand for them.
  std::vector<std::string> invalid_features = {};
  /// Of a view: it has features that were not computed before.
  bool computes = false;
  /// Of a view that computes or loses something; filled in by add_costs() (store/recompute_cost.h).
  std::optional<RecomputeCost> cost = {};
  /// Why it needs to be allowed: what is lost by it. Empty: nothing.
  std::string destructive = {};
  /// Why it cannot be done at all: values of before could not be read as they are declared now.
  std::string refused = {};
  std::string owner = {};
  /// Views, services, datasets and models that use it, with their owners: "service eta (routing)".
  std::vector<std::string> consumers = {};
};

/// What a person has agreed to.
struct PlanAllowance {
  bool destructive = false;
  bool deprecated = false;  ///< services that take what was to go by now
};

struct RegistryPlan {
  std::string project;
  int64_t base = 0;  ///< the version it was compared with; 0: none
  RegisteredSet wanted;
  std::vector<DefinitionChange> changes;  ///< entities, sources, views, services, each by name
  std::vector<DeprecatedUse> deprecated;  ///< of what is wanted

  bool empty() const { return changes.empty(); }
  /// Throws Error(kUnsupported) for what is refused, Error(kInvalidArgument) for what is
  /// destructive, or takes what was to go by now, unless that is allowed; naming all of it.
  void check(const PlanAllowance& allowed) const;
};

/// What the registry keeps of collected definitions.
RegisteredSet registered_set(const Collected& collected);
RegistryPlan plan_changes(Registry& registry, const std::string& project, RegisteredSet wanted,
                          const Clock& clock = Clock::system());

/// Features of a set whose code the graph does not have, a line each, of which view and of which
/// service: what stands in the way of applying a set of before.
std::vector<std::string> other_code(const RegisteredSet& set, const Graph& graph);

/// As a person reads it, as a program does, and as a comment on a change under review.
std::string plan_as_text(const RegistryPlan& plan);
std::string plan_as_json(const RegistryPlan& plan);
std::string plan_as_markdown(const RegistryPlan& plan);

}  // namespace weft
