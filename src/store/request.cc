#include "store/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_name.h"
#include "data/text_form.h"

namespace weft {
namespace {

class Resolver {
 public:
  Resolver(std::shared_ptr<const Standing> standing, const FeatureRequest& request)
      : request_(request) {
    out_.standing = std::move(standing);
    out_.service = request.service;
  }

  ResolvedRequest run() {
    if (request_.service.empty() == request_.features.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  request_.service.empty()
                      ? "no features are asked for: name a service, or features as view:feature"
                      : "either a service is asked for, or features are, not both");
    }
    if (!request_.service.empty()) {
      add_service(out_.standing->service(request_.service));
    } else {
      for (const std::string& reference : request_.features) add_reference(reference);
    }
    refuse_equal_names();
    return std::move(out_);
  }

 private:
  void add_service(const FeatureService& service) {
    for (const ViewSelection& selection : service.views) {
      const size_t view = add_view(out_.standing->view(selection.view), selection);
      const auto& all = out_.views[view].view->features;
      for (const std::string& feature : selection.features.empty() ? all : selection.features) {
        add_feature(view, feature);
      }
    }
    for (const std::string& name : service.on_demand) add_on_demand(name);
  }

  void add_reference(const std::string& reference) {
    const size_t colon = reference.find(':');
    if (colon == reference.npos) return add_on_demand(reference);
    const std::string name = reference.substr(0, colon);
    const FeatureView& view = out_.standing->view(name);
    const auto known = std::ranges::find(out_.views, &view, &RequestedView::view);
    const size_t at = known == out_.views.end() ? add_view(view, ViewSelection(view))
                                                : static_cast<size_t>(known - out_.views.begin());
    const std::string feature = reference.substr(colon + 1);
    if (feature == "*") {
      for (const std::string& each : view.features) add_feature(at, each);
    } else {
      add_feature(at, feature);
    }
  }

  size_t add_view(const FeatureView& view, const ViewSelection& selection) {
    RequestedView requested;
    requested.view = &view;
    requested.aliased = !selection.alias.empty();
    requested.prefix = requested.aliased ? selection.alias : view.name;
    for (const auto& key : view.keys()) {
      const auto renamed = selection.keys.find(key.name);
      requested.keys.emplace_back(key.name,
                                  renamed == selection.keys.end() ? key.name : renamed->second);
    }
    out_.views.push_back(std::move(requested));
    return out_.views.size() - 1;
  }

  void add_feature(size_t at, const std::string& feature) {
    RequestedView& requested = out_.views[at];
    const auto& known = requested.view->features;
    if (std::ranges::find(known, feature) == known.end()) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("view {} has no feature {}{}", requested.view->name, quote(feature),
                              did_you_mean(feature, known)));
    }
    const std::string name = request_.full_names ? requested.prefix + "__" + feature : feature;
    requested.features.emplace_back(feature, name);
    out_.features.push_back({name, feature, static_cast<int>(at)});
  }

  void add_on_demand(const std::string& name) {
    out_.on_demand.push_back(name);
    out_.features.push_back({name, name, -1});
  }

  void refuse_equal_names() const {
    std::set<std::string> names;
    for (const RequestedFeature& feature : out_.features) {
      if (names.insert(feature.name).second) continue;
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("two of the features asked for are called {}: ask for full names, or "
                              "give a view an alias",
                              quote(feature.name)));
    }
  }

  const FeatureRequest& request_;
  ResolvedRequest out_;
};

}  // namespace

std::map<std::string, std::string> ResolvedRequest::inputs_of_functions() const {
  std::map<std::string, std::string> inputs;
  for (const bool aliased : {false, true}) {
    for (const RequestedFeature& feature : features) {
      if (feature.view < 0 || views[static_cast<size_t>(feature.view)].aliased != aliased) continue;
      inputs.emplace(feature.feature, feature.name);
    }
  }
  return inputs;
}

ResolvedRequest resolve_request(std::shared_ptr<const Standing> standing,
                                const FeatureRequest& request) {
  return Resolver(std::move(standing), request).run();
}

}  // namespace weft
