#include "server/plan_cache.h"

#include <algorithm>

namespace weft {

void CachedPlan::count(Time now) const {
  for (const View& view : views) {
    uint64_t statuses[5] = {};
    for (int64_t row = 0; row < reader.rows(); ++row) {
      bool is_aged = false;
      for (const size_t output : view.outputs) {
        const FeatureStatus status = reader.status(row, output);
        ++statuses[static_cast<size_t>(status)];
        if (is_aged || (status != FeatureStatus::kPresent && status != FeatureStatus::kNull)) {
          continue;
        }
        view.counts.staleness.observe((now - reader.event_time(row, output)).count());
        is_aged = true;  // all features of a view's row are of one time
      }
    }
    for (size_t i = 0; i < std::size(statuses); ++i) {
      if (statuses[i] > 0) view.counts.statuses[i].add(statuses[i]);
    }
  }
}

CachedPlan& PlanCache::find(const FeatureRequest& request) {
  if (const int64_t version = store_.version(); version != version_) {
    plans_.clear();
    version_ = version;
  }
  key_.assign(1, request.full_names ? 'f' : 'n').append(request.service);
  for (const std::string& feature : request.features) key_.append(1, '\0').append(feature);
  auto found = plans_.find(key_);
  if (found == plans_.end()) {
    auto plan = make(request);
    if (static_cast<int64_t>(plans_.size()) >= std::max<int64_t>(1, plans_max_)) {
      plans_.erase(std::ranges::min_element(plans_, {},
                                            [](const auto& entry) { return entry.second->used; }));
    }
    found = plans_.emplace(key_, std::move(plan)).first;
  }
  found->second->used = ++uses_;
  return *found->second;
}

std::unique_ptr<CachedPlan> PlanCache::make(const FeatureRequest& request) {
  auto plan = std::make_unique<CachedPlan>(FeatureReader(store_.online_plan(request)));
  plan->service = request.service;
  const std::vector<OnlineInput>& inputs = plan->inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto same = std::ranges::find(inputs.begin(), inputs.begin() + static_cast<ptrdiff_t>(i),
                                        inputs[i].name, &OnlineInput::name);
    if (same == inputs.begin() + static_cast<ptrdiff_t>(i)) plan->shown_inputs.push_back(i);
  }
  const std::vector<OnlineOutput>& outputs = plan->outputs();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].view.empty()) continue;
    ViewCounts& counts = shard_.view(outputs[i].view);
    auto view = std::ranges::find(plan->views, &counts,
                                  [](const CachedPlan::View& v) { return &v.counts; });
    if (view == plan->views.end()) {
      plan->views.push_back({counts, {}});
      view = plan->views.end() - 1;
    }
    view->outputs.push_back(i);
  }
  return plan;
}

}  // namespace weft
