// What keeps a table quick to read and small: compaction and vacuum.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "data/text_form.h"
#include "io/filter.h"
#include "offline/delta_commit.h"
#include "offline/delta_removal.h"
#include "offline/delta_rows.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using delta::AddFiles;
using delta::DataWriter;
using delta::Draft;
using delta::Snapshot;

// ---- compaction
// ----------------------------------------------------------------------------------

std::string sorted_by(const delta::WriteLayout& layout) {
  return fmt::format("{}", fmt::join(layout.cluster_columns, ","));
}

bool is_sorted(const delta::AddFile& file, const delta::WriteLayout& layout) {
  if (layout.cluster_columns.empty()) return true;
  const auto found = file.tags.find(delta::kSortedTag);
  return found != file.tags.end() && found->second == sorted_by(layout);
}

// Files that become one. Those of a partition are taken in the order in which they came, so that
// files of neighbouring times meet; a lone file that is as it should be stays.
std::vector<AddFiles> choose_files(const Snapshot& snapshot, const delta::WriteLayout& layout,
                                   const Filter& filter, bool all) {
  std::map<delta::PartitionTexts, AddFiles> partitions;
  for (const auto& file : snapshot.files) {
    const bool small = file->size < layout.options.file_bytes / 4 * 3;
    if (!all && !small && is_sorted(*file, layout)) continue;
    if (delta::may_hold(snapshot, *file, filter)) partitions[file->partition].push_back(file);
  }
  std::vector<AddFiles> groups;
  for (const auto& [partition, files] : partitions) {
    AddFiles group;
    int64_t bytes = 0;
    const auto close = [&] {
      const bool worth =
          group.size() > 1 || (group.size() == 1 && (all || !is_sorted(*group[0], layout)));
      if (worth) groups.push_back(std::move(group));
      group.clear();
      bytes = 0;
    };
    for (const auto& file : files) {
      if (bytes > 0 && bytes + file->size > layout.options.file_bytes) close();
      group.push_back(file);
      bytes += file->size;
    }
    close();
  }
  return groups;
}

void check_partition_filter(const Snapshot& snapshot, const Filter& filter) {
  for (const Condition& condition : filter) {
    if (snapshot.is_partition_column(condition.column)) continue;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("a compaction chooses partitions: its filter names {}, expected one of "
                    "[{}]",
                    quote(condition.column), fmt::join(snapshot.metadata.partition_columns, ", ")));
  }
}

std::shared_ptr<const delta::AddFile> without_change(const delta::AddFile& file) {
  delta::AddFile out = file;
  out.data_change = false;
  return std::make_shared<const delta::AddFile>(std::move(out));
}

// Writes the rows of a group of files into one.
std::unique_ptr<DataWriter> rewrite(const DeltaTable::State& state,
                                    const delta::WriteLayout& layout, const AddFiles& group) {
  auto writer = std::make_unique<DataWriter>(layout, /*one_file=*/group.size() > 1);
  std::vector<std::string> columns;
  for (const auto& [name, type] : state.schema) columns.push_back(name);
  for (const auto& file : group) {
    delta::FileRows rows(layout.table, state.snapshot, file, columns, {});
    while (const auto block = rows.next()) writer->write(*block);
  }
  return writer;
}

// ---- vacuum
// --------------------------------------------------------------------------------------

struct Found {
  std::string path;  // in the table
  int64_t modified_us = 0;
  int64_t size = 0;
};

void add_file(const std::string& path, const std::string& relative, std::vector<Found>& out) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  out.push_back({relative, status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1000,
                 static_cast<int64_t>(status.st_size)});
}

// Data files, and hidden ones that a write under a temporary name left. Folders and files of other
// kinds (names with "_" or "." in front, unless they are partitions) belong to somebody else.
void find_below(const std::string& folder, const std::string& relative, std::vector<Found>& out) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::string path = folder + "/" + name;
    const std::string inner = relative + name;
    std::error_code ignored;
    const bool hidden = name.starts_with('.') || name.starts_with('_');
    if (at->is_directory(ignored) && !at->is_symlink(ignored)) {
      if (name != delta::kLogFolder && (!hidden || name.find('=') != name.npos)) {
        find_below(path, inner + "/", out);
      }
    } else if (name.ends_with(".parquet") ? !hidden
                                          : name.starts_with(".part-") && name.ends_with(".tmp")) {
      add_file(path, inner, out);
    }
  }
  if (error) throw file_error("list", folder, error.value());
}

// Temporary names in the log are those of commits and checkpoints that were not completed.
void find_in_log(const std::string& folder, std::vector<Found>& out) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with('.') || !name.ends_with(".tmp")) continue;
    add_file(folder + "/" + name, std::string(delta::kLogFolder) + "/" + name, out);
  }
  if (error) throw file_error("list", folder, error.value());
}

// Files of versions that were current at the cutoff or later. Checkpoints forget removals after the
// time that the table's property says, which may be shorter; the commits do not.
void keep_removed_since(int64_t cutoff_ms, const DeltaTable::State& state,
                        std::set<std::string>& kept) {
  const auto keep = [&](const std::vector<delta::RemoveFile>& removes) {
    for (const delta::RemoveFile& file : removes) {
      if (file.deleted_ms >= cutoff_ms) kept.insert(file.path);
    }
  };
  keep(state.snapshot->removed);
  for (const int64_t version : state.log.list().commits) {
    keep(state.log.commit_actions(version).removes);
  }
}

}  // namespace

DeltaCommit DeltaTable::compact(const DeltaCompact& options) {
  State& state = *state_;
  if (auto done = state.committed_before(options.commit)) return *done;
  const Snapshot& snapshot = *state.snapshot;
  snapshot.check_writable(path());
  state.check_rewritable();
  const Filter filter =
      bind_filter(options.filter, snapshot.schema.readable(), "the Delta table " + path());
  check_partition_filter(snapshot, filter);
  const delta::WriteLayout layout = layout_of(path(), snapshot, state.options);
  Draft draft{.operation = "OPTIMIZE", .parameters = {}, .actions = {}};
  draft.parameters["predicate"] = delta::to_string(options.filter);
  if (!layout.cluster_columns.empty()) draft.parameters["sortedBy"] = sorted_by(layout);
  std::vector<std::unique_ptr<DataWriter>> writers;
  for (const AddFiles& group : choose_files(snapshot, layout, filter, options.all)) {
    writers.push_back(rewrite(state, layout, group));
    for (const auto& file : writers.back()->finish()) {
      draft.actions.adds.push_back(without_change(*file));
    }
    for (const auto& file : group) {
      draft.actions.removes.push_back(delta::removal_of(*file, state.now_ms()));
      draft.actions.removes.back().data_change = false;
    }
  }
  DeltaCommit result;
  result.version = snapshot.version;
  if (writers.empty() && !options.commit.transaction) return result;
  bool keep_files = false;
  const auto release = [&] {
    for (auto& writer : writers) writer->release();
  };
  try {
    result = state.commit(std::move(draft), options.commit, keep_files);
    if (!result.already_committed) release();
  } catch (...) {
    if (keep_files) release();
    throw;
  }
  return result;
}

DeltaVacuumResult DeltaTable::vacuum(const DeltaVacuum& options) {
  if (options.retention < Duration::zero()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a vacuum's retention is {}, expected none or more",
                            format_duration(options.retention)));
  }
  refresh();
  State& state = *state_;
  state.snapshot->check_writable(path());
  const int64_t cutoff_ms = state.now_ms() - options.retention.count() / 1000;
  std::set<std::string> kept;
  for (const auto& file : state.snapshot->files) kept.insert(file->path);
  keep_removed_since(cutoff_ms, state, kept);
  std::vector<Found> found;
  find_below(path(), "", found);
  find_in_log(state.log.folder(), found);
  DeltaVacuumResult result;
  for (const Found& file : found) {
    const std::string absolute = fs::absolute(path() + "/" + file.path).lexically_normal().string();
    if (kept.contains(file.path) || kept.contains(absolute)) continue;
    if (file.modified_us / 1000 >= cutoff_ms) continue;
    result.files.push_back(file.path);
    result.bytes += file.size;
  }
  std::ranges::sort(result.files);
  if (options.dry_run) return result;
  for (const std::string& file : result.files) {
    const int status = state.files().remove(path() + "/" + file);
    if (status != 0 && status != ENOENT) throw file_error("remove", path() + "/" + file, status);
  }
  return result;
}

}  // namespace weft
