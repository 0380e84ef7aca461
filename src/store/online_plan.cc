#include "store/online_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/text_form.h"
#include "registry/collect.h"
#include "store/store_state.h"
#include "store/stored_functions.h"

namespace weft {
namespace {

class Planner {
 public:
  Planner(FeatureStore::State& state, const ResolvedRequest& request)
      : state_(state), request_(request), plan_(std::make_shared<OnlinePlan::State>()) {
    plan_->clock = state.options.clock;
    if (!request.views.empty()) plan_->store = state.online();
  }

  OnlinePlan run(const std::shared_ptr<FeatureStore::State>& state) {
    state->note_read(request_);
    plan_->note_read = [weak = std::weak_ptr(state), request = request_] {
      if (const auto alive = weak.lock()) alive->note_read(request);
    };
    plan_->note_due = (state->now() + kPlanNotedEvery).time_since_epoch().count();
    for (const RequestedFeature& feature : request_.features) {
      const bool stored = feature.view >= 0;
      const FeatureView* view =
          stored ? request_.views[static_cast<size_t>(feature.view)].view : nullptr;
      plan_->outputs.push_back(
          {feature.name, feature.feature, stored ? view->name : std::string(), nullptr});
      plan_->ttls.push_back(stored ? online_ttl(*view) : std::nullopt);
    }
    for (size_t v = 0; v < request_.views.size(); ++v) add_view(v);
    if (!request_.on_demand.empty()) add_functions();
    return OnlinePlan(plan_);
  }

 private:
  void add_view(size_t v) {
    const RequestedView& requested = request_.views[v];
    const FeatureView& view = *requested.view;
    if (!view.online) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("view {} is not kept online (online: false)", view.name));
    }
    OnlinePlan::State::View read;
    read.key_schema = view.keys();
    for (size_t k = 0; k < requested.keys.size(); ++k) {
      read.keys.push_back(key_input(requested.keys[k].spine_name, read.key_schema[k].type, view));
    }
    const auto columns = state_.online_columns(*request_.standing, view);
    read.selection = {state_.online_view(*request_.standing, view), {}, online_ttl(view)};
    for (size_t o = 0; o < request_.features.size(); ++o) {
      if (request_.features[o].view != static_cast<int>(v)) continue;
      const auto column =
          std::ranges::find(columns, request_.features[o].feature, &OnlineColumn::name);
      read.selection.features.push_back(*column);
      read.outputs.push_back(o);
      plan_->outputs[o].type = column->type;
    }
    plan_->views.push_back(std::move(read));
  }

  std::optional<Duration> online_ttl(const FeatureView& view) const {
    return state_.options.online_ttl ? view.ttl : std::nullopt;
  }

  size_t key_input(const std::string& name, Type type, const FeatureView& view) {
    auto& inputs = plan_->inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].name != name) continue;
      // The wider of two integers holds both, and their keys have the same bytes.
      if (widens(inputs[i].type, type)) inputs[i].type = type;
      if (!widens(type, inputs[i].type)) {
        throw Error(ErrorCode::kTypeMismatch,
                    fmt::format("key {} is {} in view {}, and {} in another one of the request",
                                quote(name), type->name, view.name, inputs[i].type->name));
      }
      return i;
    }
    inputs.push_back({name, type, true, true});
    return inputs.size() - 1;
  }

  void add_functions() {
    const auto named = request_.inputs_of_functions();
    PlanOptions options;
    options.context = Context::kOnline;
    const Driver& driver = driver_of_functions();
    const Graph& graph = driver.graph();
    for (const auto& [name, output] : named) {
      const bool asked = std::ranges::find(request_.on_demand, name) != request_.on_demand.end();
      if (!asked && computed_node(graph, name)) options.overrides.insert(name);
    }
    plan_->functions = driver.plan(request_.on_demand, options);
    const auto& inputs = plan_->functions->inputs();
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto feature = named.find(inputs[i].name);
      if (feature != named.end()) {
        const auto output = std::ranges::find(plan_->outputs, feature->second, &OnlineOutput::name);
        plan_->function_inputs.push_back(
            {i, true, static_cast<size_t>(output - plan_->outputs.begin())});
      } else if (const auto given = state_.options.inputs.find(inputs[i].name);
                 given != state_.options.inputs.end()) {
        plan_->fixed.insert(*given);
      } else {
        plan_->function_inputs.push_back({i, false, request_input(inputs[i])});
      }
    }
    const RowRunner runner = plan_->functions->rows(plan_->fixed);
    for (const std::string& name : request_.on_demand) {
      const auto output = std::ranges::find(plan_->outputs, name, &OnlineOutput::name);
      output->type = runner.output_type(runner.output(name));
      plan_->function_outputs.push_back(static_cast<size_t>(output - plan_->outputs.begin()));
    }
  }

  // The modules that are loaded, or what the registry keeps of those that are not.
  const Driver& driver_of_functions() {
    const Graph& graph = state_.driver.graph();
    const StoreDefinitions& definitions = request_.standing->definitions;
    const bool others = std::ranges::any_of(request_.on_demand, [&](const std::string& name) {
      return !computed_node(graph, name) && is_of_a_service(definitions, name);
    });
    if (!others) return state_.driver;
    stored_ = driver_of_stored_functions(state_.registry(false), state_.options.project);
    for (const std::string& name : request_.on_demand) {
      if (!computed_node(stored_->graph(), name)) throw NotServedError(name);
    }
    return *stored_;
  }

  // A value that the request brings; perhaps it is also a key.
  size_t request_input(const Plan::Input& input) {
    auto& inputs = plan_->inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].name == input.name && inputs[i].type == input.type) return i;
    }
    inputs.push_back({input.name, input.type, false, input.required});
    return inputs.size() - 1;
  }

  FeatureStore::State& state_;
  const ResolvedRequest& request_;
  std::optional<Driver> stored_;
  std::shared_ptr<OnlinePlan::State> plan_;
};

}  // namespace

OnlinePlan make_online_plan(const std::shared_ptr<FeatureStore::State>& state,
                            const ResolvedRequest& request) {
  return Planner(*state, request).run(state);
}

const std::vector<OnlineInput>& OnlinePlan::inputs() const { return state_->inputs; }
const std::vector<OnlineOutput>& OnlinePlan::outputs() const { return state_->outputs; }

std::string OnlinePlan::explain() const {
  std::string text = "a request brings\n";
  for (const OnlineInput& input : state_->inputs) {
    text += fmt::format("  {}: {}{}\n", input.name, input.type->name,
                        input.is_key     ? ", a key"
                        : input.required ? ""
                                         : ", may be left out");
  }
  text += "and gets\n";
  for (size_t o = 0; o < state_->outputs.size(); ++o) {
    const OnlineOutput& output = state_->outputs[o];
    std::string origin = "computed in the request";
    if (!output.view.empty()) {
      origin = fmt::format("stored by view {}", output.view);
      origin += state_->ttls[o] ? fmt::format(", at most {} old", format_duration(*state_->ttls[o]))
                                : ", however old";
    }
    text += fmt::format("  {}: {}, {}\n", output.name, output.type ? output.type->name : "object",
                        origin);
  }
  return text;
}

OnlinePlan FeatureStore::online_plan(const FeatureRequest& request) const {
  return make_online_plan(state_, resolve_request(state_->standing(), request));
}

}  // namespace weft
