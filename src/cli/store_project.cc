#include "cli/store_project.h"

#include <filesystem>

#include "base/file.h"

namespace weft::cli {
namespace {

constexpr int64_t kDefinitionBytesMax = int64_t{64} << 20;

}  // namespace

std::unique_ptr<Registry> open_registry(const Project& project, bool create) {
  const std::string path = project.store + "/registry.db";
  std::error_code error;
  if (!create && !std::filesystem::exists(path, error)) return open_sqlite_registry(":memory:");
  std::filesystem::create_directories(project.store, error);
  if (error) {
    throw Error(ErrorCode::kIo, "making the store " + project.store + ": " + error.message());
  }
  return open_sqlite_registry(path);
}

RegistryPlan plan_project(const Project& project, Registry& registry) {
  std::vector<DefinitionFile> files;
  for (const std::string& path : project.definitions) {
    files.push_back({path, read_file(path, kDefinitionBytesMax)});
  }
  const Driver driver(project.modules, project.config);
  const Collected collected = collect_definitions(driver, {}, files);
  return plan_changes(registry, project.name, registered_set(collected));
}

}  // namespace weft::cli
