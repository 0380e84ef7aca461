/// The actions of a Delta Lake log, and their JSON.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::delta {

using Texts = std::map<std::string, std::string>;
/// Partition columns to values as text; nothing is null.
using PartitionTexts = std::map<std::string, std::optional<std::string>>;

/// A data file comes to the table. `path` is decoded: relative to the table's folder, or absolute.
struct AddFile {
  std::string path;
  PartitionTexts partition;
  int64_t size = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  std::string stats;  ///< JSON; empty: none
  Texts tags;
};
using AddFiles = std::vector<std::shared_ptr<const AddFile>>;

/// It goes; it stays on disk until it is vacuumed.
struct RemoveFile {
  std::string path;
  int64_t deleted_ms = 0;
  bool data_change = true;
  PartitionTexts partition;
  int64_t size = 0;
};

struct Protocol {
  int64_t reader = 1;
  int64_t writer = 2;
  std::vector<std::string> reader_features;
  std::vector<std::string> writer_features;
};

struct Metadata {
  std::string id;
  std::string name;
  std::string description;
  std::string schema;  ///< JSON
  std::vector<std::string> partition_columns;
  Texts configuration;
  int64_t created_ms = 0;
};

/// The last write of an application.
struct Transaction {
  std::string application;
  int64_t version = 0;
  int64_t updated_ms = 0;
};

struct CommitInfo {
  std::optional<int64_t> time_ms;
  std::string operation;
  Texts parameters;
  std::string user_metadata;
  std::string engine;
  std::string id;  ///< of this very commit
  std::optional<int64_t> read_version;
  bool blind_append = false;
};

/// What one commit, or a whole table, consists of.
struct Actions {
  std::optional<CommitInfo> info;
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Transaction> transactions;
  AddFiles adds;
  std::vector<RemoveFile> removes;
};

/// One action, {"add": {...}}; what this version of the protocol does not know is passed over.
/// Throws Error(kBadData), and kUnsupported for a deletion vector; `where` is for the message.
void add_action(const nlohmann::json& action, const std::string& where, Actions& out);
/// One action a line.
Actions parse_commit(std::string_view text, const std::string& where);
/// Only the line that says what the commit is; nothing if it has none.
std::optional<CommitInfo> parse_commit_info(std::string_view text, const std::string& where);

/// Each action as its JSON, in the order in which a commit has them.
std::vector<nlohmann::json> to_json(const Actions& actions);
std::string to_text(const Actions& actions);

/// The schemes and signs of a URI as a path: "a%20b" is "a b", "file:///x" is "/x". Throws
/// Error(kUnsupported) for another scheme.
std::string decoded_path(const std::string& uri);
/// What decoded_path() reads back; "/" stays.
std::string encoded_path(std::string_view path);

/// Can it stand in the log?
bool is_utf8(std::string_view text);

/// Random, version 4.
std::string make_uuid();

}  // namespace weft::delta
