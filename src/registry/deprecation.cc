#include "registry/deprecation.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/text_form.h"

namespace weft {
namespace {

constexpr size_t kDateSize = 10;  // 2025-06-30

void add_uses(const FeatureService& service, const ViewSelection& selection,
              const FeatureView& view, Time now, std::vector<DeprecatedUse>& uses) {
  const auto add = [&](const std::string& feature, const Deprecated& deprecated) {
    uses.push_back(
        {service.name, service.owner, view.name, feature, deprecated, is_over(deprecated, now)});
  };
  if (view.deprecated) add("", *view.deprecated);
  for (const auto& [feature, deprecated] : view.deprecated_features) {
    const auto& chosen = selection.features;
    if (chosen.empty() || std::ranges::find(chosen, feature) != chosen.end()) {
      add(feature, deprecated);
    }
  }
}

}  // namespace

std::string to_string(const Deprecated& deprecated) {
  if (deprecated.until.empty()) return deprecated.reason;
  return fmt::format("{}; until {}", deprecated.reason, deprecated.until);
}

std::string to_string(const DeprecatedUse& use) {
  return fmt::format("service {}{} takes {}view {}, which is {}: {}", use.service,
                     use.owner.empty() ? "" : " (" + use.owner + ")",
                     use.feature.empty() ? "" : "feature " + use.feature + " of ", use.view,
                     use.is_over ? "deprecated, and was to go" : "deprecated",
                     to_string(use.deprecated));
}

bool is_over(const Deprecated& deprecated, Time now) {
  const auto last_day = parse_time(deprecated.until);
  return last_day && now >= *last_day + Duration(24h);
}

std::vector<DeprecatedUse> deprecated_uses(const RegisteredSet& set, Time now) {
  std::vector<DeprecatedUse> uses;
  std::map<std::string, FeatureView> views;
  for (const auto& [id, registered] : set) {
    if (id.kind != DefinitionKind::kView) continue;
    FeatureView view = view_from_json(id.name, registered.spec);
    if (view.deprecated || !view.deprecated_features.empty()) views[id.name] = std::move(view);
  }
  if (views.empty()) return uses;
  for (const auto& [id, registered] : set) {
    if (id.kind != DefinitionKind::kService) continue;
    const FeatureService service = service_from_json(id.name, registered.spec);
    for (const ViewSelection& selection : service.views) {
      const auto view = views.find(selection.view);
      if (view != views.end()) add_uses(service, selection, view->second, now, uses);
    }
  }
  return uses;
}

std::string mistake_in(const Deprecated& deprecated) {
  if (deprecated.reason.empty()) return "is deprecated without a reason";
  if (deprecated.until.empty()) return "";
  if (deprecated.until.size() == kDateSize && parse_time(deprecated.until)) return "";
  return fmt::format("is deprecated until {}, expected a day such as 2025-06-30",
                     quote(deprecated.until));
}

}  // namespace weft
