#include "cli/flight_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>

#include <filesystem>

namespace weft::cli {
namespace {

// The folder that libweft was loaded from.
std::filesystem::path library_folder() {
  void* const weft = ::dlopen(WEFT_LIBRARY_FILE, RTLD_LAZY | RTLD_NOLOAD);
  link_map* map = nullptr;
  if (!weft || ::dlinfo(weft, RTLD_DI_LINKMAP, &map) != 0) {
    throw Error(ErrorCode::kInternal, "cannot tell where " WEFT_LIBRARY_FILE " was loaded from");
  }
  const std::filesystem::path path = map->l_name;
  ::dlclose(weft);
  return path.parent_path();
}

template <class F>
F function_of(void* library, const char* name, const std::string& path) {
  if (void* const found = ::dlsym(library, name)) return reinterpret_cast<F>(found);
  throw Error(ErrorCode::kUnsupported, fmt::format("{} has no function {}", path, name));
}

}  // namespace

std::unique_ptr<LoadedFlight> start_flight(const std::shared_ptr<FeatureStore>& store,
                                           const FlightOptions& options) {
  const std::filesystem::path folder = library_folder();
  const std::string path = (folder / WEFT_FLIGHT_FILE).string();
  if (!std::filesystem::exists(path)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("--flight-port needs {}, which is not beside libweft in {}: this Weft "
                            "was built with an Arrow that has no Flight",
                            WEFT_FLIGHT_FILE, folder.string()));
  }
  // Stays loaded: gRPC keeps threads.
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    throw Error(ErrorCode::kUnsupported, fmt::format("cannot load {}: {}", path, ::dlerror()));
  }
  const std::string version = function_of<FlightVersion>(library, kFlightVersion, path)();
  if (version != WEFT_VERSION) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is of Weft {}, and this is {}", path, version, WEFT_VERSION));
  }
  const auto start = function_of<StartFlight>(library, kStartFlight, path);
  return std::unique_ptr<LoadedFlight>(start(store, options));
}

}  // namespace weft::cli
