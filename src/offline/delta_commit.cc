#include "offline/delta_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "data/text_form.h"

namespace weft {
namespace {

using delta::Actions;
using delta::Draft;
using delta::Snapshot;

// Commits that came first; more than so many, and the table is changed faster than we can follow.
constexpr int kRoundsMax = 1000;

std::string describe(int64_t version, const Actions& other) {
  std::string text = fmt::format("version {}", version);
  if (!other.info) return text;
  text += fmt::format(" ({}", other.info->operation.empty() ? "a commit" : other.info->operation);
  if (!other.info->engine.empty()) text += " by " + other.info->engine;
  if (other.info->time_ms) {
    text += " at " + format_time(Time(Duration(*other.info->time_ms * 1000)));
  }
  return text + ")";
}

[[noreturn]] void conflict(const std::string& table, const Draft& draft, int64_t version,
                           const Actions& other, const std::string& what) {
  throw Error(ErrorCode::kConflict,
              fmt::format("the {} of the table {} was not committed: meanwhile {} {}; refresh and "
                          "repeat",
                          draft.operation, table, describe(version, other), what));
}

// The rows of a blind append still fit where columns were added and nothing else.
bool only_grew(const Snapshot& before, const delta::Metadata& after, const std::string& where) {
  if (before.metadata.partition_columns != after.partition_columns) return false;
  const auto schema = delta::TableSchema::parse(after.schema, where);
  for (const delta::Column& column : before.schema.columns()) {
    const delta::Column* now = schema.find(column.name);
    if (!now || now->type != column.type || now->nullable != column.nullable) return false;
  }
  return std::ranges::all_of(schema.columns(), [&](const delta::Column& column) {
    return column.nullable || before.schema.find(column.name);
  });
}

void check_conflict(const std::string& table, const Draft& draft, const Snapshot& before,
                    int64_t version, const Actions& other) {
  if (other.protocol) conflict(table, draft, version, other, "changed the protocol");
  if (other.metadata) {
    const bool fits =
        draft.blind && !draft.actions.metadata && only_grew(before, *other.metadata, table);
    if (!fits) conflict(table, draft, version, other, "changed the schema or the properties");
  }
  std::unordered_set<std::string_view> ours;
  for (const auto& remove : draft.actions.removes) ours.insert(remove.path);
  for (const auto& remove : other.removes) {
    if (!ours.contains(remove.path)) continue;
    conflict(table, draft, version, other,
             fmt::format("removed the file {}, which this one read", remove.path));
  }
  if (!draft.reads) return;
  for (const auto& add : other.adds) {
    if (!add->data_change || !draft.reads(*add)) continue;
    conflict(table, draft, version, other,
             fmt::format("added the file {}, whose rows this one might have changed", add->path));
  }
}

DeltaCommit repeated(int64_t version) {
  DeltaCommit result;
  result.version = version;
  result.already_committed = true;
  return result;
}

bool holds_transaction(const Snapshot& snapshot, const DeltaCommitOptions& options) {
  if (!options.transaction) return false;
  const auto found = snapshot.transactions.find(options.transaction->first);
  return found != snapshot.transactions.end() &&
         found->second.version >= options.transaction->second;
}

void describe_commit(const DeltaCommitOptions& options, int64_t now_ms, int64_t read_version,
                     Draft& draft) {
  draft.actions.info = delta::CommitInfo{.time_ms = now_ms,
                                         .operation = draft.operation,
                                         .parameters = draft.parameters,
                                         .user_metadata = options.user_metadata,
                                         .engine = "Weft/" WEFT_VERSION,
                                         .id = delta::make_uuid(),
                                         .read_version = {},
                                         .blind_append = draft.blind};
  if (read_version >= 0) draft.actions.info->read_version = read_version;
  if (options.transaction) {
    draft.actions.transactions.push_back({.application = options.transaction->first,
                                          .version = options.transaction->second,
                                          .updated_ms = now_ms});
  }
}

DeltaCommit counted(const Actions& actions, int64_t version) {
  DeltaCommit result;
  result.version = version;
  result.files_added = static_cast<int64_t>(actions.adds.size());
  result.files_removed = static_cast<int64_t>(actions.removes.size());
  for (const auto& add : actions.adds) result.bytes_added += add->size;
  return result;
}

}  // namespace

DeltaTable::State::State(const std::string& path, const DeltaOptions& options_given)
    : log(path), options(options_given) {}

void DeltaTable::State::show(Snapshot next) {
  schema = next.schema.readable();
  cluster = next.cluster_columns();
  snapshot = std::make_shared<const Snapshot>(std::move(next));
}

std::optional<DeltaCommit> DeltaTable::State::committed_before(
    const DeltaCommitOptions& commit_options) const {
  if (!holds_transaction(*snapshot, commit_options)) return {};
  return repeated(snapshot->version);
}

DeltaCommit DeltaTable::State::commit(Draft draft, const DeltaCommitOptions& commit_options,
                                      bool& keep_files) {
  keep_files = false;
  describe_commit(commit_options, now_ms(), snapshot->version, draft);
  Snapshot next = *snapshot;
  for (int round = 0; round < kRoundsMax; ++round) {
    next.check_writable(log.table());
    const int64_t version = next.version + 1;
    try {
      log.commit(version, draft.actions, files(), keep_files);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kAlreadyExists) throw;
      for (const auto& [number, other] : log.commits_after(next.version)) {
        check_conflict(log.table(), draft, *snapshot, number, other);
        delta::apply(other, number, log.commit_path(number), next);
      }
      if (holds_transaction(next, commit_options)) {
        show(std::move(next));
        return repeated(snapshot->version);
      }
      continue;
    }
    delta::apply(draft.actions, version, log.commit_path(version), next);
    show(std::move(next));
    DeltaCommit result = counted(draft.actions, version);
    const bool due =
        options.checkpoint_every > 0 && version > 0 && version % options.checkpoint_every == 0;
    if (!due) return result;
    // The commit stands whatever becomes of its checkpoint.
    try {
      log.write_checkpoint(*snapshot, now_ms(), files());
    } catch (const Error& error) {
      result.checkpoint_problem = error.message();
    }
    return result;
  }
  throw Error(ErrorCode::kConflict,
              fmt::format("the {} of the table {} was not committed: {} times somebody else was "
                          "first",
                          draft.operation, log.table(), kRoundsMax));
}

void DeltaTable::State::check_removable() const {
  const auto found = snapshot->metadata.configuration.find("delta.appendOnly");
  if (found == snapshot->metadata.configuration.end() || found->second != "true") return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("rows of the table {} cannot be removed: its property delta.appendOnly "
                          "is true",
                          log.table()));
}

void DeltaTable::State::check_rewritable() const {
  for (const delta::Column& column : snapshot->schema.columns()) {
    if (column.weft) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("files of the table {} cannot be written anew: column {} has the type "
                            "{}, which Weft has not",
                            log.table(), quote(column.name), column.type.dump()));
  }
}

}  // namespace weft
