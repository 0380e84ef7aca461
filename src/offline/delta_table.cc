#include "weft/delta_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "data/text_form.h"
#include "offline/delta_commit.h"
#include "offline/delta_rows.h"
#include "offline/delta_writer.h"

namespace weft {
namespace {

using delta::Column;
using delta::Draft;
using delta::Snapshot;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

void check_options(const DeltaOptions& options) {
  if (options.file_bytes < 1 || options.row_group_rows < 1 || options.checkpoint_every < 0 ||
      !options.clock) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Delta tables need file_bytes and row_group_rows of at least 1, "
                            "checkpoint_every of at least 0 and a clock; found {}, {} and {}",
                            options.file_bytes, options.row_group_rows, options.checkpoint_every));
  }
}

const Column& known_column(const delta::TableSchema& schema, const std::string& name,
                           std::string_view option) {
  if (const Column* column = schema.find(name)) return *column;
  std::vector<std::string> names;
  for (const Column& column : schema.columns()) names.push_back(column.name);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} names {}, which is no column of the table{}", option, quote(name),
                          did_you_mean(name, names)));
}

void check_partition_columns(const delta::TableSchema& schema,
                             const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Column& column = known_column(schema, name, "partition_by");
    if (column.weft->kind > Kind::kDuration) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("partition_by names {}, whose type is {}: expected a single value",
                              quote(name), column.weft->name));
    }
    if (std::ranges::count(names, name) > 1) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("partition_by names {} twice", quote(name)));
    }
  }
  if (names.size() >= schema.columns().size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "a table needs a column besides those it is partitioned by");
  }
}

void check_cluster_columns(const delta::TableSchema& schema,
                           const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Column& column = known_column(schema, name, "cluster_by");
    if (column.weft->kind <= Kind::kDuration) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cluster_by names {} of type {}, which has no order", quote(name),
                            column.weft->name));
  }
}

// The first commit of a table.
Draft creation(const DeltaCreate& what, int64_t now_ms) {
  delta::TableSchema schema;
  for (const ColumnSchema& column : what.schema) {
    schema.add(delta::column_of(column));
  }
  std::vector<std::string> partition = what.partition_by;
  if (what.partition_by_day) {
    const auto& [name, of] = *what.partition_by_day;
    if (known_column(schema, of, "partition_by_day").weft != timestamp_type()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("partition_by_day names {}: expected a timestamp, found {}",
                              quote(of), schema.find(of)->weft->name));
    }
    schema.add(delta::day_column(name, of));
    partition.push_back(name);
  }
  delta::check_names(schema);
  check_partition_columns(schema, partition);
  check_cluster_columns(schema, what.cluster_by);
  delta::Metadata metadata{.id = delta::make_uuid(),
                           .name = what.name,
                           .description = what.description,
                           .schema = schema.to_text(),
                           .partition_columns = partition,
                           .configuration = what.properties,
                           .created_ms = now_ms};
  if (!what.cluster_by.empty()) {
    metadata.configuration[delta::kClusterKey] = fmt::format("{}", fmt::join(what.cluster_by, ","));
  }
  Draft draft{.operation = "CREATE TABLE", .parameters = {}, .actions = {}};
  draft.parameters = {{"partitionBy", nlohmann::json(partition).dump()},
                      {"properties", nlohmann::json(metadata.configuration).dump()}};
  if (!what.description.empty()) draft.parameters["description"] = what.description;
  draft.actions.protocol = delta::Protocol();
  draft.actions.metadata = std::move(metadata);
  return draft;
}

void make_folders(const std::string& path, FileOps& ops) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return;
  const std::string parent = folder_of(path);
  if (parent != path) make_folders(parent, ops);
  const int status = ops.make_folder(path);
  if (status != 0 && status != EEXIST) throw file_error("make", path, status);
  if (const int synced = ops.sync_folder(parent)) throw file_error("make sure of", parent, synced);
}

}  // namespace

DeltaTable::DeltaTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
DeltaTable::~DeltaTable() = default;
DeltaTable::DeltaTable(DeltaTable&&) noexcept = default;
DeltaTable& DeltaTable::operator=(DeltaTable&&) noexcept = default;

DeltaTable DeltaTable::create(const std::string& path, const DeltaCreate& what,
                              const DeltaOptions& options) {
  check_options(options);
  auto state = std::make_unique<State>(without_slash(path), options);
  const Draft draft = creation(what, state->now_ms());
  if (exists(path)) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("{} is a Delta table already", path));
  }
  make_folders(state->log.folder(), state->files());
  state->show(Snapshot());
  try {
    bool keep_files = false;
    state->commit(draft, {}, keep_files);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConflict) throw;
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("{} is a Delta table already: somebody made it meanwhile", path));
  }
  return DeltaTable(std::move(state));
}

DeltaTable DeltaTable::open(const std::string& path, const DeltaOptions& options) {
  check_options(options);
  auto state = std::make_unique<State>(without_slash(path), options);
  state->show(state->log.load());
  return DeltaTable(std::move(state));
}

bool DeltaTable::exists(const std::string& path) {
  try {
    delta::Log(without_slash(path)).list();
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
}

bool DeltaTable::refresh() {
  const auto commits = state_->log.commits_after(version());
  if (commits.empty()) {
    // The log may have been cleaned up behind a checkpoint.
    if (state_->log.list().newest() <= version()) return false;
    state_->show(state_->log.load());
    return true;
  }
  Snapshot next = *state_->snapshot;
  for (const auto& [number, actions] : commits) {
    delta::apply(actions, number, state_->log.commit_path(number), next);
  }
  next.check_readable(path());
  state_->show(std::move(next));
  return true;
}

const std::string& DeltaTable::path() const { return state_->log.table(); }
int64_t DeltaTable::version() const { return state_->snapshot->version; }
const Schema& DeltaTable::schema() const { return state_->schema; }
const std::vector<std::string>& DeltaTable::partition_columns() const {
  return state_->snapshot->metadata.partition_columns;
}
const std::vector<std::string>& DeltaTable::cluster_columns() const { return state_->cluster; }
const std::string& DeltaTable::name() const { return state_->snapshot->metadata.name; }
const std::string& DeltaTable::description() const {
  return state_->snapshot->metadata.description;
}
const std::map<std::string, std::string>& DeltaTable::properties() const {
  return state_->snapshot->metadata.configuration;
}
std::optional<int64_t> DeltaTable::num_rows() const {
  return delta::count_rows(state_->snapshot->files);
}
int64_t DeltaTable::num_files() const {
  return static_cast<int64_t>(state_->snapshot->files.size());
}

int64_t DeltaTable::byte_size() const {
  int64_t bytes = 0;
  for (const auto& file : state_->snapshot->files) bytes += file->size;
  return bytes;
}

std::optional<int64_t> DeltaTable::transaction(const std::string& job) const {
  const auto& transactions = state_->snapshot->transactions;
  const auto found = transactions.find(job);
  if (found == transactions.end()) return {};
  return found->second.version;
}

std::vector<DeltaVersion> DeltaTable::history(int64_t limit) const {
  std::vector<DeltaVersion> out;
  int64_t ms = 0;
  for (const int64_t number : state_->log.list().commits) {
    if (number > version()) break;
    const delta::CommitInfo info = state_->log.commit_info(number);
    ms = out.empty() ? info.time_ms.value_or(0) : std::max(ms, info.time_ms.value_or(0));
    out.push_back({.version = number,
                   .time = Time(Duration(ms * 1000)),
                   .operation = info.operation,
                   .parameters = info.parameters,
                   .user_metadata = info.user_metadata,
                   .engine = info.engine});
  }
  std::ranges::reverse(out);
  if (limit > 0 && static_cast<int64_t>(out.size()) > limit) {
    out.resize(static_cast<size_t>(limit));
  }
  return out;
}

Table DeltaTable::read(const DeltaRead& options) const {
  if (options.version && options.timestamp) {
    throw Error(ErrorCode::kInvalidArgument,
                "a Delta table is read as of a version or as of a timestamp; found both");
  }
  auto snapshot = state_->snapshot;
  std::optional<int64_t> wanted = options.version;
  if (options.timestamp) wanted = state_->log.version_at(*options.timestamp);
  if (wanted && *wanted != snapshot->version) {
    snapshot = std::make_shared<const Snapshot>(state_->log.load(*wanted));
  }
  return delta::table_of(path(), std::move(snapshot), options);
}

DeltaCommit DeltaTable::add_columns(const Schema& columns, const DeltaCommitOptions& options) {
  if (auto done = state_->committed_before(options)) return *done;
  const Snapshot& snapshot = *state_->snapshot;
  for (const ColumnSchema& column : columns) {
    if (!snapshot.schema.find(column.name)) continue;
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("the table {} has a column {} already", path(), quote(column.name)));
  }
  Draft draft{.operation = "ADD COLUMNS", .parameters = {}, .actions = {}};
  draft.parameters["columns"] = nlohmann::json(to_string(columns)).dump();
  draft.actions.metadata = snapshot.metadata;
  draft.actions.metadata->schema =
      delta::grown(snapshot.schema, columns, {.grow_schema = true}, path()).to_text();
  bool keep_files = false;
  return state_->commit(std::move(draft), options, keep_files);
}

DeltaCommit DeltaTable::set_properties(const std::map<std::string, std::string>& properties,
                                       const DeltaCommitOptions& options) {
  if (auto done = state_->committed_before(options)) return *done;
  Draft draft{.operation = "SET TBLPROPERTIES", .parameters = {}, .actions = {}};
  draft.parameters["properties"] = nlohmann::json(properties).dump();
  draft.actions.metadata = state_->snapshot->metadata;
  auto& configuration = draft.actions.metadata->configuration;
  for (const auto& [name, text] : properties) {
    if (text.empty()) {
      configuration.erase(name);
    } else {
      configuration[name] = text;
    }
  }
  bool keep_files = false;
  return state_->commit(std::move(draft), options, keep_files);
}

void DeltaTable::checkpoint() {
  std::error_code ignored;
  if (std::filesystem::exists(state_->log.checkpoint_path(version()), ignored)) return;
  state_->log.write_checkpoint(*state_->snapshot, state_->now_ms(), state_->files());
}

Table read_delta(const std::string& path, const DeltaRead& options) {
  return DeltaTable::open(path).read(options);
}

}  // namespace weft
