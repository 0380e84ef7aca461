#include "offline/delta_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "base/file.h"
#include "data/text_form.h"
#include "weft/error.h"

namespace weft::delta {
namespace {

using nlohmann::json;

constexpr char kRetentionKey[] = "delta.deletedFileRetentionDuration";
constexpr int64_t kCommitBytesMax = int64_t{4} << 30;

std::optional<int64_t> number_of(std::string_view text) {
  int64_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || at != text.data() + text.size()) return {};
  return value;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// "00000000000000000010.checkpoint[.0000000001.0000000003].parquet".
struct CheckpointName {
  int64_t version = 0;
  int64_t part = 1;
  int64_t parts = 1;
};

std::optional<CheckpointName> checkpoint_name(const std::string& name) {
  const auto words = split(name, '.');
  if (words.size() < 3 || words[1] != "checkpoint" || words.back() != "parquet") return {};
  const auto version = number_of(words[0]);
  if (!version) return {};
  if (words.size() == 3) return CheckpointName{.version = *version};
  if (words.size() != 5) return {};
  const auto part = number_of(words[2]);
  const auto parts = number_of(words[3]);
  if (!part || !parts || *part < 1 || *part > *parts) return {};
  return CheckpointName{*version, *part, *parts};
}

int64_t modified_ms(const std::string& path) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path, error);
  if (error) throw file_error("read", path, error.value());
  const auto since = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return std::chrono::floor<std::chrono::milliseconds>(since).count();
}

Error no_longer(const std::string& table, int64_t version) {
  return Error(ErrorCode::kNotFound,
               fmt::format("version {} of the table {} can no longer be read: the log has neither "
                           "a checkpoint before it nor all commits up to it",
                           version, table));
}

void check_features(const std::vector<std::string>& features,
                    std::initializer_list<std::string_view> known, const std::string& where,
                    std::string_view who) {
  for (const std::string& feature : features) {
    if (std::ranges::count(known, feature) > 0) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the table {} needs a {} that knows its feature {}, which Weft does "
                            "not; remove the feature with the engine that added it",
                            where, who, quote(feature)));
  }
}

std::string property(const Snapshot& snapshot, const std::string& name) {
  const auto found = snapshot.metadata.configuration.find(name);
  return found == snapshot.metadata.configuration.end() ? "" : found->second;
}

}  // namespace

// ---- snapshots
// -----------------------------------------------------------------------------------

std::vector<std::string> Snapshot::cluster_columns() const {
  std::vector<std::string> columns;
  const std::string text = property(*this, kClusterKey);
  if (text.empty()) return columns;
  for (const std::string_view name : split(text, ',')) columns.emplace_back(name);
  return columns;
}

bool Snapshot::is_partition_column(std::string_view name) const {
  return std::ranges::count(metadata.partition_columns, name) > 0;
}

void Snapshot::check_readable(const std::string& where) const {
  if (protocol.reader > 3) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the table {} needs version {} of Delta readers; Weft knows 1, and 3 "
                            "without most features",
                            where, protocol.reader));
  }
  const std::string mapping = property(*this, "delta.columnMapping.mode");
  if (protocol.reader >= 2 && !mapping.empty() && mapping != "none") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the table {} has the feature \"columnMapping\" (mode {}): its files "
                            "name columns otherwise than its schema, which Weft does not follow",
                            where, quote(mapping)));
  }
  // With the mode `none` column mapping changes nothing; vacuums are checked as writes.
  if (protocol.reader >= 3) {
    check_features(protocol.reader_features,
                   {"timestampNtz", "columnMapping", "vacuumProtocolCheck"}, where, "reader");
  }
}

void Snapshot::check_writable(const std::string& where) const {
  check_readable(where);
  if (protocol.writer > 2 && protocol.writer != 7) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the table {} needs version {} of Delta writers; Weft writes version 2",
                            where, protocol.writer));
  }
  if (protocol.writer == 7) {
    check_features(protocol.writer_features, {"appendOnly", "invariants"}, where, "writer");
  }
  for (const Column& column : schema.columns()) {
    if (!column.metadata.contains("delta.invariants")) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("column {} of the table {} has an invariant that a writer must check, "
                            "which Weft cannot",
                            quote(column.name), where));
  }
}

Actions Snapshot::actions(int64_t removed_after_ms) const {
  Actions out;
  out.protocol = protocol;
  out.metadata = metadata;
  for (const auto& [application, transaction] : transactions) {
    out.transactions.push_back(transaction);
  }
  for (const RemoveFile& remove : removed) {
    if (remove.deleted_ms >= removed_after_ms) out.removes.push_back(remove);
  }
  out.adds = files;
  return out;
}

void apply(const Actions& actions, int64_t version, const std::string& where, Snapshot& snapshot) {
  snapshot.version = version;
  if (actions.protocol) snapshot.protocol = *actions.protocol;
  if (actions.metadata) {
    snapshot.metadata = *actions.metadata;
    snapshot.schema = TableSchema::parse(actions.metadata->schema, where);
  }
  for (const Transaction& transaction : actions.transactions) {
    snapshot.transactions[transaction.application] = transaction;
  }
  // A file may be added once more, with other statistics.
  std::unordered_set<std::string_view> gone;
  for (const RemoveFile& remove : actions.removes) gone.insert(remove.path);
  for (const auto& add : actions.adds) gone.insert(add->path);
  if (!gone.empty() && !snapshot.files.empty()) {
    std::erase_if(snapshot.files, [&](const auto& file) { return gone.contains(file->path); });
  }
  std::unordered_set<std::string_view> back;
  for (const auto& add : actions.adds) back.insert(add->path);
  const auto is_back = [&](const RemoveFile& remove) { return back.contains(remove.path); };
  std::erase_if(snapshot.removed, is_back);
  std::ranges::remove_copy_if(actions.removes, std::back_inserter(snapshot.removed), is_back);
  snapshot.files.insert(snapshot.files.end(), actions.adds.begin(), actions.adds.end());
}

std::optional<Duration> parse_interval(std::string_view text) {
  if (text.starts_with("interval ")) text.remove_prefix(9);
  const auto words = split(text, ' ');
  if (words.size() != 2) return {};
  const auto number = number_of(words[0]);
  if (!number || *number < 0 || *number > 1'000'000) return {};
  std::string unit(words[1]);
  if (unit.ends_with('s')) unit.pop_back();
  const std::pair<std::string_view, Duration> units[] = {{"second", std::chrono::seconds(1)},
                                                         {"minute", std::chrono::minutes(1)},
                                                         {"hour", std::chrono::hours(1)},
                                                         {"day", std::chrono::hours(24)},
                                                         {"week", std::chrono::hours(168)}};
  for (const auto& [name, length] : units) {
    if (unit == name) return *number * length;
  }
  return {};
}

Duration retention_of(const Snapshot& snapshot) {
  return parse_interval(property(snapshot, kRetentionKey)).value_or(std::chrono::hours(168));
}

// ---- reading
// -------------------------------------------------------------------------------------

std::string Log::commit_path(int64_t version) const {
  return fmt::format("{}/{:020}.json", folder_, version);
}

std::string Log::checkpoint_path(int64_t version) const {
  return fmt::format("{}/{:020}.checkpoint.parquet", folder_, version);
}

int64_t Log::Listing::newest() const {
  const int64_t commit = commits.empty() ? -1 : commits.back();
  return checkpoints.empty() ? commit : std::max(commit, checkpoints.back().version);
}

// The folder is what counts: _last_checkpoint is a hint that saves listing it where that is slow.
Log::Listing Log::list() const {
  Listing out;
  std::map<std::pair<int64_t, int64_t>, Checkpoint> checkpoints;  // by version and number of parts
  std::vector<std::string> names;
  try {
    names = list_folder(folder_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
  for (const std::string& name : names) {
    if (name.ends_with(".json") && name.size() == 25) {
      if (const auto version = number_of(std::string_view(name).substr(0, 20))) {
        out.commits.push_back(*version);
      }
    } else if (const auto found = checkpoint_name(name)) {
      Checkpoint& checkpoint = checkpoints[{found->version, found->parts}];
      checkpoint.version = found->version;
      checkpoint.parts.push_back(folder_ + "/" + name);
    }
  }
  for (auto& [key, checkpoint] : checkpoints) {
    const bool complete = static_cast<int64_t>(checkpoint.parts.size()) == key.second;
    if (complete) out.checkpoints.push_back(std::move(checkpoint));
  }
  if (out.newest() < 0) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("{} is no Delta table: {} holds no commit", table_, folder_));
  }
  return out;
}

Snapshot Log::load(std::optional<int64_t> version) const {
  const Listing listing = list();
  const int64_t wanted = version.value_or(listing.newest());
  if (wanted < 0 || wanted > listing.newest()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("the table {} has no version {}; the newest is {}", table_, wanted,
                            listing.newest()));
  }
  Snapshot snapshot;
  for (auto checkpoint = listing.checkpoints.rbegin(); checkpoint != listing.checkpoints.rend();
       ++checkpoint) {
    if (checkpoint->version > wanted) continue;
    Actions actions;
    for (const std::string& part : checkpoint->parts) read_checkpoint_part(part, actions);
    apply(actions, checkpoint->version, checkpoint->parts[0], snapshot);
    break;
  }
  for (int64_t next = snapshot.version + 1; next <= wanted; ++next) {
    if (!std::ranges::binary_search(listing.commits, next)) throw no_longer(table_, wanted);
    apply(commit_actions(next), next, commit_path(next), snapshot);
  }
  if (snapshot.metadata.schema.empty()) {
    throw Error(ErrorCode::kBadData,
                fmt::format("the log {} never says what the table's schema is", folder_));
  }
  snapshot.check_readable(table_);
  return snapshot;
}

std::vector<std::pair<int64_t, Actions>> Log::commits_after(int64_t version) const {
  std::vector<std::pair<int64_t, Actions>> out;
  while (true) {
    std::error_code ignored;
    if (!std::filesystem::exists(commit_path(++version), ignored)) return out;
    out.emplace_back(version, commit_actions(version));
  }
}

Actions Log::commit_actions(int64_t version) const {
  const std::string path = commit_path(version);
  return parse_commit(read_file(path, kCommitBytesMax), path);
}

CommitInfo Log::commit_info(int64_t version) const {
  const std::string path = commit_path(version);
  CommitInfo info =
      parse_commit_info(read_file(path, kCommitBytesMax), path).value_or(CommitInfo());
  if (!info.time_ms) info.time_ms = modified_ms(path);
  return info;
}

std::vector<std::pair<int64_t, int64_t>> Log::commit_times() const {
  std::vector<std::pair<int64_t, int64_t>> out;
  for (const int64_t version : list().commits) {
    const int64_t time = commit_info(version).time_ms.value_or(0);
    out.emplace_back(version, out.empty() ? time : std::max(time, out.back().second));
  }
  return out;
}

int64_t Log::version_at(Time time) const {
  const auto times = commit_times();
  const int64_t us = time.time_since_epoch().count();
  std::optional<int64_t> version;
  for (const auto& [number, ms] : times) {
    if (ms * 1000 <= us) version = number;
  }
  if (version) return *version;
  throw Error(
      ErrorCode::kNotFound,
      fmt::format("the table {} has no version of {} or before; the first that its log has "
                  "is of {}",
                  table_, format_time(time),
                  times.empty() ? "no time" : format_time(Time(Duration(times[0].second * 1000)))));
}

// ---- writing
// -------------------------------------------------------------------------------------

void Log::commit(int64_t version, const Actions& actions, FileOps& ops, bool& stands) const {
  const std::string path = commit_path(version);
  const std::string text = to_text(actions);
  stands = false;
  try {
    write_file(path, text, Overwrite::kFail, ops);
    stands = true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kAlreadyExists) throw;
    // The name may be there although something behind it failed.
    std::error_code ignored;
    stands = std::filesystem::exists(path, ignored) && read_file(path, kCommitBytesMax) == text;
    throw;
  }
}

void Log::write_checkpoint(const Snapshot& snapshot, int64_t now_ms, FileOps& ops) const {
  const int64_t retention_ms = retention_of(snapshot).count() / 1000;
  const Actions actions = snapshot.actions(now_ms - retention_ms);
  const std::string path = checkpoint_path(snapshot.version);
  write_checkpoint_file(path, actions, ops);
  const size_t size =
      actions.adds.size() + actions.removes.size() + actions.transactions.size() + 2;
  const json hint = {{"version", snapshot.version},
                     {"size", size},
                     {"sizeInBytes", std::filesystem::file_size(path)},
                     {"numOfAddFiles", actions.adds.size()}};
  // A slower writer must not take the hint back to an older checkpoint; where it does, readers
  // lose time and nothing else.
  write_file(folder_ + "/_last_checkpoint", hint.dump(), Overwrite::kReplace, ops);
}

}  // namespace weft::delta
