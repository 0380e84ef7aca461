#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/file.h"
#include "data/text_form.h"
#include "io/format_registry.h"
#include "io/input.h"
#include "io/source.h"
#include "weft/read.h"
#include "weft/write.h"

namespace weft {
namespace {

enum class Format : uint8_t { kCsv, kTsv, kParquet, kIpc, kJson };

struct Extension {
  const char* text;
  Format format;
};
constexpr Extension kExtensions[] = {{".csv", Format::kCsv},         {".tsv", Format::kTsv},
                                     {".parquet", Format::kParquet}, {".pq", Format::kParquet},
                                     {".arrow", Format::kIpc},       {".feather", Format::kIpc},
                                     {".ipc", Format::kIpc},         {".arrows", Format::kIpc},
                                     {".jsonl", Format::kJson},      {".ndjson", Format::kJson}};

Format format_of(const std::string& path) {
  const std::string extension = extension_of(path);
  for (const auto& [text, format] : kExtensions) {
    if (extension == text) return format;
  }
  std::vector<std::string> known;
  for (const auto& entry : kExtensions) known.emplace_back(entry.text);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the name of {} tells no format: expected one of {}", path,
                          fmt::join(known, ", ")));
}

Format format_of(const Paths& paths) {
  if (paths.list().empty()) throw Error(ErrorCode::kInvalidArgument, "no path to read was given");
  const std::string& first = paths.list()[0];
  std::error_code ignored;
  if (!std::filesystem::is_directory(first, ignored)) return format_of(first);
  FilesOptions any{.format = "data", .extensions = {}};
  for (const auto& entry : kExtensions) any.extensions.emplace_back(entry.text);
  return format_of(find_files(first, any)[0].path);
}

struct FolderFormats {
  std::mutex mutex;
  std::map<std::string, ReadFolder> by_marker;
};

FolderFormats& folder_formats() {
  static FolderFormats formats;
  return formats;
}

// What reads the folder as one table; null for a folder of single files.
ReadFolder folder_format_of(const Paths& paths) {
  if (paths.list().size() != 1) return nullptr;
  FolderFormats& formats = folder_formats();
  const std::scoped_lock lock(formats.mutex);
  for (const auto& [marker, read] : formats.by_marker) {
    std::error_code ignored;
    if (std::filesystem::exists(paths.list()[0] + "/" + marker, ignored)) return read;
  }
  return nullptr;
}

}  // namespace

void add_folder_format(const std::string& marker, ReadFolder read) {
  FolderFormats& formats = folder_formats();
  const std::scoped_lock lock(formats.mutex);
  if (!formats.by_marker.emplace(marker, std::move(read)).second) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("folders with {} have a format already", quote(marker)));
  }
}

Table read_table(const Paths& paths, const ReadOptions& options) {
  if (const ReadFolder read = folder_format_of(paths)) return read(paths.list()[0], options);
  const Format format = format_of(paths);
  switch (format) {
    case Format::kCsv:
    case Format::kTsv: {
      CsvOptions csv{.columns = options.columns, .types = options.types, .filter = options.filter};
      csv.delimiter = format == Format::kTsv ? '\t' : ',';
      csv.fill_missing = options.fill_missing;
      return read_csv(paths, csv);
    }
    case Format::kParquet:
      return read_parquet(paths, {.columns = options.columns,
                                  .filter = options.filter,
                                  .fill_missing = options.fill_missing});
    case Format::kIpc:
      return read_ipc(paths, {.columns = options.columns,
                              .filter = options.filter,
                              .fill_missing = options.fill_missing});
    case Format::kJson:
      return read_json(paths, {.columns = options.columns,
                               .types = options.types,
                               .filter = options.filter,
                               .fill_missing = options.fill_missing});
  }
  return {};
}

WriteResult write_table(const Table& table, const std::string& path, IfExists if_exists) {
  switch (format_of(path)) {
    case Format::kCsv:
      return write_csv(table, path, {.if_exists = if_exists});
    case Format::kTsv:
      return write_csv(table, path, {.delimiter = '\t', .if_exists = if_exists});
    case Format::kParquet:
      return write_parquet(table, path, {.if_exists = if_exists});
    case Format::kIpc:
      return write_ipc(table, path, {.if_exists = if_exists});
    case Format::kJson:
      return write_json(table, path, {.if_exists = if_exists});
  }
  return {};
}

}  // namespace weft
