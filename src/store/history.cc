// Training sets: the features of a request, as they stood at each row of a spine.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "registry/collect.h"
#include "store/store_state.h"

namespace weft {
namespace {

// The views of a request with their rows, as a join takes them.
std::vector<PointInTimeView> joined_views(FeatureStore::State& state,
                                          const ResolvedRequest& request,
                                          const PointInTimeOptions& options) {
  std::vector<PointInTimeView> views;
  const ViewReader reader = state.reader(*request.standing);
  for (const RequestedView& requested : request.views) {
    if (!requested.view->offline) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("view {} keeps no history (offline: false)", requested.view->name));
    }
    std::vector<std::string> features;
    for (const ViewFeature& feature : requested.features) features.push_back(feature.name);
    ViewRows rows = reader.history(*requested.view, features);
    PointInTimeView view;
    view.name = requested.prefix;
    view.table = std::move(rows.table);
    view.keys = requested.keys;
    view.event_time = rows.event_time;
    view.known_time = rows.known_time;
    view.sequence = rows.sequence;
    view.ttl = requested.view->ttl;
    view.features = requested.features;
    if (options.as_of == AsOf::kKnown && view.known_time.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("view {}: source {} tells no known time, so nobody can say what was "
                              "known when; declare `known`, or join as of the event time",
                              requested.view->name, requested.view->source.name));
    }
    views.push_back(std::move(view));
  }
  return views;
}

// The request's names are already full where that was asked for.
PointInTimeOptions join_options(const PointInTimeOptions& options) {
  PointInTimeOptions join = options;
  join.full_names = false;
  return join;
}

// What functions compute from the features and the spine's columns, row by row or over all of it.
Table with_on_demand(const FeatureStore::State& state, const ResolvedRequest& request,
                     const Table& joined) {
  if (request.on_demand.empty()) return joined;
  const Graph& graph = state.driver.graph();
  const auto named = request.inputs_of_functions();
  PlanOptions options;
  std::vector<std::pair<std::string, ColumnData>> columns;
  const auto give = [&](const std::string& name, const std::string& column) {
    const bool asked = std::ranges::find(request.on_demand, name) != request.on_demand.end();
    if (asked || !graph.find(name)) return;
    if (computed_node(graph, name)) options.overrides.insert(name);
    columns.emplace_back(name, joined.column(column));
  };
  for (const auto& [name, column] : named) give(name, column);
  for (const std::string& column : joined.names()) {
    const bool is_feature = std::ranges::find(request.features, column, &RequestedFeature::name) !=
                            request.features.end();
    if (!named.contains(column) && !is_feature) give(column, column);
  }
  const Plan plan = state.driver.plan(request.on_demand, options);
  std::erase_if(columns, [&](const auto& column) {
    return std::ranges::find(plan.inputs(), column.first, &Plan::Input::name) ==
           plan.inputs().end();
  });
  Values inputs;
  for (const Plan::Input& input : plan.inputs()) {
    const auto given = state.options.inputs.find(input.name);
    if (given != state.options.inputs.end()) inputs.insert(*given);
    const bool in_rows = std::ranges::find(columns, input.name,
                                           [](const auto& c) { return c.first; }) != columns.end();
    if (in_rows || !input.required || inputs.contains(input.name)) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is computed in the request from {}, which is neither a feature "
                            "asked for nor a column of the spine{}",
                            fmt::join(request.on_demand, ", "), quote(input.name),
                            did_you_mean(input.name, joined.names())));
  }
  RunOptions run;
  run.clock = state.options.clock;
  const Result result = plan.run(Table(std::move(columns)), inputs, run);
  Table out = joined;
  for (const std::string& name : request.on_demand) {
    out = out.with_column(name, result.table(std::span(&name, 1)).column(name));
  }
  return out;
}

// The spine's columns, then the features in the order asked for, then what a join adds.
Table in_order(const Table& rows, const ResolvedRequest& request) {
  std::vector<std::string> features;
  for (const RequestedFeature& feature : request.features) features.push_back(feature.name);
  std::vector<std::string> names;
  std::vector<std::string> added;
  bool after = false;
  for (const std::string& name : rows.names()) {
    const bool is_feature = std::ranges::find(features, name) != features.end();
    after |= is_feature;
    if (!is_feature) (after ? added : names).push_back(name);
  }
  names.insert(names.end(), features.begin(), features.end());
  names.insert(names.end(), added.begin(), added.end());
  return rows.select(names);
}

}  // namespace

Table FeatureStore::get_historical_features(const FeatureRequest& request, const Spine& spine,
                                            const PointInTimeOptions& options) const {
  const ResolvedRequest resolved = resolve_request(state_->standing(), request);
  state_->note_read(resolved);
  const auto views = joined_views(*state_, resolved, options);
  const Table joined =
      views.empty() ? spine.rows : point_in_time_join(spine, views, join_options(options));
  return in_order(with_on_demand(*state_, resolved, joined), resolved);
}

Table FeatureStore::get_historical_features(const FeatureRequest& request, Time at,
                                            const PointInTimeOptions& options) const {
  const ResolvedRequest resolved = resolve_request(state_->standing(), request);
  state_->note_read(resolved);
  const Table latest =
      latest_features(joined_views(*state_, resolved, options), at, join_options(options));
  return in_order(with_on_demand(*state_, resolved, latest), resolved);
}

std::vector<std::string> FeatureStore::explain_historical_features(
    const FeatureRequest& request, const Spine& spine, int64_t row,
    const PointInTimeOptions& options) const {
  const ResolvedRequest resolved = resolve_request(state_->standing(), request);
  return explain_point_in_time(spine, joined_views(*state_, resolved, options), row,
                               join_options(options));
}

}  // namespace weft
