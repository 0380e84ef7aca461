// weft registry unused: features that nobody takes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/registry_actions.h"
#include "data/text_form.h"
#include "registry/unused.h"

namespace weft::cli {

int registry_unused(const Arguments& arguments, const Project& project, Registry& registry,
                    const Console& console) {
  std::optional<Time> since;
  if (const auto days = arguments.number("days")) since = Clock::system().now() - *days * 24h;
  const auto unused =
      unused_features(registry.read(project.name), registry.last_reads(project.name), since);
  const auto last_read = [](const UnusedFeature& feature) {
    return feature.last_read ? format_time(*feature.last_read) : std::string();
  };
  if (arguments.has("json")) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const UnusedFeature& feature : unused) {
      all.push_back({{"view", feature.view},
                     {"feature", feature.feature},
                     {"owner", feature.owner},
                     {"services", feature.services},
                     {"last_read", last_read(feature)}});
    }
    console.out << all.dump(2) << '\n';
    return 0;
  }
  TextTable table({"view", "feature", "owner", "in services", "last read"});
  for (const UnusedFeature& feature : unused) {
    const std::string time = last_read(feature);
    const std::string services = fmt::format("{}", fmt::join(feature.services, ", "));
    table.add({feature.view, feature.feature, feature.owner, services.empty() ? "none" : services,
               time.empty() ? "never" : time});
  }
  table.print(console, TextTable::Overflow::kDropColumns);
  return 0;
}

}  // namespace weft::cli
