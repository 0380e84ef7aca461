#include "cli/store_project.h"

#include <fmt/format.h>

#include "data/text_form.h"
#include "store/recompute_cost.h"

namespace weft::cli {
std::unique_ptr<Registry> open_registry(const Project& project) {
  return weft::open_registry(project.registry, project.store, false);
}

RegistryPlan plan_project(const Project& project, Registry& registry) {
  const Driver driver(project.modules, project.config);
  const Collected collected =
      collect_definitions(driver, {}, read_definition_files(project.definitions));
  RegistryPlan plan = plan_changes(registry, project.name, registered_set(collected));
  add_costs(plan, driver, store_options(project));
  return plan;
}

void warn_of(const RegistryPlan& plan, const Console& console) {
  for (const DeprecatedUse& use : plan.deprecated) console.warn(printable(to_string(use)));
}

Flag allow_deprecated_flag() {
  return {.name = "allow-deprecated",
          .help = "also services that take what was to be used no more by now"};
}

StoreOptions store_options(const Project& project) {
  StoreOptions options;
  options.directory = project.store;
  options.project = project.name;
  options.registry = project.registry;
  options.online = project.online;
  options.definitions = project.definitions;
  if (!project.file.empty()) options.root = parent_of(project.file);
  return options;
}

FeatureStore open_store(const Project& project) {
  return FeatureStore(Driver(project.modules, project.config), store_options(project));
}

FeatureRequest request_of(const std::vector<std::string>& operands, bool full_names) {
  FeatureRequest request;
  request.full_names = full_names;
  const bool is_service = operands.size() == 1 && operands[0].find(':') == std::string::npos;
  if (is_service) {
    request.service = operands[0];
  } else {
    request.features = operands;
  }
  return request;
}

Operand request_operand() {
  return {.name = "FEATURE",
          .help = "a service, or features as view:feature (view:* is all of a view)",
          .count_min = 1};
}

Flag full_names_flag() {
  return {.name = "full-names", .help = "features are called view__feature"};
}

std::optional<Time> time_flag(const Arguments& arguments, std::string_view flag) {
  const auto text = arguments.text(flag);
  if (!text) return {};
  if (const auto time = parse_time(*text)) return time;
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("--{} is a time as 2013-01-01 or 2013-01-01T05:00:00Z, not '{}'", flag, *text));
}

}  // namespace weft::cli
