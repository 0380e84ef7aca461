#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "io/input.h"
#include "io/source.h"

namespace weft {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The key=value folders of `path` below `root`.
FoundFile with_partition(const std::string& root, std::string path) {
  FoundFile file;
  size_t from = root.size();
  while (true) {
    const size_t slash = path.find('/', from);
    if (slash == path.npos) break;
    const std::string part = path.substr(from, slash - from);
    from = slash + 1;
    const size_t equals = part.find('=');
    if (equals == part.npos || equals == 0) continue;
    const std::string value = percent_decoded(part.substr(equals + 1));
    std::optional<std::string> known = value;
    if (value == "__HIVE_DEFAULT_PARTITION__") known.reset();
    file.partition.emplace_back(percent_decoded(part.substr(0, equals)), std::move(known));
  }
  file.path = std::move(path);
  return file;
}

void find_below(const std::string& folder, const FilesOptions& options,
                std::vector<std::string>& out) {
  for (const std::string& name : list_folder(folder)) {
    if (name.starts_with('_')) continue;
    const std::string path = folder + "/" + name;
    if (name.ends_with('/')) {
      find_below(path.substr(0, path.size() - 1), options, out);
    } else if (std::ranges::count(options.extensions, extension_of(name)) > 0) {
      out.push_back(path);
    }
  }
}

// The part of a glob before its first wildcard name, "data/" of "data/*/x.csv": folders below it
// may be partitions.
std::string root_of_glob(const std::string& pattern) {
  const size_t wildcard = pattern.find_first_of("*?[");
  const size_t slash = pattern.substr(0, wildcard).find_last_of('/');
  return slash == pattern.npos ? "" : pattern.substr(0, slash + 1);
}

void add_files(const std::string& given, const FilesOptions& options, std::vector<FoundFile>& out) {
  std::error_code ignored;
  if (std::filesystem::is_directory(given, ignored)) {
    std::string root = given;
    while (root.size() > 1 && root.ends_with('/')) root.pop_back();
    std::vector<std::string> paths;
    find_below(root, options, paths);
    if (paths.empty()) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("the folder {} holds no {} file ({})", given, options.format,
                              fmt::join(options.extensions, ", ")));
    }
    std::ranges::sort(paths);
    for (std::string& path : paths) out.push_back(with_partition(root + "/", std::move(path)));
    return;
  }
  if (!is_glob(given) || std::filesystem::exists(given, ignored)) {
    out.push_back({given, {}});
    return;
  }
  std::vector<FoundFile> found;
  const std::string root = root_of_glob(given);
  for (std::string& path : expand_glob(given)) {
    if (std::filesystem::is_directory(path, ignored)) continue;
    FoundFile file = with_partition(root, std::move(path));
    if (!file_name_of(file.path).starts_with('_')) found.push_back(std::move(file));
  }
  if (found.empty()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("no file matches {}: {}", given, missing_file(given).message()));
  }
  out.insert(out.end(), found.begin(), found.end());
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::vector<FoundFile> find_files(const Paths& paths, const FilesOptions& options) {
  std::vector<FoundFile> files;
  for (const std::string& path : paths.list()) add_files(path, options, files);
  if (files.empty()) throw Error(ErrorCode::kInvalidArgument, "no path to read was given");
  for (const FoundFile& file : files) {
    const auto& first = files[0].partition;
    if (!std::ranges::equal(
            file.partition, first, {}, [](const auto& p) { return p.first; },
            [](const auto& p) { return p.first; })) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{} and {} lie in folders of different keys (key=value)",
                              files[0].path, file.path));
    }
  }
  return files;
}

}  // namespace weft
