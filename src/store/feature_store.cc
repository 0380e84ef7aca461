#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "data/text_form.h"
#include "registry/change.h"
#include "store/store_state.h"
#include "store/stored_functions.h"

namespace weft {
namespace {

constexpr Duration kNotedEvery = 1min;

}  // namespace

std::shared_ptr<OnlineStore> open_online_store(const StoreOptions& options) {
  if (options.online.empty()) return open_lmdb_store(lmdb_folder(options));
  return open_redis_store(options.online);
}

// ---- state --------------------------------------------------------------------------------------

FeatureStore::State::State(Driver d, StoreOptions o)
    : driver(std::move(d)), options(std::move(o)) {}

std::shared_ptr<const Standing> FeatureStore::State::standing() const {
  const std::scoped_lock lock(mutex_);
  return standing_;
}

void FeatureStore::State::stand(std::shared_ptr<const Standing> standing) {
  const std::scoped_lock lock(mutex_);
  standing_ = std::move(standing);
}

Registry& FeatureStore::State::registry(bool create) {
  const std::scoped_lock lock(mutex_);
  std::error_code error;
  const bool is_there = create || !options.registry.empty() ||
                        std::filesystem::exists(registry_path(options.directory), error);
  if (registry_ && (registry_is_kept_ || !is_there)) return *registry_;
  registry_ = open_registry(options.registry, options.directory, create);
  registry_is_kept_ = is_there;
  return *registry_;
}

void FeatureStore::State::require_folder() const {
  if (!standing_ || standing_->version == 0) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("nothing was applied to project {} in {} yet: run `weft apply`",
                            quote(options.project), options.directory));
  }
  // With a registry elsewhere, whoever applied may have done so on another machine.
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) {
    throw Error(ErrorCode::kIo, "making the store " + options.directory + ": " + error.message());
  }
}

const std::shared_ptr<OnlineStore>& FeatureStore::State::online() {
  const std::scoped_lock lock(mutex_);
  if (online_) return online_;
  require_folder();
  online_ = open_online_store(options);
  return online_;
}

RunLog& FeatureStore::State::runs() {
  const std::scoped_lock lock(mutex_);
  if (!runs_) {
    require_folder();
    runs_ = std::make_unique<RunLog>(options.directory + "/runs.db");
  }
  return *runs_;
}

StoreRun FeatureStore::State::record(const Standing& standing, const char* what,
                                     const std::string& name) const {
  StoreRun run;
  run.what = what;
  run.view = name;
  run.user = current_user();
  run.started = now();
  run.registry_version = standing.version;
  return run;
}

StoreRun FeatureStore::State::begun(const Standing& standing, const char* what,
                                    const std::string& name) {
  StoreRun run = record(standing, what, name);
  run.id = runs().begin(run);
  return run;
}

void FeatureStore::State::end(StoreRun& run) {
  run.ended = true;
  run.took = now() - run.started;
  runs().end(run);
}

std::vector<OnlineColumn> FeatureStore::State::online_columns(const Standing& standing,
                                                              const FeatureView& view) {
  std::vector<OnlineColumn> columns;
  std::optional<OnlineView> stored;
  std::optional<Schema> schema;
  for (const std::string& feature : view.features) {
    OnlineColumn column = {feature, reader(standing).feature_type(view, feature),
                           standing.features.at(view.name).at(feature).fingerprint};
    if (!column.type) {
      if (const auto id = online()->find(online_name(view.name)); id && !stored) {
        stored = online()->view(*id);
      }
      if (stored) {
        const auto known = std::ranges::find(stored->features, feature, &OnlineColumn::name);
        if (known != stored->features.end()) column.type = known->type;
      }
    }
    if (!column.type) {
      if (!schema) schema = reader(standing).history(view, view.features).table.schema();
      column.type = std::ranges::find(*schema, feature, &ColumnSchema::name)->type;
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

OnlineViewId FeatureStore::State::online_view(const Standing& standing, const FeatureView& view) {
  return online()->define({online_name(view.name), view.keys(), online_columns(standing, view)});
}

void FeatureStore::State::note_read(const ResolvedRequest& request) {
  std::vector<DefinitionId> names;
  if (!request.service.empty()) {
    names.push_back({DefinitionKind::kService, request.service});
  } else {
    for (const RequestedView& view : request.views) {
      names.push_back({DefinitionKind::kView, view.view->name});
    }
  }
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(names, [&](const DefinitionId& id) {
      const auto [noted, is_new] = noted_.emplace(id, now());
      if (!is_new && now() < noted->second + kNotedEvery) return true;
      noted->second = now();
      return false;
    });
  }
  if (names.empty()) return;
  try {
    registry(false).note_reads(options.project, names, now());
  } catch (const Error&) {
    // Whoever may read but not write, or while the registry is away, reads all the same.
  }
}

std::vector<std::string> FeatureStore::State::make_stand(Registry& registry,
                                                         const RegistryPlan& plan,
                                                         const ApplyOptions& apply) {
  plan.check({apply.allow_destructive, apply.allow_deprecated});
  std::vector<std::string> changes;
  if (!plan.empty()) {
    const std::string user = apply.user.empty() ? current_user() : apply.user;
    changes = registry.apply(plan.project, plan.wanted, plan.base, user, apply.note, *options.clock)
                  .changes;
  }
  stand(read_standing(registry, plan.project));
  // What is online under other code or types no longer counts; what has no view any more goes.
  for (const DefinitionChange& change : plan.changes) {
    const bool removed = change.what == DefinitionChange::What::kRemoved;
    if (removed && change.id.kind == DefinitionKind::kView) {
      online()->purge(online_name(change.id.name));
      runs().forget(change.id.name);
    }
  }
  return changes;
}

std::vector<std::pair<std::string, Time>> FeatureStore::State::to_recompute(
    const RegistryPlan& plan) {
  std::vector<std::pair<std::string, Time>> views;
  for (const DefinitionChange& change : plan.changes) {
    const bool changed = change.what == DefinitionChange::What::kChanged &&
                         change.id.kind == DefinitionKind::kView &&
                         !change.invalid_features.empty();
    if (!changed || !standing()->view(change.id.name).online) continue;
    const auto until = runs().materialized_until(change.id.name);
    if (until) views.emplace_back(change.id.name, *until);
  }
  return views;
}

// ---- definitions --------------------------------------------------------------------------------

FeatureStore::FeatureStore(Driver driver, StoreOptions options)
    : state_(std::make_shared<State>(std::move(driver), std::move(options))) {
  state_->stand(read_standing(state_->registry(false), state_->options.project));
}
FeatureStore::~FeatureStore() = default;
FeatureStore::FeatureStore(FeatureStore&&) noexcept = default;

std::vector<std::string> FeatureStore::apply(const ApplyOptions& options) {
  const Collected collected = collect_definitions(
      state_->driver, state_->options.inputs, read_definition_files(state_->options.definitions));
  Registry& registry = state_->registry(true);
  const RegistryPlan plan = plan_changes(registry, state_->options.project,
                                         registered_set(collected), *state_->options.clock);
  const auto changes = state_->make_stand(registry, plan, options);
  record_functions(registry, state_->options.project, state_->driver.graph(),
                   state_->standing()->definitions);
  if (options.recompute) recompute(state_->to_recompute(plan));
  return changes;
}

void FeatureStore::recompute(const std::vector<std::pair<std::string, Time>>& views) {
  for (const auto& [view, until] : views) {
    try {
      materialize({.views = {view}, .end = until});
    } catch (const Error& e) {
      throw Error(e.code(),
                  fmt::format("applied as version {}; but view {} could not be brought online "
                              "again, and its changed features read as not found until it is "
                              "materialized: {}",
                              version(), view, e.message()),
                  e.where());
    }
  }
}

std::vector<std::string> FeatureStore::rollback(int64_t version, const ApplyOptions& options) {
  Registry& registry = state_->registry(false);
  const std::string& project = state_->options.project;
  const RegistryPlan plan =
      plan_changes(registry, project, registry.read(project, version), *state_->options.clock);
  const auto other = other_code(plan.wanted, state_->driver.graph());
  if (!other.empty() && !options.allow_other_code) {
    throw Error(ErrorCode::kConflict,
                fmt::format("version {} had other code than what is loaded for\n  {}\nLoad the "
                            "code of then first; or allow it, and these cannot be read until then",
                            version, fmt::join(other, "\n  ")));
  }
  const auto changes = state_->make_stand(registry, plan, options);
  if (options.recompute && other.empty()) recompute(state_->to_recompute(plan));
  return changes;
}

StoreDefinitions FeatureStore::definitions() const { return state_->standing()->definitions; }
int64_t FeatureStore::version() const { return state_->standing()->version; }

bool FeatureStore::refresh() {
  Registry& registry = state_->registry(false);
  const std::string& project = state_->options.project;
  if (registry.standing(project) == version()) return false;
  state_->stand(read_standing(registry, project));
  return true;
}

std::vector<StoreRun> FeatureStore::runs(int64_t max) const { return state_->runs().newest(max); }

}  // namespace weft
