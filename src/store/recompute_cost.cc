#include "store/recompute_cost.h"

#include <filesystem>

#include "store/store_state.h"

namespace weft {
namespace {

std::optional<int64_t> keys_of(OnlineStore* online, const std::string& name) {
  if (!online) return 0;
  try {
    const auto view = online->find(name);
    return view ? online->num_keys(*view) : 0;
  } catch (const Error&) {
    return {};
  }
}

// Null: there is none yet. Where it cannot be reached, that shows when it is asked.
std::shared_ptr<OnlineStore> online_of(const StoreOptions& options) {
  std::error_code error;
  if (options.online.empty() && !std::filesystem::exists(lmdb_folder(options), error)) return {};
  return open_online_store(options);
}

SourceSize size_of(const ViewReader& reader, const FeatureView& view) {
  try {
    return reader.size_of(view);
  } catch (const std::exception&) {
    return {};  // the files may not be there yet
  }
}

}  // namespace

void add_costs(RegistryPlan& plan, const Driver& driver, const StoreOptions& options) {
  const auto standing = standing_of(plan.project, plan.base, plan.wanted);
  const ViewReader reader(driver, options, *standing);
  std::shared_ptr<OnlineStore> online;
  bool is_reached = true;
  try {
    online = online_of(options);
  } catch (const Error&) {
    is_reached = false;
  }
  for (DefinitionChange& change : plan.changes) {
    const bool is_view = change.id.kind == DefinitionKind::kView;
    if (!is_view || (!change.computes && change.invalid_features.empty())) continue;
    RecomputeCost& cost = change.cost.emplace(RecomputeCost{0, 0, 0});
    if (change.computes) {
      const SourceSize size = size_of(reader, standing->view(change.id.name));
      cost.rows = size.rows;
      cost.bytes = size.bytes;
    }
    if (change.invalid_features.empty()) continue;
    const std::string name = online_name(plan.project, change.id.name);
    cost.online_keys = is_reached ? keys_of(online.get(), name) : std::nullopt;
  }
}

}  // namespace weft
