#include "offline/delta_actions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>

#include "data/text_form.h"
#include "io/source.h"
#include "ops/utf8.h"
#include "weft/error.h"

namespace weft::delta {
namespace {

using nlohmann::json;

// Absent and null are the same throughout the log.
const json* find(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* key) {
  const json* value = find(object, key);
  return value ? value->get<std::string>() : "";
}

int64_t number_of(const json& object, const char* key, int64_t absent = 0) {
  const json* value = find(object, key);
  return value ? value->get<int64_t>() : absent;
}

bool flag_of(const json& object, const char* key, bool absent) {
  const json* value = find(object, key);
  return value ? value->get<bool>() : absent;
}

std::vector<std::string> list_of(const json& object, const char* key) {
  const json* value = find(object, key);
  return value ? value->get<std::vector<std::string>>() : std::vector<std::string>();
}

// Writers differ in whether values that are no texts stand in quotes.
Texts texts_of(const json& object, const char* key) {
  Texts out;
  if (const json* map = find(object, key)) {
    for (const auto& [name, value] : map->items()) {
      if (value.is_null()) continue;
      out[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return out;
}

PartitionTexts partition_of(const json& object) {
  PartitionTexts out;
  if (const json* map = find(object, "partitionValues")) {
    for (const auto& [name, value] : map->items()) {
      // By the protocol an empty text is null.
      const bool null = value.is_null() || value.get_ref<const std::string&>().empty();
      out[name] = null ? std::nullopt : std::optional(value.get<std::string>());
    }
  }
  return out;
}

void refuse_deletion_vector(const json& object, const std::string& where) {
  if (!find(object, "deletionVector")) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{}: the file {} has a deletion vector, which this reader does not "
                          "apply; rewrite the table without them (REORG TABLE ... APPLY (PURGE))",
                          where, text_of(object, "path")));
}

AddFile parse_add(const json& object, const std::string& where) {
  refuse_deletion_vector(object, where);
  return {.path = decoded_path(object.at("path").get<std::string>()),
          .partition = partition_of(object),
          .size = number_of(object, "size"),
          .modified_ms = number_of(object, "modificationTime"),
          .data_change = flag_of(object, "dataChange", true),
          .stats = text_of(object, "stats"),
          .tags = texts_of(object, "tags")};
}

RemoveFile parse_remove(const json& object) {
  return {.path = decoded_path(object.at("path").get<std::string>()),
          .deleted_ms = number_of(object, "deletionTimestamp"),
          .data_change = flag_of(object, "dataChange", true),
          .partition = partition_of(object),
          .size = number_of(object, "size")};
}

Metadata parse_metadata(const json& object, const std::string& where) {
  const std::string provider = text_of(object.at("format"), "provider");
  if (provider != "parquet") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: the data files are {}, expected parquet", where, quote(provider)));
  }
  return {.id = text_of(object, "id"),
          .name = text_of(object, "name"),
          .description = text_of(object, "description"),
          .schema = object.at("schemaString").get<std::string>(),
          .partition_columns = list_of(object, "partitionColumns"),
          .configuration = texts_of(object, "configuration"),
          .created_ms = number_of(object, "createdTime")};
}

CommitInfo parse_info(const json& object) {
  CommitInfo info;
  if (find(object, "timestamp")) info.time_ms = number_of(object, "timestamp");
  info.operation = text_of(object, "operation");
  info.parameters = texts_of(object, "operationParameters");
  info.user_metadata = text_of(object, "userMetadata");
  info.engine = text_of(object, "engineInfo");
  info.id = text_of(object, "txnId");
  if (find(object, "readVersion")) info.read_version = number_of(object, "readVersion");
  info.blind_append = flag_of(object, "isBlindAppend", false);
  return info;
}

// Calls `use` with each line of the log that is not empty, parsed.
template <class F>
void each_line(std::string_view text, const std::string& where, F&& use) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \r\t") == line.npos) continue;
    try {
      use(line);
    } catch (const json::exception& e) {
      throw Error(ErrorCode::kBadData,
                  fmt::format("{} is damaged or no Delta log: {}", where, e.what()));
    }
  }
}

json null_or_text(const std::string& text) { return text.empty() ? json() : json(text); }

json partition_to_json(const PartitionTexts& partition) {
  json out = json::object();
  for (const auto& [name, text] : partition) out[name] = text ? json(*text) : json();
  return out;
}

json add_to_json(const AddFile& add) {
  json out = {{"path", encoded_path(add.path)},
              {"partitionValues", partition_to_json(add.partition)},
              {"size", add.size},
              {"modificationTime", add.modified_ms},
              {"dataChange", add.data_change},
              {"stats", null_or_text(add.stats)}};
  if (!add.tags.empty()) out["tags"] = add.tags;
  return {{"add", std::move(out)}};
}

json remove_to_json(const RemoveFile& remove) {
  return {{"remove",
           {{"path", encoded_path(remove.path)},
            {"deletionTimestamp", remove.deleted_ms},
            {"dataChange", remove.data_change},
            {"extendedFileMetadata", true},
            {"partitionValues", partition_to_json(remove.partition)},
            {"size", remove.size}}}};
}

json protocol_to_json(const Protocol& protocol) {
  json out = {{"minReaderVersion", protocol.reader}, {"minWriterVersion", protocol.writer}};
  if (protocol.reader >= 3) out["readerFeatures"] = protocol.reader_features;
  if (protocol.writer >= 7) out["writerFeatures"] = protocol.writer_features;
  return {{"protocol", std::move(out)}};
}

json metadata_to_json(const Metadata& metadata) {
  return {{"metaData",
           {{"id", metadata.id},
            {"name", null_or_text(metadata.name)},
            {"description", null_or_text(metadata.description)},
            {"format", {{"provider", "parquet"}, {"options", json::object()}}},
            {"schemaString", metadata.schema},
            {"partitionColumns", metadata.partition_columns},
            {"configuration", json(metadata.configuration)},
            {"createdTime", metadata.created_ms}}}};
}

json info_to_json(const CommitInfo& info) {
  json out = {{"timestamp", info.time_ms.value_or(0)},
              {"operation", info.operation},
              {"operationParameters", json(info.parameters)},
              {"isolationLevel", "Serializable"},
              {"isBlindAppend", info.blind_append},
              {"engineInfo", info.engine},
              {"txnId", info.id}};
  if (info.read_version) out["readVersion"] = *info.read_version;
  if (!info.user_metadata.empty()) out["userMetadata"] = info.user_metadata;
  return {{"commitInfo", std::move(out)}};
}

}  // namespace

void add_action(const json& action, const std::string& where, Actions& out) {
  if (const json* add = find(action, "add")) {
    out.adds.push_back(std::make_shared<const AddFile>(parse_add(*add, where)));
  } else if (const json* remove = find(action, "remove")) {
    out.removes.push_back(parse_remove(*remove));
  } else if (const json* metadata = find(action, "metaData")) {
    out.metadata = parse_metadata(*metadata, where);
  } else if (const json* protocol = find(action, "protocol")) {
    out.protocol = Protocol{.reader = number_of(*protocol, "minReaderVersion", 1),
                            .writer = number_of(*protocol, "minWriterVersion", 1),
                            .reader_features = list_of(*protocol, "readerFeatures"),
                            .writer_features = list_of(*protocol, "writerFeatures")};
  } else if (const json* txn = find(action, "txn")) {
    out.transactions.push_back({.application = text_of(*txn, "appId"),
                                .version = number_of(*txn, "version"),
                                .updated_ms = number_of(*txn, "lastUpdated")});
  } else if (const json* info = find(action, "commitInfo")) {
    out.info = parse_info(*info);
  } else if (find(action, "sidecar")) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is a checkpoint of version 2 with sidecar files, which this reader "
                            "does not know",
                            where));
  }
}

Actions parse_commit(std::string_view text, const std::string& where) {
  Actions out;
  each_line(text, where, [&](std::string_view line) { add_action(json::parse(line), where, out); });
  return out;
}

std::optional<CommitInfo> parse_commit_info(std::string_view text, const std::string& where) {
  Actions out;
  each_line(text, where, [&](std::string_view line) {
    if (line.substr(0, 20).find("\"commitInfo\"") != line.npos) {
      add_action(json::parse(line), where, out);
    }
  });
  return out.info;
}

std::vector<json> to_json(const Actions& actions) {
  std::vector<json> out;
  if (actions.info) out.push_back(info_to_json(*actions.info));
  if (actions.protocol) out.push_back(protocol_to_json(*actions.protocol));
  if (actions.metadata) out.push_back(metadata_to_json(*actions.metadata));
  for (const Transaction& txn : actions.transactions) {
    out.push_back({{"txn",
                    {{"appId", txn.application},
                     {"version", txn.version},
                     {"lastUpdated", txn.updated_ms}}}});
  }
  for (const RemoveFile& remove : actions.removes) out.push_back(remove_to_json(remove));
  for (const auto& add : actions.adds) out.push_back(add_to_json(*add));
  return out;
}

std::string to_text(const Actions& actions) {
  std::string text;
  try {
    for (const json& action : to_json(actions)) text += action.dump() + "\n";
  } catch (const json::exception& e) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a text of the commit is not UTF-8: {}", e.what()));
  }
  return text;
}

std::string decoded_path(const std::string& uri) {
  std::string_view text = uri;
  if (text.starts_with("file:")) {
    text.remove_prefix(5);
    if (text.starts_with("//")) text.remove_prefix(std::min(text.find('/', 2), text.size()));
  } else if (const size_t colon = text.find("://"); colon != text.npos && colon < text.find('/')) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the data file {} lies elsewhere than in files of this machine", uri));
  }
  return percent_decoded(text);
}

std::string encoded_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-_.~=").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const utf8::Point point = utf8::point_at(text, i);
    if (point.value >= utf8::kInvalid) return false;
    i += static_cast<size_t>(point.size);
  }
  return true;
}

std::string make_uuid() {
  std::random_device random;
  uint32_t words[4];
  for (uint32_t& word : words) word = random();
  words[1] = (words[1] & 0xffff0fffu) | 0x4000u;
  words[2] = (words[2] & 0x3fffffffu) | 0x80000000u;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xffff, words[2] >> 16, words[2] & 0xffff, words[3]);
}

}  // namespace weft::delta
