// Removing what is known of some entities.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "store/store_state.h"
#include "weft/table_ops.h"

namespace weft {
namespace {

class Forgetting {
 public:
  Forgetting(FeatureStore::State& state, const Standing& standing, const std::string& entity,
             const Table& keys)
      : state_(state), standing_(standing), entity_(find(entity)) {
    std::vector<std::string> names;
    for (const auto& [name, type] : entity_.keys) {
      if (!keys.has(name)) {
        throw Error(ErrorCode::kNotFound,
                    fmt::format("the keys have no column {}, a key of entity {}{}", quote(name),
                                entity, did_you_mean(name, keys.names())));
      }
      names.push_back(name);
    }
    keys_ = keys.select(names).load();
  }

  ForgetReport run() {
    std::set<std::string> sources;
    for (const FeatureView& view : standing_.definitions.views) {
      const bool is_about =
          std::ranges::find(view.entities, entity_.name, &Entity::name) != view.entities.end();
      if (!is_about) continue;
      if (view.online) forget_online(view);
      if (sources.insert(view.source.name).second) forget_history(view.source);
    }
    return std::move(report_);
  }

 private:
  const Entity& find(const std::string& name) const {
    const auto& all = standing_.definitions.entities;
    const auto found = std::ranges::find(all, name, &Entity::name);
    if (found != all.end()) return *found;
    std::vector<std::string> names;
    for (const Entity& each : all) names.push_back(each.name);
    throw Error(ErrorCode::kNotFound,
                fmt::format("no entity is called {}{}", quote(name), did_you_mean(name, names)));
  }

  JoinKeys join_keys() const {
    JoinKeys keys;
    for (const auto& [name, type] : entity_.keys) keys.push_back(name);
    return keys;
  }

  void forget_online(const FeatureView& view) {
    const auto id = state_.online()->find(state_.online_name(view.name));
    if (!id) return;
    int64_t rows = 0;
    if (view.entities.size() == 1) {
      rows = state_.online()->forget(*id, keys_);
    } else {
      // Of keys with several parts those that have this one.
      const auto blocks = state_.online()->scan(*id, {});
      while (const auto block = blocks->next()) {
        const Table found = semi_join(*block, keys_, join_keys());
        if (found.num_rows() > 0) rows += state_.online()->forget(*id, found);
      }
    }
    report_.removed.push_back({"latest values of view " + view.name, rows});
  }

  void forget_history(const Source& source) {
    const std::string folder = written_rows_folder(state_.options, source.name);
    if (DeltaTable::exists(folder)) {
      state_.with_written_rows(source.name, [&](std::optional<DeltaTable>& table) {
        if (!table) table.emplace(DeltaTable::open(folder, written_rows_options()));
        table->refresh();
        const DeltaCommit commit = table->remove_rows(keys_);
        table->vacuum({.retention = Duration(0)});
        report_.removed.push_back({"history of source " + source.name, commit.rows_removed});
      });
    }
    const Source& stored = source.history.empty() ? source : standing_.source(source.history);
    if (stored.kind == Source::Kind::kPush || stored.kind == Source::Kind::kRequest) return;
    const int64_t rows = state_.reader(standing_).count_stored(stored, keys_);
    if (rows > 0) {
      report_.still_held.push_back({fmt::format("source {} ({})", stored.name, stored.path), rows});
    }
  }

  FeatureStore::State& state_;
  const Standing& standing_;
  const Entity& entity_;
  Table keys_;
  ForgetReport report_;
};

}  // namespace

ForgetReport FeatureStore::forget(const std::string& entity, const Table& keys) {
  const auto standing = state_->standing();
  StoreRun run = state_->begun(*standing, "forget", entity);
  try {
    ForgetReport report = Forgetting(*state_, *standing, entity, keys).run();
    run.rows = keys.num_rows();
    for (const auto& place : report.removed) run.written += place.rows;
    state_->end(run);
    return report;
  } catch (const Error& e) {
    run.error = e.what();
    state_->end(run);
    throw;
  }
}

}  // namespace weft
