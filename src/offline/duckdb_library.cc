#include "offline/duckdb_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "weft/error.h"

namespace weft::duckdb {
namespace {

constexpr char kFile[] = "libduckdb.so";
// Before it, allowed_paths and the calls for Arrow data were not what they are.
constexpr std::pair<int, int> kVersionMin = {1, 5};

constexpr char kInstall[] =
    "SQL over tables needs DuckDB 1.5 or newer: put its libduckdb.so where the system's loader "
    "finds it, or into the lib folder of .venv, or name it in WEFT_DUCKDB";

std::string environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

std::string file_in(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored) ? path + "/" + kFile : path;
}

// Where to look, in order. A name without a slash is the loader's to find.
std::vector<std::string> places(const std::string& path) {
  if (!path.empty()) return {file_in(path)};
  if (const std::string named = environment("WEFT_DUCKDB"); !named.empty()) {
    return {file_in(named)};
  }
  std::vector<std::string> out = {kFile};
  if (const std::string active = environment("VIRTUAL_ENV"); !active.empty()) {
    out.push_back(active + "/lib/" + kFile);
  }
  out.push_back(std::string(".venv/lib/") + kFile);
  return out;
}

std::pair<int, int> parse_version(std::string_view text) {
  std::pair<int, int> version = {0, 0};
  if (text.starts_with('v')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return {0, 0};
  std::from_chars(major.ptr + 1, end, version.second);
  return version;
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kUnsupported, fmt::format("{} ({})", kInstall, why));
}

}  // namespace

bool is_new_enough(std::string_view version) { return parse_version(version) >= kVersionMin; }

Library load_library(const std::string& file) {
  // Not RTLD_DEEPBIND: sanitizers refuse it. Local, so that its names meet nobody else's. It is
  // never closed: it leaves threads behind.
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) refuse(::dlerror());
  Library library;
  library.path = file;
  std::string missing;
  const auto find = [&](const char* name) {
    void* found = ::dlsym(handle, name);
    if (!found) missing += missing.empty() ? name : std::string(", ") + name;
    return found;
  };
#define WEFT_DUCKDB_FIND(name, result, parameters) \
  library.name = reinterpret_cast<result(*) parameters>(find("duckdb_" #name));
  WEFT_DUCKDB_FUNCTIONS(WEFT_DUCKDB_FIND)
#undef WEFT_DUCKDB_FIND
  if (!library.library_version) {
    ::dlclose(handle);
    refuse(fmt::format("{} is no library of DuckDB", file));
  }
  library.version = library.library_version();
  if (!is_new_enough(library.version)) {
    refuse(fmt::format("{} is DuckDB {}", file, library.version));
  }
  if (!missing.empty()) {
    refuse(fmt::format("{}, DuckDB {}, lacks {}", file, library.version, missing));
  }
  return library;
}

const Library& library(const std::string& path) {
  static std::mutex mutex;
  static const Library* loaded = nullptr;
  const std::scoped_lock lock(mutex);
  if (loaded) {
    if (path.empty() || file_in(path) == loaded->path) return *loaded;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("DuckDB was loaded from {} already, and a process has it once: {} "
                            "cannot be loaded too",
                            loaded->path, file_in(path)));
  }
  std::string found_no;
  for (const std::string& place : places(path)) {
    std::error_code ignored;
    const bool is_path = place.find('/') != place.npos;
    if (is_path && !std::filesystem::exists(place, ignored)) {
      found_no += fmt::format("{}there is no {}", found_no.empty() ? "" : "; ", place);
      continue;
    }
    // The loader searches its own places only for a name; one that it does not know is no error
    // yet.
    if (!is_path) {
      void* handle = ::dlopen(place.c_str(), RTLD_LAZY | RTLD_LOCAL);
      if (!handle) {
        found_no = ::dlerror();
        continue;
      }
    }
    static const Library kept = load_library(place);
    loaded = &kept;
    return kept;
  }
  refuse(found_no);
}

void throw_if_error(const Library& library, ErrorData error, const std::string& doing) {
  if (!error) return;
  const std::string message =
      library.error_data_has_error(error) ? library.error_data_message(error) : "";
  library.destroy_error_data(&error);
  if (message.empty()) return;
  throw Error(ErrorCode::kUnsupported, fmt::format("{}: {}", doing, message));
}

}  // namespace weft::duckdb
